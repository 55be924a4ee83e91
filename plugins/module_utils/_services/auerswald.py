# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Auerswald's provisioning server, as the only known public client uses it; the vendor's document is not public."""

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
    """A phone has a URL. Refusals have no reason, and fault numbers are unknown, so they are shown unchanged."""

    provider = "auerswald"
    default_url = "https://provisioning.auerswald.de/xmlrpc/"
    prefix = ""
    mac_prefixes = PREFIXES["auerswald"]
    sources = "One client"
    not_known = (
        "Why a phone is refused: the service gives no reason. Whether it reports where a phone points: if it does, "
        "that is used. Whether a phone can be re-registered in place: that is only tried if the result can be "
        "verified; otherwise the phone is released first."
    )
    mac_placeholder = "<MACADR>"
    can = Capabilities(own_url=True)

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._tells_urls = False

    def check(self, device: Device, *, target: bool) -> Observation:
        """Call DeviceInfo: the phone is ours if the answer is a struct with its MAC address. A URL in it is used."""
        return self._ask("DeviceInfo", device.mac, read=lambda answer: self._info(device.mac, answer))

    def register(self, devices: Sequence[Device], target: Target, *, override: bool) -> None:
        """Call DeviceRegister, which the service refuses for another account's phone."""
        self._write("DeviceRegister", devices[0].mac, target.url, code="owned_by_other_user", verdict=Verdict.ELSEWHERE)

    def move(self, devices: Sequence[Device], target: Target) -> None:
        """Call DeviceRegister if the service has reported URLs, so that the change can be verified.

        Otherwise the phone must be released first: only one client registers a phone directly again.
        """
        if not self._tells_urls:
            raise released_first()
        self._write("DeviceRegister", devices[0].mac, target.url)

    def remove(self, devices: Sequence[Device]) -> None:
        """Call DeviceDeregister."""
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
                raise Refused(code, "the service refused it without giving a reason", verdict=verdict)

        self._ask(method, *parameters, read=read, write=True)
