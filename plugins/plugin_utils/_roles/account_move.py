# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Move phones from one account to another: release a few, register them at once, take back what was refused."""

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
"""So many phones are tried one by one at the new account; if it takes none, no more are released."""

_HELD = frozenset(("owned_by_other_user", "needs_override", "override_failed"))
_MAY_BE_LATE = _HELD | {"unknown_mac"}
"""With these, a service refuses a phone whose release it has not noticed yet."""
_FOR_ALL = frozenset(("invalid_server", "invalid_server_name", "invalid_url", "auth_failed", "forbidden"))


class Side(NamedTuple):
    """An account that phones leave or come to; C(servers): its named servers, name to URL, as far as the user told.

    C(progress) shows how far it is.
    """

    account: RoleAccount
    service: Service
    servers: Mapping[str, str]
    progress: Progress

    @property
    def name(self) -> str:
        return self.account.name


class Plan(NamedTuple):
    """What is to be done: the C(outcomes) by MAC if nothing fails, the C(moves), and those of them that are C(free).

    Free phones are registered in neither account now, or in the new one with another target: they are not released.
    C(kept): phones of which no target was named, so that they keep their URL.
    """

    outcomes: dict[str, Outcome]
    moves: Sequence[Move]
    free: Mapping[str, Observation]
    kept: frozenset[str] = frozenset()


