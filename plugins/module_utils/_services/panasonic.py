# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Panasonic's redirect server, by the examples of its document and the behaviour of public clients."""

from __future__ import annotations

import datetime
from typing import Any, Mapping, NamedTuple, Sequence

from ansible_collections.voip.rps.plugins.module_utils._http import xmlrpc
from ansible_collections.voip.rps.plugins.module_utils._pure.capabilities import Capabilities
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import (
    Refused,
    RpsError,
    one_line,
    unexpected_answer,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import find_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    ELSEWHERE,
    REGISTERED,
    UNKNOWN,
    Device,
    Observation,
    Target,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.refusals import general_code
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict
from ansible_collections.voip.rps.plugins.module_utils._services.answer_shapes import text
from ansible_collections.voip.rps.plugins.module_utils._services.prefixes import PREFIXES
from ansible_collections.voip.rps.plugins.module_utils._services.xmlrpc_service import XmlRpcService, confirmed


class _Meaning(NamedTuple):
    """The meaning of a fault's code: an error code, a verdict, and our words for it."""

    code: str
    verdict: Verdict
    words: str


_INVALID_MAC = _Meaning("invalid_mac", Verdict.DEVICES, "the MAC address is invalid")
_ELSEWHERE = _Meaning("owned_by_other_user", Verdict.ELSEWHERE, "the phone is another account's")
_NOT_OURS = _Meaning("not_registered", Verdict.ALREADY, "the phone is not registered by this account")
_MALFORMED = _Meaning("invalid_input", Verdict.DEVICES, "the request is not well-formed")
_MEANINGS: Mapping[str, Mapping[int, _Meaning]] = {
    "registerPhone": {
        1: _MALFORMED,
        100: _Meaning("invalid_url", Verdict.BATCH, "the URL is invalid"),
        200: _INVALID_MAC,
        201: _INVALID_MAC,
        202: _ELSEWHERE,
        203: _ELSEWHERE,
    },
    "unregisterPhone": {
        1: _MALFORMED,
        200: _INVALID_MAC,
        201: _NOT_OURS,
        202: _ELSEWHERE._replace(verdict=Verdict.ALREADY),
        203: _NOT_OURS,
    },
    "checkPhones": {1: _MALFORMED, 200: _INVALID_MAC, 201: _NOT_OURS, 202: _ELSEWHERE, 203: _NOT_OURS},
    "getPhone": {1: _MALFORMED, 200: _INVALID_MAC, 201: _NOT_OURS, 202: _ELSEWHERE, 203: _NOT_OURS},
}
"""The meanings by method, because the same code has several."""
_REGISTERED_BY_YOU = 0
_STATUSES = {"owned_by_other_user": ELSEWHERE, "not_registered": UNKNOWN}
_DETAILS = ("model", "version", "profile", "note", "register_date", "access_date")
_DATE_AS_SENT = "%Y%m%dT%H:%M:%S"


class Panasonic(XmlRpcService):
    """A phone has a URL. Profiles, which are created in the vendor's portal, are not changed."""

    provider = "panasonic"
    default_url = "https://provisioning.e-connecting.net/redirect/xmlrpc"
    prefix = "ipredirect."
    mac_prefixes = PREFIXES["panasonic"]
    sources = "Clients in use, one with the examples of the vendor's document and the output of the live service"
    not_known = (
        "Whether one call takes several phones: each phone has its own call. Whether registering a phone again always "
        "changes its URL: it is read back. What happens to its profile: only the URL is used."
    )
    mac_placeholder = "{MAC}"
    can = Capabilities(own_url=True, read_target=True, list_account=True)

    def check(self, device: Device, *, target: bool) -> Observation:
        """Call getPhone for a target; call checkPhones otherwise, and for a phone that is not ours.

        Only checkPhones distinguishes another account's phone from an unregistered one. If the service lacks one of
        the methods, call the other.
        """
        status: str | None = None
        for look in (self._get, self._check) if target else (self._check, self._get):
            try:
                return look(device.mac)
            except Refused as refusal:
                if refusal.code not in ("unsupported", *_STATUSES):
                    raise
                lacking = refusal
                status = _STATUSES.get(refusal.code, status)
                if look == self._check and status:
                    break
        if status is None:
            raise lacking
        return Observation(status)

    def list_devices(self) -> Mapping[str, Observation]:
        """Call listPhones."""
        macs = self._ask("listPhones", read=lambda answer: self._macs([answer]), listing=True)
        return dict.fromkeys(macs, Observation(REGISTERED))

    def register(self, devices: Sequence[Device], target: Target, *, override: bool) -> None:
        """Call registerPhone."""
        self._write("registerPhone", devices[0].mac.upper(), target.url)

    def move(self, devices: Sequence[Device], target: Target) -> None:
        """Call registerPhone, as a client does; it is not documented that this always changes a registered phone."""
        self._write("registerPhone", devices[0].mac.upper(), target.url)

    def remove(self, devices: Sequence[Device]) -> None:
        """Call unregisterPhone."""
        self._write("unregisterPhone", devices[0].mac.upper())

    def _get(self, mac: str) -> Observation:
        return self._ask("getPhone", mac.upper(), read=lambda answer: _phone(mac, answer))

    def _check(self, mac: str) -> Observation:
        return self._ask("checkPhones", mac.upper(), read=lambda answer: _checked(mac, answer))

    def _write(self, method: str, *parameters: str | None) -> None:
        def read(answer: Any) -> None:
            if not confirmed(answer):
                raise Refused(
                    "service_error", "the service refused it without giving a reason", verdict=Verdict.UNCLEAR
                )

        self._ask(method, *parameters, read=read, write=True)

    def _fault(self, method: str, fault: xmlrpc.Fault) -> RpsError:
        return _refusal(method, fault)


def _refusal(method: str, fault: xmlrpc.Fault) -> RpsError:
    """Return the error of a fault, or of what checkPhones returns instead of one."""
    meaning = _MEANINGS.get(method, {}).get(-1 if fault.number is None else fault.number)
    # Servers use number 1 for many errors, including a missing method.
    if meaning is None or (meaning is _MALFORMED and "xml" not in fault.words.lower()):
        return xmlrpc.fault_error(fault)
    if general_code(fault.words) == "unsupported":
        return xmlrpc.fault_error(fault)
    words = fault.shown if fault.words.strip() else f"{fault.shown.rstrip()} {meaning.words}"
    return Refused(meaning.code, words, verdict=meaning.verdict)


def _checked(mac: str, answer: Any) -> Observation:
    """Return the observation in an answer of checkPhones: a list with a struct like that of a fault."""
    for said in answer if isinstance(answer, list) else [answer]:
        if not isinstance(said, dict) or "faultCode" not in said:
            break
        words = text(said.get("faultString"))
        number = str(said["faultCode"]).strip()
        if number == str(_REGISTERED_BY_YOU):
            return Observation(REGISTERED)
        code = int(number) if number.isdecimal() and len(number) < 10 else None
        raise _refusal("checkPhones", xmlrpc.Fault(code, words, f"{number}: {words}"))
    raise unexpected_answer(answer)


def _phone(mac: str, answer: Any) -> Observation:
    """Return the observation in an answer of getPhone."""
    if not isinstance(answer, dict) or find_mac(text(answer.get("mac"))) not in (None, mac):
        raise unexpected_answer(answer)
    if not {"mac", "url"} & answer.keys():
        raise unexpected_answer(answer)
    details = {name: _detail(answer[name]) for name in _DETAILS if name in answer}
    url = text(answer["url"]) if "url" in answer else None
    # A phone with a profile points somewhere, even if the answer does not show where.
    if not url and details.get("profile"):
        url = None
    return Observation(REGISTERED, url, details={name: said for name, said in details.items() if said})


def _detail(value: Any) -> str:
    if isinstance(value, datetime.datetime):
        return value.strftime(_DATE_AS_SENT)
    return one_line(str(value)) if isinstance(value, (int, float)) else one_line(text(value))
