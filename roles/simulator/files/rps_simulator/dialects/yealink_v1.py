# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Yealink's former JSON API v1 with signed requests, after the beginning of its guide and public clients.

An account's name is the AccessKey's id, its password the secret.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from .. import dialect
from ..dialect import World
from ..knobs import choice, number
from ..mac import undivided
from ..prefixes import PREFIXES
from ..records import DEVICES, SERVERS, Device
from ..state import Account
from ..transport import Refused
from ..wire import Answer, Request
from .rest import MISSING_METHOD, Asking, Dialect, Failed, Rest, RestSettings, Result, Route

PATH = "/rps-json/api/open/v1"
SKEW = 300_000
"""The most milliseconds by which a client's clock may differ."""


@dataclass(slots=True)
class V1Settings(RestSettings):
    foreign_macs: str = choice("take", "refuse")
    """Adding a MAC address of another vendor: accepted, or refused as invalid."""
    own_urls: str = choice("cleared", "kept")
    """Whether migrating a device to a server clears or keeps its own URL."""
    v1_error: str = choice("error", "errors")
    """The name of the field with an error."""
    v1_self: str = choice("told", "null")
    """Whether checkMac reports the owner of a device."""
    v1_most: int = number(500, 1, 10_000)
    """The most rows of a page, whatever the request says."""
    v1_added: str = choice("all", "good_ones")
    """The answer to adding if a device is refused: a refusal, or only the devices that were added."""


class Signed(Rest):
    """Requests with a signature over headers, path and query."""

    prefix = f"{PATH}/"

    def __init__(self, dialects: Sequence[dialect.Dialect], world: World) -> None:
        super().__init__(dialects, world)
        self._nonces: set[str] = set()

    def authenticate(self, request: Request, method: str | None) -> Account:
        headers = request.headers
        account = self.state.account(headers.get("x-ca-key", ""))
        known = account is not None and account.provider in self.dialects
        if account is None or not known:
            raise Refused(None, self._unauthorized("accesskey.id.invalid"))
        if not hmac.compare_digest(_signature(account.password, request), headers.get("x-ca-signature", "").encode()):
            raise Refused(None, self._unauthorized("service.common.token.unauthorized"))
        md5 = base64.b64encode(hashlib.md5(request.body, usedforsecurity=False).digest()).decode()
        if request.body and headers.get("content-md5") != md5:
            raise Refused(None, self._unauthorized("Content.MD5.invalid"))
        late = abs(int(headers.get("x-ca-timestamp") or 0) - time.time() * 1000) > SKEW
        nonce = headers.get("x-ca-nonce", "")
        if late or not nonce or nonce in self._nonces:
            raise Refused(None, self._unauthorized("service.common.token.unauthorized"))
        self._nonces.add(nonce)
        return account

    def _unauthorized(self, words: str) -> Answer:
        return self.answer(200, _no(words, 401))

    def missing_route(self, request: Request) -> Answer:
        return self.answer(404, {"status": 404, "message": "Not Found"})

    def unreadable_body(self, reason: str) -> Failed:
        return Failed(200, _no(f"parameter.invalid: {reason}", 400))

    def fault(self, code: int, message: str) -> Answer:
        return self.answer(404 if code == MISSING_METHOD else 500, {"message": message})

    def log_out(self, request: Request) -> Answer:
        return self._unauthorized("service.common.token.unauthorized")


def _signature(secret: str, request: Request) -> bytes:
    names = ["Content-MD5", "X-Ca-Key", "X-Ca-Nonce", "X-Ca-Timestamp"]
    text = f"{request.verb}\n"
    for name in names:
        if name.lower() in request.headers:
            text += f"{name}:{request.headers[name.lower()]}\n"
    text += request.path[1:]
    if request.query:
        pairs = sorted(parse_qsl(request.query, keep_blank_values=True))
        text += "\n" + "&".join([f"{key}={value}" if value else key for key, value in pairs])
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha256"))


