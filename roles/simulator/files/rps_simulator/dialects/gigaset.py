# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gigaset's redirect service, `autoprov.*`, as the two public clients use it.

Every answer is an array of a boolean and a text without a type. What neither client shows:

- A phone is named by 12 hex digits, or by its MAC-ID: the digits, a dash and four characters. Here these are the first
  four hex digits of the SHA-256 of the MAC address in upper case; others are `mac_not_exist`. A name without them is
  accepted or refused (setting `gigaset_mac_id`). Answers contain the bare MAC address in upper case.
- Errors are checked in this order: MAC address, owner of the phone, URL, name of the provider, which can have letters,
  digits, space, dot, dash and underscore.
- checkDevice answers true and the MAC address, true and another text, or false and the MAC address (setting
  `gigaset_check`). Another account's phone is not found, or reported as registered (setting `gigaset_foreign`).
- Registering an own phone again says that it is in use, or changes its URL (setting `gigaset_own_again`).
- The boolean next to `ok` after a removal is true or false (setting `gigaset_removed`).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from xml.sax.saxutils import escape

from ..knobs import choice
from ..records import Device, Records
from ..transport import Reply
from .xmlrpc import Dialect, Method, XmlRpcSettings, boolean

_MAC = re.compile(r"([0-9A-Fa-f]{12})(?:-([0-9A-Za-z]{4}))?")
_URL = re.compile(r"(?:https?|t?ftp)://[^\s/]\S*", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9 ._-]+")


@dataclass(slots=True)
class GigasetSettings(XmlRpcSettings):
    gigaset_mac_id: str = choice("optional", "mac_invalid", "mac_not_exist")
    """A MAC address without the four characters of the MAC-ID: accepted, or refused with this word."""
    gigaset_check: str = choice("true_mac", "true_text", "false_mac")
    """The answer of checkDevice for a registered phone."""
    gigaset_foreign: str = choice("hidden", "shown")
    """The answer of checkDevice for another account's phone: not found, or as for an own phone."""
    gigaset_own_again: str = choice("in_use", "ok")
    """Whether registering an own phone again is refused as in use, or changes the URL."""
    gigaset_removed: str = choice("true", "false")
    """The boolean next to `ok` after a removal."""


class Refused(Exception):
    """The method answers false with this text."""


def mac_id(mac: str) -> str:
    """Return the MAC-ID of a phone in the simulator."""
    return f"{mac.upper()}-{hashlib.sha256(mac.upper().encode()).hexdigest()[:4].upper()}"


def _answer(settings: GigasetSettings, result: bool, text: str) -> bytes:
    space = "\n" if settings.layout == "printed" else ""
    parts = ["<methodResponse>", "<params>", "<param>", "<value>", "<array>", "<data>"]
    parts += [f"<value><boolean>{boolean(settings, result)}</boolean></value>", f"<value>{escape(text)}</value>"]
    parts += ["</data>", "</array>", "</value>", "</param>", "</params>", "</methodResponse>"]
    return space.join(parts).encode()


def _phone(records: Records, settings: GigasetSettings, text: str) -> tuple[str, Device | None]:
    """Return the bare MAC address, and the phone if it belongs to an account. Raise Refused."""
    found = _MAC.fullmatch(text.strip())
    if found is None:
        raise Refused(f"mac_invalid:{text.strip()}")
    mac = found.group(1).lower()
    if found.group(2) is None and settings.gigaset_mac_id != "optional":
        raise Refused(f"{settings.gigaset_mac_id}:{mac.upper()}")
    if found.group(2) is not None and text.strip().upper() != mac_id(mac):
        raise Refused(f"mac_not_exist:{mac.upper()}")
    device = records.find([mac]).get(mac)
    return mac, device if device and device.bound else None


def _check(records: Records, settings: GigasetSettings, text: str) -> Reply:
    try:
        mac, device = _phone(records, settings, text)
        if device is None or (device.account != records.account and settings.gigaset_foreign == "hidden"):
            raise Refused(f"mac_not_found:{mac.upper()}")
    except Refused as refusal:
        return Reply(_answer(settings, False, str(refusal)), None)
    said = "registered" if settings.gigaset_check == "true_text" else mac.upper()
    return Reply(_answer(settings, settings.gigaset_check != "false_mac", said), None)


def _register(records: Records, settings: GigasetSettings, text: str, url: str, provider: str) -> Reply:
    try:
        mac, device = _phone(records, settings, text)
        if settings.foreign_macs == "refuse" and records.foreign(mac):
            raise Refused(f"mac_not_exist:{mac.upper()}")
        if device and (device.account != records.account or settings.gigaset_own_again == "in_use"):
            raise Refused(f"mac_already_in_use:{mac.upper()}")
        if not _URL.fullmatch(url.strip()):
            raise Refused(f"url_invalid:{url.strip()}")
        if not _NAME.fullmatch(provider.strip()):
            raise Refused(f"name_invalid:{provider.strip()}")
    except Refused as refusal:
        return Reply(_answer(settings, False, str(refusal)), False)
    records.bind([mac], "", url.strip())
    return Reply(_answer(settings, True, mac.upper()), True)


def _deregister(records: Records, settings: GigasetSettings, text: str) -> Reply:
    try:
        mac, device = _phone(records, settings, text)
        if device is None or device.account != records.account:
            raise Refused(f"mac_not_found:{mac.upper()}")
    except Refused as refusal:
        return Reply(_answer(settings, False, str(refusal)), False)
    records.forget([mac])
    return Reply(_answer(settings, settings.gigaset_removed == "true", "ok"), True)


DIALECT = Dialect(
    provider="gigaset",
    endpoint="/apxml/rpc.do",
    settings=GigasetSettings,
    mac_prefixes=("002104", "589ec6", "7c2f80"),
    content_type="text/xml",
    methods={
        ("autoprov.checkDevice", 1): Method(_check, (str,), writes=False),
        ("autoprov.registerDevice", 3): Method(_register, (str, str, str), writes=True),
        ("autoprov.deregisterDevice", 1): Method(_deregister, (str,), writes=True),
    },
)
