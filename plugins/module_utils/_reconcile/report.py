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
from typing import Any, Callable, Mapping, Sequence

from ansible.module_utils.common.parameters import remove_values

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems, count_codes
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    ACTIONS,
    CHANGES,
    FAILED,
    UNVERIFIED,
    Outcome,
)
from ansible_collections.voip.rps.plugins.module_utils._reconcile.reconcile import Report

COLUMNS = ("mac", "action", "status", "server", "url", "code", "message")

_RETURNED = {"all": ACTIONS, "changed": CHANGES, "failed": (FAILED,), "none": ()}


def device_row(outcome: Outcome) -> dict[str, Any]:
    """Return what a task returns of a device."""
    place = outcome.target.as_dict(outcome.mac) if outcome.target else {"server": None, "url": None}
    return _row(outcome, place)


def phone_row(outcome: Outcome) -> dict[str, Any]:
    """Return what a task returns of a phone in a PBX."""
    return _row(outcome, outcome.target.as_dict(outcome.mac) if outcome.target else {})


def _row(outcome: Outcome, place: Mapping[str, Any]) -> dict[str, Any]:
    row = {"mac": outcome.mac, "action": outcome.action, "status": outcome.status, **place}
    if outcome.own_url:
        row["own_url"] = True
    return {**row, "error": outcome.error.as_dict()} if outcome.error else row


def task_result(
    report: Report, return_devices: str, *, diff: bool, row: Callable[[Outcome], dict[str, Any]] = device_row
) -> dict[str, Any]:
    """Return the result of a task, C(failed) and C(msg) included where a device failed."""
    outcomes = report.outcomes
    counts = Counter(outcome.action for outcome in outcomes)
    returned = _RETURNED[return_devices]
    result: dict[str, Any] = {
        "changed": report.uncertain or any(counts[action] for action in CHANGES),
        "devices": [row(outcome) for outcome in outcomes if outcome.action in returned],
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
        return [Problem("invalid_input", "dest", f"{dest} cannot be written")]
    return []


def write_outcomes(dest: str, outcomes: Sequence[Outcome], secrets: set[str]) -> None:
    """Write every outcome as a line of CSV under a header, whole or not at all. Raises OSError."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for outcome in outcomes:
        row = device_row(outcome)
        writer.writerow({**{key: row[key] for key in COLUMNS[:5]}, **row.get("error", {})})
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(dest) or ".", prefix=".rps_device-")
    try:
        with open(handle, "w", encoding="utf-8", errors="replace", newline="") as file:
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
        before[outcome.mac] = {"status": outcome.status, **outcome.was.place}
        if outcome.target:
            place = outcome.target.as_dict(outcome.mac)
            after[outcome.mac] = {key: value for key, value in place.items() if value is not None}
    return {"before": before, "after": after}


def unverified_warning(report: Report) -> str | None:
    """Return the warning that nothing shows where so many registered devices point, if there are any."""
    count = sum(outcome.action == UNVERIFIED for outcome in report.outcomes)
    if not count:
        return None
    return (
        f"{count} devices are registered, but nothing shows where they point (unverified). With force they are bound "
        "again. Where the service can show the target, give their server's URL in servers."
    )
