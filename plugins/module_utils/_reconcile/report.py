# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The results of tasks: outcomes, errors and diffs."""

from __future__ import annotations

from collections import Counter
from typing import Any, Callable, Mapping, Sequence

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import (
    LEFT_UNBOUND,
    InputError,
    RpsError,
    count_codes,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    ACTIONS,
    CHANGES,
    FAILED,
    UNVERIFIED,
    Outcome,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.shown import MASK
from ansible_collections.voip.rps.plugins.module_utils._reconcile.reconcile import Report

MOST_RETURNED_FAILURES = 100
"""A large task that failed returns this number of failed devices, unless the user chose which to return."""
MOST_DIFF_LINES = 10_000

_RETURNED = {"all": ACTIONS, "changed": CHANGES, "failed": (FAILED,), "none": ()}


def device_row(outcome: Outcome) -> dict[str, Any]:
    """Return the result of a device."""
    place = outcome.target.as_dict(outcome.mac) if outcome.target else {"server": None, "url": None}
    return _row(outcome, place)


def phone_row(outcome: Outcome) -> dict[str, Any]:
    """Return the result of a phone in a PBX."""
    return _row(outcome, outcome.target.as_dict(outcome.mac) if outcome.target else {})


def _row(outcome: Outcome, place: Mapping[str, Any]) -> dict[str, Any]:
    row = {"mac": outcome.mac, "action": outcome.action, "status": outcome.status, **place}
    if outcome.own_url:
        row["own_url"] = True
    if outcome.replaces:
        row["replaces"] = outcome.replaces
    if outcome.inherited and MASK in str(row["url"]):
        # Nobody asked for that URL. A list of outcomes is also a phone list, and could not be read with it.
        row["url"] = None
    return {**row, "error": outcome.error.as_dict()} if outcome.error else row


def task_result(
    report: Report,
    return_devices: str | None,
    *,
    diff: bool,
    row: Callable[[Outcome], dict[str, Any]] = device_row,
) -> dict[str, Any]:
    """Return the result of a task, including ``failed`` and ``msg`` if a device failed.

    ``return_devices``: the devices to return. None means all; if a task failed and has more than
    ``MOST_RETURNED_FAILURES`` devices, it means that number of failed ones.
    """
    outcomes = report.outcomes
    counts = Counter(outcome.action for outcome in outcomes)
    result: dict[str, Any] = {
        "changed": report.uncertain or any(counts[action] for action in CHANGES),
        "devices": [row(outcome) for outcome in _returned(outcomes, return_devices, counts[FAILED])],
        "summary": {action: counts[action] for action in ACTIONS},
    }
    if diff:
        result["diff"] = {"prepared": diff_text(outcomes)}
    errors = [outcome.error for outcome in outcomes if outcome.error]
    if errors or report.stopped:
        result["failed"] = True
        result["msg"] = failure_message(errors, len(outcomes)) if errors else "The task was stopped"
    if report.stopped:
        result["failure"] = report.stopped.as_dict()
        reason = "" if errors and errors[0].message == report.stopped.message else f": {report.stopped.message}"
        result["msg"] += f". No more requests were sent{reason}"
    return result


def error_result(error: RpsError) -> dict[str, Any]:
    """Return the result of a task that failed as a whole; for input errors, it lists the first of them."""
    result: dict[str, Any] = {"failed": True, "msg": error.message, "failure": error.as_dict()}
    if isinstance(error, InputError):
        result["problems"] = [problem.as_dict() for problem in error.listed]
        result["problem_counts"] = dict(error.counts)
    return result


def failure_message(errors: Sequence[RpsError], total: int, what: str = "devices failed") -> str:
    """Return the number of failures, the reason of the first (or worst, if one is unbound), and counts by code."""
    first = next((error for error in errors if error.code == LEFT_UNBOUND), errors[0])
    return f"{len(errors)} of {total} {what}: {first.message} ({count_codes(errors)})"


def diff_text(outcomes: Sequence[Outcome]) -> str:
    """Return a line ``MAC  before -> after`` for each device that changes, for 10,000 at most, then a count."""
    changes = [outcome for outcome in outcomes if outcome.action in CHANGES]
    lines = [f"{outcome.mac}  {_before(outcome)} -> {_after(outcome)}\n" for outcome in changes[:MOST_DIFF_LINES]]
    if len(changes) > MOST_DIFF_LINES:
        lines.append(f"... and {len(changes) - MOST_DIFF_LINES} more\n")
    return "".join(lines)


def _before(outcome: Outcome) -> str:
    return " ".join(filter(None, outcome.was.place.values())) or outcome.status or "not known"


def _after(outcome: Outcome) -> str:
    return outcome.target.words(outcome.mac) if outcome.target else "released"


def _returned(outcomes: Sequence[Outcome], return_devices: str | None, failed: int) -> Sequence[Outcome]:
    most = len(outcomes)
    if return_devices is None and failed and len(outcomes) > MOST_RETURNED_FAILURES:
        return_devices, most = "failed", MOST_RETURNED_FAILURES
    actions = _RETURNED[return_devices or "all"]
    return [outcome for outcome in outcomes if outcome.action in actions][:most]


def unverified_warning(report: Report) -> str | None:
    """Return the warning about registered devices whose target cannot be verified, if there are any."""
    count = sum(outcome.action == UNVERIFIED for outcome in report.outcomes)
    if not count:
        return None
    return (
        f"{count} devices are registered, but nothing shows where they point (unverified). Use force to register them "
        "again. If the service can show the target, give the URL of their server in servers."
    )
