# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of Yealink's open API v2 (YMCS) for redirection, as public clients use it.

An account is an enterprise: its name is the AccessKey ID, its password the AccessKey Secret. What is unknown or differs
between clients:

- Every request, also for the token, has `timestamp`, in milliseconds and at most 15 minutes off, and `nonce`, at most
  32 characters and never used before: else 403, 500403.
- A token is valid for `ymcs_token_seconds`; their number is not limited. An unknown or expired one: 401, 900401.
- A POST without a body: 412, 900444. A body that is not a JSON object or array, as required: 400, 900400. An unknown
  path: 404, 900404. A path with another verb: 405.
- Lists: at most 500 rows on a page, whatever `limit` says (setting `ymcs_page`); without `filter` 400, 900400. A MAC
  address finds all that contain it, ignoring separators. An empty page has `data` of null (setting `ymcs_empty`).
  Without `autoCount` there is no total.
- Adding: errors of a device are checked in this order: MAC address, serial number, another enterprise's device, own
  device. An own device is refused (setting `ymcs_own_again`). A batch can succeed partly; with the setting `culprits`,
  the errors may name no device. Errors are codes, or words (setting `ymcs_errors`).
- addDevicesByMac is enabled (setting `ymcs_by_mac`). A serial number is not compared with anything.
- PATCH with "" as `uniqueServerUrl` clears that URL (setting `ymcs_clearing`); `serverId` must be an own server.
- Deleting: an unknown device is a failed entry, whose `field` is the MAC address (setting `ymcs_field`). Deleting a
  server leaves its devices bound to nothing (setting `ymcs_delete_bound`).
- A server name that any enterprise uses: 409, 900409.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import dialect
from ..dialect import World
from ..knobs import choice, number
from ..mac import bare
from ..parts import Row, read
from ..prefixes import PREFIXES
from ..records import DEVICES, SERVERS, TABLES, Device
from ..state import Account, State
from ..transport import Refused
from ..wire import Answer, Request
from .rest import MISSING_METHOD, Asking, Dialect, Failed, Rest, RestSettings, Result, Route

MOST_ADDED = 100
MOST_DELETED = 200
OFF_BY = 15 * 60 * 1000

_SERIALS = """
CREATE TABLE IF NOT EXISTS ymcs_serials (mac TEXT PRIMARY KEY, sn TEXT NOT NULL) WITHOUT ROWID;
"""
_WORDS = {
    "800001": "device.mac.invalid",
    "800002": "device.sn.invalid",
    "800003": "Resource already exists",
    "800004": "Device already managed by other enterprise",
}


@dataclass(slots=True)
class YmcsSettings(RestSettings):
    ymcs_own_again: str = choice("refused", "updated")
    """Adding an own device again: refused with 800003, or updated."""
    ymcs_by_mac: str = choice("enabled", "disabled")
    """Whether devices can be added without a serial number."""
    ymcs_clearing: str = choice("empty", "null", "never", "null_empty_refused")
    """What clears a device's own URL in a PATCH: an empty text, null (an empty text is ignored, or refused), or
    nothing."""
    ymcs_errors: str = choice("codes", "words")
    """The reason for a refused device in a bulk answer."""
    ymcs_field: str = choice("mac", "place", "name")
    """The `field` of a failed removal: the MAC address, `deviceIds[0]`, or always `deviceIds`."""
    ymcs_empty: str = choice("null", "list")
    """The `data` of an empty page."""
    ymcs_page: int = number(500, 1, 500)
    """The most rows on a page."""
    ymcs_delete_bound: str = choice("done", "refused")
    """Deleting a server with bound devices."""
    ymcs_token_seconds: int = number(86400, 0, 86400)
    """The seconds for which a token is valid."""


def _device_id(mac: str) -> str:
    return f"{mac[::-1]}7d"


def _server_id(name: str) -> str:
    return hashlib.md5(name.encode()).hexdigest()


def _error(code: str, message: str, *details: tuple[str, str]) -> dict[str, Any]:
    fields = [{"field": field, "message": words} for field, words in details]
    return {"code": code, "requestId": secrets.token_hex(8), "message": message, "details": fields}


