# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role decommission: release the phones of a list, or all phones that point to a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import (
    Problem,
    Problems,
    RpsError,
    unforeseen,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.model import FAILED, REMOVED, Device, Observation, Outcome
from ansible_collections.voip.rps.plugins.module_utils._pure.url import same_url
from ansible_collections.voip.rps.plugins.module_utils._reconcile.desired import Targets, desired_devices
from ansible_collections.voip.rps.plugins.module_utils._reconcile.ownership import AllAccounts, Owner, did_you_mean
from ansible_collections.voip.rps.plugins.module_utils._reconcile.plan import Policy
from ansible_collections.voip.rps.plugins.module_utils._reconcile.progress import Progress
from ansible_collections.voip.rps.plugins.module_utils._reconcile.reconcile import BeforeWriting, Report, reconcile
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service
from ansible_collections.voip.rps.plugins.plugin_utils._roles.account_run import services_of
from ansible_collections.voip.rps.plugins.plugin_utils._roles.accounts import RoleAccount, read_accounts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.backup import Backup, find_backup
from ansible_collections.voip.rps.plugins.plugin_utils._roles.context import Context, Hosts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.hosts import HOSTS, add_hosts, read_hosts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.observed import can_list, look
from ansible_collections.voip.rps.plugins.plugin_utils._roles.phones import (
    find_dest,
    find_list,
    rows_of_role,
    ways_given,
)
from ansible_collections.voip.rps.plugins.plugin_utils._roles.report import (
    Result,
    dest_rows,
    refused,
    role_result,
    save,
)
from ansible_collections.voip.rps.plugins.plugin_utils._roles.targets import servers_of, servers_option
from ansible_collections.voip.rps.plugins.plugin_utils._roles.variables import BACKUP, HOW, Variable, read_variables

ROLE = "decommission"
VARIABLES = {
    "src": Variable("str"),
    "phones": Variable("phones"),
    "server": Variable("str"),
    "servers": Variable("dict", {}),
    "limit": Variable("int", 10, least=0),
    **{name: HOW[name] for name in ("concurrency", "dest", "only")},
    **HOSTS,
    **BACKUP,
}
LISTS = ("src", "phones", "hosts")


class Part(NamedTuple):
    """An account and the phones to release: those in ``named``, or all that point to ``url`` if ``named`` is None."""

    account: RoleAccount
    service: Service
    named: Sequence[str] | None
    url: str | None
    progress: Progress


class Input(NamedTuple):
    """The validated input of a run, and its ``problems``."""

    accounts: Sequence[RoleAccount]
    parts: Sequence[Part]
    limit: int
    backup: Backup | None
    dest: str | None
    hosts: Hosts | None
    problems: Problems

    @property
    def secrets(self) -> set[str]:
        return set().union(*(account.secrets for account in self.accounts))


def run(context: Context) -> dict[str, Any]:
    """Run the role, or predict its outcomes in check mode, and return the result of the task."""
    given = read_input(context)
    if given.problems:
        names = [account.name for account in given.accounts]
        return refused(ROLE, given.problems, names, given.secrets, given.dest)
    predicted = [_predict(part) for part in given.parts]
    results = _over_limit(given, predicted)
    if results is None:
        pairs = zip(given.parts, predicted, strict=True)
        results = list(predicted) if context.check_mode else [_release(part, one, given.backup) for part, one in pairs]
    saved = given.backup.path if given.backup else None
    task = role_result(ROLE, results, given.secrets, diff=context.diff, backup=saved)
    add_hosts(task, given.hosts, results)
    save(ROLE, given.dest, dest_rows(results), given.secrets, task)
    return task


def read_input(context: Context) -> Input:
    """Return the validated input. Send nothing."""
    problems: Problems = list(context.problems)
    values = read_variables(ROLE, VARIABLES, context.given, context.names, problems)
    accounts, all_read = read_accounts(ROLE, values["concurrency"], context, problems)
    lists = ways_given(ROLE, values, context)
    by_server = f"{ROLE}_server" in context.given
    path = None
    if by_server:
        problems += _beside_server(lists, values)
    else:
        path = find_list(ROLE, values, context, problems)
    hosts = read_hosts(ROLE, values, context, problems, ("only",))
    dest = find_dest(ROLE, values, path, context, problems)
    backup = find_backup(ROLE, values, context, problems)
    parts: list[Part] = []
    if all_read and not problems:
        if by_server:
            for account in accounts:
                problems += _server_problems(account, servers_of(account, values), values["server"])
            named: Mapping[str, Sequence[str]] = {}
        else:
            named = _named(accounts, values, path, hosts, problems)
            accounts_asked = [account for account in accounts if named.get(account.name)]
        asked = accounts if by_server else accounts_asked
        services = services_of(ROLE, asked, problems) if not problems else {}
        parts = [
            Part(
                account,
                services[account.name],
                None if by_server else named[account.name],
                account.account.kind.spelled(str(servers_of(account, values)[values["server"]])) if by_server else None,
                Progress(account.name, context.show),
            )
            for account in asked
            if services
        ]
    return Input(accounts, parts, values["limit"], backup, dest, hosts, list(dict.fromkeys(problems)))


