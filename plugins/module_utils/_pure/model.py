# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The terms of the field as types: devices, their targets, what the service reports of them, and their outcomes."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Mapping, NamedTuple, Protocol

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.url import MAC_WORD, same_url, without_userinfo

REGISTERED = "registered"
UNREGISTERED = "unregistered"
ELSEWHERE = "registered_elsewhere"
UNKNOWN = "unknown"
STATUSES = (REGISTERED, UNREGISTERED, ELSEWHERE, UNKNOWN)

MOVED = "moved"
REMOVED = "removed"
NONE = "none"
UNVERIFIED = "unverified"
FAILED = "failed"
ACTIONS = (REGISTERED, MOVED, REMOVED, NONE, UNVERIFIED, FAILED)
CHANGES = (REGISTERED, MOVED, REMOVED)


class Goal(Protocol):
    """The desired state of devices."""

    def met_by(self, mac: str, seen: Observation) -> bool | None:
        """Return whether the observed state is the desired one; None if the observation does not show it."""

    def as_dict(self, mac: str) -> dict[str, Any]:
        """Return what a task's result shows of it for the device."""

    def words(self, mac: str) -> str:
        """Return what a diff shows of it for the device."""


class Target(NamedTuple):
    """Where a device should point: a named server, a URL, or both.

    ``url`` is None if only the service knows the named server's URL. ``own``: the URL is the device's own, not its
    server's. ``asked``: the URL as the user wrote it, with ``{mac}``; ``url`` is then the URL in the form that the
    service expects.
    """

    server: str | None
    url: str | None
    own: bool
    asked: str | None = None

    def met_by(self, mac: str, seen: Observation) -> bool | None:
        if self.url is None or seen.url is None:
            return None
        return same_url(seen.url, self.url) or self._is_filled_in(mac, seen.url)

    def _is_filled_in(self, mac: str, url: str) -> bool:
        """Return whether ``url`` is this URL, with the placeholder already replaced by the MAC address."""
        if self.asked is None or same_url(self.url or "", self.asked.replace(MAC_WORD, mac)):
            return False
        return any(same_url(url, self.asked.replace(MAC_WORD, one)) for one in (mac, mac.upper()))

    def as_dict(self, _mac: str) -> dict[str, Any]:
        url = self.asked or self.url
        return {"server": self.server and without_userinfo(self.server), "url": url and without_userinfo(url)}

    def words(self, mac: str) -> str:
        return " ".join(filter(None, self.as_dict(mac).values()))


INHERITED = Target(None, None, own=False)
"""The target of a device whose row only names the device that it replaces: the target of the replaced device."""


class NamedServer(NamedTuple):
    """A configuration server as a service lists it; ``url`` is None if the service does not report it."""

    name: str
    url: str | None


NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})


class Device(NamedTuple):
    """A phone, known by its MAC address.

    ``target``: where the user wants it to point; None if it must be absent, or if the target does not matter.
    ``attributes``: what else the user gives for the device, by the columns that its service uses, such as ``sn``.
    """

    mac: str
    target: Target | None = None
    attributes: Mapping[str, str] = NO_ATTRIBUTES


class Held(Protocol):
    """What a service stores for a device that is bound to more than a URL."""

    @property
    def place(self) -> dict[str, str | None]:
        """What the device is bound to, as results show it."""


class Observation(NamedTuple):
    """What the service reported of a device; ``url`` is None if it was not reported or not asked for.

    ``error``: why the device could not be read. ``company``: the company that owns it, if the service reports that.
    ``held``: what else the service stores for it. ``details``: the service's other fields, by the service's own names.
    ``own_url``: whether the URL is the device's own; None if unknown.
    """

    status: str | None
    url: str | None = None
    error: RpsError | None = None
    company: str | None = None
    held: Held | None = None
    details: Mapping[str, str] | None = None
    own_url: bool | None = None

    @property
    def place(self) -> dict[str, str | None]:
        """What the device is bound to, if that is known."""
        if self.held:
            return self.held.place
        return {"url": without_userinfo(self.url)} if self.url else {}

    def as_dict(self, mac: str) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "mac": mac,
            "status": self.status,
            "current_url": without_userinfo(self.url) if self.url else None,
        }
        if self.company:
            shown["company"] = without_userinfo(self.company)
        if self.details:
            shown["details"] = {name: without_userinfo(value) for name, value in self.details.items()}
        if self.error:
            shown["error"] = self.error.as_dict()
        return shown


class Outcome(NamedTuple):
    """The result for a device, or the predicted one in check mode: ``action``, and the state before in ``was``.

    ``status``: the status before, as known at the end. ``own_url``: the device kept a URL of its own when it was bound
    to a named server, and was given the server's URL as its own. ``replaces``: the device that it replaces, if any.
    ``inherited``: its target is that of the replaced device.
    """

    mac: str
    action: str
    status: str | None
    target: Goal | None = None
    was: Observation = Observation(None)
    error: RpsError | None = None
    own_url: bool = False
    replaces: str | None = None
    inherited: bool = False
