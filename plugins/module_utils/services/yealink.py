# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Yealink's Redirection and Provisioning Service, by its document "XML API for Redirection and Provisioning
Service"."""

from __future__ import annotations

import re
from typing import Sequence

from ansible_collections.voip.rps.plugins.module_utils.errors import Refused, RpsError
from ansible_collections.voip.rps.plugins.module_utils.mac import dashed_mac, parse_mac
from ansible_collections.voip.rps.plugins.module_utils.model import (
    ELSEWHERE,
    REGISTERED,
    UNKNOWN,
    UNREGISTERED,
    Observation,
    Target,
)
from ansible_collections.voip.rps.plugins.module_utils.services.base import Capabilities, XmlRpcService, odd, text

_OVERRIDE = "1"
# We send well-formed MACs only, so where the document says "invalid format, or not yours" it is the latter.
_NOT_OURS = {"invalid_mac": "not_registered"}
_SERVER_NAME = re.compile(r"[A-Za-z0-9._ -]+")
_STATUSES: dict[str, str] = {
    "registered": REGISTERED,
    "unregistered": UNREGISTERED,
    "registered elsewhere": ELSEWHERE,
    "unknown": UNKNOWN,
}


class Yealink(XmlRpcService):
    """Sections 4.1 to 4.15; the retired forms 4.11 and 4.16 are never sent."""

    provider = "yealink"
    default_url = "https://api-dm.yealink.com:8443/xmlrpc"
    can = Capabilities(
        named_servers=True,
        own_url=True,
        read_target=True,
        list_account=True,
        list_models=False,
        override=True,
        takes_over=False,
    )
    texts = (
        (r"repeated mac", "repeated_mac"),
        (r"invalid mac", "invalid_mac"),
        (r"invalid server ?url|url can only begin|server url can ?not be empty", "invalid_url"),
        (r"server name has been used", "server_exists"),
        (r"server name can only contain|server name can ?not be empty", "invalid_server_name"),
        (r"invalid server", "invalid_server"),
        (r"only 0 or 1 can be used", "invalid_input"),
        (r"overriding failed", "override_failed"),
        (r"are you sure you want to override", "needs_override"),
        (r"mac is unknown", "unknown_mac"),
        (r"no device(\(s\)|s)? (exists?|found)", "not_registered"),
        (
            r"other enterprise|check the mac address|^(error:)? ?[0-9a-f]{2}([-: ]?[0-9a-f]{2}){5}",
            "owned_by_other_user",
        ),
    )

    def check(self, mac: str, *, target: bool) -> Observation:
        """Sections 4.5 checkDevice and, where the target is asked for, 4.14 checkDeviceExt."""
        status, *more = self._call("checkDeviceExt" if target else "checkDevice", mac, write=False) or [""]
        known = _STATUSES.get(text(status).lower())
        if known is None:
            raise odd(status)
        url: str | None = text(more[0]) if more and known == REGISTERED else None
        return Observation(known, url or None)

    def list_devices(self) -> list[str]:
        """Section 4.4 listDevices."""
        try:
            (macs,) = self._call("listDevices", write=False)
            return [parse_mac(text(mac)) for mac in macs if text(mac)]
        except Refused as refusal:
            if refusal.code == "not_registered":
                return []
            raise
        except (TypeError, ValueError) as error:
            raise RpsError("protocol_error", f"a list of devices that no document knows: {error}") from None

    def bulk(self, target: Target) -> bool:
        return not target.own

    def register(self, macs: Sequence[str], target: Target, *, override: bool) -> None:
        """Sections 4.6, 4.1 and 4.12; with C(override) 4.7, 4.2 and 4.15."""
        confirmed = [_OVERRIDE] if override else []
        if target.own:
            (mac,) = macs
            self._write("registerDeviceWithUniqueUrl", dashed_mac(mac), target.server or "", target.url, *confirmed)
        elif len(macs) == 1:
            self._write("registerDevice", macs[0], target.server, *confirmed)
        else:
            self._write("registerDevices", list(macs), target.server, *confirmed)

    def move(self, macs: Sequence[str], target: Target) -> None:
        """Sections 4.10 editDevice and 4.13 editDeviceWithUniqueUrl; 4.7 registerDevices for several."""
        if target.own:
            (mac,) = macs
            self._write("editDeviceWithUniqueUrl", dashed_mac(mac), target.server or "", target.url, codes=_NOT_OURS)
        elif len(macs) == 1:
            self._write("editDevice", macs[0], target.server, codes=_NOT_OURS)
        else:
            self._write("registerDevices", list(macs), target.server, _OVERRIDE)

    def remove(self, macs: Sequence[str]) -> None:
        """Sections 4.3 deRegisterDevice and 4.8 deRegisterDevices."""
        if len(macs) == 1:
            self._write("deRegisterDevice", macs[0], codes=_NOT_OURS)
        else:
            self._write("deRegisterDevices", list(macs), codes=_NOT_OURS)

    def add_server(self, name: str, url: str) -> None:
        """Section 4.9 addServer."""
        self._write("addServer", name, url)

    @classmethod
    def check_server_name(cls, name: str) -> None:
        """By the error texts of section 4.9."""
        if not name.strip():
            raise ValueError("a server's name cannot be empty")
        if not _SERVER_NAME.fullmatch(name):
            raise ValueError(f"server name {name!r}: only letters, digits, '-', '_', '.' and space are allowed")

    def _write(self, method: str, *parameters: object, codes: dict[str, str] | None = None) -> None:
        self._call(method, *parameters, write=True, codes=codes)