def _beside_server(lists: Sequence[str], values: Mapping[str, Any]) -> Problems:
    names = ", ".join(f"{ROLE}_{name}" for name in (*LISTS, "server"))
    if lists:
        return [Problem("invalid_input", "", f"Exactly one of {names} is required.")]
    if values["only"]:
        return [Problem("invalid_input", f"{ROLE}_only", f"requires {ROLE}_src or {ROLE}_phones")]
    return []


def _server_problems(account: RoleAccount, servers: Mapping[str, Any], server: str) -> Problems:
    """Return the problems if the phones of an account that point to the server cannot be found."""
    kind = account.account.kind
    option = servers_option(ROLE, account)
    problems = list(Targets(kind, servers, option=option).problems)
    where, name = f"account {account.name!r}", f"{ROLE}_server"
    if not kind.can.read_target or not can_list(kind):
        lacks = "report where a phone points" if not kind.can.read_target else "list its phones"
        words = f"{where}: {account.provider} cannot {lacks}. Name the phones, or leave the account out"
        problems.append(Problem("unsupported", name, words))
    elif server not in servers:
        words = (
            f"{where}: its URL is required in {option}, because services report only the URLs of phones: "
            f"{did_you_mean(server, servers)}"
        )
        problems.append(Problem("invalid_server", name, words))
    return problems


def _named(
    accounts: Sequence[RoleAccount],
    values: Mapping[str, Any],
    path: str | None,
    hosts: Hosts | None,
    problems: Problems,
) -> dict[str, list[str]]:
    """Return the phones of the list, by the account that owns their rows."""
    owners = {Owner(one.provider, one.name): Targets(one.account.kind, None, absent=True) for one in accounts}
    rule = AllAccounts({one.name: one.provider for one in accounts})
    rows = rows_of_role(ROLE, values, path, [servers_of(account, values) for account in accounts], problems, hosts)
    desired = desired_devices(rows, rule, owners, problems)
    return {str(owner.account): [device.mac for device in devices] for owner, devices in desired.devices.items()}


def _predict(part: Part) -> Result:
    """Read an account, and return the predicted outcomes of its phones. Write nothing."""
    result = Result(part.account.name, part.account.provider)
    try:
        if part.named is None:
            seen = look(part.service, None, part.progress)
            there = {
                mac: one for mac, one in seen.items() if one.error or (one.url and same_url(one.url, str(part.url)))
            }
            report = _reconcile(part, list(there), there, None, check_mode=True)
        else:
            report = _reconcile(part, part.named, None, None, check_mode=True)
        result = result._replace(outcomes=report.outcomes)
    except RpsError as error:
        result = _given_up(part, result, error)
    except Exception as error:
        result = _given_up(part, result, unforeseen(error))
    return result._replace(requests=part.service.client.requests)


def _over_limit(given: Input, predicted: Sequence[Result]) -> list[Result] | None:
    """Return failed results if more phones would be released than the limit, or else None."""
    count = sum(result.summary[REMOVED] for result in predicted)
    if count <= given.limit:
        return None
    words = f"would release {count} phones, more than {ROLE}_limit ({given.limit}): nothing was changed"
    error = RpsError("invalid_input", words)
    results: list[Result] = []
    for result in predicted:
        if result.summary[REMOVED]:
            outcomes = [
                one._replace(action=FAILED, error=error) if one.action == REMOVED else one for one in result.outcomes
            ]
            result = result._replace(outcomes=outcomes, failure=error)
        results.append(result)
    return results


def _release(part: Part, predicted: Result, backup: Backup | None) -> Result:
    """Release the phones of an account, and return their outcomes. Failures are part of the result."""
    seen = {outcome.mac: outcome.was for outcome in predicted.outcomes}
    result = predicted
    if not predicted.failure and predicted.summary[REMOVED]:
        before_writing = backup.of(part.account.name) if backup else None
        try:
            report = _reconcile(part, list(seen), seen, before_writing, check_mode=False)
            result = result._replace(outcomes=report.outcomes, failure=report.stopped, changed=report.uncertain)
        except RpsError as error:
            result = _given_up(part, result, error)
        except Exception as error:
            result = _given_up(part, result, unforeseen(error))
            result = result._replace(changed=part.service.client.writes > 0)
    return result._replace(requests=part.service.client.requests)


def _reconcile(
    part: Part,
    macs: Sequence[str],
    seen: Mapping[str, Observation] | None,
    before_writing: BeforeWriting | None,
    *,
    check_mode: bool,
) -> Report:
    return reconcile(
        part.service,
        [Device(mac, None) for mac in macs],
        Policy(),
        batch_size=part.account.params["batch_size"],
        check_mode=check_mode,
        before_writing=before_writing,
        seen=seen,
        progress=part.progress,
    )


def _given_up(part: Part, result: Result, error: RpsError) -> Result:
    macs = [outcome.mac for outcome in result.outcomes] or part.named or ()
    return result._replace(outcomes=[Outcome(mac, FAILED, None, error=error) for mac in macs], failure=error)
