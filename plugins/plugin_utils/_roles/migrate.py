# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role migrate: move phones to another account, or within their accounts to another server or URL."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems
from ansible_collections.voip.rps.plugins.module_utils._pure.url import same_url
from ansible_collections.voip.rps.plugins.module_utils._reconcile.desired import Targets, desired_devices
from ansible_collections.voip.rps.plugins.module_utils._reconcile.ownership import AllAccounts, Owner, did_you_mean
from ansible_collections.voip.rps.plugins.module_utils._reconcile.progress import Progress
from ansible_collections.voip.rps.plugins.plugin_utils._roles.account_move import Side
from ansible_collections.voip.rps.plugins.plugin_utils._roles.account_run import services_of
from ansible_collections.voip.rps.plugins.plugin_utils._roles.accounts import RoleAccount, read_accounts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.backup import Backup, find_backup
from ansible_collections.voip.rps.plugins.plugin_utils._roles.context import Context, Hosts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.hosts import HOSTS, add_hosts, read_hosts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.migrate_between import (
    Between,
    Done,
    default_path,
    identity,
    move_between,
    pair_problems,
    read_between,
)
from ansible_collections.voip.rps.plugins.plugin_utils._roles.migrate_within import (
    Part,
    PatternRule,
    Rule,
    ServerRule,
    move_within,
)
from ansible_collections.voip.rps.plugins.plugin_utils._roles.observed import can_list
from ansible_collections.voip.rps.plugins.plugin_utils._roles.phones import (
    find_dest,
    find_list,
    rows_of_role,
    writable_path,
)
from ansible_collections.voip.rps.plugins.plugin_utils._roles.report import (
    dest_rows,
    refused,
    role_result,
    save,
)
from ansible_collections.voip.rps.plugins.plugin_utils._roles.targets import servers_of, servers_option
from ansible_collections.voip.rps.plugins.plugin_utils._roles.url_rule import RuleError, UrlRule
from ansible_collections.voip.rps.plugins.plugin_utils._roles.variables import BACKUP, HOW, Variable, read_variables
from ansible_collections.voip.rps.plugins.plugin_utils._roles.work_list import read_work_list, unfinished_work_list

ROLE = "migrate"
VARIABLES = {
    "src": Variable("str"),
    "phones": Variable("phones"),
    "from_account": Variable("str"),
    "to_account": Variable("str"),
    "from_server": Variable("str"),
    "to_server": Variable("str"),
    "from_url": Variable("str"),
    "to_url": Variable("str"),
    "servers": Variable("dict", {}),
    "server": Variable("str"),
    "url": Variable("str"),
    "worklist": Variable("path"),
    "resume": Variable("path"),
    **{name: HOW[name] for name in ("force", "concurrency", "dest", "only")},
    **HOSTS,
    **BACKUP,
}
LISTS = ("src", "phones", "hosts")
PAIRS = ("account", "server", "url")
_ALLOWED_WITH_RESUME = ("resume", "force", "concurrency", "dest", "backup", "accounts")

CarryOut = Callable[[], Done]


class Input(NamedTuple):
    """The validated input of a run, and its ``problems``. ``carry_out`` runs it, and is None if there are problems."""

    accounts: Sequence[RoleAccount]
    carry_out: CarryOut | None
    backup: Backup | None
    dest: str | None
    hosts: Hosts | None
    problems: Problems
    other_rows: int = 0

    @property
    def secrets(self) -> set[str]:
        return set().union(*(account.secrets for account in self.accounts))


def run(context: Context) -> dict[str, Any]:
    """Run the role, or predict its outcomes in check mode, and return the result of the task."""
    given = read_input(context)
    if given.problems or given.carry_out is None:
        names = [account.name for account in given.accounts]
        return refused(ROLE, given.problems, names, given.secrets, given.dest)
    results, work_list = given.carry_out()
    saved = given.backup.path if given.backup else None
    task = role_result(ROLE, results, given.secrets, diff=context.diff, backup=saved)
    _name_work_list(task, work_list)
    if given.other_rows:
        task["lines"].append(f"rows of other accounts, skipped: {given.other_rows}")
    add_hosts(task, given.hosts, results)
    save(ROLE, given.dest, dest_rows(results), given.secrets, task)
    return task


