# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Panasonic's redirect server, after the examples of its document and as public clients use it.

Every refusal is an XML-RPC fault; the answer to a write is a boolean without an array around it. What no source shows:

- A MAC address is 12 hex digits in either case; in answers it is in upper case. An invalid one has the code 200 or 201
  (setting `panasonic_invalid_mac`); registering another vendor's MAC address can answer the same (setting
  `foreign_macs`).
- Releasing an unknown phone is 201, another account's phone 202. getPhone has 203 for both, and checkPhones, which
  answers one struct for its one MAC address, 201 and 202 (setting `panasonic_check`: that, or a fault).
- Texts are the document's, or those of 203, or empty (setting `panasonic_texts`).
- Registering an own phone again changes its URL (setting `panasonic_rebind`). A URL begins with http, https, ftp or
  tftp and has a host. getPhone returns it unchanged, or with the MAC address instead of {MAC} (setting
  `panasonic_url`).
- getPhone's dates have the form of the document's example, or of XML-RPC (setting `panasonic_dates`); its note and
  version are padded or empty, and its profile is the one in the setting `panasonic_profile`, if any.
- A phone of the account without a URL is in the list, and has an empty URL. Profiles cannot be created or assigned.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from xml.sax.saxutils import escape

from ..knobs import any_text, choice
from ..records import Device, Records
from ..transport import Reply
from .xmlrpc import Dialect, Method, XmlRpcSettings, boolean, fault

_MAC = re.compile(r"[0-9A-Fa-f]{12}")
_URL = re.compile(r"(?:https?|t?ftp)://[^\s/]\S*", re.IGNORECASE)
_INVALID_URL, _INVALID_MAC, _NOT_REGISTERED, _ELSEWHERE, _NOT_OWNER = 100, 200, 201, 202, 203
_REGISTERED_BY_YOU = 0
_DATES = {"printed": "2011-07-12T05:32:12Z", "standard": "20110712T05:32:12"}


@dataclass(slots=True)
class PanasonicSettings(XmlRpcSettings):
    panasonic_rebind: str = choice("ok", "ignored")
    """Whether registering an own phone with another URL changes the URL, or only answers true."""
    panasonic_invalid_mac: str = choice("200", "201")
    """The code for an invalid MAC address."""
    panasonic_check: str = choice("structs", "fault")
    """How checkPhones reports a phone that is not the account's: a struct in its list, or a fault."""
    panasonic_texts: str = choice("told", "none")
    """Whether faults have texts."""
    panasonic_url: str = choice("kept", "filled_in")
    """How getPhone returns a URL with {MAC}: unchanged, or with the MAC address."""
    panasonic_dates: str = choice("printed", "standard")
    """The form of getPhone's dates: as printed in the document, or as in XML-RPC."""
    panasonic_profile: str = any_text("")
    """The profile in getPhone's answer."""


class Refused(Exception):
    """The method answers with a fault of this code."""

    def __init__(self, code: int, mac: str) -> None:
        super().__init__(code)
        self.code = code
        self.mac = mac

    def text(self, settings: PanasonicSettings) -> str:
        if settings.panasonic_texts == "none":
            return ""
        if self.code == _NOT_OWNER:
            return f"{self.mac}: You are not owner of the phone."
        return f"{self.mac}:Invalid MAC address" if self.code == _NOT_REGISTERED else ""


def _document(settings: PanasonicSettings, value: str) -> bytes:
    space = "\n" if settings.layout == "printed" else ""
    parts = ["<methodResponse>", "<params>", "<param>", f"<value>{value}</value>", "</param>", "</params>"]
    return ('<?xml version="1.0" encoding="UTF-8"?>' + space.join(["", *parts, "</methodResponse>"])).encode()


def _array(settings: PanasonicSettings, items: list[str]) -> str:
    if not items:
        return "<array><data/></array>" if settings.nil == "never" else f"<{settings.nil}/>"
    return f"<array><data>{''.join(f'<value>{item}</value>' for item in items)}</data></array>"


def _string(text: str) -> str:
    return f"<string>{escape(text)}</string>"


def _struct(members: dict[str, str]) -> str:
    fields = [f"<member><name>{name}</name><value>{value}</value></member>" for name, value in members.items()]
    return f"<struct>{''.join(fields)}</struct>"


