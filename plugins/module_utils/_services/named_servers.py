# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dialect of Yealink and Htek: devices are bound to servers that the service knows by name."""

from __future__ import annotations

import re
from typing import ClassVar, Mapping, Sequence

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, unexpected_answer
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    ELSEWHERE,
    REGISTERED,
    UNKNOWN,
    UNREGISTERED,
    Device,
    Observation,
    Target,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict
from ansible_collections.voip.rps.plugins.module_utils._services.answer_shapes import text
from ansible_collections.voip.rps.plugins.module_utils._services.base import macs_of
from ansible_collections.voip.rps.plugins.module_utils._services.result_codes import Reading, ResultCodeService

OVERRIDE = "1"
# Only well-formed MACs are sent, so a text like "invalid format, or not yours" means that the device is not ours.
NOT_OURS = Reading({"invalid_mac": "not_registered"})

_SERVER_NAME = re.compile(r"[A-Za-z0-9._ -]+")
_STATUSES: dict[str, str] = {
    "registered": REGISTERED,
    "unregistered": UNREGISTERED,
    "registered elsewhere": ELSEWHERE,
    "unknown": UNKNOWN,
}


class NamedServersService(ResultCodeService):
    """Yealink's sections 4.1 to 4.10; Htek's sections 1 to 10 are the same in another order."""

    texts = (
        (r"repeated mac", "repeated_mac"),
        (r"does not belongs? to you|(has|have) not been registered by you", "not_registered"),
        (r"invalid mac", "invalid_mac"),
        (
            r"invalid (unique)?server ?url|url can only begin|does not begin with http"
            r"|server ?url (can ?not|should not) be empty",
            "invalid_url",
        ),
        (r"server ?name has (been used|existed)|server ?name already exists?", "server_exists"),
        (
            r"server ?name can only contain|server ?name (can ?not|should not) be empty"
            r"|server ?name contains illegal|invalid format of server ?name",
            "invalid_server_name",
        ),
        (r"invalid server", "invalid_server"),
        (r"only 0 or 1 can be used|invalid isoverride", "invalid_input"),
        (r"overriding failed|fail(ed)? to override", "override_failed"),
        (r"are you sure you want to override|existing mac|registered (by another|elsewhere)", "needs_override"),
        (r"other enterprise|check the mac address", "owned_by_other_user"),
        (r"mac is unknown|not been added to rps", "unknown_mac"),
        (r"no (registered )?device(\(s\)|s)? (exists?|found)", "not_registered"),
        (r"^(error ?[:\uff1a])? ?[0-9a-f]{2}([-: .]?[0-9a-f]{2}){5}(?![0-9a-z])", "owned_by_other_user"),
    )

    verdicts: ClassVar[Mapping[str, Verdict]] = {
        "invalid_server": Verdict.SERVER,
        "invalid_server_name": Verdict.SERVER,
        "invalid_url": Verdict.BATCH,
        "invalid_input": Verdict.BATCH,
        "server_exists": Verdict.ALREADY,
        "not_registered": Verdict.ALREADY,
        "needs_override": Verdict.REGISTERED,
        "override_failed": Verdict.NOT_OVERRIDDEN,
        "owned_by_other_user": Verdict.ELSEWHERE,
    }

    def check(self, device: Device, *, target: bool) -> Observation:
        """Call checkDevice: Yealink's section 4.5, Htek's 5."""
        return self._observation("checkDevice", device.mac)

    def list_devices(self) -> Mapping[str, Observation]:
        """Call listDevices: Yealink's section 4.4, Htek's 4."""
        return self._listed("listDevices")

    def register(self, devices: Sequence[Device], target: Target, *, override: bool) -> None:
        """Call registerDevice or registerDevices: Yealink's sections 4.1, 4.2, 4.6, 4.7, Htek's 1, 2, 6, 7."""
        macs = macs_of(devices)
        confirmed = [OVERRIDE] if override else []
        if len(macs) == 1:
            self._write("registerDevice", macs[0], target.server, *confirmed, asked=macs)
        else:
            self._write("registerDevices", macs, target.server, *confirmed, asked=macs)

    def move(self, devices: Sequence[Device], target: Target) -> None:
        """Call editDevice (Yealink's section 4.10, Htek's 10), or registerDevices for several (4.7, Htek's 7).

        If the service does not have editDevice, call registerDevice with isOverride (4.2, Htek's 2). This takes over
        nothing, because the devices are known to be ours.
        """
        macs = macs_of(devices)
        if len(macs) > 1:
            self._write("registerDevices", macs, target.server, OVERRIDE, asked=macs)
            return
        try:
            self._write("editDevice", macs[0], target.server, asked=macs, reading=NOT_OURS)
        except Refused as refusal:
            if refusal.code != "unsupported" or not self.may_confirm:
                raise
            self._write("registerDevice", macs[0], target.server, OVERRIDE, asked=macs)

    def remove(self, devices: Sequence[Device]) -> None:
        """Call deRegisterDevice or deRegisterDevices: Yealink's sections 4.3 and 4.8, Htek's 3 and 8."""
        macs = macs_of(devices)
        if len(macs) == 1:
            self._write("deRegisterDevice", macs[0], asked=macs, reading=NOT_OURS)
        else:
            self._write("deRegisterDevices", macs, asked=macs, reading=NOT_OURS)

    def add_server(self, name: str, url: str) -> None:
        """Call addServer: Yealink's section 4.9, Htek's 9."""
        self._write("addServer", name, url)

    @classmethod
    def check_server_name(cls, name: str) -> None:
        """Apply the rules in the error texts of addServer, Yealink's section 4.9."""
        if not name.strip():
            raise ValueError("a server's name cannot be empty")
        if not _SERVER_NAME.fullmatch(name):
            raise ValueError(f"server name {name!r}: only letters, digits, '-', '_', '.' and space are allowed")

    def _observation(self, method: str, mac: str) -> Observation:
        status, *more = self._ask(method, mac, read=self._values) or [""]
        known = _STATUSES.get(" ".join(re.split(r"[\s_-]+", text(status))).lower())
        if known is None:
            raise unexpected_answer(status)
        # Some clients found a server's name next to the URL.
        urls = [value for value in map(text, more) if "://" in value]
        return Observation(known, urls[0] if urls and known == REGISTERED else None)