def _no(words: str, code: int, fields: Sequence[str] = (), name: str = "error") -> dict[str, Any]:
    return {
        "ret": -1,
        "data": None,
        name: {"msg": words, "errorCode": code, "fieldErrors": [{"msg": one} for one in fields]},
    }


def _refused(
    call: Asking, words: str, code: int = 400, fields: Sequence[str] = (), carried_out: bool = False
) -> Failed:
    return Failed(200, _no(words, code, fields, call.settings.v1_error), carried_out)


def _result(data: Any) -> Result:
    return Result({"ret": 1, "data": data, "error": None})


def _server_id(account: str, name: str) -> str:
    return f"{zlib.crc32(f'{account} {name}'.encode()):08x}"


def _names(call: Asking) -> dict[str, str]:
    return {_server_id(call.account.name, name): name for name in call.records.servers()}


def _page(call: Asking, keys: list[Any], show: Callable[[list[Any]], list[Any]] = list) -> Result:
    """Answer with a page of a list: C(show) makes rows of the keys on it."""
    skip, limit = int(call.value.get("skip", 0)), min(int(call.value.get("limit", 10)), call.settings.v1_most)
    total = {"total": len(keys)} if call.value.get("autoCount") else {}
    return _result({"skip": skip, "limit": limit, **total, "data": show(keys[skip : skip + limit])})


def list_servers(call: Asking) -> Result:
    """POST server/list."""
    servers = call.records.servers()
    rows = [
        {"id": _server_id(call.account.name, name), "serverName": name, "url": url} for name, url in servers.items()
    ]
    return _page(call, rows)


def add_server(call: Asking) -> Result:
    """POST server/add."""
    name, url = call.value.get("serverName"), call.value.get("url")
    if not name or not url or len(name) > 20:
        raise _refused(call, "serverName.invalid")
    if not call.records.add_server(name, url):
        raise _refused(call, "serverName.existed", 409)
    return _result({"id": _server_id(call.account.name, name), "serverName": name, "url": url})


def delete_servers(call: Asking) -> Result:
    """POST server/delete."""
    names = _names(call)
    for one in call.value["ids"]:
        if one not in names:
            raise _refused(call, "server.not.found", 404)
        call.state.write(
            "DELETE FROM servers WHERE provider = ? AND account = ? AND name = ?",
            [(call.account.provider, call.account.name, names[one])],
        )
    return Result({"ret": 0, "data": None, "error": None})


def _row(call: Asking, mac: str, device: Device) -> dict[str, Any]:
    return {
        "id": f"d{mac}",
        "mac": mac,
        "serverId": _server_id(call.account.name, device.server) if device.server else None,
        "serverUrl": call.records.server_url(device.server) if device.server else None,
        "uniqueServerUrl": device.url,
    }


def list_devices(call: Asking) -> Result:
    """POST device/list."""
    key = str(call.value.get("key") or "").lower()
    macs = [mac for mac in call.records.owned(None) if key in mac]

    def rows(some: list[str]) -> list[Any]:
        devices = call.records.find(some)
        return [_row(call, mac, devices[mac]) for mac in some if mac in devices]

    return _page(call, macs, rows)


def check_mac(call: Asking) -> Result:
    """GET device/checkMac."""
    mac = undivided(call.query.get("mac"))
    if mac is None:
        raise _refused(call, "device.mac.invalid")
    device = call.records.find([mac]).get(mac)
    existed = device is not None and device.account is not None
    own = device is not None and device.account == call.account.name
    return _result({"existed": existed, "self": own if existed and call.settings.v1_self == "told" else None})


def _target(call: Asking) -> tuple[str, str]:
    """Return the server and the URL in a call."""
    given, url = call.value.get("serverId"), call.value.get("uniqueServerUrl") or ""
    server = _names(call).get(given, "") if given else ""
    if given and not server:
        raise _refused(call, "server.not.found", 404)
    if url and "://" not in url:
        raise _refused(call, "uniqueServerUrl.invalid")
    return server, url


