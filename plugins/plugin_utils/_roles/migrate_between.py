# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moves between accounts: validate the input, and run it with a work list on the disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._module.options import RPS_OPTIONS
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems, RpsError, unforeseen
from ansible_collections.voip.rps.plugins.module_utils._pure.model import FAILED, MOVED, REMOVED, Outcome, Target
from ansible_collections.voip.rps.plugins.module_utils._reconcile.desired import Rows, TargetError, Targets
from ansible_collections.voip.rps.plugins.module_utils._reconcile.desired import desired_devices as devices_of_rows
from ansible_collections.voip.rps.plugins.module_utils._reconcile.ownership import AllAccounts, Owner, provider_named
from ansible_collections.voip.rps.plugins.module_utils._reconcile.plan import Plan as EnginePlan
from ansible_collections.voip.rps.plugins.module_utils._reconcile.plan import steps_to
from ansible_collections.voip.rps.plugins.module_utils._reconcile.runner import Runner
from ansible_collections.voip.rps.plugins.module_utils._services import providers_of
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service
from ansible_collections.voip.rps.plugins.plugin_utils._roles.account_move import (
    Mover,
    Plan,
    Side,
    plan_moves,
    plan_resumed,
)
from ansible_collections.voip.rps.plugins.plugin_utils._roles.accounts import RoleAccount
from ansible_collections.voip.rps.plugins.plugin_utils._roles.backup import Backup
from ansible_collections.voip.rps.plugins.plugin_utils._roles.report import Result
from ansible_collections.voip.rps.plugins.plugin_utils._roles.work_list import PREFIX, Move, WorkList, write_work_list


class Between(NamedTuple):
    """A migration between two accounts.

    ``wanted``: the new target of each phone, or None for a phone that keeps its URL. If ``wanted`` is None, all phones
    of the account get ``default``. ``resumed``: the moves of the work list of an earlier run, or None.
    """

    source: Side
    destination: Side
    wanted: Mapping[str, Target | None] | None
    default: Target | None
    resumed: Sequence[Move] | None = None


class KeptTargets(Targets):
    """Targets in the new account. A phone without a target keeps its URL, if possible."""

    def __init__(
        self, source: type[Service], destination: type[Service], servers: Mapping[str, Any], *default: str | None
    ) -> None:
        super().__init__(destination, servers, (default[0], default[1]), option="migrate_servers")
        self._keeps = default == (None, None)
        self._can_keep = source.can.read_target and (destination.can.own_url or bool(servers))

    def of(self, row: Mapping[str, str | None], mac: str | None = None) -> Target | None:
        if not self._keeps or row.get("server") or row.get("url"):
            return super().of(row, mac)
        if not self._can_keep:
            words = (
                "its target in the new account is not known, and its URL cannot be kept: set migrate_server or "
                "migrate_url, or the columns server or url"
            )
            raise TargetError("invalid_input", words)
        return None


class FromAccount:
    """The owner of the rows of a list: the old account, if they name it or the new one, or match its vendor."""

    def __init__(self, source: RoleAccount, destination: RoleAccount, accounts: Sequence[RoleAccount]) -> None:
        self._owner = Owner(source.provider, source.name)
        self._names = {source.name.strip().casefold(), destination.name.strip().casefold()}
        self._prefixes = source.account.kind.mac_prefixes
        self._all = AllAccounts({account.name: account.provider for account in accounts})

    @property
    def owner(self) -> Owner:
        return self._owner

    def owner_of(self, mac: str, row: Mapping[str, str]) -> Owner:
        account = row.get("account") or ""
        provider = provider_named(row.get("provider") or "")
        if account.strip():
            return self._owner if account.strip().casefold() in self._names else self._all.owner_of(mac, row)
        if provider == self._owner.provider or (provider is None and self._is_of_vendor(mac)):
            return self._owner
        # The row is skipped, so its account does not matter.
        return Owner(provider or providers_of(mac)[0], None)

    def _is_of_vendor(self, mac: str) -> bool:
        return mac.startswith(self._prefixes) or not providers_of(mac)


def pair_problems(source: RoleAccount, destination: RoleAccount) -> Problems:
    """Return the problems if phones cannot move between these accounts."""
    one, other = source.account, destination.account
    words = None
    if source.name == destination.name or (one.kind, one.url, one.login) == (other.kind, other.url, other.login):
        words = "is the same account as migrate_from_account"
    elif source.provider != destination.provider and not set(one.kind.mac_prefixes) & set(other.kind.mac_prefixes):
        words = f"is at {destination.provider}, which does not accept phones of {source.provider}"
    return [Problem("invalid_input", "migrate_to_account", words)] if words else []


