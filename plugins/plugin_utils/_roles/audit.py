# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role audit: compare the phones of each account with the list, and write files. It never writes to a service."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import (
    InputError,
    Problem,
    Problems,
    unforeseen,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import parse_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.model import REGISTERED, Device, Observation
from ansible_collections.voip.rps.plugins.module_utils._pure.shown import SECRETS
from ansible_collections.voip.rps.plugins.module_utils._reconcile.desired import (
    Desired,
    Rows,
    desired_devices,
)
from ansible_collections.voip.rps.plugins.module_utils._reconcile.outcome_file import replace_file
from ansible_collections.voip.rps.plugins.module_utils._reconcile.ownership import AllAccounts, Owner
from ansible_collections.voip.rps.plugins.module_utils._reconcile.progress import Progress
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service
from ansible_collections.voip.rps.plugins.plugin_utils._audit.audit import (
    LIST_COLUMNS,
    AccountAudit,
    Audit,
    as_run,
    cells_of,
)
from ansible_collections.voip.rps.plugins.plugin_utils._audit.drift import drift_of
from ansible_collections.voip.rps.plugins.plugin_utils._audit.files import (
    claims_text,
    csv_text,
    json_text,
    metrics_text,
)
from ansible_collections.voip.rps.plugins.plugin_utils._audit.history import History, HistoryError, Keyed
from ansible_collections.voip.rps.plugins.plugin_utils._audit.observe import Observed, observe_account, unread_account
from ansible_collections.voip.rps.plugins.plugin_utils._audit.page import MOST_RUNS, page_text
from ansible_collections.voip.rps.plugins.plugin_utils._audit.selection import Limits
from ansible_collections.voip.rps.plugins.plugin_utils._audit.states import (
    ELSEWHERE,
    EXTRA,
    READ,
    STATES,
    Row,
    Seen,
    met_by,
    state_of,
    summary,
)
from ansible_collections.voip.rps.plugins.plugin_utils._roles.account_run import services_of
from ansible_collections.voip.rps.plugins.plugin_utils._roles.accounts import RoleAccount, read_accounts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.audit_result import (
    audit_result,
    failed_phones,
    wrong_input_result,
)
from ansible_collections.voip.rps.plugins.plugin_utils._roles.context import Context, Hosts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.hosts import HOSTS, add_failed_hosts, read_hosts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.phones import find_dest, find_list, rows_of_role
from ansible_collections.voip.rps.plugins.plugin_utils._roles.targets import targets_of
from ansible_collections.voip.rps.plugins.plugin_utils._roles.variables import Variable, read_variables

ROLE = "audit"
VARIABLES = {
    "src": Variable("str"),
    "phones": Variable("phones"),
    "servers": Variable("dict", {}),
    "server": Variable("str"),
    "url": Variable("str"),
    "json": Variable("str"),
    "csv": Variable("str"),
    "html": Variable("str"),
    "metrics": Variable("str"),
    "claims": Variable("str"),
    "history": Variable("str"),
    "max_age": Variable("float", least=0),
    "reads": Variable("int", least=0),
    "fail_on": Variable("list", []),
    "concurrency": Variable("int", least=1),
    "complete": Variable("bool"),
    **HOSTS,
}

NO_HISTORY_WARNING = (
    "audit_max_age and audit_reads require audit_history. Without a history, a run does not know earlier readings."
)

NOT_COMPLETE_WARNING = (
    "audit_fail_on contains extra, but this run does not look for extra phones. Set audit_complete to true if the "
    "hosts are all phones that the accounts should have."
)

WRITERS: dict[str, Callable[[Audit], str]] = {
    "json": json_text,
    "csv": csv_text,
    "html": page_text,
    "metrics": metrics_text,
    "claims": claims_text,
}
"""The function that creates the text of each file, by its variable."""

Columns = dict[str, dict[str, str]]


class Input(NamedTuple):
    """The validated input of an audit, and its ``problems``.

    ``columns``: the other columns of each row, by MAC address. ``paths``: the paths of the files to write and of the
    history. ``hosts``: the hosts that are the phones, or None. ``show`` gets lines about the progress.
    """

    accounts: Sequence[RoleAccount]
    services: Mapping[str, Service]
    desired: Desired
    columns: Columns
    paths: Mapping[str, str]
    values: Mapping[str, Any]
    hosts: Hosts | None
    show: Callable[[str], None]
    problems: Problems

    @property
    def secrets(self) -> set[str]:
        return set().union(*(account.secrets for account in self.accounts))

    @property
    def is_complete(self) -> bool:
        """Whether the list has all phones, so that other phones are ``extra``."""
        return self.hosts is None if self.values["complete"] is None else bool(self.values["complete"])