def _wrong(field: str, words: str) -> Failed:
    return Failed(400, _error("900400", "The parameter is invalid", (field, words)))


def _object(asking: Asking) -> dict[str, Any]:
    if not isinstance(asking.value, dict):
        raise _wrong("body", "must be an object")
    return asking.value


def _array(value: Any, field: str, most: int) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise _wrong(field, "must be an array")
    if len(value) > most:
        raise Failed(400, _error("800006", "The batch is too big", (field, f"at most {most}")))
    return value


def _server_ids(asking: Asking) -> dict[str, str]:
    """Return the account's servers: id -> name."""
    return {_server_id(name): name for name in asking.records.servers()}


def _token(asking: Asking) -> Result:
    if not isinstance(asking.value, dict) or asking.value.get("grant_type") != "client_credentials":
        raise Failed(400, {"error": "unsupported_grant_type", "error_description": "grant_type"})
    assert isinstance(asking.transport, Ymcs)
    return asking.transport.give(asking.account.name)


def _page(asking: Asking, keys: Sequence[str], show: Callable[[Asking, Sequence[str]], list[dict[str, Any]]]) -> Result:
    asked = _object(asking)
    if not isinstance(asked.get("filter"), dict):
        raise _wrong("filter", "must not be null")
    skip, limit = asked.get("skip", 0), asked.get("limit", 10)
    if not isinstance(skip, int) or not isinstance(limit, int) or skip < 0 or limit < 1:
        raise _wrong("skip", "must be a number")
    limit = min(limit, asking.settings.ymcs_page)
    data: list[dict[str, Any]] | None = show(asking, keys[skip : skip + limit])
    if not data and asking.settings.ymcs_empty == "null":
        data = None
    total = {"total": len(keys)} if asked.get("autoCount") else {}
    return Result({"skip": skip, "limit": limit, **total, "data": data})


