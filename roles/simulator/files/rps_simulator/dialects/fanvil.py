# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fanvil's FDPS, with only the methods that public clients call.

The password is the hex MD5 of the hex MD5 of the account's. Answers are arrays of a boolean and a text, with white
space between the elements if the setting `layout` is `printed`. What no client shows:

- Errors are checked in this order: MAC address, owner of the phone, server. A registered phone, of any account, "had
  existed"; an own phone can be bound again instead (setting `fanvil_own_again`).
- Missing servers are `server_not_exist` or `server_not_existed` (setting `fanvil_spelling`). The setting
  `fanvil_success` has the text of success. The setting `wording` applies to the words before the others.
- A server with bound phones is not deleted: `Error:server_in_use`. Names are unique over all accounts.
- listServers returns JSON whose quotes are escaped as in HTML on the wire, also in the decoded text, or not at all
  (setting `fanvil_json`): a list of what addMaterialServer was given, of names and URLs, or of names (setting
  `fanvil_servers`).
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from xml.sax.saxutils import escape

from ..knobs import any_text, choice
from ..records import DEVICES, SERVERS, Records
from ..transport import Reply
from .xmlrpc import Dialect, Method, XmlRpcSettings, boolean, nil, rows, worded

_MAC = re.compile(r"[0-9A-Fa-f]{12}")
_KEYS = ("cfgName", "cfgPfMode", "cfgDhcpOpt", "cfgPnpEnable", "cfgPfSrv", "cfgPfName", "cfgPfProt")
_SCHEMES = {"1": "ftp", "2": "tftp", "4": "http", "5": "https"}
_URL = re.compile(r"(https?|t?ftp)://([^/\s]+)(?:/(\S*))?")
_DEVICE_NOT_EXIST = "Error:device_not_exist"
_DEVICE_EXISTED = "Error: device_had_existed"
_SERVER_EXISTED = "Error:server_had_existed"
_MAC_FORMAT = "Error: mac_format_error"
_URL_FORMAT = "Error: url_format_error"
_SERVER_IN_USE = "Error:server_in_use"


@dataclass(slots=True)
class FanvilSettings(XmlRpcSettings):
    fanvil_own_again: str = choice("refuse", "ok")
    """Registering an own phone again: it "had existed", or it is bound again."""
    fanvil_spelling: str = choice("not_exist", "not_existed")
    """The end of the refusal for a server that does not exist."""
    fanvil_success: str = any_text("success")
    """The text next to true."""
    fanvil_json: str = choice("escaped", "escaped_twice", "plain")
    """The quotes in listServers' JSON: `&#34;` on the wire, also in the text, or plain quotes."""
    fanvil_servers: str = choice("material", "name_url", "names")
    """The content of listServers' JSON: what addMaterialServer was given, name and URL, or only the name."""


class Refused(Exception):
    """The method answers false with this text."""


def sent_password(password: str) -> str:
    """Return what a request contains instead of an account's password."""
    for _time in range(2):
        password = hashlib.md5(password.encode()).hexdigest()
    return password


def _answer(settings: FanvilSettings, result: bool, value: str) -> bytes:
    parts = ['<?xml version="1.0"?>', "<methodResponse>", "<params>", "<param>", "<value>", "<array>", "<data>"]
    parts += [f"<value><boolean>{boolean(settings, result)}</boolean></value>", f"<value>{value}</value>"]
    parts += ["</data>", "</array>", "</value>", "</param>", "</params>", "</methodResponse>"]
    return ("" if settings.layout == "compact" else "\n").join(parts).encode()


def _accepted(settings: FanvilSettings) -> Reply:
    return Reply(_answer(settings, True, f"<string>{escape(settings.fanvil_success)}</string>"), True)


def _refusal(settings: FanvilSettings, refusal: Refused) -> Reply:
    return Reply(_answer(settings, False, f"<string>{escape(worded(settings, str(refusal)))}</string>"), False)


def _mac(text: str) -> str:
    if not _MAC.fullmatch(text.strip()):
        raise Refused(_MAC_FORMAT)
    return text.strip().lower()