def target_at(side: Side, url: str | None, mac: str, source: Side | None = None) -> Target | None:
    """Return the target that sends a phone of this account to C(url); None where the account has no such target.

    With C(source), whose service said so, the service's placeholder for the MAC address becomes that of this one.
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
        for name, its in side.servers.items():
            if same_url(its, url):
                return Target(name, its, own=False)
    return (asked or Target(None, url, own=True)) if can.own_url else None


def plan_moves(
    source: Side, destination: Side, wanted: Mapping[str, Target | None] | None, default: Target | None, *, force: bool
) -> Plan:
    """Read both accounts, and return what is to be done about the phones; sends only reading calls.

    C(wanted): the phones with their new targets, None where each keeps its URL; without it, all of the old account get
    C(default). Raises RpsError where an account cannot be read, named by C(account_error).
    """
    at_source = _read(source, None if wanted is None else list(wanted))
    # Also where no phone is asked for: whether the new account can be used is known before a phone is released.
    elsewhere = [mac for mac, one in at_source.items() if one.status != REGISTERED]
    at_destination = _read(destination, elsewhere or list(at_source)[:1])
    if not elsewhere:
        for seen in at_destination.values():
            if seen.error:
                raise account_error(destination, seen.error)
    # A list may be cut: of one phone, the service says for certain whose it is.
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
    """Read both accounts, and return what is left to do of C(moves) that a run began. Raises RpsError, see above."""
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
    # Phones that are registered nowhere come first.
    return Plan(outcomes, sorted(left, key=lambda move: move.mac not in free), free)


def account_error(side: Side, error: RpsError) -> RpsError:
    """Return the error of an account, with its name in front."""
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
    """Return what becomes of a phone that was asked for, and that the old account does not hold."""
    if there.status == REGISTERED:
        return Outcome(mac, NONE, there.status, target, there)
    error = here.error or there.error
    if error is None and ELSEWHERE in (here.status, there.status):
        words = f"neither account {source.name!r} nor {destination.name!r} holds it, but another account"
        error = RpsError("owned_by_other_user", words)
    if error is None:
        words = f"neither account {source.name!r} nor {destination.name!r} holds it: roll it out to the new account"
        error = RpsError("not_registered", words)
    return Outcome(mac, FAILED, here.status, target, here, error)


def _not_movable(
    old: Target | None, new: Target | None, source: Side, destination: Side, *, force: bool
) -> RpsError | None:
    if new is None:
        words = (
            f"nothing tells where it shall point in account {destination.name!r}: give migrate_server or migrate_url, "
            "or the columns server or url"
        )
        return RpsError("invalid_input", words)
    if old is None and not force:
        words = (
            f"not released: nothing tells where it points now, so it could not be registered again in account "
            f"{source.name!r} if {destination.name!r} refused it. With migrate_force it is moved all the same"
        )
        return RpsError("invalid_input", words)
    return None


def _server_url(target: Target) -> str | None:
    return None if target.own else target.url


class Mover:
    """Carries a plan out, and corrects its C(outcomes) where they came out otherwise.

    C(moves): what is or was to be moved; C(stopped): why no more phones were released; C(changed): whether anything was
    written; C(servers): what became of those that were to be added to the new account; C(unsettled): phones that may be
    registered in neither account.
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
        """See to it that the new account has every named server that phones come to, before any is released.

        A server whose URL is known is added, if its name is not taken. Whether another one is the new account's, only
        the refusal of a phone that the old account still holds can tell. Sets C(stopped) where phones cannot come.
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
        """Have phones that only keep their URL get it as their own, as the new account does not have this server.

        Returns whether no phone needs the server then.
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
        """Move all phones, and have the others C(not_sent) once it is stopped."""
        left = list(self.moves)
        progress = self._source.progress
        progress.begin(CHANGED, len(left))
        while left and not self.stopped:
            size = self._source.service.client.concurrency if self._taken else 1
            # Phones that are free already, and such that are still to be released, are not one group.
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
            # An earlier run released it: if it cannot come to the new account, the old one takes it back.
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
                self.stopped = RpsError("not_sent", "another phone was released, and is registered nowhere now")
                return
        for error in refusals:
            if error.code in _FOR_ALL:
                self.stopped = account_error(self._destination, error)
                return
        whole_group = tried > 1 and len(refusals) == tried
        if refusals and (whole_group or (not self._taken and self._tried >= MOST_TRIALS)):
            which = "a whole group of phones" if self._taken else "the first phones that it was to take"
            words = f"account {self._destination.name!r} refused {which}, the last one as: {refusals[-1].message}"
            self.stopped = RpsError(refusals[-1].code, words)

    def _release(self, moves: Mapping[str, Move]) -> tuple[dict[str, Observation], dict[str, RpsError]]:
        """Release phones, and return those that are free now, with the errors of such that may be."""
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
                    # What is read may lag behind. The new account tells for certain: it refuses what the old one holds.
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
        """Register phones, and return the errors of those that are not; again after a pause where one may be late."""
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
        """Settle a phone that was released and is not registered in the new account, as far as that answered.

        C(doubt): why nobody knows whether it was released.
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
            words = f"it was released from account {self._source.name!r}, where nothing told its target"
            self._leave_unbound(move.mac, words, refusal)
            return
        error = self._register(self._source, {move.mac: move.old}, {}).get(move.mac)
        if error is None:
            words = f"account {self._destination.name!r} did not take it, and {self._source.name!r} has it as before"
            if doubt:
                self.unsettled.add(move.mac)
                words += f", unless its release is still carried out, which was not answered ({doubt.message})"
            self._fail(move.mac, RpsError(refusal.code, f"{words}: {refusal.message}"))
            return
        there = self._observed(self._destination, move.mac)
        if there and there.status == REGISTERED and move.new.met_by(move.mac, there) is not False:
            self._settle_moved(move.mac)
            return
        self.unsettled.add(move.mac)
        if error.code in _HELD:
            words = f"account {self._source.name!r} calls it another account's now, probably {self._destination.name!r}"
            self._fail(move.mac, RpsError(refusal.code, f"{words}: {refusal.message}"))
        else:
            words = f"it was released from account {self._source.name!r}"
            if doubt:
                words = f"it may have been released from account {self._source.name!r} ({doubt.message})"
            place = " ".join(filter(None, move.old.as_dict(move.mac).values()))
            words = f"{words}, where it had {place}; registering it there again failed ({error.code}): {error.message}"
            self._leave_unbound(move.mac, words, refusal)

    def _leave_again(self, move: Move, refusal: RpsError) -> bool:
        """Release a phone that the new account holds with another target. Returns whether that was done."""
        seen = {move.mac: Observation(REGISTERED)}
        outcome = self._reconcile(self._destination, {move.mac: None}, seen).outcomes[0]
        if outcome.error:
            words = f"account {self._destination.name!r} holds it, but with another target ({outcome.error.code})"
            self._fail(move.mac, RpsError(refusal.code, f"{words}: {refusal.message}"))
        return outcome.error is None

    def _leave_unbound(self, mac: str, words: str, refusal: RpsError) -> None:
        self.unsettled.add(mac)
        reason = f"account {self._destination.name!r} did not take it ({refusal.code}): {refusal.message}"
        self._fail(mac, RpsError(LEFT_UNBOUND, f"{words}; {reason}"))

    def _settle_moved(self, mac: str) -> None:
        self._taken += 1
        self.outcomes[mac] = self.outcomes[mac]._replace(action=MOVED, error=None)

    def _fail(self, mac: str, error: RpsError) -> None:
        self.outcomes[mac] = self.outcomes[mac]._replace(action=FAILED, error=error.without_traceback())

    @staticmethod
    def _observed(side: Side, mac: str) -> Observation | None:
        """Return what the account's service says of a phone; None where it cannot be read."""
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
