# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role rollout: validate everything, then register the phones of each account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems
from ansible_collections.voip.rps.plugins.module_utils._reconcile.desired import (
    Desired,
    desired_devices,
    prune_problems,
)
from ansible_collections.voip.rps.plugins.module_utils._reconcile.ownership import AllAccounts, Owner
from ansible_collections.voip.rps.plugins.module_utils._reconcile.reconcile import Prune
from ansible_collections.voip.rps.plugins.module_utils._reconcile.swap import Swaps
from ansible_collections.voip.rps.plugins.module_utils._reconcile.waves import Waves
from ansible_collections.voip.rps.plugins.plugin_utils._roles.account_run import (
    Job,
    policy_of,
    run_job,
    services_of,
)
from ansible_collections.voip.rps.plugins.plugin_utils._roles.accounts import RoleAccount, read_accounts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.backup import Backup, find_backup
from ansible_collections.voip.rps.plugins.plugin_utils._roles.context import Context, Hosts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.hosts import HOSTS, add_hosts, read_hosts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.phones import find_dest, find_list, rows_of_role
from ansible_collections.voip.rps.plugins.plugin_utils._roles.report import (
    dest_rows,
    refused,
    role_result,
    save,
)
from ansible_collections.voip.rps.plugins.plugin_utils._roles.targets import servers_of, targets_of
from ansible_collections.voip.rps.plugins.plugin_utils._roles.variables import BACKUP, HOW, Variable, read_variables
from ansible_collections.voip.rps.plugins.plugin_utils._roles.wave_values import (
    WAVES,
    GroupRows,
    group_of,
    wave_problems,
    waves_of,
)

ROLE = "rollout"
VARIABLES = {
    "src": Variable("str"),
    "phones": Variable("phones"),
    "servers": Variable("dict", {}),
    "server": Variable("str"),
    "url": Variable("str"),
    "prune": Variable("bool", False),
    "prune_limit": Variable("int", 10, least=0),
    **HOW,
    **HOSTS,
    **BACKUP,
    **WAVES,
}


class Input(NamedTuple):
    """The validated input of a run, and its ``problems``.

    ``dest``: the path of the file of outcomes, or None. ``hosts``: the hosts that are the phones, or None.
    """

    accounts: Sequence[RoleAccount]
    jobs: Sequence[Job]
    dest: str | None
    backup: Backup | None
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
    results = [run_job(job, check_mode=context.check_mode) for job in given.jobs]
    backup = given.backup.path if given.backup else None
    task = role_result(ROLE, results, given.secrets, diff=context.diff, backup=backup)
    add_hosts(task, given.hosts, results)
    save(ROLE, given.dest, dest_rows(results), given.secrets, task)
    return task


def read_input(context: Context) -> Input:
    """Return the validated input. Send nothing."""
    problems: Problems = list(context.problems)
    values = read_variables(ROLE, VARIABLES, context.given, context.names, problems)
    accounts, all_read = read_accounts(ROLE, values["concurrency"], context, problems)
    path = find_list(ROLE, values, context, problems)
    dest = find_dest(ROLE, values, path, context, problems)
    backup = find_backup(ROLE, values, context, problems)
    hosts = read_hosts(ROLE, values, context, problems, ("prune", "only"))
    targets = {Owner(account.provider, account.name): targets_of(ROLE, account, values) for account in accounts}
    for one in targets.values():
        problems += one.problems
    desired = Desired({}, set(), {})
    group = GroupRows(group_of(values))
    problems += wave_problems(ROLE, values, context.given)
    # If an account could not be read, its rows would be reported as wrong, too.
    if all_read:
        servers = [servers_of(account, values) for account in accounts]
        rows = rows_of_role(ROLE, values, path, servers, problems, hosts)
        rule = AllAccounts({account.name: account.provider for account in accounts})
        desired = desired_devices(group.passing(rows), rule, targets, problems)
        problems += group.problems(f"{ROLE}_canary")
    if values["prune"] and not problems:
        problems += _prune_problems(accounts, desired)
    problems = list(dict.fromkeys(problems))
    services = services_of(ROLE, accounts, problems) if not problems else {}
    waves = waves_of(values, group)
    jobs = [] if problems else [_job(account, services, values, desired, backup, waves) for account in accounts]
    jobs = [job._replace(show=context.show) for job in jobs]
    return Input(accounts, jobs, dest, backup, hosts, problems)


def _prune_problems(accounts: Sequence[RoleAccount], desired: Desired) -> Problems:
    problems: Problems = []
    params = {"prune": True, "state": "present", "mac": None, "macs": None}
    for account in accounts:
        own = desired.devices[Owner(account.provider, account.name)]
        for problem in prune_problems(params, own, account.account.kind, wrong_list=False):
            words = f"account {account.name}: {problem.message}"
            problems.append(Problem(problem.code, f"{ROLE}_prune", words))
    return problems


def _job(
    account: RoleAccount,
    services: Mapping[str, Any],
    values: Mapping[str, Any],
    desired: Desired,
    backup: Backup | None,
    waves: Waves | None,
) -> Job:
    owner, servers = Owner(account.provider, account.name), servers_of(account, values)
    return Job(
        account,
        services[account.name],
        desired.devices[owner],
        servers,
        policy_of(values),
        Prune(desired.kept, values["prune_limit"]) if values["prune"] else None,
        backup.of(account.name) if backup else None,
        waves,
        swaps=Swaps(desired.swaps.get(owner, {}), servers, values["url"]),
    )
