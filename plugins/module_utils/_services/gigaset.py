# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gigaset's redirect service, as two public clients use it."""

from __future__ import annotations

import re
from typing import Any, Iterator, Mapping, Sequence

from ansible_collections.voip.rps.plugins.module_utils._http.client import Client
from ansible_collections.voip.rps.plugins.module_utils._pure.capabilities import Capabilities
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, unexpected_answer
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    ELSEWHERE,
    REGISTERED,
    UNKNOWN,
    Device,
    Observation,
    Target,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict
from ansible_collections.voip.rps.plugins.module_utils._services.answer_shapes import text, truth
from ansible_collections.voip.rps.plugins.module_utils._services.base import released_first
from ansible_collections.voip.rps.plugins.module_utils._services.prefixes import PREFIXES
from ansible_collections.voip.rps.plugins.module_utils._services.xmlrpc_service import XmlRpcService

_PROFILE_NAME = "VoIP"
_MAC_ID = re.compile(r"([0-9A-F]{12})-[0-9A-Z]{4}")
_Refusals = Mapping[str, "tuple[str, Verdict]"]
_CHECK: _Refusals = {"mac_invalid": ("invalid_mac", Verdict.DEVICES), "mac_not_exist": ("unknown_mac", Verdict.DEVICES)}
_STATUSES = {"mac_not_found": UNKNOWN, "mac_already_in_use": ELSEWHERE}
_REGISTER: _Refusals = {
    **_CHECK,
    "mac_not_found": ("unknown_mac", Verdict.DEVICES),
    "mac_already_in_use": ("owned_by_other_user", Verdict.ELSEWHERE),
    "url_invalid": ("invalid_url", Verdict.BATCH),
    "name_invalid": ("invalid_input", Verdict.BATCH),
}
_REMOVE: _Refusals = {**_CHECK, "mac_not_found": ("not_registered", Verdict.ALREADY)}
_ADVICE = {
    "mac_invalid": "mac_id",
    "mac_not_exist": "mac_id",
    "name_invalid": "profile_name",
}


class Gigaset(XmlRpcService):
    """Three methods, each for one phone. A phone has a URL, but no method reports it, and no method lists phones."""

    provider = "gigaset"
    default_url = "https://prov.gigaset.net/apxml/rpc.do"
    login = ("username", "password", "profile_name")
    optional = ("profile_name",)
    prefix = "autoprov."
    mac_prefixes = PREFIXES["gigaset"]
    sources = "Clients in use, and the beginning of the vendor's page"
    not_known = (
        "Whether an account needs the MAC-ID of a phone (column `mac_id`): it is sent if given. Whether the check also "
        "reports other accounts' phones: such a phone is `unverified`, and fails with `force` without being released. "
        "Whether a phone of the account can be registered again: it is always released first."
    )
    attributes = ("mac_id",)
    mac_placeholder = "%MACD"
    can = Capabilities(own_url=True)

    def __init__(self, client: Client, profile_name: str = _PROFILE_NAME) -> None:
        super().__init__(client)
        self._profile_name = profile_name

    @classmethod
    def of(cls, client: Client, options: Mapping[str, str]) -> Gigaset:
        return cls(client, options.get("profile_name", _PROFILE_NAME))

    @classmethod
    def device_problems(cls, device: Device) -> Iterator[str]:
        given = device.attributes.get("mac_id", "").strip()
        if not given:
            return
        found = _MAC_ID.fullmatch(given.upper())
        if found is None:
            yield f"mac_id {given!r} is invalid: write the MAC address, a dash, and the four characters on the label"
        elif found.group(1).lower() != device.mac:
            yield f"mac_id {given!r} belongs to another phone than {device.mac}"

    def check(self, device: Device, *, target: bool) -> Observation:
        """Call checkDevice. It is unknown whether it also reports other accounts' phones."""
        return self._ask("checkDevice", _name(device), read=lambda answer: self._checked(device, answer))

    def register(self, devices: Sequence[Device], target: Target, *, override: bool) -> None:
        """Call registerDevice."""
        (device,) = devices
        self._write("registerDevice", device, target.url, self._profile_name, refusals=_REGISTER)

    def move(self, devices: Sequence[Device], target: Target) -> None:
        """Refuse: both clients release the phone and register it again."""
        raise released_first()

    def remove(self, devices: Sequence[Device]) -> None:
        """Call deregisterDevice."""
        (device,) = devices
        self._write("deregisterDevice", device, refusals=_REMOVE)

    def _checked(self, device: Device, answer: Any) -> Observation:
        yes, said = _read(answer)
        reason = _reason(said)
        if reason in _STATUSES:
            return Observation(_STATUSES[reason])
        if reason == "mac_not_exist" and not device.attributes.get("mac_id"):
            return Observation(UNKNOWN)
        if reason in _CHECK:
            raise _refused(device, said, _CHECK)
        # Clients treat the phone's own MAC address as success, whatever the result code.
        if yes or said.lower() in (device.mac, _name(device).lower()):
            return Observation(REGISTERED)
        raise _refused(device, said, _CHECK)

    def _write(self, method: str, device: Device, *more: Any, refusals: _Refusals) -> None:
        def read(answer: Any) -> None:
            yes, said = _read(answer)
            # The result code of a removal is unknown, but its text is known.
            if _reason(said) in refusals or not (yes or said.lower() == "ok"):
                raise _refused(device, said, refusals)

        self._ask(method, _name(device), *more, read=read, write=True)


def _name(device: Device) -> str:
    """Return the name of a device in calls: its MAC-ID, or its MAC address if no MAC-ID is given."""
    return device.attributes.get("mac_id", "").strip().upper() or device.mac.upper()


def _read(answer: Any) -> tuple[bool, str]:
    """Return the result code and the text of an answer."""
    values = answer if isinstance(answer, list) else [answer]
    yes = truth(values[0]) if 0 < len(values) <= 2 else None
    if yes is None:
        raise unexpected_answer(answer)
    return yes, text(values[1]) if len(values) == 2 else ""


def _reason(said: str) -> str:
    return said.partition(":")[0].strip().lower()


def _refused(device: Device, said: str, refusals: _Refusals) -> Refused:
    reason = _reason(said)
    code, verdict = refusals.get(reason, ("service_error", Verdict.UNCLEAR))
    advice = _ADVICE.get(reason)
    if advice == "mac_id":
        given = device.attributes.get("mac_id")
        said += " (is the mac_id right?)" if given else " (the account may need the phone's MAC-ID: column mac_id)"
    elif advice:
        said += f" (give another {advice})"
    return Refused(code, said or "the service gave no reason", verdict=verdict)
