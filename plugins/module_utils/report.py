# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task returns, and the file of outcomes it writes."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections import Counter
from typing import Any, Sequence

from ansible.module_utils.common.parameters import remove_values

from ansible_collections.voip.rps.plugins.module_utils.errors import Problems, count_codes
from ansible_collections.voip.rps.plugins.module_utils.model import (
    ACTIONS,
    CHANGES,
    FAILED,
    REMOVED,
    Outcome,
)
from ansible_collections.voip.rps.plugins.module_utils.reconcile import Report
from ansible_collections.voip.rps.plugins.module_utils.url import without_userinfo

COLUMNS = ("mac", "action", "status", "server", "url", "code", "message")

_RETURNED = {"all": ACTIONS, "changed": CHANGES, "failed": (FAILED,), "none": ()}


def task_result(report: Report, return_devices: str, *, diff: bool) -> dict[str, Any]:
    """Return the result of a task, C(failed) and C(msg) included where a device failed."""
    outcomes = report.outcomes
    counts = Counter(outcome.action for outcome in outcomes)
    returned = _RETURNED[return_devices]
    result: dict[str, Any] = {
        "changed": report.uncertain or any(counts[action] for action in CHANGES),
        "devices": [outcome.as_dict() for outcome in outcomes if outcome.action in returned],
        "summary": {action: counts[action] for action in ACTIONS},
    }
    if diff:
        result["diff"] = _diff(outcomes)
    if counts[FAILED]:
        by_code = count_codes(outcome.error for outcome in outcomes if outcome.error)
        result["failed"] = True
        result["msg"] = f"{counts[FAILED]} of {len(outcomes)} devices failed: {by_code}"
    if report.stopped:
        result["failure"] = report.stopped.as_dict()
        result["msg"] = f"{result['msg']}. The service was given up: {report.stopped.message}"
    return result


def dest_problems(dest: str | None) -> Problems:
    """Return why no file of outcomes can be written there."""
    folder = os.path.dirname(dest or "") or "."
    if dest and (os.path.isdir(dest) or not os.access(folder, os.W_OK | os.X_OK)):
        return [("invalid_input", f"dest: {dest} cannot be written")]
    return []


def write_outcomes(dest: str, outcomes: Sequence[Outcome], secrets: set[str]) -> None:
    """Write every outcome as a line of CSV under a header, whole or not at all. Raises OSError."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for outcome in outcomes:
        row = outcome.as_dict()
        writer.writerow({**{key: row[key] for key in COLUMNS[:5]}, **row.get("error", {})})
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(dest) or ".", prefix=".rps_device-")
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:
            file.write(remove_values(text.getvalue(), secrets))
        os.replace(temporary, dest)
    except BaseException:
        os.unlink(temporary)
        raise


def _diff(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Any]]:
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for outcome in outcomes:
        if outcome.action not in CHANGES:
            continue
        before[outcome.mac] = {"status": outcome.status}
        if outcome.was_url:
            before[outcome.mac]["url"] = without_userinfo(outcome.was_url)
        if outcome.action != REMOVED:
            row = outcome.as_dict()
            after[outcome.mac] = {key: row[key] for key in ("server", "url") if row[key]}
    return {"before": before, "after": after}


def unverified_warning(count: int) -> str:
    """Return the warning that so many registered devices count as right."""
    return (
        f"{count} registered devices count as right, but where they point is not known: the service cannot tell, "
        "or servers does not give their server's URL. With force they are bound again."
    )