def _devices(asking: Asking, macs: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rows of these devices of the account."""
    found = asking.records.find(macs)
    urls = asking.records.servers()
    sql = "SELECT mac, sn FROM ymcs_serials WHERE mac IN (SELECT value FROM json_each(?))"
    serials = {str(mac): str(sn) for mac, sn in asking.state.query(sql, (json.dumps(list(macs)),))}
    rows = []
    for mac in macs:
        device = found.get(mac)
        if device is None or device.account != asking.account.name:
            continue
        rows.append(
            {
                "id": _device_id(mac),
                "mac": mac,
                "sn": serials.get(mac),
                "serverId": _server_id(device.server) if device.server else None,
                "serverName": device.server,
                "serverUrl": urls.get(device.server) if device.server else None,
                "uniqueServerUrl": device.url,
                "ipAddress": "192.0.2.7",
                "remark": None,
                "dateRegistered": 1790000000000,
                "lastConnected": None,
            }
        )
    return rows


def _list_devices(asking: Asking) -> Result:
    like = _object(asking).get("filter") or {}
    macs = asking.records.owned(None)
    if isinstance(like, dict) and like.get("mac"):
        digits = "".join(letter for letter in str(like["mac"]).lower() if letter.isalnum())
        macs = [mac for mac in macs if digits in mac]
    return _page(asking, macs, _devices)


def _own(asking: Asking) -> tuple[str, Device]:
    """Return the account's device in the path."""
    mac = asking.parts["id"][11::-1]
    device = asking.records.find([mac]).get(mac)
    if device is None or device.account != asking.account.name or _device_id(mac) != asking.parts["id"]:
        raise _wrong("id", "the device does not exist")
    return mac, device


def _device(asking: Asking) -> Result:
    mac, _known = _own(asking)
    return Result({**_devices(asking, [mac])[0], "authName": None})


def _where(servers: Mapping[str, str], asked: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return the name of the server and the URL to bind a device to. Raise Failed."""
    server_id, url = asked.get("serverId"), asked.get("uniqueServerUrl")
    name = servers.get(server_id) if isinstance(server_id, str) else None
    if server_id is not None and name is None:
        raise _wrong("serverId", "the server does not exist")
    if url is not None and (not isinstance(url, str) or len(url) > 256):
        raise _wrong("uniqueServerUrl", "must be at most 256 characters")
    return name, url


def _bind(asking: Asking, mac: str, server: str | None, url: str | None, sn: str | None) -> None:
    asking.records.bind([mac], server or "", url or "")
    if sn:
        asking.state.write("INSERT OR REPLACE INTO ymcs_serials VALUES (?, ?)", [(mac, sn)])


def _change_device(asking: Asking) -> Result:
    asked = _object(asking)
    mac, device = _own(asking)
    server, url = _where(_server_ids(asking), asked)
    clearing = asking.settings.ymcs_clearing
    kept = device.url
    if "uniqueServerUrl" in asked:
        if url:
            kept = url
        elif url == "" and clearing == "null_empty_refused":
            raise _wrong("uniqueServerUrl", "must be a URL")
        elif url == ("" if clearing == "empty" else None) and clearing != "never":
            kept = None
    _bind(asking, mac, server if "serverId" in asked else device.server, kept, None)
    return Result(None, 204)


def _add(asking: Asking, by_mac: bool) -> Result:
    if by_mac and asking.settings.ymcs_by_mac == "disabled":
        raise Failed(403, _error("900403", "This request is forbidden"))
    rows = _array(asking.value, "body", MOST_ADDED)
    good: list[tuple[str, str | None, str | None, str | None]] = []
    errors: list[dict[str, Any]] = []
    servers = _server_ids(asking)
    for row in rows:
        given = row if isinstance(row, dict) else {}
        server, url = _where(servers, given)
        mac, sn = bare(str(given.get("mac", ""))), given.get("sn")
        code = _wrong_to_add(asking, mac, sn, by_mac)
        if code is None and mac is not None:
            good.append((mac, server, url, sn))
            continue
        words = _WORDS.get(code or "", code) if asking.settings.ymcs_errors == "words" else code
        errors.append({"mac": given.get("mac"), "sn": sn, "errorInfo": words})
    for mac, server, url, sn in good:
        _bind(asking, mac, server, url, sn)
    return _bulk(asking, len(rows), errors, ("mac", "sn"))


def _wrong_to_add(asking: Asking, mac: str | None, sn: object, by_mac: bool) -> str | None:
    if mac is None:
        return "800001"
    if not by_mac and not (isinstance(sn, str) and sn):
        return "800002"
    device = asking.records.find([mac]).get(mac)
    if device is None or device.account is None:
        return None
    if device.account != asking.account.name:
        return "800004"
    return None if asking.settings.ymcs_own_again == "updated" else "800003"


def _bulk(asking: Asking, asked: int, errors: list[dict[str, Any]], naming: tuple[str, ...]) -> Result:
    named = asking.settings.cut(errors)
    for error in errors:
        if error not in named:
            error.update(dict.fromkeys(naming))
    failed = len(errors)
    return Result({"total": asked, "successCount": asked - failed, "failureCount": failed, "errors": errors})


def _delete_devices(asking: Asking) -> Result:
    asked = _object(asking)
    kind = asked.get("deviceIdType")
    if kind not in ("mac", "id"):
        raise _wrong("deviceIdType", "must be mac or id")
    given = _array(asked.get("deviceIds"), "deviceIds", MOST_DELETED)
    own = set(asking.records.owned(None))
    ids = {_device_id(mac): mac for mac in own} if kind == "id" else {}
    good: list[str] = []
    errors: list[dict[str, Any]] = []
    for place, text in enumerate(given):
        mac = ids.get(str(text)) if kind == "id" else bare(str(text))
        if mac in own:
            good.append(str(mac))
        else:
            field = {"mac": text, "place": f"deviceIds[{place}]", "name": "deviceIds"}[asking.settings.ymcs_field]
            errors.append({"field": field, "msg": "The device does not exist"})
    asking.records.forget(good)
    asking.state.write("DELETE FROM ymcs_serials WHERE mac = ?", [(mac,) for mac in good])
    return _bulk(asking, len(given), errors, ("field",))


def _list_servers(asking: Asking) -> Result:
    like = _object(asking).get("filter") or {}
    servers = asking.records.servers()
    part = str(like.get("name") or like.get("searchKey") or "") if isinstance(like, dict) else ""

    def show(_asking: Asking, names: Sequence[str]) -> list[dict[str, Any]]:
        return [{"id": _server_id(name), "serverName": name, "url": servers[name], "authName": None} for name in names]

    return _page(asking, [name for name in servers if part in name], show)


def _named(asking: Asking) -> tuple[str, str]:
    asked = _object(asking)
    name, url = asked.get("serverName"), asked.get("url")
    if not isinstance(name, str) or not name or len(name) > 20:
        raise _wrong("serverName", "must have 1 to 20 characters")
    if not isinstance(url, str) or not url or len(url) > 512:
        raise _wrong("url", "must have 1 to 512 characters")
    return name, url


def _add_server(asking: Asking) -> Result:
    name, url = _named(asking)
    if not asking.records.add_server(name, url):
        raise Failed(409, _error("900409", "Resource already exists"))
    return Result({"id": _server_id(name), "serverName": name, "url": url})


def _own_server(asking: Asking) -> str:
    name = _server_ids(asking).get(asking.parts["id"])
    if name is None:
        raise _wrong("id", "the server does not exist")
    return name


def _server(asking: Asking) -> Result:
    name = _own_server(asking)
    return Result({"id": _server_id(name), "serverName": name, "url": asking.records.server_url(name)})


def _change_server(asking: Asking) -> Result:
    name, url = _named(asking)
    was = _own_server(asking)
    if name != was:
        raise _wrong("serverName", "is not changed by the simulator")
    asking.state.write(
        "UPDATE servers SET url = ? WHERE provider = ? AND account = ? AND name = ?",
        [(url, asking.account.provider, asking.account.name, name)],
    )
    return Result(None, 204)


def _delete_servers(asking: Asking) -> Result:
    given = _array(_object(asking).get("serverIds"), "serverIds", MOST_DELETED)
    known = _server_ids(asking)
    errors: list[dict[str, Any]] = []
    for server_id in given:
        name = known.get(str(server_id))
        key = (asking.account.provider, asking.account.name, name)
        if name is None:
            errors.append({"field": server_id, "msg": "The server does not exist"})
            continue
        bound = "FROM devices WHERE provider = ? AND account = ? AND server = ?"
        if asking.settings.ymcs_delete_bound == "refused" and asking.state.query(f"SELECT 1 {bound} LIMIT 1", key):
            errors.append({"field": server_id, "msg": "The server is in use"})
            continue
        asking.state.write("UPDATE devices SET server = NULL WHERE provider = ? AND account = ? AND server = ?", [key])
        asking.state.write("DELETE FROM servers WHERE provider = ? AND account = ? AND name = ?", [key])
    return _bulk(asking, len(given), errors, ("field",))


def _listed(value: Any) -> int:
    return len(value) if isinstance(value, list) else 0


def _ids(value: Any) -> int:
    return _listed(value.get("deviceIds")) if isinstance(value, dict) else 0


def _filters(_query: Mapping[str, str], value: Any) -> int:
    asked = value.get("filter") if isinstance(value, dict) else None
    return len(asked) if isinstance(asked, dict) else 0


TOKEN = "POST /v2/token"


class Ymcs(Rest):
    """Tokens, and requests with a token; each has the time and a nonce."""

    prefix = "/v2/"

    def __init__(self, dialects: Sequence[dialect.Dialect], world: World) -> None:
        super().__init__(dialects, world)
        self._settings = world.panel.of(YmcsSettings)
        self._tokens: dict[str, tuple[str, float]] = {}
        self._nonces: set[str] = set()
        self._lock = threading.Lock()

    def authenticate(self, request: Request, method: str | None) -> Account:
        nonce, at = request.headers.get("nonce", ""), request.headers.get("timestamp", "")
        late = not at.isdigit() or abs(int(at) - time.time() * 1000) > OFF_BY
        with self._lock:
            if not nonce or len(nonce) > 32 or late or nonce in self._nonces:
                raise Refused(None, self.answer(403, _error("500403", "Request reply")))
            self._nonces.add(nonce)
        account = self._of_secret(request) if method == TOKEN else self._of_token(request)
        if request.verb == "POST" and not request.body:
            raise Refused(account.name, self.answer(412, _error("900444", "The request body is missing")))
        return account

    def missing_route(self, request: Request) -> Answer:
        return self.answer(405 if request.verb == "DELETE" else 404, _error("900404", "Not found"))

    def unreadable_body(self, reason: str) -> Failed:
        return _wrong("body", reason)

    def fault(self, code: int, message: str) -> Answer:
        if code == MISSING_METHOD:
            return self.answer(400, _error("900501", message))
        return self.answer(500, _error("900500", message))

    def log_out(self, request: Request) -> Answer:
        with self._lock:
            self._tokens.pop(_bearer(request), None)
        return self._unauthorized()

    def give(self, account: str) -> Result:
        """Return a token for the account."""
        token, seconds = secrets.token_urlsafe(18), self._settings.ymcs_token_seconds
        with self._lock:
            self._tokens[token] = (account, time.monotonic())
        return Result({"access_token": token, "token_type": "bearer", "expires_in": seconds})

    def _of_token(self, request: Request) -> Account:
        with self._lock:
            name, at = self._tokens.get(_bearer(request), ("", 0.0))
        account = self.state.account(name)
        if account is None or time.monotonic() - at > self._settings.ymcs_token_seconds:
            raise Refused(None, self._unauthorized())
        return account

    def _of_secret(self, request: Request) -> Account:
        scheme, _space, credentials = request.headers.get("authorization", "").partition(" ")
        try:
            name, _colon, password = base64.b64decode(credentials, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            name = password = ""
        account = self.state.account(name)
        if (
            scheme.lower() != "basic"
            or account is None
            or account.provider not in self.dialects
            or not hmac.compare_digest(account.password.encode(), password.encode())
        ):
            raise Refused(None, self.answer(401, {"error": "invalid_client", "error_description": "Bad credentials"}))
        return account

    def _unauthorized(self) -> Answer:
        return self.answer(401, _error("900401", "The session is invalid"))


def _bearer(request: Request) -> str:
    scheme, _space, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def _put_devices(state: State, rows: Sequence[Row]) -> int:
    serials: list[tuple[object, ...]] = []
    for row in rows:
        given, sn = read(row, ("mac",), ("sn", "server", "url"))[:2]
        mac = bare(str(given))
        if sn and mac:
            serials.append((mac, sn))
    changed = state.write(
        "INSERT INTO ymcs_serials VALUES (?, ?) ON CONFLICT DO UPDATE SET sn = excluded.sn WHERE sn <> excluded.sn",
        serials,
    )
    plain = [row._replace(values={name: one for name, one in row.values.items() if name != "sn"}) for row in rows]
    return DEVICES.put(state, plain) + changed


DIALECT = Dialect(
    provider="yealink_ymcs",
    endpoint="/v2",
    transports=(Ymcs,),
    settings=YmcsSettings,
    tables=(TABLES, _SERIALS),
    parts={"servers": SERVERS, "devices": DEVICES._replace(put=_put_devices)},
    mac_prefixes=PREFIXES["yealink"],
    options=("API_URL", "CLIENT_ID", "CLIENT_SECRET"),
    routes={
        TOKEN: Route(_token),
        "POST /v2/rps/listDevices": Route(_list_devices, parameters=_filters),
        "GET /v2/rps/devices/{id}": Route(_device),
        "PATCH /v2/rps/devices/{id}": Route(_change_device, writes=True),
        "POST /v2/rps/addDevices": Route(lambda asking: _add(asking, False), writes=True, devices=_listed),
        "POST /v2/rps/addDevicesByMac": Route(lambda asking: _add(asking, True), writes=True, devices=_listed),
        "POST /v2/rps/delDevices": Route(_delete_devices, writes=True, devices=_ids),
        "POST /v2/rps/listServers": Route(_list_servers),
        "POST /v2/rps/servers": Route(_add_server, writes=True),
        "GET /v2/rps/servers/{id}": Route(_server),
        "PATCH /v2/rps/servers/{id}": Route(_change_server, writes=True),
        "POST /v2/rps/delServers": Route(_delete_servers, writes=True),
    },
)