def _register(records: Records, settings: FanvilSettings, text: str, server: str) -> Reply:
    try:
        mac = _mac(text)
        if settings.foreign_macs == "refuse" and records.foreign(mac):
            raise Refused(_MAC_FORMAT)
        device = records.find([mac]).get(mac)
        own_again = device is not None and device.account == records.account and settings.fanvil_own_again == "ok"
        if device is not None and device.bound and not own_again:
            raise Refused(_DEVICE_EXISTED)
        if records.server_url(server.strip()) is None:
            raise Refused(f"Error:server_{settings.fanvil_spelling}")
    except Refused as refusal:
        return _refusal(settings, refusal)
    records.bind([mac], server.strip(), "")
    return _accepted(settings)


def _deregister(records: Records, settings: FanvilSettings, text: str) -> Reply:
    try:
        mac = _mac(text)
        device = records.find([mac]).get(mac)
        if device is None or device.account != records.account or not device.bound:
            raise Refused(_DEVICE_NOT_EXIST)
    except Refused as refusal:
        return _refusal(settings, refusal)
    records.forget([mac])
    return _accepted(settings)


def _list(records: Records, settings: FanvilSettings) -> Reply:
    macs = rows(settings, [mac.upper() for mac in records.registered()])
    listed = "".join([f"<value><string>{escape(mac)}</string></value>" for mac in macs])
    return Reply(_answer(settings, True, f"<array><data>{listed}</data></array>" if macs else nil(settings)), None)


def _material(name: str, url: str) -> dict[str, str]:
    found = _URL.fullmatch(url)
    scheme, host, path = found.groups() if found else ("http", "", "")
    number = next(number for number, one in _SCHEMES.items() if one == scheme)
    values = (name, "1", "false", "false", host, path or "", number)
    return dict(zip(_KEYS, values, strict=True))


def _list_servers(records: Records, settings: FanvilSettings) -> Reply:
    held = {name: url or "" for name, url in records.servers().items()}
    variants: dict[str, list[object]] = {
        "material": [_material(name, url) for name, url in held.items()],
        "name_url": [{"id": number, "name": name, "url": url} for number, (name, url) in enumerate(held.items(), 1)],
        "names": list(held),
    }
    text = escape(json.dumps(variants[settings.fanvil_servers]))
    quote = {"escaped": "&#34;", "escaped_twice": "&amp;#34;", "plain": '"'}[settings.fanvil_json]
    text = text.replace('"', quote)
    return Reply(_answer(settings, True, f"<string>{text}</string>"), None)


def _add_server(records: Records, settings: FanvilSettings, pairs: list[str]) -> Reply:
    given: dict[str, str] = {}
    for pair in pairs:
        key, _equals, value = pair.partition("=")
        given[key] = value
    try:
        scheme = _SCHEMES.get(given.get("cfgPfProt", ""))
        if tuple(given) != _KEYS or not given["cfgName"] or not given["cfgPfSrv"] or scheme is None:
            raise Refused(_URL_FORMAT)
        # A path with a leading slash ends up with two.
        if not records.add_server(given["cfgName"], f"{scheme}://{given['cfgPfSrv']}/{given['cfgPfName']}"):
            raise Refused(_SERVER_EXISTED)
    except Refused as refusal:
        return _refusal(settings, refusal)
    return _accepted(settings)


def _delete_server(records: Records, settings: FanvilSettings, name: str) -> Reply:
    try:
        if records.server_url(name.strip()) is None:
            raise Refused(f"Error:server_{settings.fanvil_spelling}")
        if any(held["server"] == name.strip() for held in records.devices().values()):
            raise Refused(_SERVER_IN_USE)
    except Refused as refusal:
        return _refusal(settings, refusal)
    records.delete_server(name.strip())
    return _accepted(settings)


DIALECT = Dialect(
    provider="fanvil",
    endpoint="/xmlrpc.php",
    settings=FanvilSettings,
    parts={"servers": SERVERS, "devices": DEVICES},
    mac_prefixes=("0c383e",),
    sent_password=sent_password,
    methods={
        ("redirect.registerDevice", 2): Method(_register, (str, str), writes=True),
        ("redirect.deRegisterDevice", 1): Method(_deregister, (str,), writes=True),
        ("redirect.listDevices", 0): Method(_list, (), writes=False),
        ("redirect.listServers", 0): Method(_list_servers, (), writes=False),
        ("redirect.addMaterialServer", 1): Method(_add_server, (list,), writes=True, no_devices=True),
        ("redirect.deleteServer", 1): Method(_delete_server, (str,), writes=True),
    },
)
