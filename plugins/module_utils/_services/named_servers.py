# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dialect that Yealink and Htek share: devices are bound to servers that the service knows by name."""

from __future__ import annotations

import re
from typing import Sequence

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError, odd
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import parse_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    ELSEWHERE,
    REGISTERED,
    UNKNOWN,
    UNREGISTERED,
    Observation,
    Target,
)
from ansible_collections.voip.rps.plugins.module_utils._services.base import XmlRpcService, text

OVERRIDE = "1"
# We send well-formed MACs only, so where the documents say "invalid format, or not yours" it is the latter.
NOT_OURS = {"invalid_mac": "not_registered"}

_SERVER_NAME = re.compile(r"[A-Za-z0-9._ -]+")
_STATUSES: dict[str, str] = {
    "registered": REGISTERED,
    "unregistered": UNREGISTERED,
    "registered elsewhere": ELSEWHERE,
    "unknown": UNKNOWN,
}


class NamedServersService(XmlRpcService):
    """Yealink's sections 4.1 to 4.10, which are Htek's 1 to 10 in another order."""

    texts = (
        (r"repeated mac", "repeated_mac"),
        (r"invalid mac", "invalid_mac"),
        (r"invalid server ?url|url can only begin|server url can ?not be empty", "invalid_url"),
        (r"server name has been used", "server_exists"),
        (r"server name can only contain|server name can ?not be empty", "invalid_server_name"),
        (r"invalid server", "invalid_server"),
        (r"only 0 or 1 can be used", "invalid_input"),
        (r"overriding failed", "override_failed"),
        (r"are you sure you want to override|existing mac", "needs_override"),
        (r"mac is unknown", "unknown_mac"),
        (r"no device(\(s\)|s)? (exists?|found)", "not_registered"),
        (
            r"other enterprise|check the mac address|^(error:)? ?[0-9a-f]{2}([-: ]?[0-9a-f]{2}){5}",
            "owned_by_other_user",
        ),
    )

    def check(self, mac: str, *, target: bool) -> Observation:
        """checkDevice: Yealink's section 4.5, Htek's 5."""
        return self._observation("checkDevice", mac)

    def list_devices(self) -> list[str]:
        """listDevices: Yealink's section 4.4, Htek's 4."""
        try:
            (macs,) = self._call("listDevices", write=False, listing=True)
            return [parse_mac(text(mac)) for mac in macs if text(mac)]
        except Refused as refusal:
            if refusal.code == "not_registered":
                return []
            raise
        except (TypeError, ValueError) as error:
            raise RpsError("protocol_error", f"a list of devices that no document knows: {error}") from None

    def register(self, macs: Sequence[str], target: Target, *, override: bool) -> None:
        """registerDevice and registerDevices: Yealink's sections 4.1, 4.2, 4.6, 4.7, Htek's 1, 2, 6, 7."""
        confirmed = [OVERRIDE] if override else []
        if len(macs) == 1:
            self._write("registerDevice", macs[0], target.server, *confirmed)
        else:
            self._write("registerDevices", list(macs), target.server, *confirmed)

    def move(self, macs: Sequence[str], target: Target) -> None:
        """editDevice: Yealink's section 4.10, Htek's 10; registerDevices for several, Yealink's 4.7, Htek's 7."""
        if len(macs) == 1:
            self._write("editDevice", macs[0], target.server, codes=NOT_OURS)
        else:
            self._write("registerDevices", list(macs), target.server, OVERRIDE)

    def remove(self, macs: Sequence[str]) -> None:
        """deRegisterDevice and deRegisterDevices: Yealink's sections 4.3 and 4.8, Htek's 3 and 8."""
        if len(macs) == 1:
            self._write("deRegisterDevice", macs[0], codes=NOT_OURS)
        else:
            self._write("deRegisterDevices", list(macs), codes=NOT_OURS)

    def add_server(self, name: str, url: str) -> None:
        """addServer: Yealink's section 4.9, Htek's 9."""
        self._write("addServer", name, url)

    @classmethod
    def check_server_name(cls, name: str) -> None:
        """By the error texts of addServer, Yealink's section 4.9."""
        if not name.strip():
            raise ValueError("a server's name cannot be empty")
        if not _SERVER_NAME.fullmatch(name):
            raise ValueError(f"server name {name!r}: only letters, digits, '-', '_', '.' and space are allowed")

    def _observation(self, method: str, mac: str) -> Observation:
        status, *more = self._call(method, mac, write=False) or [""]
        known = _STATUSES.get(text(status).lower())
        if known is None:
            raise odd(status)
        url = text(more[0]) if more and known == REGISTERED else ""
        return Observation(known, url or None)
