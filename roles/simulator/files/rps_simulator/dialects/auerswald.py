# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Auerswald's provisioning server, as the only public client uses it.

- DeviceInfo answers a struct for a phone of the account, with the MAC address in `mac` and perhaps its URL in `url`
  (setting `auerswald_url`); for other phones it answers false, an empty struct or an empty text (setting
  `auerswald_unknown`).
- Writes answer true or 1 (setting `auerswald_yes`). A refusal is false or a fault (setting `auerswald_refusal`): for
  another account's phone, for releasing a phone that is not the account's, and for an invalid MAC address or URL.
- Registering an own phone again changes its URL (setting `auerswald_rebind`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.sax.saxutils import escape

from ..knobs import choice
from ..records import Device, Records
from ..transport import Reply
from .xmlrpc import Dialect, Method, XmlRpcSettings, boolean, fault

_MAC = re.compile(r"[0-9A-Fa-f]{12}")
_URL = re.compile(r"(?:https?|t?ftp)://[^\s/]\S*", re.IGNORECASE)


@dataclass(slots=True)
class AuerswaldSettings(XmlRpcSettings):
    auerswald_url: str = choice("hidden", "told")
    """Whether DeviceInfo reports the URL."""
    auerswald_unknown: str = choice("false", "struct", "text")
    """The answer of DeviceInfo for a phone that is not the account's."""
    auerswald_yes: str = choice("boolean", "int")
    """The type of true in the answer to a write."""
    auerswald_refusal: str = choice("false", "fault")
    """The form of a refused write."""
    auerswald_rebind: str = choice("ok", "ignored")
    """Whether registering an own phone with another URL changes the URL, or only answers true."""


def _document(value: str) -> bytes:
    whole = f"<methodResponse><params><param><value>{value}</value></param></params></methodResponse>"
    return f'<?xml version="1.0" encoding="UTF-8"?>{whole}'.encode()


def _code(settings: AuerswaldSettings, value: bool) -> str:
    return (
        f"<int>{value:d}</int>" if settings.auerswald_yes == "int" else f"<boolean>{boolean(settings, value)}</boolean>"
    )


def _refused(settings: AuerswaldSettings) -> Reply:
    if settings.auerswald_refusal == "fault":
        return Reply(fault(4, "device refused"), False)
    return Reply(_document(_code(settings, False)), False)


def _phone(records: Records, text: str) -> tuple[str | None, Device | None]:
    mac = text.strip().lower()
    if not _MAC.fullmatch(mac):
        return None, None
    device = records.find([mac]).get(mac)
    return mac, device if device and device.bound else None


def _info(records: Records, settings: AuerswaldSettings, text: str) -> Reply:
    mac, device = _phone(records, text)
    if mac is None or device is None or device.account != records.account:
        unknown = {"false": _code(settings, False), "struct": "<struct></struct>", "text": "<string></string>"}
        return Reply(_document(unknown[settings.auerswald_unknown]), None)
    members = {"mac": mac, **({"url": device.url or ""} if settings.auerswald_url == "told" else {})}
    fields = [
        f"<member><name>{name}</name><value><string>{escape(value)}</string></value></member>"
        for name, value in members.items()
    ]
    return Reply(_document(f"<struct>{''.join(fields)}</struct>"), None)


def _register(records: Records, settings: AuerswaldSettings, text: str, url: str) -> Reply:
    mac, device = _phone(records, text)
    foreign = mac is not None and settings.foreign_macs == "refuse" and records.foreign(mac)
    taken = device is not None and device.account != records.account
    if mac is None or foreign or taken or not _URL.fullmatch(url.strip()):
        return _refused(settings)
    carried_out = device is None or settings.auerswald_rebind == "ok"
    if carried_out:
        records.bind([mac], "", url.strip())
    return Reply(_document(_code(settings, True)), carried_out)


def _deregister(records: Records, settings: AuerswaldSettings, text: str) -> Reply:
    mac, device = _phone(records, text)
    if mac is None or device is None or device.account != records.account:
        return _refused(settings)
    records.forget([mac])
    return Reply(_document(_code(settings, True)), True)


DIALECT = Dialect(
    provider="auerswald",
    endpoint="/xmlrpc/",
    settings=AuerswaldSettings,
    mac_prefixes=("000952",),
    content_type="text/xml",
    methods={
        ("DeviceInfo", 1): Method(_info, (str,), writes=False),
        ("DeviceRegister", 2): Method(_register, (str, str), writes=True),
        ("DeviceDeregister", 1): Method(_deregister, (str,), writes=True),
    },
)
