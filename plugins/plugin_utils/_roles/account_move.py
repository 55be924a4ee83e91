# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Move phones between accounts: release a few, register them in the new account, and take back refused phones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.capabilities import Capabilities
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import LEFT_UNBOUND, RpsError, unforeseen
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    ELSEWHERE,
    FAILED,
    MOVED,
    NONE,
    REGISTERED,
    REMOVED,
    UNREGISTERED,
    Device,
    Observation,
    Outcome,
    Target,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.url import MAC_WORD, same_url
from ansible_collections.voip.rps.plugins.module_utils._reconcile.add_servers import ADDED, ServerOutcome, add_servers
from ansible_collections.voip.rps.plugins.module_utils._reconcile.plan import Policy
from ansible_collections.voip.rps.plugins.module_utils._reconcile.progress import CHANGED, Progress
from ansible_collections.voip.rps.plugins.module_utils._reconcile.reconcile import Report, reconcile
from ansible_collections.voip.rps.plugins.module_utils._reconcile.runner import Runner
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service
from ansible_collections.voip.rps.plugins.plugin_utils._roles.accounts import RoleAccount
from ansible_collections.voip.rps.plugins.plugin_utils._roles.observed import look
from ansible_collections.voip.rps.plugins.plugin_utils._roles.work_list import Move

MOST_TRIALS = 3
"""Number of phones that are moved one by one at first. If the new account refuses all, no more are released."""

_HELD = frozenset(("owned_by_other_user", "needs_override", "override_failed"))
_MAY_BE_LATE = _HELD | {"unknown_mac"}
"""The codes with which a service refuses a phone whose release has not taken effect yet."""
_FOR_ALL = frozenset(("invalid_server", "invalid_server_name", "invalid_url", "auth_failed", "forbidden"))


class Side(NamedTuple):
    """The old or the new account of a move. ``servers``: the URLs of its named servers that the user set, by name."""

    account: RoleAccount
    service: Service
    servers: Mapping[str, str]
    progress: Progress

    @property
    def name(self) -> str:
        return self.account.name


class Plan(NamedTuple):
    """The plan of a move.

    ``outcomes``: the outcome of each phone if nothing fails, by MAC address. ``moves``: the phones to move. ``free``:
    phones that need no release, because neither account has registered them, or the new account has with another
    target. ``kept``: phones that keep their URL, because no new target was set.
    """

    outcomes: dict[str, Outcome]
    moves: Sequence[Move]
    free: Mapping[str, Observation]
    kept: frozenset[str] = frozenset()


def target_at(side: Side, url: str | None, mac: str, source: Side | None = None) -> Target | None:
    """Return the target of a phone at ``url`` in this account, or None if its service cannot set such a target.

    ``source``: the account from which ``url`` was read. Its placeholder for the MAC address is replaced by that of this
    account's service.
    """
    if url is None:
        return None
    asked = None
    before, after = source and source.service.mac_placeholder, side.service.mac_placeholder
    if before and before != after and before in url:
        asked = side.service.spelled_target(Target(None, url.replace(before, MAC_WORD), own=True), mac)
        url = str(asked.url)
    can: Capabilities = side.service.can
    if can.named_servers:
        for name, server_url in side.servers.items():
            if same_url(server_url, url):
                return Target(name, server_url, own=False)
    return (asked or Target(None, url, own=True)) if can.own_url else None


