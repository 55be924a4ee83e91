# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


"""Bind devices to named servers; check where the first device of each server points before the others follow."""

from __future__ import annotations

import functools
import threading
from typing import Callable, Iterable, Mapping, Sequence

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    FAILED,
    MOVED,
    NONE,
    REGISTERED,
    UNVERIFIED,
    NamedServer,
    Observation,
    Target,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.url import same_url
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict
from ansible_collections.voip.rps.plugins.module_utils._reconcile.add_servers import ServerOutcome, add_server
from ansible_collections.voip.rps.plugins.module_utils._reconcile.apply import Applier, Batch
from ansible_collections.voip.rps.plugins.module_utils._reconcile.manage_servers import ensure_server
from ansible_collections.voip.rps.plugins.module_utils._reconcile.plan import Step
from ansible_collections.voip.rps.plugins.module_utils._reconcile.runner import Runner
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service

_MOST_SAMPLES = 3


class _Server:
    """A named server that devices are bound to in this run.

    ``target``: the target of devices without a URL of their own. ``url``: the server's URL, as given or learnt.
    ``batches``: calls still to send. ``unverified``: devices that can only be verified once the URL is known. ``left``:
    the previous URLs of devices that moved to this server. ``read``: a device has shown where the server points, or
    none can. ``probed``: a probe for its URL was made. ``stopped``: why no more devices are bound to it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.target = Target(name, None, own=False)
        self.url: str | None = None
        self.batches: list[Batch] = []
        self.own_batches: list[Batch] = []
        self.unverified: list[str] = []
        self.left: list[str] = []
        self.read = False
        self.probed = False
        self.stopped: RpsError | None = None

    @property
    def known_target(self) -> Target:
        return self.target._replace(url=self.url)

    @property
    def own_target(self) -> Target:
        return self.target._replace(url=self.url, own=True)

    def is_shown(self, mac: str, seen: Observation) -> bool:
        """Return whether an observation shows that the device points to this server's URL."""
        return seen.status == REGISTERED and bool(self.known_target.met_by(mac, seen))


