# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Yealink's service, by its document "XML API for Redirection and Provisioning Service (RPS)"."""

from __future__ import annotations

from typing import Sequence

from ansible_collections.voip.rps.plugins.module_utils._pure.capabilities import MANY, Bulk, Capabilities
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import dashed_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.model import Device, Observation, Target
from ansible_collections.voip.rps.plugins.module_utils._services.named_servers import (
    NOT_OURS,
    OVERRIDE,
    NamedServersService,
)
from ansible_collections.voip.rps.plugins.module_utils._services.prefixes import PREFIXES


class Yealink(NamedServersService):
    """Sections 4.1 to 4.15; the retired forms 4.11 and 4.16 are never sent. A device can have a URL of its own."""

    provider = "yealink"
    default_url = "https://api-dm.yealink.com:8443/xmlrpc"
    mac_prefixes = PREFIXES["yealink"]
    sources = "The vendor's document, and clients in use"
    not_known = (
        "The limit of devices in one call, and whether a call with an invalid device is carried out for the others: "
        "the collection handles both cases. The rate limit."
    )
    can = Capabilities(
        named_servers=True,
        own_url=True,
        read_target=True,
        list_account=True,
        override=True,
        rebind=True,
        bulk=Bulk(bind=MANY, move=MANY, release=MANY),
    )

    def check(self, device: Device, *, target: bool) -> Observation:
        """Call checkDevice (section 4.5) and, for a target, checkDeviceExt (4.14).

        If the service does not have checkDeviceExt, the target stays unknown.
        """
        if target:
            try:
                return self._observation("checkDeviceExt", device.mac)
            except Refused as refusal:
                if refusal.code != "unsupported":
                    raise
        return super().check(device, target=False)

    def register(self, devices: Sequence[Device], target: Target, *, override: bool) -> None:
        """Call the methods of sections 4.6, 4.1 and 4.12; with ``override``, those of 4.7, 4.2 and 4.15."""
        if not target.own:
            super().register(devices, target, override=override)
            return
        confirmed = [OVERRIDE] if override else []
        mac = devices[0].mac
        self._write("registerDeviceWithUniqueUrl", *self._own(mac, target), *confirmed, asked=[mac])

    def move(self, devices: Sequence[Device], target: Target) -> None:
        """Call editDevice (4.10) or editDeviceWithUniqueUrl (4.13), or registerDevices (4.7) for several.

        If the service does not have editDeviceWithUniqueUrl, call registerDeviceWithUniqueUrl (4.15) with isOverride.
        """
        if not target.own:
            super().move(devices, target)
            return
        mac = devices[0].mac
        own = self._own(mac, target)
        try:
            self._write("editDeviceWithUniqueUrl", *own, asked=[mac], reading=NOT_OURS)
        except Refused as refusal:
            if refusal.code != "unsupported" or not self.may_confirm:
                raise
            self._write("registerDeviceWithUniqueUrl", *own, OVERRIDE, asked=[mac])

    @staticmethod
    def _own(mac: str, target: Target) -> tuple[str, str, str | None]:
        return dashed_mac(mac), target.server or "", target.url
