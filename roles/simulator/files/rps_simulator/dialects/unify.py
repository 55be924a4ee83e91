# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unify's Zero Touch Deployment: JSON at one address, after the vendor's page. Unknown behaviour has a setting.

The real service identifies a provider by its TLS client certificate. This one accepts any certificate, or none, and
always uses the first account.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from .. import details
from ..knobs import choice
from ..mac import bare
from ..prefixes import PREFIXES
from ..records import DEVICES, TABLES, Device
from ..state import Account
from ..transport import Refused
from ..wire import Answer, Request
from .rest import MISSING_METHOD, Asking, Dialect, Failed, Rest, RestSettings, Result, Route

PATH = "/ztd/api/devices"
TARGET = "bw-dms-addr"
MOST = 100


@dataclass(slots=True)
class UnifySettings(RestSettings):
    foreign_macs: str = choice("take", "refuse")
    """Preparing a MAC address of another vendor: accepted, or refused as invalid."""
    unify_read: str = choice("refused", "empty")
    """The answer to reading a device that does not exist: an error, or a device without items."""
    unify_taken_read: str = choice("told", "unknown")
    """Whether reading distinguishes another provider's device from one that does not exist."""
    unify_left_out: str = choice("replaced", "kept")
    """Whether a PUT removes or keeps the items that it leaves out."""
    unify_values: str = choice("escaped", "plain")
    """Whether the values of items are escaped."""
    unify_error: str = choice("reason", "data")
    """The field with the words of an error."""
    unify_mac: str = choice("given", "upper")
    """The spelling of MAC addresses in answers."""
    unify_status: str = choice("200", "400")
    """The HTTP status of an answer with an error."""


class Certificates(Rest):
    """Requests that authenticate by a certificate, which the simulator does not check."""

    prefix = PATH

    def authenticate(self, request: Request, method: str | None) -> Account:
        for account in self.state.accounts():
            if account.provider in self.dialects:
                return account
        raise Refused(None, self.answer(401, {"message": "Unauthorized"}))

    def missing_route(self, request: Request) -> Answer:
        return self.answer(405, {"message": "Method not allowed"})

    def unreadable_body(self, reason: str) -> Failed:
        return Failed(400, {"message": reason})

    def fault(self, code: int, message: str) -> Answer:
        return self.answer(405 if code == MISSING_METHOD else 500, {"message": message})

    def log_out(self, request: Request) -> Answer:
        return self.answer(401, {"message": "Unauthorized"})


def _error(call: Asking, given: object, words: str) -> dict[str, Any]:
    return {"mac": given, "result": "ERROR", call.settings.unify_error: words}


def _mac(call: Asking, given: object) -> str | None:
    """Return the bare MAC address; bare digits are not among the accepted forms."""
    text = given if isinstance(given, str) and re.search("[-:]", given) else ""
    return bare(text) if " " not in text else None


def _spelled_mac(call: Asking, given: str) -> str:
    return given.upper() if call.settings.unify_mac == "upper" else given


def _rows(call: Asking) -> list[dict[str, Any]]:
    rows = call.value
    if not isinstance(rows, list) or len(rows) > MOST or not all(isinstance(row, dict) for row in rows):
        raise Failed(400, {"message": f"a list of at most {MOST} devices is expected"})
    return rows


def _answer(call: Asking, value: Any) -> Result:
    rows = value if isinstance(value, list) else [value]
    wrong = any(row["result"] == "ERROR" for row in rows)
    return Result(value, int(call.settings.unify_status) if wrong else 200)


def _items(call: Asking, mac: str, device: Device) -> dict[str, str]:
    document = details.documents(call.state, call.account.provider, [mac]).get(mac, {})
    items = dict(document.get("items", {}))
    if device.url is not None:
        items[TARGET] = device.url
    return items


def _text(call: Asking, items: Mapping[str, str]) -> str:
    plain = call.settings.unify_values == "plain"
    lines = [f'<Item name="{name}">{value if plain else escape(value)}</Item>\r\n' for name, value in items.items()]
    return "".join(lines)


