# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Swaps: bind a new device to the target of the old one, read it back, and then release the old one."""

from __future__ import annotations

from typing import Any, Collection, Iterable, Mapping, NamedTuple, Sequence

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import colon_mac, dashed_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    CHANGES,
    FAILED,
    INHERITED,
    REGISTERED,
    REMOVED,
    UNKNOWN,
    UNVERIFIED,
    Device,
    Goal,
    Observation,
    Outcome,
    Target,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.url import without_userinfo
from ansible_collections.voip.rps.plugins.module_utils._reconcile.apply import Applier
from ansible_collections.voip.rps.plugins.module_utils._reconcile.plan import Plan, Step, not_released, spare
from ansible_collections.voip.rps.plugins.module_utils._reconcile.read_back import not_as_requested, read_back
from ansible_collections.voip.rps.plugins.module_utils._reconcile.runner import Runner
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service

_ADVICE = "Name the server or the url in its row"
_MOST_NAMED = 5


class Swaps(NamedTuple):
    """The devices to replace, in ``replaced`` by the new MAC address.

    ``servers``: the named servers, name to URL. ``url``: the URL of devices that have their own, if known.
    """

    replaced: Mapping[str, str]
    servers: Mapping[str, Any]
    url: str | None = None

    def marked(self, outcomes: Iterable[Outcome], inherits: Collection[str] = ()) -> list[Outcome]:
        """Return the outcomes with the swaps noted; the devices in ``inherits`` have the targets of the old ones."""
        replaced = self.replaced
        return [
            one._replace(replaces=replaced[one.mac], inherited=one.mac in inherits) if one.mac in replaced else one
            for one in outcomes
        ]


class Replaced:
    """The state of the devices to replace, and what it means for those that replace them.

    ``devices``: the task's devices, with the targets that they inherit.
    """

    def __init__(
        self,
        runner: Runner[Service],
        devices: Sequence[Device],
        swaps: Swaps,
        account: Mapping[str, Observation] | None,
    ) -> None:
        """Raise RpsError if the service could not be read."""
        self._service = runner.service
        self._swaps = swaps
        self._known = [self._server(name, str(url)) for name, url in swaps.servers.items()]
        if swaps.url and self._service.can.own_url:
            self._known.append(Target(None, swaps.url, own=True))
        self._errors: dict[str, RpsError] = {}
        self._own_urls: list[str] = []
        inherits = {swaps.replaced[one.mac] for one in devices if one.target is INHERITED}
        self._seen = _look(runner, list(swaps.replaced.values()), inherits, account)
        self._know_servers(inherits)
        self.devices = [self._with_target(one) if one.target is INHERITED else one for one in devices]
        self._warn_of_own_urls()

    def add_to(self, plan: Plan) -> Plan:
        """Return the plan with the account's replaced devices, which are released at the end."""
        errors = dict(self._errors)
        gone: list[str] = []
        for new, old in self._swaps.replaced.items():
            outcome, was = plan.outcomes[new], self._seen[old]
            if was.error:
                errors[new] = _about(old, was.error.code, f"could not be read: {was.error.message}")
            elif outcome.status != REGISTERED and not outcome.error and was.status != REGISTERED:
                gone.append(old)
                if outcome.target is INHERITED:
                    words = f"is not registered in this account, so its target is unknown. {_ADVICE}"
                    errors.setdefault(new, _about(old, "invalid_input", words))
        plan = spare(plan, errors)
        outcomes = plan.outcomes
        swaps: dict[str, str] = {}
        for new, old in self._swaps.replaced.items():
            was, failed = self._seen[old], outcomes[new].error
            if was.status != REGISTERED:
                continue
            kept = failed and not_released(new, failed)
            outcomes[old] = Outcome(old, FAILED if kept else REMOVED, REGISTERED, None, was, kept)
            if not kept:
                swaps[new] = old
        self._warn_of_gone(gone)
        return plan._replace(swaps=swaps)

    def _know_servers(self, inherits: Collection[str]) -> None:
        """Read the account's servers if a device points to a URL that is not in ``servers``."""
        unknown = [old for old in inherits if self._seen[old].url is not None and self._known_target(old, old) is None]
        if unknown and self._service.can.named_servers and self._service.lists_servers:
            listed = self._service.list_servers()
            self._known += [self._server(one.name, one.url) for one in listed if one.url is not None]

    def _server(self, name: str, url: str) -> Target:
        return Target(name, url, own=not self._service.can.named_servers)

    def _known_target(self, old: str, new: str) -> Target | None:
        """Return the known target for ``new`` that ``old`` has, comparing URLs with the MAC address of each."""
        for known in self._known:
            if self._service.spelled_target(known, old).met_by(old, self._seen[old]):
                return self._service.spelled_target(known, new)
        return None

    def _with_target(self, device: Device) -> Device:
        """Return a device with the target of the device that it replaces, if that is known."""
        old = self._swaps.replaced[device.mac]
        was = self._seen[old]
        if was.error or was.status != REGISTERED:
            return device
        if was.url is None:
            words = f"is registered, but its target is unknown. {_ADVICE}"
            self._errors[device.mac] = _about(old, "invalid_input", words)
            return device
        can = self._service.can
        known = self._known_target(old, device.mac)
        if known is not None:
            return device._replace(target=known)
        if _holds_mac(was.url, old):
            words = f"points to a URL with its own MAC address in it. {_ADVICE}"
            self._errors[device.mac] = _about(old, "invalid_input", words)
            return device
        if not can.own_url:
            words = f"points to {without_userinfo(was.url)}, which is not the URL of a server in servers. {_ADVICE}"
            self._errors[device.mac] = _about(old, "invalid_input", words)
            return device
        if can.named_servers:
            self._own_urls.append(device.mac)
        return device._replace(target=Target(None, was.url, own=True))

    def _warn_of_own_urls(self) -> None:
        if self._own_urls:
            self._service.warn(
                f"{len(self._own_urls)} devices get the URL of the device that they replace as their own URL, because "
                f"no server in servers has it: {_some(self._own_urls)}"
            )

    def _warn_of_gone(self, gone: Sequence[str]) -> None:
        if gone:
            self._service.warn(
                f"{len(gone)} devices to replace are not registered in this account, so they are not released. Check "
                f"the column replaces: {_some(gone)}"
            )


