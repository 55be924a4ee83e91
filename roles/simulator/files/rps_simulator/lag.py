# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads that lag behind writes: for some calls, a device that was written is still found as it was before."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from .records import Device, Records
from .state import Account, State


class Lag:
    """The devices that read calls still see in their state before a write, and for how many calls."""

    def __init__(self, state: State, calls: Callable[[], int], vendors: Mapping[str, Collection[str]]) -> None:
        """Create the lag. `calls()`: the number of read calls that see the earlier state. `vendors`: see `Records`."""
        self._state = state
        self._calls = calls
        self.vendors = vendors
        self._before: dict[tuple[str, str], tuple[Device | None, int]] = {}

    def records(self, account: Account, writes: bool) -> Records:
        """Return the records of the provider for a call that writes or reads. Use them inside a transaction."""
        if writes and self._calls():
            return _Written(self._state, account, self)
        if not writes and self._before:
            return _Late(self._state, account, self)
        return Records(self._state, account, self.vendors)

    def keep(self, provider: str, macs: Iterable[str], found: dict[str, Device]) -> None:
        for mac in macs:
            self._before.setdefault((provider, mac), (found.get(mac), self._calls()))

    def overlay(self, provider: str, macs: Iterable[str], found: dict[str, Device]) -> dict[str, Device]:
        """Return the devices among `macs` as a read call sees them, from their state in `found`, and count the call."""
        late = dict(found)
        for mac in macs:
            before = self._before.pop((provider, mac), None)
            if before is None:
                continue
            device, times = before
            if times > 1:
                self._before[provider, mac] = (device, times - 1)
            late.pop(mac, None)
            if device is not None:
                late[mac] = device
        return late

    def written(self, provider: str) -> list[str]:
        """Return the devices of the provider that are still seen in their earlier state."""
        return [mac for one, mac in self._before if one == provider]


class _Written(Records):
    """Records that save the state of devices before a change."""

    __slots__ = ("_lag",)

    def __init__(self, state: State, account: Account, lag: Lag) -> None:
        super().__init__(state, account, lag.vendors)
        self._lag = lag

    def bind(self, macs: Iterable[str], server: str, url: str) -> None:
        macs = list(macs)
        self._lag.keep(self.provider, macs, self.find(macs))
        super().bind(macs, server, url)

    def forget(self, macs: Iterable[str]) -> None:
        macs = list(macs)
        self._lag.keep(self.provider, macs, self.find(macs))
        super().forget(macs)


class _Late(Records):
    """Records with the state before the latest writes."""

    __slots__ = ("_lag",)

    def __init__(self, state: State, account: Account, lag: Lag) -> None:
        super().__init__(state, account, lag.vendors)
        self._lag = lag

    def find(self, macs: Iterable[str]) -> dict[str, Device]:
        macs = list(macs)
        return self._lag.overlay(self.provider, macs, super().find(macs))

    def registered(self) -> list[str]:
        written = self._lag.written(self.provider)
        late = {mac for mac, device in self.find(written).items() if device.account == self.account and device.bound}
        return sorted(set(super().registered()).difference(written) | late)

    def owned(self, url: str | None) -> list[str]:
        written = self._lag.written(self.provider)
        late = {
            mac
            for mac, device in self.find(written).items()
            if device.account == self.account and url in (None, device.url)
        }
        return sorted(set(super().owned(url)).difference(written) | late)
