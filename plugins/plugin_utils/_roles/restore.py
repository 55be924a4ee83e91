# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role restore: restore the state of phones from a backup."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems, RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import parse_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.model import CHANGES, REMOVED, Device, Target
from ansible_collections.voip.rps.plugins.module_utils._pure.url import same_url, without_userinfo
from ansible_collections.voip.rps.plugins.module_utils._reconcile.desired import Desired, Rows, Targets, desired_devices
from ansible_collections.voip.rps.plugins.module_utils._reconcile.ownership import AllAccounts, Owner
from ansible_collections.voip.rps.plugins.module_utils._reconcile.plan import Plan
from ansible_collections.voip.rps.plugins.plugin_utils._roles.account_run import (
    Job,
    policy_of,
    run_job,
    services_of,
)
from ansible_collections.voip.rps.plugins.plugin_utils._roles.accounts import RoleAccount, read_accounts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.backup import Backup, find_backup
from ansible_collections.voip.rps.plugins.plugin_utils._roles.backup_file import Saved, read_backup
from ansible_collections.voip.rps.plugins.plugin_utils._roles.context import Context, Hosts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.hosts import HOSTS, add_hosts, read_hosts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.phones import (
    find_dest,
    find_input,
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
from ansible_collections.voip.rps.plugins.plugin_utils._roles.wave_values import (
    WAVES,
    GroupRows,
    group_of,
    wave_problems,
    waves_of,
)

ROLE = "restore"
VARIABLES = {
    "from": Variable("str"),
    "src": Variable("str"),
    "phones": Variable("phones"),
    "servers": Variable("dict", {}),
    "release": Variable("bool", False),
    "limit": Variable("int", 10, least=0),
    **{name: variable for name, variable in HOW.items() if name != "only"},
    **HOSTS,
    **BACKUP,
    **WAVES,
}
_MOST_NAMED = 5


class Input(NamedTuple):
    """The validated input of a run, and its ``problems`` and ``warnings``."""

    accounts: Sequence[RoleAccount]
    jobs: Sequence[Job]
    dest: str | None
    backup: Backup | None
    hosts: Hosts | None
    warnings: Sequence[str]
    problems: Problems

    @property
    def secrets(self) -> set[str]:
        return set().union(*(account.secrets for account in self.accounts))


class Chosen(NamedTuple):
    """The rows of a backup, by their treatment.

    ``bound``: phones that were registered. ``released``: phones that were not registered, and will be released.
    ``kept``: the number of phones that were not registered, and will not be released. ``without_target``: the number of
    registered phones whose target is not known.
    """

    bound: Sequence[Saved]
    released: Sequence[Saved]
    kept: int
    without_target: int


def run(context: Context) -> dict[str, Any]:
    """Run the role, or predict its outcomes in check mode, and return the result of the task."""
    given = read_input(context)
    if given.problems:
        names = [account.name for account in given.accounts]
        return refused(ROLE, given.problems, names, given.secrets, given.dest)
    results = [_with_own_urls(run_job(job, check_mode=context.check_mode), job) for job in given.jobs]
    backup = given.backup.path if given.backup else None
    task = role_result(ROLE, results, given.secrets, diff=context.diff, backup=backup)
    add_hosts(task, given.hosts, results)
    task["warnings"] = [*given.warnings, *task["warnings"]]
    save(ROLE, given.dest, dest_rows(results), given.secrets, task)
    return task


def read_input(context: Context) -> Input:
    """Return the validated input. Send nothing."""
    problems: Problems = list(context.problems)
    values = {**read_variables(ROLE, VARIABLES, context.given, context.names, problems), "only": None}
    if f"{ROLE}_from" not in context.given and not context.problems:
        problems.append(Problem("invalid_input", f"{ROLE}_from", "is required: the path of a backup"))
    accounts, all_read = read_accounts(ROLE, values["concurrency"], context, problems)
    path = find_list(ROLE, values, context, problems, required=False)
    source = find_input(f"{ROLE}_from", values["from"], context, problems)
    dest = find_dest(ROLE, values, path or source, context, problems)
    backup = find_backup(ROLE, values, context, problems)
    problems += wave_problems(ROLE, values, context.given)
    group = GroupRows(group_of(values))
    hosts = read_hosts(ROLE, values, context, problems)
    named = None
    if ways_given(ROLE, values, context):
        named = _named(group.passing(rows_of_role(ROLE, values, path, (), problems, hosts)), problems)
    saved = read_backup(source, problems) if source else []
    chosen = _choose(saved, named, release=values["release"])
    servers = {account.name: _servers(account, values) for account in accounts}
    desired = Desired({}, set(), {})
    if all_read:
        desired = _desired(chosen, accounts, servers, problems)
        problems += group.problems(f"{ROLE}_canary")
    problems = list(dict.fromkeys(problems))
    services = services_of(ROLE, accounts, problems) if not problems else {}
    jobs = []
    for account in accounts if not problems else ():
        job = Job(
            account,
            services[account.name],
            desired.devices[Owner(account.provider, account.name)],
            servers[account.name],
            policy_of(values),
            before_writing=backup.of(account.name) if backup else None,
            waves=waves_of(values, group),
            show=context.show,
            check_plan=lambda plan: _check_released(plan, values["limit"]),
        )
        jobs.append(job)
    warnings = _warnings(chosen, None if named is None else len(named.difference(one.mac for one in saved)))
    return Input(accounts, jobs, dest, backup, hosts, warnings, problems)


def _named(rows: Rows, problems: Problems) -> set[str]:
    """Return the MAC addresses of a phone list."""
    macs: set[str] = set()
    for where, row in rows:
        try:
            macs.add(parse_mac(row["mac"]))
        except ValueError as error:
            problems.append(Problem("invalid_mac", where, str(error)))
    return macs


def _choose(saved: Sequence[Saved], named: set[str] | None, *, release: bool) -> Chosen:
    rows = [one for one in saved if named is None or one.mac in named]
    ours = [one for one in rows if one.was_ours]
    others = [one for one in rows if not one.was_ours]
    bound = [one for one in ours if one.url or one.server]
    return Chosen(bound, others if release else [], 0 if release else len(others), len(ours) - len(bound))


def _servers(account: RoleAccount, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the URLs of the account's servers, by name. The variable may also have the names, by URL."""
    pairs = (
        (url, name) if "://" in name and isinstance(url, str) else (name, url)
        for name, url in servers_of(account, values).items()
    )
    spelled = account.account.kind.spelled
    return {name: spelled(url) if isinstance(url, str) else url for name, url in pairs}


def _desired(
    chosen: Chosen, accounts: Sequence[RoleAccount], servers: Mapping[str, Mapping[str, Any]], problems: Problems
) -> Desired:
    """Return the desired devices of the accounts: registered phones with their targets, and phones to release."""
    rule = AllAccounts({account.name: account.provider for account in accounts})
    targets: dict[Owner, Targets] = {}
    absent: dict[Owner, Targets] = {}
    for account in accounts:
        owner, kind = Owner(account.provider, account.name), account.account.kind
        option = servers_option(ROLE, account)
        targets[owner] = Targets(kind, servers[account.name], option=option, as_seen=True)
        problems += targets[owner].problems
        absent[owner] = Targets(kind, None, absent=True)
    # With the URLs of all accounts' servers, a row whose account has no such server gets its own problem.
    bound = desired_devices(_rows(chosen.bound, accounts, servers), rule, targets, problems)
    released = desired_devices(_rows(chosen.released, accounts, servers), rule, absent, problems)
    devices: dict[Owner, list[Device]] = {
        owner: [*bound.devices[owner], *released.devices[owner]] for owner in bound.devices
    }
    return Desired(devices, bound.named | released.named, {})


def _rows(
    saved: Sequence[Saved], accounts: Sequence[RoleAccount], servers: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the rows of a backup as rows of a phone list. Replace the URL of a named server by its name."""
    kinds = {account.name.strip().casefold(): account for account in accounts}
    for one in saved:
        row = {"mac": one.mac, "provider": one.provider, "account": one.account}
        account = kinds.get(one.account.casefold())
        known = servers[account.name] if account else {}
        named_servers = account is not None and account.account.kind.can.named_servers
        server = one.server
        if not server and one.own_url is not True and named_servers:
            server = next((name for name, url in known.items() if same_url(str(url), one.url)), "")
        if server and one.own_url is not True and named_servers:
            yield one.where, {**row, "server": server}
        else:
            yield one.where, {**row, "url": one.url}


def _check_released(plan: Plan, limit: int) -> None:
    count = sum(outcome.action == REMOVED for outcome in plan.outcomes.values())
    if count > limit:
        words = (
            f"the restore would release {count} phones, more than {ROLE}_limit ({limit}): nothing was changed in this "
            "account"
        )
        raise RpsError("invalid_input", words)


def _with_own_urls(result: Result, job: Job) -> Result:
    """Return the result, with a warning if phones got their own URL instead of a named server."""
    if not job.service.can.named_servers:
        return result
    urls: Counter[str] = Counter()
    for one in result.outcomes:
        if one.action in CHANGES and isinstance(one.target, Target) and one.target.own and one.target.url:
            urls[without_userinfo(one.target.url)] += 1
    if not urls:
        return result
    names = ", ".join(url for url, _count in urls.most_common(_MOST_NAMED))
    more = f" and {len(urls) - _MOST_NAMED} more" if len(urls) > _MOST_NAMED else ""
    words = (
        f"{job.account.name}: {sum(urls.values())} phones have their own URL now, because {ROLE}_servers has no server "
        f"with it: {names}{more}"
    )
    return result._replace(warnings=[*result.warnings, words])


def _warnings(chosen: Chosen, not_saved: int | None) -> list[str]:
    warnings = []
    if chosen.kept:
        warnings.append(
            f"{chosen.kept} phones of the backup were not registered by their account. They are not changed. To "
            f"release them, set {ROLE}_release. {ROLE}_limit is the maximum for each account."
        )
    if chosen.without_target:
        warnings.append(
            f"{chosen.without_target} phones are not changed, because the backup does not know their redirect target."
        )
    if not_saved:
        warnings.append(f"{not_saved} phones of the list are not in the backup.")
    return warnings