def plan_moves(
    source: Side, destination: Side, wanted: Mapping[str, Target | None] | None, default: Target | None, *, force: bool
) -> Plan:
    """Read both accounts with read calls only, and return the plan.

    ``wanted``: the new target of each phone, or None for a phone that keeps its URL. If ``wanted`` is None, all phones
    of the old account get ``default``. Raise RpsError if an account cannot be read, with its name in the message.
    """
    at_source = _read(source, None if wanted is None else list(wanted))
    # Read at least one phone, to make sure before any release that the new account can be used.
    elsewhere = [mac for mac, one in at_source.items() if one.status != REGISTERED]
    at_destination = _read(destination, elsewhere or list(at_source)[:1])
    if not elsewhere:
        for seen in at_destination.values():
            if seen.error:
                raise account_error(destination, seen.error)
    # A list may be incomplete, but reading a single phone is reliable.
    missing = [mac for mac in elsewhere if at_destination[mac].status != REGISTERED]
    at_source.update(_read_each(source, missing))
    outcomes: dict[str, Outcome] = {}
    moves: list[Move] = []
    kept: set[str] = set()
    for mac, seen in at_source.items():
        target = default and destination.service.spelled_target(default, mac) if wanted is None else wanted[mac]
        if seen.status != REGISTERED:
            outcomes[mac] = _not_in_source(mac, target, seen, at_destination[mac], source, destination)
            continue
        old = target_at(source, seen.url, mac)
        new = target or target_at(destination, seen.url, mac, source)
        error = seen.error or _not_movable(old, new, source, destination, force=force)
        outcomes[mac] = Outcome(mac, FAILED if error else MOVED, seen.status, new, seen, error)
        if new is not None and not error:
            moves.append(Move(mac, old, new))
            if target is None:
                kept.add(mac)
    return Plan(outcomes, moves, {}, frozenset(kept))


def plan_resumed(source: Side, destination: Side, moves: Sequence[Move]) -> Plan:
    """Read both accounts, and return the plan for the unfinished ``moves`` of an earlier run. Raise RpsError."""
    macs = [move.mac for move in moves]
    at_source, at_destination = _read(source, macs), _read(destination, macs)
    nowhere = [mac for mac in macs if REGISTERED not in (at_source[mac].status, at_destination[mac].status)]
    at_source.update(_read_each(source, nowhere))
    outcomes: dict[str, Outcome] = {}
    left: list[Move] = []
    free: dict[str, Observation] = {}
    for move in moves:
        here, there = at_source[move.mac], at_destination[move.mac]
        error = here.error or there.error
        action = FAILED if error else MOVED
        if not error and there.status == REGISTERED and move.new.met_by(move.mac, there) is not False:
            action = NONE
        outcomes[move.mac] = Outcome(move.mac, action, here.status, move.new, here, error)
        if action != MOVED:
            continue
        left.append(move)
        if here.status != REGISTERED:
            free[move.mac] = there
    # Phones that no account has registered come first.
    return Plan(outcomes, sorted(left, key=lambda move: move.mac not in free), free)


def account_error(side: Side, error: RpsError) -> RpsError:
    """Return the error with the name of the account in its message."""
    return RpsError(error.code, f"account {side.name!r}: {error.message}")


def _read(side: Side, macs: Sequence[str] | None) -> dict[str, Observation]:
    try:
        return look(side.service, macs, side.progress)
    except RpsError as error:
        raise account_error(side, error) from None


def _read_each(side: Side, macs: Sequence[str]) -> dict[str, Observation]:
    try:
        return Runner(side.service, progress=side.progress).read(macs, frozenset(macs))
    except RpsError as error:
        raise account_error(side, error) from None


def _not_in_source(
    mac: str, target: Target | None, here: Observation, there: Observation, source: Side, destination: Side
) -> Outcome:
    """Return the outcome of a requested phone that the old account has not registered."""
    if there.status == REGISTERED:
        return Outcome(mac, NONE, there.status, target, there)
    error = here.error or there.error
    if error is None and ELSEWHERE in (here.status, there.status):
        words = f"it is registered by another account than {source.name!r} and {destination.name!r}"
        error = RpsError("owned_by_other_user", words)
    if error is None:
        words = (
            f"neither account {source.name!r} nor {destination.name!r} has registered it: register it in the new "
            "account with rollout"
        )
        error = RpsError("not_registered", words)
    return Outcome(mac, FAILED, here.status, target, here, error)


def _not_movable(
    old: Target | None, new: Target | None, source: Side, destination: Side, *, force: bool
) -> RpsError | None:
    if new is None:
        words = (
            f"its target in account {destination.name!r} is not known: set migrate_server or migrate_url, or the "
            "columns server or url"
        )
        return RpsError("invalid_input", words)
    if old is None and not force:
        words = (
            f"not released: its current target is not known, so it could not be registered again in account "
            f"{source.name!r} if {destination.name!r} refused it. To move it anyway, set migrate_force"
        )
        return RpsError("invalid_input", words)
    return None


