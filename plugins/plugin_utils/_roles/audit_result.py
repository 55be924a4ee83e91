# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of the role audit. It has the same keys as that of the other roles, with states instead of actions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Any

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import InputError, count_codes
from ansible_collections.voip.rps.plugins.module_utils._reconcile.report import MOST_RETURNED_FAILURES
from ansible_collections.voip.rps.plugins.plugin_utils._audit.audit import AccountAudit, Audit, advice, cells_of
from ansible_collections.voip.rps.plugins.plugin_utils._audit.states import HISTORY, STATES, Row, summary, totals
from ansible_collections.voip.rps.plugins.plugin_utils._roles.report import MOST_LINES, Line, finished, input_result

ROLE = "audit"


def wrong_input_result(error: InputError, accounts: Sequence[str], secrets: Collection[str]) -> dict[str, Any]:
    """Return the result of an audit with wrong input, which sent nothing."""
    task = input_result(ROLE, error, accounts, secrets)
    fact = task["ansible_facts"][f"{ROLE}_result"]
    for part in (fact, *fact["accounts"].values()):
        part["summary"] = dict.fromkeys(STATES, 0)
    return task


def audit_result(
    audit: Audit,
    fail_on: Collection[str],
    written: Sequence[str],
    unwritten: Sequence[str],
    warnings: Sequence[str],
    secrets: Collection[str],
) -> dict[str, Any]:
    """Return the result of the task that ran the audit.

    The task fails if an account could not be read, a phone has a state in ``fail_on``, or a file could not be written.
    """
    counts = summary(audit.rows)
    failed_accounts = [one for one in audit.accounts if one.failure]
    found = {state: counts[state] for state in STATES if state in fail_on and counts[state]}
    failed = bool(failed_accounts or found or unwritten)
    fact = {
        "changed": False,
        "failed": failed,
        "summary": counts,
        "accounts": {one.account: _account(one) for one in audit.accounts},
        "devices": [_device(row) for row in islice(_failed(audit, fail_on), MOST_RETURNED_FAILURES)],
        "backup": None,
        "dest": None,
    }
    words = [f"{count} {state}" for state, count in found.items()]
    message = [f"Found {', '.join(words)}." if words else ""]
    message += [str(Line(one.account, one.failure)) for one in failed_accounts if one.failure]
    message += unwritten
    task = {
        "changed": False,
        "failed": failed,
        "msg": " ".join(filter(None, message)) if failed else "Nothing failed.",
        "lines": [*map(_line, audit.accounts), *(f"Written: {path}" for path in written)],
        "failures": [*_failures(audit, fail_on), *unwritten],
        "warnings": list(warnings),
    }
    return finished(ROLE, task, fact, secrets)


def failed_phones(audit: Audit, fail_on: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield the MAC address of each phone for which the role fails, and the message about it."""
    return ((row.mac, _phone(row)) for row in _failed(audit, fail_on))


def _account(one: AccountAudit) -> dict[str, Any]:
    return {
        "summary": summary(one.rows),
        "requests": one.requests,
        "failure": one.failure.as_dict() if one.failure else None,
    }


def _failed(audit: Audit, fail_on: Collection[str]) -> Iterator[Row]:
    return (row for row in audit.rows if row.error or row.state in fail_on)


def _device(row: Row) -> dict[str, Any]:
    (cells,) = cells_of([row])
    shown = {key: value for key, value in cells._asdict().items() if key not in ("code", "message")}
    return {**shown, "error": row.error.as_dict()} if row.error else shown


def _line(one: AccountAudit) -> str:
    found = [f"{count} {state}" for state, count in summary(one.rows).items() if count]
    remembered = sum(totals(one.rows)[HISTORY].values())
    known = f"phones read: {one.reads}, from the history: {remembered}, requests: {one.requests}"
    return f"{one.account}: {', '.join(found) or 'no phones'} ({known})"


def _failures(audit: Audit, fail_on: Collection[str]) -> list[str]:
    """Return what failed and what to do about it. After the first failures, only count them."""
    lines = [str(Line(one.account, one.failure)) for one in audit.accounts if one.failure]
    whole = [one.failure.message for one in audit.accounts if one.failure]
    # Phones with the failure of their account are not listed again.
    rows = [row for row in _failed(audit, fail_on) if not (row.error and row.error.message in whole)]
    lines += [_phone(row) for row in rows[: max(0, MOST_LINES - len(lines))]]
    others = rows[max(0, MOST_LINES - len(whole)) :]
    if others:
        codes = count_codes(row.error for row in others if row.error)
        states = [f"{count} {state}" for state, count in summary(others).items() if count]
        lines.append(f"… and {len(others)} more: {', '.join(states)}{f' ({codes})' if codes else ''}")
    return lines


def _phone(row: Row) -> str:
    what = f"{row.account} phone {row.mac}"
    return str(Line(what, row.error)) if row.error else f"{what}: {row.state}. {advice(row)}"