def _name_work_list(task: dict[str, Any], path: str | None) -> None:
    task["ansible_facts"][f"{ROLE}_result"]["worklist"] = path
    if path is None:
        return
    task["lines"].append(f"work list: {path}")
    if task["failed"]:
        task["msg"] = f"{task['msg']} To continue: -e migrate_resume={path}"


def read_input(context: Context) -> Input:
    """Return the validated input. Send nothing."""
    problems: Problems = list(context.problems)
    values = read_variables(ROLE, VARIABLES, context.given, context.names, problems)
    accounts, all_read = read_accounts(ROLE, values["concurrency"], context, problems)
    given = {name for name in VARIABLES if f"{ROLE}_{name}" in context.given}
    if not values["hosts"]:
        given.discard("hosts")
    wrong = {problem.where for problem in problems}
    is_wrong = bool(wrong.intersection(f"{ROLE}_{name}" for name in VARIABLES))
    resumes = "resume" in given
    problems += _resume_problems(given) if resumes else _pair_problems(given)
    path = None
    if not resumes:
        path = find_list(ROLE, values, context, problems, required=False)
    if values["only"] and not resumes and not given.intersection(LISTS):
        problems.append(Problem("invalid_input", f"{ROLE}_only", f"requires {ROLE}_src or {ROLE}_phones"))
    hosts = None if resumes else read_hosts(ROLE, values, context, problems, ("only",))
    dest = find_dest(ROLE, values, path, context, problems)
    backup = find_backup(ROLE, values, context, problems)
    read = _Reading(context, values, accounts, path, hosts, backup, problems)
    carry_out: CarryOut | None = None
    if all_read and not is_wrong and not problems:
        if resumes:
            carry_out = read.resumed()
        elif values["from_account"] is not None:
            carry_out = read.between()
        else:
            carry_out = read.within()
    problems[:] = list(dict.fromkeys(problems))
    return Input(accounts, None if problems else carry_out, backup, dest, hosts, problems, read.other_rows)


def _resume_problems(given: set[str]) -> Problems:
    others = sorted(f"{ROLE}_{name}" for name in given.difference(_ALLOWED_WITH_RESUME))
    if not others:
        return []
    words = f"continues with a work list, which has the other settings: leave out {', '.join(others)}"
    return [Problem("invalid_input", f"{ROLE}_resume", words)]


def _pair_problems(given: set[str]) -> Problems:
    begun = [pair for pair in PAIRS if given & {f"from_{pair}", f"to_{pair}"}]
    names = ", ".join(f"{ROLE}_from_{pair} and {ROLE}_to_{pair}" for pair in PAIRS)
    if len(begun) != 1:
        return [Problem("invalid_input", "", f"Exactly one pair of these is required: {names}.")]
    problems = [
        Problem("invalid_input", f"{ROLE}_{side}_{begun[0]}", "is required with the other variable of the pair")
        for side in ("from", "to")
        if f"{side}_{begun[0]}" not in given
    ]
    if begun[0] != "account":
        problems += [
            Problem("invalid_input", f"{ROLE}_{name}", f"requires {ROLE}_from_account and {ROLE}_to_account")
            for name in ("server", "url", "worklist")
            if name in given
        ]
    return problems