class Swapper:
    """Releases replaced devices, in ``swaps`` by the new device, once the new devices are in their desired state."""

    def __init__(self, runner: Runner[Service], applier: Applier, swaps: Mapping[str, str]) -> None:
        self.swaps = swaps
        self._runner = runner
        self._applier = applier

    def finish(self, macs: Iterable[str]) -> None:
        """Read back the new devices among ``macs``, and release those that they replace."""
        pairs = {mac: self.swaps[mac] for mac in macs if mac in self.swaps}
        if not pairs:
            return
        outcomes = self._applier.outcomes
        for new, seen in read_back(self._runner, self._goals(pairs)).items():
            if seen.error:
                self._keep(pairs[new], new, f"could not be read back: {seen.error.message}")
            elif outcomes[new].action in CHANGES:
                error = not_as_requested(seen)
                self._applier.uncertain = True
                self._applier.fail([new], error)
                self._applier.fail([pairs[new]], not_released(new, error))
            else:
                # The registration was the only thing that could be verified.
                shown = seen.url if seen.status == REGISTERED else seen.status
                self._keep(pairs[new], new, f"points elsewhere: {without_userinfo(str(shown))}")
        ready = [old for old in pairs.values() if not outcomes[old].error]
        if ready:
            self._runner.each(self._applier.carry_out, self._applier.batches(Step(REMOVED, None, False, tuple(ready))))

    def hold_back(self, macs: Iterable[str], error: RpsError) -> None:
        """Fail the devices that the devices ``macs`` were to replace."""
        self._applier.fail([self.swaps[mac] for mac in macs if mac in self.swaps], error)

    def _keep(self, old: str, new: str, why: str) -> None:
        self._applier.fail([old], RpsError("not_sent", f"not released: {new}, which replaces it, {why}"))

    def _goals(self, pairs: Mapping[str, str]) -> dict[str, Goal | None]:
        """Return the goals of devices to read back, and fail those that must not be released."""
        goals: dict[str, Goal | None] = {}
        for new, old in pairs.items():
            outcome = self._applier.outcomes[new]
            if outcome.error:
                self._applier.fail([old], not_released(new, outcome.error))
            elif outcome.action == UNVERIFIED and self._runner.service.can.read_target:
                self._keep(old, new, "cannot be verified to point to its server. Give the server's URL in servers")
            else:
                goals[new] = outcome.target
        return goals


def _look(
    runner: Runner[Service], macs: Sequence[str], inherits: Collection[str], account: Mapping[str, Observation] | None
) -> dict[str, Observation]:
    """Return the observations of devices to replace; for the devices in ``inherits``, with their targets."""
    if account is None:
        return runner.read(macs, inherits)
    seen = {mac: account.get(mac, Observation(UNKNOWN)) for mac in macs}
    unread = [mac for mac in inherits if seen[mac].status == REGISTERED and seen[mac].url is None]
    return {**seen, **runner.read(unread, frozenset(unread))}


def _about(old: str, code: str, words: str) -> RpsError:
    return RpsError(code, f"{old}, which it replaces, {words}")


def _holds_mac(url: str, mac: str) -> bool:
    return any(spelled in url.lower() for spelled in (mac, colon_mac(mac), dashed_mac(mac).lower()))


def _some(macs: Sequence[str]) -> str:
    more = f" and {len(macs) - _MOST_NAMED} more" if len(macs) > _MOST_NAMED else ""
    return ", ".join(macs[:_MOST_NAMED]) + more
