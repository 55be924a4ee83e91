# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words of the field as types: devices, where they point, what the service knows of them, what became of them."""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils.errors import RpsError
from ansible_collections.voip.rps.plugins.module_utils.url import without_userinfo

REGISTERED = "registered"
UNREGISTERED = "unregistered"
ELSEWHERE = "registered_elsewhere"
UNKNOWN = "unknown"
STATUSES = (REGISTERED, UNREGISTERED, ELSEWHERE, UNKNOWN)

MOVED = "moved"
REMOVED = "removed"
NONE = "none"
FAILED = "failed"
ACTIONS = (REGISTERED, MOVED, REMOVED, NONE, FAILED)
CHANGES = (REGISTERED, MOVED, REMOVED)


class Target(NamedTuple):
    """Where a device shall point: a named server, a URL, or both.

    C(url) is None where only the service knows the named server's URL; C(own) says that the URL is the device's own,
    not its server's.
    """

    server: str | None
    url: str | None
    own: bool


class Device(NamedTuple):
    """A phone that the user named; C(target) is None where it shall be absent."""

    mac: str
    target: Target | None


class Observation(NamedTuple):
    """What the service said of a device; C(url) is None where it did not tell or was not asked.

    C(error): why the device could not be read; C(company): whose it is, where the service tells that.
    """

    status: str | None
    url: str | None = None
    error: RpsError | None = None
    company: str | None = None

    def as_dict(self, mac: str) -> dict[str, Any]:
        shown: dict[str, Any] = {"mac": mac, "status": self.status, "url": self.url and without_userinfo(self.url)}
        if self.company:
            shown["company"] = self.company
        if self.error:
            shown["error"] = self.error.as_dict()
        return shown


class Outcome(NamedTuple):
    """What became of a device, or in check mode would become: C(action), and its C(status) and C(was_url) before."""

    mac: str
    action: str
    status: str | None
    target: Target | None = None
    was_url: str | None = None
    error: RpsError | None = None

    def as_dict(self) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "mac": self.mac,
            "action": self.action,
            "status": self.status,
            "server": self.target.server if self.target else None,
            "url": without_userinfo(self.target.url) if self.target and self.target.url else None,
        }
        if self.error:
            shown["error"] = self.error.as_dict()
        return shown