def read_between(
    sides: tuple[Side, Side],
    accounts: Sequence[RoleAccount],
    values: Mapping[str, Any],
    rows: Rows | None,
    problems: Problems,
) -> tuple[Between, int]:
    """Return the migration and the number of rows of other accounts, and add every problem to ``problems``."""
    source, destination = sides
    targets = KeptTargets(
        source.account.account.kind,
        destination.account.account.kind,
        destination.servers,
        values["server"],
        values["url"],
    )
    problems += targets.problems
    if rows is None:
        default = None
        try:
            default = targets.of({})
        except TargetError as error:
            problems.append(Problem(error.code, "migrate_server", str(error)))
        return Between(source, destination, None, default), 0
    rule = FromAccount(source.account, destination.account, accounts)
    desired = devices_of_rows(rows, rule, {rule.owner: targets}, problems)
    wanted = {device.mac: device.target for device in desired.devices[rule.owner]}
    return Between(source, destination, wanted, None), sum(desired.others.values())


def identity(account: RoleAccount) -> dict[str, str]:
    """Return the options that identify the login of an account, without secrets."""
    login = {name: value for name, value in account.account.login.items() if not RPS_OPTIONS[name].get("no_log")}
    options = {"provider": account.provider, "api_url": account.account.url, **login}
    return {name: str(value) for name, value in options.items() if value is not None}


def default_path(folder: str) -> str:
    """Return the path of a file that does not exist, with the time in UTC in its name."""
    stem = os.path.join(folder, f"{PREFIX}{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    path, number = f"{stem}.json", 1
    while os.path.lexists(path):
        number += 1
        path = f"{stem}-{number}.json"
    return path


class Done(NamedTuple):
    """The results of a migration. ``work_list``: the path of the file that was written or continued, or None."""

    results: list[Result]
    work_list: str | None


def move_between(
    asked: Between,
    path: str,
    backup: Backup | None,
    notice: Callable[[str], None],
    *,
    force: bool,
    check_mode: bool,
) -> Done:
    """Move phones to another account, or predict the outcomes in check mode. Raise nothing.

    ``path``: the path of the work list. ``notice`` gets a line with it before the first phone is released.
    """
    source, destination = asked.source, asked.destination
    work_list = path if asked.resumed is not None else None
    macs = list(asked.wanted or ()) + [move.mac for move in asked.resumed or ()]
    plan = Plan({mac: Outcome(mac, MOVED, None) for mac in macs}, [], {})
    mover = Mover(source, destination, plan)
    try:
        if asked.resumed is not None:
            plan = plan_resumed(source, destination, asked.resumed)
        else:
            plan = plan_moves(source, destination, asked.wanted, asked.default, force=force)
        mover = Mover(source, destination, plan)
        if plan.moves and not check_mode:
            plan = _save_backup(source, plan, backup)
            mover = Mover(source, destination, plan)
            mover.check_destination()
            if work_list is None and not mover.stopped:
                _save_work_list(path, asked, mover.moves, finished=False)
                work_list = path
                notice(f"Work list: {path}. If this run is killed, continue with -e migrate_resume={path}")
            mover.run()
            if work_list is not None and not mover.unsettled:
                _save_work_list(path, asked, asked.resumed or mover.moves, finished=True)
    except RpsError as error:
        _give_up(mover, error)
    except Exception as error:
        mover.changed = source.service.client.writes + destination.service.client.writes > 0
        _give_up(mover, unforeseen(error))
    return Done([_source_result(source, mover), _destination_result(destination, mover)], work_list)


def _give_up(mover: Mover, error: RpsError) -> None:
    mover.stopped = mover.stopped or error
    for mac, outcome in mover.outcomes.items():
        if outcome.action == MOVED:
            mover.outcomes[mac] = outcome._replace(action=FAILED, error=error)


def _source_result(side: Side, mover: Mover) -> Result:
    return Result(
        side.name,
        side.account.provider,
        list(mover.outcomes.values()),
        requests=side.service.client.requests,
        failure=mover.stopped,
        changed=mover.changed,
    )


def _destination_result(side: Side, mover: Mover) -> Result:
    # A server that could not be added stopped the run, which is part of the result of the old account.
    added = [server for server in mover.servers if not server.error]
    return Result(side.name, side.account.provider, servers=added, requests=side.service.client.requests)


def _save_work_list(path: str, asked: Between, moves: Sequence[Move], *, finished: bool) -> None:
    both = (asked.source.account, asked.destination.account)
    work = WorkList(both[0].name, both[1].name, {account.name: identity(account) for account in both}, moves, finished)
    try:
        write_work_list(path, work)
    except OSError as error:
        effect = "as finished" if finished else "so no phone was released"
        words = f"the work list {path} could not be written, {effect}: {error.strerror or error}"
        raise RpsError("invalid_input", words) from None


def _save_backup(source: Side, plan: Plan, backup: Backup | None) -> Plan:
    """Save the phones that will be released, and return the plan without those that could not be read for that."""
    if backup is None:
        return plan
    left = [plan.outcomes[move.mac]._replace(action=REMOVED, target=None) for move in plan.moves]
    left = [outcome for outcome in left if outcome.mac not in plan.free]
    released = EnginePlan({outcome.mac: outcome for outcome in left}, steps_to(left))
    errors = backup.of(source.name)(Runner(source.service, progress=source.progress), released)
    outcomes = {
        mac: outcome._replace(action=FAILED, error=errors[mac]) if mac in errors else outcome
        for mac, outcome in plan.outcomes.items()
    }
    return Plan(outcomes, [move for move in plan.moves if move.mac not in errors], plan.free, plan.kept)
