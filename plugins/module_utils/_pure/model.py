# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words of the field as types: devices, where they point, what the service knows of them, what became of them."""

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
    """What devices shall be bound to."""

    def met_by(self, mac: str, seen: Observation) -> bool | None:
        """Tell whether that is what was seen of the device; None where what was seen does not tell."""

    def as_dict(self, mac: str) -> dict[str, Any]:
        """Return what a task returns of it for the device."""

    def words(self, mac: str) -> str:
        """Return what a diff shows of it for the device."""


class Target(NamedTuple):
    """Where a device shall point: a named server, a URL, or both.

    C(url) is None where only the service knows the named server's URL; C(own) says that the URL is the device's own,
    not its server's. C(asked) is the URL as the user wrote it, with C({mac}), where C(url) is that as the service takes
    it.
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
        """Tell whether C(url) is this one, in which the service put the MAC address in its placeholder's place."""
        if self.asked is None or same_url(self.url or "", self.asked.replace(MAC_WORD, mac)):
            return False
        return any(same_url(url, self.asked.replace(MAC_WORD, one)) for one in (mac, mac.upper()))

    def as_dict(self, _mac: str) -> dict[str, Any]:
        url = self.asked or self.url
        return {"server": self.server and without_userinfo(self.server), "url": url and without_userinfo(url)}

    def words(self, mac: str) -> str:
        return " ".join(filter(None, self.as_dict(mac).values()))


INHERITED = Target(None, None, own=False)
"""The target of a device of which its row says only which device it replaces: where that one points."""


class NamedServer(NamedTuple):
    """A configuration server as a service lists it; C(url) is None where the service does not tell it."""

    name: str
    url: str | None


NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})


class Device(NamedTuple):
    """A phone, known by its MAC address.

    C(target): where the user wants it to point, None where it shall be absent, or where that is not the question;
    C(attributes): what the user says of it beside that, by the columns that its service makes use of, such as C(sn).
    """

    mac: str
    target: Target | None = None
    attributes: Mapping[str, str] = NO_ATTRIBUTES


class Held(Protocol):
    """What a service holds of a device that is bound to more than a URL."""

    @property
    def place(self) -> dict[str, str | None]:
        """What the device is bound to, as it is shown."""


class Observation(NamedTuple):
    """What the service said of a device; C(url) is None where it did not tell or was not asked.

    C(error): why the device could not be read; C(company): whose it is, where the service tells that; C(held): what
    else the service holds of it; C(details): what it says of the device beside all this, by the service's own names;
    C(own_url): whether that URL is the device's own, None where nothing tells it.
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
        """What the device is bound to, as far as it was told."""
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
    """What became of a device, or in check mode would become: C(action), and what it C(was) before.

    C(status) is that before, as far as it is known in the end. C(own_url): it kept a URL of its own when it was bound
    to a named server, and was given the server's URL as its own. C(replaces): the device that it replaces, if any;
    C(inherited): its target is that one's.
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