def add_devices(call: Asking) -> Result:
    """POST device/add."""
    server, url = _target(call)
    good, bad = [], {}
    held = call.records.find([mac for mac in map(undivided, call.value["macs"]) if mac])
    for given in call.value["macs"]:
        mac = undivided(given)
        device = held.get(mac or "")
        if mac is None or (call.settings.foreign_macs == "refuse" and call.records.foreign(mac)):
            bad[given] = "device.mac.invalid"
        elif device is None or device.account is None:
            good.append(mac)
        else:
            own = device.account == call.account.name
            bad[given] = "device.mac.existed" if own else "device.mac.added.by.other"
    alone = call.settings.v1_added == "good_ones" and bool(good)
    carries_out = not bad or alone or call.settings.batches == "good_ones"
    if carries_out:
        call.records.bind(good, server, url)
    if bad and not alone:
        fields = [f"{mac}: {words}" for mac, words in call.settings.cut(list(bad.items()))]
        raise _refused(call, next(iter(bad.values())), 409, fields, bool(good) and carries_out)
    return _result([{"id": f"d{mac}", "mac": mac} for mac in good])


def _own(call: Asking, ids: Sequence[str]) -> dict[str, Device]:
    macs = [one[1:] for one in ids]
    held = call.records.find(macs)
    for mac in macs:
        if mac not in held or held[mac].account != call.account.name:
            raise _refused(call, "device.not.found" if mac not in held else "device.operate.forbidden", 404)
    return held


def edit_device(call: Asking) -> Result:
    """POST device/edit."""
    server, url = _target(call)
    for mac, device in _own(call, [call.value["id"]]).items():
        call.records.bind([mac], server or device.server or "", url or device.url or "")
    return _result(None)


def migrate_devices(call: Asking) -> Result:
    """POST device/migrate."""
    server, _url = _target(call)
    for mac, device in _own(call, call.value["ids"]).items():
        call.records.bind([mac], server, (device.url or "") if call.settings.own_urls == "kept" else "")
    return _result(None)


def delete_devices(call: Asking) -> Result:
    """POST device/delete."""
    macs = [undivided(one) or "" for one in call.value["macs"]]
    held = call.records.find(macs)
    good = [mac for mac in macs if mac in held and held[mac].account == call.account.name]
    bad = [mac for mac in macs if mac not in good]
    carries_out = not bad or call.settings.batches == "good_ones"
    if carries_out:
        call.records.forget(good)
    if bad:
        fields = [f"{mac}: device.not.found" for mac in call.settings.cut(bad)]
        raise _refused(call, "device.not.found", 404, fields, bool(good) and carries_out)
    return Result({"ret": 0, "data": None, "error": None})


def _keys(_query: Mapping[str, str], value: Any) -> int:
    return int(bool(isinstance(value, dict) and value.get("key")))


def _devices(value: Any) -> int:
    listed = (value.get("macs") or value.get("ids")) if isinstance(value, dict) else None
    return len(listed) if isinstance(listed, list) else 0


DIALECT = Dialect(
    provider="yealink_v1",
    endpoint=PATH,
    transports=(Signed,),
    settings=V1Settings,
    parts={"servers": SERVERS, "devices": DEVICES},
    mac_prefixes=PREFIXES["yealink"],
    options=("API_URL", "CLIENT_ID", "CLIENT_SECRET"),
    routes={
        f"POST {PATH}/server/list": Route(list_servers),
        f"POST {PATH}/server/add": Route(add_server, writes=True),
        f"POST {PATH}/server/delete": Route(delete_servers, writes=True),
        f"POST {PATH}/device/list": Route(list_devices, parameters=_keys),
        f"GET {PATH}/device/checkMac": Route(check_mac),
        f"POST {PATH}/device/add": Route(add_devices, writes=True, devices=_devices),
        f"POST {PATH}/device/edit": Route(edit_device, writes=True),
        f"POST {PATH}/device/migrate": Route(migrate_devices, writes=True, devices=_devices),
        f"POST {PATH}/device/delete": Route(delete_devices, writes=True, devices=_devices),
    },
)