def run(context: Context) -> dict[str, Any]:
    """Run the role, and return the result of the task. Check mode does not write the history."""
    given = read_input(context)
    if given.problems:
        return wrong_input_result(InputError(given.problems), _names(given), given.secrets)
    try:
        history = History(given.paths.get("history"), check_mode=context.check_mode)
    except HistoryError as error:
        return wrong_input_result(InputError([_of_history(given, error)]), _names(given), given.secrets)
    SECRETS.add(*given.secrets)
    with history:
        audit, warnings, failure = _audited(given, history)
    if given.values["history"] is None and (given.values["max_age"], given.values["reads"]) != (None, None):
        warnings.append(NO_HISTORY_WARNING)
    if EXTRA in given.values["fail_on"] and not given.is_complete:
        warnings.append(NOT_COMPLETE_WARNING)
    written, unwritten = _write(given, audit._replace(table=cells_of(audit.rows)))
    if failure is not None:
        unwritten.append(str(_of_history(given, failure)))
    task = audit_result(audit, given.values["fail_on"], written, unwritten, warnings, given.secrets)
    add_failed_hosts(task, given.hosts, failed_phones(audit, given.values["fail_on"]))
    return task


def read_input(context: Context) -> Input:
    """Return the validated input. Send nothing."""
    problems: Problems = list(context.problems)
    values = read_variables(ROLE, VARIABLES, context.given, context.names, problems)
    problems += _state_problems(values["fail_on"])
    accounts, all_read = read_accounts(ROLE, values["concurrency"], context, problems)
    path = find_list(ROLE, values, context, problems)
    paths = _paths(values, path, context, problems)
    targets = {Owner(account.provider, account.name): targets_of(ROLE, account, values) for account in accounts}
    for one in targets.values():
        problems += one.problems
    desired = Desired({}, set(), {})
    columns: Columns = {}
    hosts = read_hosts(ROLE, values, context, problems)
    # If an account could not be read, its rows would be reported as wrong, too.
    if all_read:
        rows = rows_of_role(ROLE, {**values, "only": None}, path, [], problems, hosts)
        rule = AllAccounts({account.name: account.provider for account in accounts})
        desired = desired_devices(_noting(rows, columns), rule, targets, problems)
    problems = list(dict.fromkeys(problems))
    services = services_of(ROLE, accounts, problems) if not problems else {}
    return Input(accounts, services, desired, columns, paths, values, hosts, context.show, problems)


def _names(given: Input) -> list[str]:
    return [account.name for account in given.accounts]


def _of_history(given: Input, error: HistoryError) -> Problem:
    return Problem("invalid_input", f"{ROLE}_history", f"{given.paths['history']} {error}")


def _state_problems(states: Sequence[Any]) -> Problems:
    wrong = [state for state in states if state not in STATES]
    words = f"must be a list of states: {', '.join(STATES)}"
    return [Problem("invalid_input", f"{ROLE}_fail_on", words)] if wrong else []


def _paths(values: Mapping[str, Any], phone_list: str | None, context: Context, problems: Problems) -> dict[str, str]:
    """Return the path of each file, and add those that cannot be written to ``problems``."""
    paths: dict[str, str] = {}
    first: dict[str, str] = {}
    for name in (*WRITERS, "history"):
        option = f"{ROLE}_{name}"
        found: Problems = []
        # Check mode writes the files under their own names, because writing them changes no phone.
        path = find_dest(ROLE, {"dest": values[name]}, phone_list, context._replace(check_mode=False), found)
        problems += [problem._replace(where=option) for problem in found]
        if path is None:
            continue
        other = first.setdefault(os.path.realpath(path), option)
        if other != option:
            problems.append(Problem("invalid_input", option, f"{path} is also the file of {other}: set another one"))
        paths[name] = path
    return paths