def _known(records: Records, settings: PanasonicSettings, text: str) -> tuple[str, Device | None]:
    """Return the bare MAC address, and the phone if an account has it. Raise Refused for an invalid MAC address."""
    text = text.strip()
    if not _MAC.fullmatch(text):
        raise Refused(int(settings.panasonic_invalid_mac), text)
    mac = text.lower()
    device = records.find([mac]).get(mac)
    return mac, device if device and device.account is not None else None


def _register(records: Records, settings: PanasonicSettings, text: str, url: str) -> Reply:
    mac, device = _known(records, settings, text)
    if settings.foreign_macs == "refuse" and records.foreign(mac):
        raise Refused(int(settings.panasonic_invalid_mac), text)
    if not _URL.fullmatch(url.strip()):
        raise Refused(_INVALID_URL, text)
    if device and device.account != records.account:
        raise Refused(_ELSEWHERE, text)
    carried_out = device is None or device.url is None or settings.panasonic_rebind == "ok"
    if carried_out:
        records.bind([mac], "", url.strip())
    return Reply(_document(settings, f"<boolean>{boolean(settings, True)}</boolean>"), carried_out)


def _unregister(records: Records, settings: PanasonicSettings, text: str) -> Reply:
    mac, device = _known(records, settings, text)
    if device is None:
        raise Refused(_NOT_REGISTERED, text)
    if device.account != records.account:
        raise Refused(_ELSEWHERE, text)
    records.forget([mac])
    return Reply(_document(settings, f"<boolean>{boolean(settings, True)}</boolean>"), True)


def _list(records: Records, settings: PanasonicSettings) -> Reply:
    macs = [mac.upper() for mac in records.owned(None)]
    rows = macs if settings.list_rows == "clean" or not macs else [*macs, "", f"Total: {len(macs)}", *macs]
    return Reply(_document(settings, _array(settings, [_string(row) for row in rows])), None)


def _get(records: Records, settings: PanasonicSettings, text: str) -> Reply:
    mac, device = _known(records, settings, text)
    if device is None or device.account != records.account:
        raise Refused(_NOT_OWNER, text)
    url = device.url or ""
    if settings.panasonic_url == "filled_in":
        url = url.replace("{MAC}", mac.upper())
    date = f"<dateTime.iso8601>{_DATES[settings.panasonic_dates]}</dateTime.iso8601>"
    members = {
        "mac": _string(mac.upper()),
        "url": _string(url),
        "register_date": date,
        "access_date": date,
        "note": _string(" for KX-TGP500"),
        "model": _string("KX-TGP500"),
        "version": "<string/>",
        "profile": _string(settings.panasonic_profile),
    }
    return Reply(_document(settings, _struct(members)), None)


def _check(records: Records, settings: PanasonicSettings, text: str) -> Reply:
    code, words = _REGISTERED_BY_YOU, ""
    try:
        _mac, device = _known(records, settings, text)
        if device is None:
            raise Refused(_NOT_REGISTERED, text)
        if device.account != records.account:
            raise Refused(_ELSEWHERE, text)
    except Refused as refusal:
        if settings.panasonic_check == "fault":
            raise
        code, words = refusal.code, refusal.text(settings)
    said = _struct({"faultCode": f"<int>{code}</int>", "faultString": _string(words)})
    return Reply(_document(settings, _array(settings, [said])), None)


def _answer(
    method: Callable[..., Reply], writes: bool, records: Records, settings: PanasonicSettings, *more: str
) -> Reply:
    try:
        return method(records, settings, *more)
    except Refused as refusal:
        return Reply(fault(refusal.code, refusal.text(settings)), False if writes else None)


def _method(answer: Callable[..., Reply], parameters: int, *, writes: bool) -> Method:
    return Method(partial(_answer, answer, writes), (str,) * parameters, writes=writes)


DIALECT = Dialect(
    provider="panasonic",
    endpoint="/redirect/xmlrpc",
    settings=PanasonicSettings,
    mac_prefixes=("0080f0", "080023", "bcc342"),
    content_type="text/xml",
    methods={
        ("ipredirect.registerPhone", 2): _method(_register, 2, writes=True),
        ("ipredirect.unregisterPhone", 1): _method(_unregister, 1, writes=True),
        ("ipredirect.listPhones", 0): _method(_list, 0, writes=False),
        ("ipredirect.getPhone", 1): _method(_get, 1, writes=False),
        ("ipredirect.checkPhones", 1): _method(_check, 1, writes=False),
    },
)