def _server_url(target: Target) -> str | None:
    return None if target.own else target.url


class Mover:
    """Run a plan, and update its ``outcomes`` if a phone fails.

    ``moves``: the phones to move. ``stopped``: why no more phones were released, or None. ``changed``: whether anything
    was written. ``servers``: the outcomes of the servers to add in the new account. ``unsettled``: phones that may be
    registered by neither account.
    """

    def __init__(self, source: Side, destination: Side, plan: Plan) -> None:
        self.outcomes = plan.outcomes
        self.stopped: RpsError | None = None
        self.changed = False
        self.servers: list[ServerOutcome] = []
        self.unsettled: set[str] = set()
        self._source = source
        self._destination = destination
        self.moves = list(plan.moves)
        self._kept = plan.kept
        self._free = plan.free
        self._taken = 0
        self._tried = 0

    def check_destination(self) -> None:
        """Make sure that the new account has every server that phones need, before any phone is released.

        Add a server if its URL is known and its name does not exist. For other servers, only the refusal of a phone
        that the old account still has shows whether the new account has the server. Set ``stopped`` if phones cannot
        move.
        """
        service = self._destination.service
        if not service.can.named_servers:
            return
        first: dict[str, Move] = {}
        for move in self.moves:
            if move.new.server is not None:
                first.setdefault(move.new.server, move)
        urls = {name: self._destination.servers.get(name) or _server_url(move.new) for name, move in first.items()}
        known = {name: url for name, url in urls.items() if url is not None}
        if known:
            try:
                self.servers = add_servers(service, known, check_mode=False)
            except RpsError as error:
                self.stopped = account_error(self._destination, error)
                return
            self.changed = self.changed or any(one.action == ADDED or one.lost for one in self.servers)
            for server in self.servers:
                if server.error and not self.stopped:
                    self.stopped = account_error(self._destination, server.error)
        added = {one.name for one in self.servers if one.action == ADDED}
        for name, move in first.items():
            if name not in added and move.mac not in self._free and not self.stopped:
                self._probe(move)

    def _probe(self, move: Move) -> None:
        report = self._reconcile(self._destination, {move.mac: move.new}, {})
        outcome = report.outcomes[0]
        error = report.stopped or outcome.error
        if error is None or not (report.stopped or error.code in _FOR_ALL):
            return
        if report.stopped or not self._keep_urls(move.new.server):
            self.stopped = account_error(self._destination, error)

    def _keep_urls(self, server: str | None) -> bool:
        """Set the URL of phones that keep it as their own URL, because the new account does not have this server.

        Return whether no phone needs the server any more.
        """
        concerned = [move for move in self.moves if move.new.server == server]
        can_keep = self._destination.service.can.own_url and self._kept.issuperset(move.mac for move in concerned)
        if not can_keep:
            return False
        for place, move in enumerate(self.moves):
            if move.new.server == server:
                target = move.new._replace(server=None, own=True)
                self.moves[place] = move._replace(new=target)
                self.outcomes[move.mac] = self.outcomes[move.mac]._replace(target=target)
        return True

    def run(self) -> None:
        """Move all phones. After a stop, mark the remaining phones as ``not_sent``."""
        left = list(self.moves)
        progress = self._source.progress
        progress.begin(CHANGED, len(left))
        while left and not self.stopped:
            size = self._source.service.client.concurrency if self._taken else 1
            # Free phones and phones that must be released are never in the same group.
            group = [move for move in left[:size] if (move.mac in self._free) == (left[0].mac in self._free)]
            left = left[len(group) :]
            try:
                self._move(group)
            except Exception as error:
                self.stopped = unforeseen(error)
                self.changed = True
                for move in group:
                    self.unsettled.add(move.mac)
                    self._fail(move.mac, self.stopped)
            progress.did(CHANGED, len(group), sum(self.outcomes[move.mac].error is not None for move in group))
        for move in left if self.stopped else ():
            self._hold_back(move, self.stopped or RpsError("not_sent", ""))

    def _hold_back(self, move: Move, reason: RpsError) -> None:
        if move.mac in self._free and self._free[move.mac].status != REGISTERED:
            # An earlier run released it. If the new account cannot register it, the old account takes it back.
            self._after_refusal(move, reason, None)
        else:
            self._fail(move.mac, RpsError("not_sent", f"not sent: {reason.message}"))

    def _move(self, group: Sequence[Move]) -> None:
        by_mac = {move.mac: move for move in group}
        free = {mac: self._free[mac] for mac in by_mac if mac in self._free}
        doubt: dict[str, RpsError] = {}
        if not free:
            free, doubt = self._release(by_mac)
        refused = self._register(self._destination, {mac: by_mac[mac].new for mac in free}, free)
        moved = [mac for mac in free if mac not in refused]
        for mac in moved:
            self.outcomes[mac] = self.outcomes[mac]._replace(action=MOVED, error=None)
        self._taken += len(moved)
        self._tried += len(free)
        for mac, error in refused.items():
            self._after_refusal(by_mac[mac], error, doubt.get(mac))
        errors = [self.outcomes[mac].error for mac in by_mac]
        refusals = [error for mac, error in refused.items() if self.outcomes[mac].error]
        self._decide_to_stop([error for error in errors if error], refusals, len(free))

    def _decide_to_stop(self, errors: Sequence[RpsError], refusals: Sequence[RpsError], tried: int) -> None:
        if self.stopped:
            return
        for error in errors:
            if error.code == LEFT_UNBOUND:
                self.stopped = RpsError("not_sent", "another phone was released, and no account has registered it now")
                return
        for error in refusals:
            if error.code in _FOR_ALL:
                self.stopped = account_error(self._destination, error)
                return
        whole_group = tried > 1 and len(refusals) == tried
        if refusals and (whole_group or (not self._taken and self._tried >= MOST_TRIALS)):
            which = "a whole group of phones" if self._taken else "the first phones"
            words = f"account {self._destination.name!r} refused {which}. Last reason: {refusals[-1].message}"
            self.stopped = RpsError(refusals[-1].code, words)

    def _release(self, moves: Mapping[str, Move]) -> tuple[dict[str, Observation], dict[str, RpsError]]:
        """Release phones. Return those that are free now, and the errors of those that may or may not be free."""
        self.changed = True
        ours = {mac: Observation(REGISTERED) for mac in moves}
        report = self._reconcile(self._source, dict.fromkeys(moves), ours)
        free: dict[str, Observation] = {}
        doubt: dict[str, RpsError] = {}
        for outcome in report.outcomes:
            if outcome.action in (REMOVED, NONE):
                free[outcome.mac] = Observation(UNREGISTERED)
            elif outcome.error:
                if report.uncertain or outcome.error.in_doubt:
                    # Reads may be outdated. The new account is reliable: it refuses phones that the old one has.
                    free[outcome.mac] = Observation(UNREGISTERED)
                    doubt[outcome.mac] = outcome.error
                else:
                    self._fail(outcome.mac, account_error(self._source, outcome.error))
        if report.stopped:
            self.stopped = account_error(self._source, report.stopped)
        return free, doubt

    def _register(
        self, side: Side, targets: Mapping[str, Target], seen: Mapping[str, Observation]
    ) -> dict[str, RpsError]:
        """Register phones, and return the errors of those that failed. Retry if a release may not have taken effect."""
        refused: dict[str, RpsError] = {}
        left = dict(targets)
        for attempt in range(side.service.client.retries + 1):
            if not left:
                break
            if attempt:
                side.service.client.back_off(attempt - 1)
            self.changed = True
            report = self._reconcile(side, left, seen)
            for outcome in report.outcomes:
                refused.pop(outcome.mac, None)
                if outcome.error:
                    refused[outcome.mac] = outcome.error
            if report.stopped:
                self.stopped = self.stopped or account_error(side, report.stopped)
                break
            left = {mac: left[mac] for mac, error in refused.items() if mac in left and error.code in _MAY_BE_LATE}
        return refused

    def _after_refusal(self, move: Move, refusal: RpsError, doubt: RpsError | None) -> None:
        """Handle a phone that was released, but that the new account refused or did not confirm.

        ``doubt``: why it is not known whether the phone was released, or None.
        """
        there = self._observed(self._destination, move.mac)
        if there and there.status == REGISTERED:
            met = move.new.met_by(move.mac, there)
            if met or (met is None and refusal.in_doubt):
                self._settle_moved(move.mac)
                return
            if not self._leave_again(move, refusal):
                return
        if move.old is None:
            words = f"it was released from account {self._source.name!r}, where its target was not known"
            self._leave_unbound(move.mac, words, refusal)
            return
        error = self._register(self._source, {move.mac: move.old}, {}).get(move.mac)
        if error is None:
            words = f"account {self._destination.name!r} refused it, so {self._source.name!r} has registered it again"
            if doubt:
                self.unsettled.add(move.mac)
                words += f", but its earlier release was not confirmed and may still take effect ({doubt.message})"
            self._fail(move.mac, RpsError(refusal.code, f"{words}: {refusal.message}"))
            return
        there = self._observed(self._destination, move.mac)
        if there and there.status == REGISTERED and move.new.met_by(move.mac, there) is not False:
            self._settle_moved(move.mac)
            return
        self.unsettled.add(move.mac)
        if error.code in _HELD:
            words = (
                f"account {self._source.name!r} reports that another account has registered it, probably "
                f"{self._destination.name!r}"
            )
            self._fail(move.mac, RpsError(refusal.code, f"{words}: {refusal.message}"))
        else:
            words = f"it was released from account {self._source.name!r}"
            if doubt:
                words = f"it may have been released from account {self._source.name!r} ({doubt.message})"
            place = " ".join(filter(None, move.old.as_dict(move.mac).values()))
            words = f"{words}, where it pointed to {place}. Registering it again failed ({error.code}): {error.message}"
            self._leave_unbound(move.mac, words, refusal)

    def _leave_again(self, move: Move, refusal: RpsError) -> bool:
        """Release a phone that the new account has with another target. Return whether that succeeded."""
        seen = {move.mac: Observation(REGISTERED)}
        outcome = self._reconcile(self._destination, {move.mac: None}, seen).outcomes[0]
        if outcome.error:
            words = f"account {self._destination.name!r} has it, but with another target ({outcome.error.code})"
            self._fail(move.mac, RpsError(refusal.code, f"{words}: {refusal.message}"))
        return outcome.error is None

    def _leave_unbound(self, mac: str, words: str, refusal: RpsError) -> None:
        self.unsettled.add(mac)
        reason = f"account {self._destination.name!r} did not accept it ({refusal.code}): {refusal.message}"
        self._fail(mac, RpsError(LEFT_UNBOUND, f"{words}. {reason}"))

    def _settle_moved(self, mac: str) -> None:
        self._taken += 1
        self.outcomes[mac] = self.outcomes[mac]._replace(action=MOVED, error=None)

    def _fail(self, mac: str, error: RpsError) -> None:
        self.outcomes[mac] = self.outcomes[mac]._replace(action=FAILED, error=error.without_traceback())

    @staticmethod
    def _observed(side: Side, mac: str) -> Observation | None:
        """Return the state of a phone in the account, or None if it cannot be read."""
        try:
            seen = look(side.service, [mac])[mac]
        except RpsError:
            return None
        return None if seen.error else seen

    @staticmethod
    def _reconcile(side: Side, targets: Mapping[str, Target | None], seen: Mapping[str, Observation]) -> Report:
        nowhere = Observation(UNREGISTERED)
        return reconcile(
            side.service,
            [Device(mac, target) for mac, target in targets.items()],
            Policy(),
            batch_size=side.account.params["batch_size"],
            seen={mac: seen.get(mac, nowhere) for mac in targets},
        )