def read(call: Asking) -> Result:
    """POST."""
    entries = []
    rows = _rows(call)
    held = call.records.find([mac for mac in (_mac(call, row.get("mac")) for row in rows) if mac])
    for row in rows:
        mac = _mac(call, row.get("mac"))
        device = held.get(mac or "")
        if mac is None:
            entries.append(_error(call, row.get("mac"), "invalid MAC address"))
        elif device is not None and device.account == call.account.name:
            data = _text(call, _items(call, mac, device))
            entries.append({"mac": _spelled_mac(call, row["mac"]), "result": "OK", "data": data})
        elif device is not None and device.account is not None and call.settings.unify_taken_read == "told":
            entries.append(_error(call, row["mac"], "device of another provider"))
        elif call.settings.unify_read == "empty":
            entries.append({"mac": _spelled_mac(call, row["mac"]), "result": "OK", "data": ""})
        else:
            entries.append(_error(call, row["mac"], "device not found"))
    return _answer(call, entries)


def prepare(call: Asking) -> Result:
    """PUT."""
    given = call.value
    if not isinstance(given, dict) or not isinstance(given.get("data"), list):
        raise Failed(400, {"message": "a device is expected"})
    mac = _mac(call, given.get("mac"))
    if mac is None or (call.settings.foreign_macs == "refuse" and call.records.foreign(mac)):
        raise _refused(call, given, "invalid MAC address")
    device = call.records.find([mac]).get(mac)
    if device is not None and device.account not in (None, call.account.name):
        raise _refused(call, given, "device of another provider")
    items = {item["name"]: item["value"] for item in given["data"]}
    if device is not None and call.settings.unify_left_out == "kept":
        items = {**_items(call, mac, device), **items}
    url = items.get(TARGET, "")
    if url and not re.match(r"(?:https?|t?ftp)://\S", url, re.IGNORECASE):
        entry = {"name": TARGET, "result": "ERROR", "reason": "invalid URL"}
        status = int(call.settings.unify_status)
        raise Failed(status, {"mac": _spelled_mac(call, given["mac"]), "result": "ERROR", "data": [entry]})
    call.records.bind([mac], "", url)
    others = {name: value for name, value in items.items() if name != TARGET}
    details.keep(call.state, call.account.provider, {mac: {"items": others}})
    data = [{"name": item["name"], "result": "OK"} for item in given["data"]]
    return Result({"mac": _spelled_mac(call, given["mac"]), "result": "OK", "data": data})


def _refused(call: Asking, given: Mapping[str, Any], words: str) -> Failed:
    return Failed(int(call.settings.unify_status), _error(call, given.get("mac"), words))


def remove(call: Asking) -> Result:
    """DELETE."""
    entries = []
    gone = []
    rows = _rows(call)
    held = call.records.find([mac for mac in (_mac(call, row.get("mac")) for row in rows) if mac])
    for row in rows:
        mac = _mac(call, row.get("mac"))
        device = held.get(mac or "")
        if mac is None or device is None or device.account != call.account.name:
            entries.append(_error(call, row.get("mac"), "device not found"))
        else:
            gone.append(mac)
            entries.append({"mac": _spelled_mac(call, row["mac"]), "result": "OK"})
    call.records.forget(gone)
    details.keep(call.state, call.account.provider, {mac: {} for mac in gone})
    answer = _answer(call, entries)
    if answer.status != 200:
        raise Failed(answer.status, answer.value, bool(gone))
    return answer


def _devices(value: Any) -> int:
    return len(value) if isinstance(value, list) else 0


DIALECT = Dialect(
    provider="unify",
    endpoint=PATH,
    transports=(Certificates,),
    settings=UnifySettings,
    tables=(TABLES, details.TABLES),
    parts={"devices": DEVICES, "details": details.DETAILS},
    mac_prefixes=PREFIXES["unify"],
    options=("API_URL", "", ""),
    routes={
        f"POST {PATH}": Route(read, devices=_devices),
        f"PUT {PATH}": Route(prepare, writes=True),
        f"DELETE {PATH}": Route(remove, writes=True, devices=_devices),
    },
)
