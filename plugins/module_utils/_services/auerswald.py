# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Auerswald's provisioning server, by the one public client that is known; its vendor's document is not."""

from __future__ import annotations

from typing import Any, Sequence

from ansible_collections.voip.rps.plugins.module_utils._http.client import Client
from ansible_collections.voip.rps.plugins.module_utils._pure.capabilities import Capabilities
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, unexpected_answer
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import find_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    REGISTERED,
    UNKNOWN,
    Device,
    Observation,
    Target,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict
from ansible_collections.voip.rps.plugins.module_utils._services.answer_shapes import text
from ansible_collections.voip.rps.plugins.module_utils._services.base import released_first
from ansible_collections.voip.rps.plugins.module_utils._services.prefixes import PREFIXES
from ansible_collections.voip.rps.plugins.module_utils._services.xmlrpc_service import XmlRpcService, confirmed


class Auerswald(XmlRpcService):
    """A phone has a URL. A refusal has no reason, and no fault is known by its number: they are shown as they come."""

    provider = "auerswald"
    default_url = "https://provisioning.auerswald.de/xmlrpc/"
    prefix = ""
    mac_prefixes = PREFIXES["auerswald"]
    sources = "One client"
    not_known = (
        "Why a phone is refused: the service says no more than no. Whether it tells where a phone points: if "
        "it does, that is made use of. Whether a phone can be registered again in place: that is tried only "
        "if it can be seen, else the phone is released first."
    )
    mac_placeholder = "<MACADR>"
    can = Capabilities(own_url=True)

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._tells_urls = False

    def check(self, device: Device, *, target: bool) -> Observation:
        """DeviceInfo: the phone is ours if it answers a struct with its MAC address. A URL in it is made use of."""
        return self._ask("DeviceInfo", device.mac, read=lambda answer: self._info(device.mac, answer))

    def register(self, devices: Sequence[Device], target: Target, *, override: bool) -> None:
        """DeviceRegister, which is refused for another account's phone."""
        self._write("DeviceRegister", devices[0].mac, target.url, code="owned_by_other_user", verdict=Verdict.ELSEWHERE)

    def move(self, devices: Sequence[Device], target: Target) -> None:
        """DeviceRegister where the service has told URLs, so that it can be seen whether the phone has another then.

        Else it must be released, and registered again, as to register it again is what one client does, no more.
        """
        if not self._tells_urls:
            raise released_first()
        self._write("DeviceRegister", devices[0].mac, target.url)

    def remove(self, devices: Sequence[Device]) -> None:
        """DeviceDeregister."""
        self._write("DeviceDeregister", devices[0].mac)

    def _info(self, mac: str, answer: Any) -> Observation:
        if not isinstance(answer, dict) or not answer.get("mac"):
            return Observation(UNKNOWN)
        if find_mac(text(answer["mac"])) != mac:
            raise unexpected_answer(answer)
        url = answer.get("url")
        if not isinstance(url, str) or "://" not in url:
            return Observation(REGISTERED)
        self._tells_urls = True
        return Observation(REGISTERED, url.strip())

    def _write(
        self, method: str, *parameters: Any, code: str = "service_error", verdict: Verdict = Verdict.UNCLEAR
    ) -> None:
        def read(answer: Any) -> None:
            if not confirmed(answer):
                raise Refused(code, "the service refused it without a reason", verdict=verdict)

        self._ask(method, *parameters, read=read, write=True)