def _noting(rows: Rows, columns: Columns) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the rows, and store their other columns in ``columns``."""
    for where, row in rows:
        noted = {name: str(row[name]) for name in LIST_COLUMNS if row.get(name)}
        if noted:
            try:
                columns.setdefault(parse_mac(row["mac"]), noted)
            except ValueError:
                # The reader of the row reports this.
                noted = {}
        yield where, row


class _Account(NamedTuple):
    """The audit of an account with its observations. ``readings``: the readings for the history."""

    account: RoleAccount
    audit: AccountAudit
    observed: Observed
    readings: Sequence[tuple[Device, Seen, bool | None]]
    keyed: Keyed


def _audited(given: Input, history: History) -> tuple[Audit, list[str], HistoryError | None]:
    """Return the audit, warnings, and why the history could not be used, or None."""
    began, at = time.monotonic(), _now()
    failure: HistoryError | None = None
    done: list[_Account] = []
    for account in given.accounts:
        devices = given.desired.devices[Owner(account.provider, account.name)]
        keyed = history.keyed(account.secrets)
        past: Mapping[str, Seen] = {}
        try:
            past = history.past(account.provider, account.name, devices, keyed)
        except HistoryError as error:
            failure = error
        done.append(_account(given, account, devices, past, keyed))
    warnings = [f"{one.account.name}: {words}" for one in done for words in one.observed.warnings]
    listed = {one.account.name: one.observed.listed for one in done if one.observed.listed}
    audits = [one.audit._replace(rows=_with_holders(one.audit, listed)) for one in done]
    audit = Audit(at, time.monotonic() - began, audits)
    try:
        audit = audit._replace(runs=history.runs(MOST_RUNS))
        if failure is None:
            for one in done:
                history.remember(one.account.provider, one.account.name, one.readings, one.keyed)
                if one.audit.failure is None:
                    drift = drift_of(one.audit.rows, is_complete=given.is_complete)
                    history.remember_drift(one.account.provider, one.account.name, drift, at)
            history.commit(as_run(audit, summary(audit.rows)))
    except HistoryError as error:
        failure = error
    return audit, warnings, failure


def _now() -> int:
    return int(time.time())


def _account(
    given: Input, account: RoleAccount, devices: Sequence[Device], past: Mapping[str, Seen], keyed: Keyed
) -> _Account:
    service = given.services[account.name]
    limits = Limits(given.values["max_age"], given.values["reads"])
    try:
        named = given.desired.named
        progress = Progress(account.name, given.show)
        observed = observe_account(
            service, devices, named, past, limits, _now, find_extra=given.is_complete, progress=progress
        )
    except Exception as error:
        observed = unread_account(devices, unforeseen(error), _now())
    can_read = service.can.read_target
    rows = [_row(given, account, device, observed.seen[device.mac], can_read) for device in devices]
    at = _now()
    rows += [_extra(given, account, mac, at) for mac in observed.extra]
    readings = [
        (device, seen, met_by(device, seen))
        for device in devices
        if device.mac in observed.fresh and (seen := observed.seen[device.mac]).observation.status is not None
    ]
    audit = AccountAudit(
        account.name,
        account.provider,
        rows,
        observed.reads,
        service.client.requests,
        observed.failure,
        str(account.params.get("username") or ""),
    )
    return _Account(account, audit, observed, readings, keyed)


def _row(given: Input, account: RoleAccount, device: Device, seen: Seen, can_read: bool) -> Row:
    state, reason = state_of(device, seen, read_target=can_read)
    columns = given.columns.get(device.mac, {})
    return Row(device.mac, account.provider, account.name, state, device.target, seen, reason, columns=columns)


def _extra(given: Input, account: RoleAccount, mac: str, at: int) -> Row:
    seen = Seen(Observation(REGISTERED), at, READ)
    return Row(mac, account.provider, account.name, EXTRA, None, seen, columns=given.columns.get(mac, {}))


def _with_holders(one: AccountAudit, listed: Mapping[str, Collection[str]]) -> list[Row]:
    """Return the rows of an account. Rows of phones that another account of the run has get its name."""
    others = {name: macs for name, macs in listed.items() if name != one.account}
    return [
        row._replace(held_by=next((name for name, macs in others.items() if row.mac in macs), ""))
        if row.state == ELSEWHERE
        else row
        for row in one.rows
    ]


def _write(given: Input, audit: Audit) -> tuple[list[str], list[str]]:
    """Write every file, and return the paths of the written files, and the messages about the others."""
    written, unwritten = [], []
    for name, make in WRITERS.items():
        if name not in given.paths:
            continue
        path = given.paths[name]
        try:
            replace_file(path, make(audit))
            written.append(path)
        except OSError as error:
            unwritten.append(f"{ROLE}_{name}: {path} could not be written: {error.strerror or error}")
    return written, unwritten