class _Reading:
    """Build the run from the validated variables, and add every problem to ``problems``."""

    def __init__(
        self,
        context: Context,
        values: Mapping[str, Any],
        accounts: Sequence[RoleAccount],
        path: str | None,
        hosts: Hosts | None,
        backup: Backup | None,
        problems: Problems,
    ) -> None:
        self.other_rows = 0
        self._context = context
        self._values = values
        self._accounts = accounts
        self._path = path
        self._hosts = hosts
        self._backup = backup
        self._problems = problems

    def between(self) -> CarryOut | None:
        source = self._account("from_account", self._values["from_account"])
        destination = self._account("to_account", self._values["to_account"])
        if source is None or destination is None:
            return None
        self._problems += pair_problems(source, destination)
        if not self._has_list and not can_list(source.account.kind):
            self._add("from_account", "cannot list its phones: name them with migrate_src or migrate_phones")
        self._problems += Targets(source.account.kind, self._servers(source), option=f"{ROLE}_servers").problems
        work_list = self._work_list_path(source, destination)
        sides = self._sides([source, destination])
        if sides is None or work_list is None:
            return None
        rows = self._rows([source, destination]) if self._has_list else None
        asked, self.other_rows = read_between((sides[0], sides[1]), self._accounts, self._values, rows, self._problems)
        return self._moves_between(asked, work_list)

    def resumed(self) -> CarryOut | None:
        path = os.path.join(self._context.cwd, self._values["resume"])
        try:
            work = read_work_list(path)
        except ValueError as error:
            self._add("resume", f"{path} {error}")
            return None
        both = [self._account("resume", name) for name in (work.source, work.destination)]
        for account in both:
            if account and identity(account) != work.accounts.get(account.name):
                self._add("resume", f"the work list has another login or address for account {account.name!r}")
        sides = self._sides([account for account in both if account])
        if sides is None or len(sides) != len(both):
            return None
        return self._moves_between(Between(sides[0], sides[1], None, None, work.moves), path)

    def within(self) -> CarryOut | None:
        rule = self._rule()
        named = self._named() if self._has_list else None
        accounts = [one for one in self._accounts if named is None or named.get(one.name)]
        for account in accounts:
            self._check_within(account)
        sides = self._sides(accounts)
        if sides is None or rule is None:
            return None
        parts = [Part(side, None if named is None else named[side.name]) for side in sides]
        force, check_mode = self._values["force"], self._context.check_mode
        return lambda: Done(move_within(parts, rule, self._backup, force=force, check_mode=check_mode), None)

    def _moves_between(self, asked: Between, path: str) -> CarryOut:
        force, check_mode, notice = self._values["force"], self._context.check_mode, self._context.show
        return lambda: move_between(asked, path, self._backup, notice, force=force, check_mode=check_mode)

    def _rule(self) -> Rule | None:
        if self._values["from_server"] is not None:
            if self._values["from_server"] == self._values["to_server"]:
                self._add("to_server", "is the same server as migrate_from_server")
            return ServerRule(self._values["from_server"], self._values["to_server"])
        rule = UrlRule(self._values["from_url"], self._values["to_url"])
        try:
            rule.check()
        except RuleError as error:
            self._add("from_url" if error.part == "pattern" else "to_url", str(error))
        return PatternRule(rule)

    def _check_within(self, account: RoleAccount) -> None:
        """Add the problems if phones of this account cannot move as requested."""
        kind = account.account.kind
        whole = not self._has_list
        where = f"account {account.name!r}"
        by_url = self._values["from_url"] is not None
        if by_url and not kind.can.own_url:
            words = f"{where}: {account.provider} cannot set a phone's own URL. Leave the account out"
            self._problems.append(Problem("unsupported", f"{ROLE}_to_url", words))
        elif not kind.can.read_target and (whole or by_url or not self._values["force"]):
            words = (
                f"{where}: {account.provider} cannot report where a phone points. Leave the account out, or name the "
                "phones (migrate_src, migrate_phones) and set migrate_force to move all of these"
            )
            self._problems.append(Problem("unsupported", f"{ROLE}_from_server", words))
        elif whole and not can_list(kind):
            words = f"{where}: {account.provider} cannot list its phones: name them (migrate_src, migrate_phones)"
            self._problems.append(Problem("unsupported", f"{ROLE}_from_account", words))
        if not by_url:
            self._check_servers(account)

    def _check_servers(self, account: RoleAccount) -> None:
        kind, servers = account.account.kind, self._servers(account)
        option = servers_option(ROLE, account)
        targets = Targets(kind, servers, option=option)
        self._problems += targets.problems
        try:
            targets.of({"server": self._values["to_server"]})
        except ValueError as error:
            self._add("to_server", f"account {account.name!r}: {error}")
            return
        before, after = self._values["from_server"], self._values["to_server"]
        if kind.can.read_target and before not in servers:
            words = (
                f"account {account.name!r}: its URL is required in {option}, because services report only the URLs of "
                "phones"
            )
            self._add("from_server", f"{words}: {did_you_mean(before, servers)}")
        elif before in servers and same_url(str(servers[before]), str(servers.get(after, ""))):
            self._add("to_server", f"account {account.name!r}: has the same URL as {before!r}")

    def _named(self) -> dict[str, list[str]]:
        """Return the phones of the list, by the account that owns their rows."""
        owners = {Owner(one.provider, one.name): Targets(one.account.kind, None, absent=True) for one in self._accounts}
        rule = AllAccounts({one.name: one.provider for one in self._accounts})
        desired = desired_devices(self._rows(self._accounts), rule, owners, self._problems)
        return {str(owner.account): [device.mac for device in devices] for owner, devices in desired.devices.items()}

    @property
    def _has_list(self) -> bool:
        return self._path is not None or self._values["phones"] is not None or self._hosts is not None

    def _rows(self, accounts: Sequence[RoleAccount]) -> Any:
        servers = [self._servers(account) for account in accounts]
        return rows_of_role(ROLE, self._values, self._path, servers, self._problems, self._hosts)

    def _sides(self, accounts: Sequence[RoleAccount]) -> list[Side] | None:
        """Return the connected accounts, or None if there are problems."""
        if self._problems:
            return None
        services = services_of(ROLE, accounts, self._problems)
        if self._problems:
            return None
        return [
            Side(
                one,
                services[one.name],
                {name: one.account.kind.spelled(str(url)) for name, url in self._servers(one).items()},
                Progress(one.name, self._context.show),
            )
            for one in accounts
        ]

    def _servers(self, account: RoleAccount) -> dict[str, Any]:
        return servers_of(account, self._values)

    def _account(self, variable: str, name: str) -> RoleAccount | None:
        wanted = name.strip().casefold()
        for account in self._accounts:
            if account.name.strip().casefold() == wanted:
                return account
        words = f"account {name!r} is not one of this run: {did_you_mean(name, [one.name for one in self._accounts])}"
        self._add(variable, words)
        return None

    def _work_list_path(self, source: RoleAccount, destination: RoleAccount) -> str | None:
        """Return the path of the work list, or None and add a problem if it cannot be written."""
        given = self._values["worklist"]
        option = f"{ROLE}_worklist"
        path = writable_path(
            option,
            given or os.path.basename(default_path(self._context.cwd)),
            self._context,
            self._problems,
            self._path,
        )
        unfinished = None
        if path is not None and os.path.lexists(path):
            try:
                unfinished = None if read_work_list(path).finished else path
            except ValueError as error:
                self._problems.append(Problem("invalid_input", option, f"{path} exists, and {error}"))
                return None
        elif given is None:
            unfinished = unfinished_work_list(self._context.cwd, source.name, destination.name)
        if unfinished is not None:
            words = (
                f"{unfinished} is the work list of an unfinished run, so phones may be in neither account: continue it "
                f"first with -e migrate_resume={unfinished}"
            )
            self._problems.append(Problem("invalid_input", option, words))
            return None
        return path

    def _add(self, variable: str, words: str) -> None:
        self._problems.append(Problem("invalid_input", f"{ROLE}_{variable}", words))