class Binder:
    """Carries out steps of a plan with ``applier``. Steps for named servers have this order:

    the first call for each server alone, after which one of its devices is read; then all others, unless the server has
    a wrong URL; finally, devices that kept a URL of their own get the server's.
    ``to_add``: servers by name, with their URLs, to add before the first device is bound to them. ``added``: their
    outcomes. Knowledge about a server is kept for later steps.
    """

    def __init__(self, runner: Runner[Service], applier: Applier, to_add: Mapping[str, str]) -> None:
        self.added: dict[str, ServerOutcome] = {}
        self._runner = runner
        self._service = runner.service
        self._applier = applier
        self._outcomes = applier.outcomes
        self._to_add = to_add
        self._keeps_own_urls = False
        self._there: Sequence[NamedServer] | None = None
        self._listing = threading.Lock()
        self._servers: dict[str, _Server] = {}
        self._others: list[Batch] = []
        self._sent: list[str] = []
        self._sort_unverified()

    def run(self, steps: Iterable[Step]) -> None:
        """Carry out the steps, and the moves that are needed once a server's URL is known."""
        moves = self.run_only(steps)
        if moves:
            self.run_only(moves)

    def run_only(self, steps: Iterable[Step]) -> list[Step]:
        """Carry out the steps, and return the moves that are needed now that a server's URL is known."""
        self._sort(steps)
        jobs: list[Callable[[], None]] = [functools.partial(self._begin, one) for one in self._servers.values()]
        jobs += [functools.partial(self._applier.carry_out, batch) for batch in self._others]
        self._runner.each(_call, jobs)
        moves = [step for server in self._servers.values() for step in self._compare(server)]
        self._runner.each(self._applier.carry_out, self._following())
        self._give_own_urls()
        return moves

    def _sort(self, steps: Iterable[Step]) -> None:
        steps = list(steps)
        named_servers = self._service.can.named_servers
        self._others = []
        self._sent = [mac for step in steps for mac in step.macs]
        # Devices that were not the account's come first: they have no URL of their own that hides the server's.
        for step in sorted(steps, key=lambda step: step.action != REGISTERED):
            target = step.target if isinstance(step.target, Target) else None
            if not named_servers or target is None or target.server is None:
                self._others += self._applier.batches(step)
            elif not target.own:
                self._server(target).batches += self._applier.batches(step)
            elif target.server in self._to_add:
                self._server(target).own_batches += self._applier.batches(step)
            else:
                self._others += self._applier.batches(step)

    def _sort_unverified(self) -> None:
        if self._service.can.read_target:
            for mac, outcome in self._outcomes.items():
                if outcome.action == UNVERIFIED and isinstance(outcome.target, Target) and outcome.target.server:
                    self._server(outcome.target).unverified.append(mac)

    def _server(self, target: Target) -> _Server:
        name = str(target.server)
        server = self._servers.setdefault(name, _Server(name))
        if not target.own and server.url is None:
            server.target, server.url = target, target.url
        return server

    def _begin(self, server: _Server) -> None:
        """Make the first call that binds to a server, and read where one of its devices then points."""
        if not self._is_there(server):
            return
        while server.batches and not (server.read or server.stopped or self._runner.stopped):
            batch = server.batches.pop(0)
            self._applier.carry_out(batch)
            if self._service.can.read_target:
                self._sample(server, batch.step.macs)
            else:
                server.read = True
        may_probe = self._service.can.rebind and not (server.stopped or server.probed)
        if server.url is None and server.unverified and may_probe:
            server.probed = True
            self._probe(server)

    def _is_there(self, server: _Server) -> bool:
        """Add a server if requested. Return whether devices can probably be bound to it."""
        if server.name not in self._to_add or self._runner.stopped:
            return True
        if server.name not in self.added:
            self.added[server.name] = self._add(server.name, self._to_add[server.name])
        added = self.added[server.name]
        if added.error:
            server.stopped = added.error
            server.batches += server.own_batches
            server.own_batches = []
        return added.error is None

    def _add(self, name: str, url: str) -> ServerOutcome:
        """Add a server, unless the service lists it already."""
        if not self._service.lists_servers:
            return add_server(self._runner, name, url)
        try:
            with self._listing:
                if self._there is None:
                    self._there = self._service.list_servers()
        except RpsError as error:
            self._runner.failed(error)
            return ServerOutcome(name, url, FAILED, error.without_traceback())
        return ensure_server(self._runner, name, url, self._there)

    def _sample(self, server: _Server, macs: Sequence[str]) -> None:
        """Read where one device of a call points, and hold the server's other devices back if it is another URL."""
        bound = [mac for mac in macs if self._outcomes[mac].action in (REGISTERED, MOVED)]
        new = [mac for mac in bound if self._outcomes[mac].action == REGISTERED]
        if not bound:
            errors = [one.error for one in (self._outcomes[mac] for mac in macs) if one.error]
            first = errors[0] if errors else None
            if isinstance(first, Refused) and first.verdict is Verdict.SERVER:
                words = f"not sent: the service refused server {server.name!r} for other devices: {first.message}"
                server.stopped = RpsError("not_sent", words)
            return
        seen = Observation(None)
        for sample in (new or bound)[:_MOST_SAMPLES]:
            seen = self._look_patiently({sample: server}).get(sample, seen)
            if not seen.error:
                break
        if self._runner.stopped:
            return
        if seen.error:
            words = f"not sent: no device that was bound to server {server.name!r} could be read: {seen.error.message}"
            server.stopped = RpsError("not_sent", words)
        elif server.is_shown(sample, seen) or (seen.status == REGISTERED and seen.url is None):
            server.read = True
            self._note_left(server, sample)
        elif server.url is None and seen.status == REGISTERED:
            server.read = True
            if new:
                server.url = seen.url
        elif new and seen.status == REGISTERED:
            self._stop(server, bound, seen.url)
        else:
            self._judge(server, bound, sample, seen)

    def _judge(self, server: _Server, bound: Sequence[str], sample: str, first: Observation) -> None:
        """Decide about a call after one device does not show the server's URL, which alone proves nothing."""
        try:
            seen = {sample: first, **self._read([mac for mac in bound if mac != sample])}
        except RpsError:
            return
        ours = {mac: one for mac, one in seen.items() if one.status == REGISTERED and not one.error}
        right = [mac for mac, one in ours.items() if server.url is None or server.is_shown(mac, one)]
        for mac, one in seen.items():
            if mac not in ours:
                self._applier.uncertain = True
                self._applier.fail([mac], one.error or _not_bound(one))
        if right:
            server.read = True
            self._keeps_own_urls = self._keeps_own_urls or len(right) < len(ours)
            for mac in right:
                self._note_left(server, mac)
            return
        changed = [one.url for mac, one in ours.items() if not _is(one, self._outcomes[mac].was.url)]
        if changed:
            self._stop(server, list(ours), changed[0])
        elif ours:
            self._settle_unchanged(server, list(ours), ours[next(iter(ours))].url)
        else:
            words = "not sent: the service accepted other devices, and then did not show them as registered"
            server.stopped = RpsError("not_sent", words)

    def _settle_unchanged(self, server: _Server, bound: Sequence[str], shown: str | None) -> None:
        """Decide about devices that all still point to their old URLs: their own, or the server's actual URL.

        Give one device a URL of its own, and bind it to the server again. If the service clears such URLs, it then
        shows the server's.
        """
        mac = bound[0]
        if self._service.can.own_url:
            for target in (server.own_target, server.known_target):
                if not self._outcomes[mac].error:
                    self._applier.carry_out(Batch(Step(MOVED, target, False, (mac,))))
            seen = self._look_patiently({mac: server}).get(mac)
            if self._runner.stopped:
                return
            if seen and seen.url is not None and not self._outcomes[mac].error:
                shown = seen.url
                if server.is_shown(mac, seen):
                    self._applier.set(mac, own_url=True)
                    server.read = self._keeps_own_urls = True
                    return
        self._stop(server, [mac for mac in bound if not self._outcomes[mac].error], shown)

    def _stop(self, server: _Server, bound: Sequence[str], shown: str | None) -> None:
        """Fail the devices that were bound to a server with another URL, and hold the others back."""
        has = f"server {server.name!r} has the URL {shown} at the service, not {server.url}"
        advice = "add a server of another name with that URL (rps_server), and use that name"
        self._applier.uncertain = True
        self._applier.fail(bound, RpsError("invalid_server", f"it was bound, but {has}: {advice}"))
        server.stopped = RpsError("not_sent", f"not sent: {has}: {advice}")

    def _probe(self, server: _Server) -> None:
        """Learn a server's URL from registered devices: the URL of a device changes when it is bound.

        If it does not change, the device may have pointed there before, or may have a URL of its own. Decide by a
        second device with another URL, if there is one.
        """
        first: str | None = None
        for mac in server.unverified:
            was = self._outcomes[mac].was
            if was.url is None or (first is not None and _is(was, first)):
                continue
            self._applier.carry_out(Batch(Step(MOVED, server.target, False, (mac,))))
            if self._outcomes[mac].action == FAILED:
                return
            try:
                seen = self._read([mac])[mac]
            except RpsError:
                self._applier.uncertain = True
                return
            if seen.error or seen.status != REGISTERED or seen.url is None:
                self._applier.uncertain = True
                self._applier.fail([mac], seen.error or _not_bound(seen))
                return
            if not _is(seen, was.url):
                server.url = seen.url
                return
            self._applier.set(mac, action=UNVERIFIED)
            if first is not None:
                return
            first = was.url

    def _compare(self, server: _Server) -> list[Step]:
        """Decide about a server's registered devices once its URL is known, and return the necessary moves."""
        if server.url is None or server.stopped:
            return []
        moves: list[str] = []
        unverified, server.unverified = server.unverified, []
        for mac in unverified:
            outcome = self._outcomes[mac]
            met = server.known_target.met_by(mac, outcome.was)
            if outcome.action == UNVERIFIED and met is not None:
                self._applier.set(mac, action=NONE if met else MOVED)
                if not met:
                    moves.append(mac)
        if not moves:
            return []
        # Learning its URL has already shown where it points.
        server.read = True
        return [Step(MOVED, server.known_target, False, tuple(moves))]

    def _following(self) -> list[Batch]:
        """Return the batches still to send, and fail those that are held back."""
        batches: list[Batch] = []
        for server in self._servers.values():
            if not server.stopped:
                batches += server.batches
            else:
                for batch in server.batches:
                    self._applier.fail(batch.step.macs, server.stopped)
            batches += server.own_batches
            server.batches, server.own_batches = [], []
        return batches

    def _give_own_urls(self) -> None:
        """Give devices that were moved, but kept a URL of their own, the URL of the server.

        Read one of the devices that left the same URL; if it kept its own, read all that were moved.
        """
        can = self._service.can
        if not (can.own_url and can.read_target) or self._runner.stopped:
            return
        servers = {server.target: server for server in self._servers.values() if server.url and not server.stopped}
        moved: dict[str, _Server] = {}
        samples: dict[tuple[str, str], str] = {}
        for mac in self._sent:
            outcome = self._outcomes[mac]
            if outcome.action == MOVED and outcome.target in servers and not outcome.own_url:
                server = moved[mac] = servers[outcome.target]
                samples.setdefault((server.name, outcome.was.url or ""), mac)
        unseen = {mac: moved[mac] for (name, url), mac in samples.items() if url not in self._servers[name].left}
        seen = self._look_patiently(unseen)
        if self._keeps_own_urls or not all(moved[mac].is_shown(mac, one) for mac, one in seen.items()):
            try:
                seen.update(self._read([mac for mac in moved if mac not in seen]))
            except RpsError:
                return
        for server in servers.values():
            self._give_own_url(server, {mac: one for mac, one in seen.items() if moved[mac] is server})

    def _give_own_url(self, server: _Server, seen: Mapping[str, Observation]) -> None:
        kept: list[str] = []
        for mac, one in seen.items():
            if one.error or server.is_shown(mac, one):
                continue
            if one.status == REGISTERED:
                kept.append(mac)
            else:
                self._applier.fail([mac], _not_bound(one))
        if not kept:
            return
        self._runner.each(
            self._applier.carry_out, self._applier.batches(Step(MOVED, server.own_target, False, tuple(kept)))
        )
        for mac in kept:
            error = self._outcomes[mac].error
            if error:
                words = f"it was bound to server {server.name!r}, but kept a URL of its own, which could not be changed"
                self._applier.fail([mac], RpsError(error.code, f"{words}: {error.message}"))
            else:
                self._applier.set(mac, own_url=True)

    def _note_left(self, server: _Server, mac: str) -> None:
        outcome = self._outcomes[mac]
        if outcome.action == MOVED and outcome.was.url is not None:
            server.left.append(outcome.was.url)

    def _read(self, macs: Sequence[str]) -> dict[str, Observation]:
        return self._runner.read(macs, frozenset(macs))

    def _look_patiently(self, bound: Mapping[str, _Server]) -> dict[str, Observation]:
        """Read where bound devices point, again after a pause while the answers may be outdated.

        Return nothing once the service is given up.
        """
        seen: dict[str, Observation] = {}
        late = list(bound)
        for attempt in range(self._service.client.retries + 1):
            if attempt:
                self._service.client.back_off(attempt - 1)
            try:
                seen.update(self._read(late))
            except RpsError:
                return {}
            late = [mac for mac in late if self._may_be_late(mac, bound[mac], seen[mac])]
            if not late:
                break
        return seen

    def _may_be_late(self, mac: str, server: _Server, seen: Observation) -> bool:
        """Return whether an observation may show the device's state before it was bound."""
        if seen.error or server.is_shown(mac, seen):
            return False
        return seen.status != REGISTERED or _is(seen, self._outcomes[mac].was.url)


def _call(job: Callable[[], None]) -> None:
    job()


def _is(seen: Observation, url: str | None) -> bool:
    return seen.url is not None and url is not None and same_url(seen.url, url)


def _not_bound(seen: Observation) -> RpsError:
    words = f"the service accepted the binding, but then shows the device as {seen.status or 'unreadable'}"
    return RpsError("protocol_error", words)
