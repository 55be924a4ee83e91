# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alcatel-Lucent Enterprise's Easy Deployment Server, REST with a token, as its only public client uses it.

Each named server of the seed is a server with a profile of the same name. Unknown behaviour has a setting.
"""

from __future__ import annotations

import hmac
import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .. import dialect
from ..dialect import World
from ..knobs import choice, number
from ..mac import undivided
from ..prefixes import PREFIXES
from ..records import DEVICES, SERVERS
from ..state import Account
from ..transport import Refused
from ..wire import Answer, Request
from .rest import MISSING_METHOD, Asking, Dialect, Failed, Rest, RestSettings, Result, Route

PATH = "/eds/api"
LOGIN = f"GET {PATH}/bp_user/generate/token"


@dataclass(slots=True)
class AleSettings(RestSettings):
    foreign_macs: str = choice("take", "refuse")
    """Registering a MAC address of another vendor: accepted, or refused as invalid."""
    ale_profile: str = choice("told", "left_out")
    """Whether a list of devices contains their profiles."""
    ale_names: str = choice("told", "left_out")
    """Whether a list of profiles contains their names."""
    ale_ids: str = choice("number", "text")
    """The type of ids."""
    ale_total: str = choice("left_out", "told")
    """Whether lists contain their total."""
    ale_most: int = number(1_000_000, 1, 1_000_000)
    """The most rows of a list; the others cannot be read."""
    ale_existing: str = choice("refuse", "move")
    """Registering an own device again: refused, or moved."""
    ale_refusal: str = choice("status", "success")
    """The form of a refusal: HTTP 409, or HTTP 200 with success being false."""
    ale_tokens: str = choice("many", "one")
    """Whether a new token invalidates the previous one."""


class Tokens(Rest):
    """Requests with a token, which is obtained with user name and password."""

    prefix = f"{PATH}/"

    def __init__(self, dialects: Sequence[dialect.Dialect], world: World) -> None:
        super().__init__(dialects, world)
        self._settings = world.panel.of(AleSettings)
        self._tokens: dict[str, str] = {}

    def authenticate(self, request: Request, method: str | None) -> Account:
        if method == LOGIN:
            account = self.state.account(request.headers.get("api_user_name", ""))
            given = request.headers.get("api_password", "")
            known = account is not None and account.provider in self.dialects
            if account is None or not known or not hmac.compare_digest(account.password.encode(), given.encode()):
                raise Refused(None, self._unauthorized())
            token = secrets.token_hex(16)
            if self._settings.ale_tokens == "one":
                self._tokens = {one: name for one, name in self._tokens.items() if name != account.name}
            self._tokens[token] = account.name
            # The route returns it.
            request.headers["token"] = token
            return account
        account = self.state.account(self._tokens.get(request.headers.get("token", ""), ""))
        if account is None:
            raise Refused(None, self._unauthorized())
        return account

    def _unauthorized(self) -> Answer:
        return self.answer(401, {"success": False, "message": "Unauthorized"})

    def missing_route(self, request: Request) -> Answer:
        return self.answer(405, {"success": False, "message": "Method not allowed"})

    def unreadable_body(self, reason: str) -> Failed:
        return Failed(400, {"success": False, "message": reason})

    def fault(self, code: int, message: str) -> Answer:
        return self.answer(405 if code == MISSING_METHOD else 500, {"success": False, "message": message})

    def log_out(self, request: Request) -> Answer:
        self._tokens.pop(request.headers.get("token", ""), None)
        return self._unauthorized()


def _no(call: Asking, status: int, words: str, carried_out: bool = False) -> Failed:
    value = {"success": False, "message": words}
    return Failed(200 if call.settings.ale_refusal == "success" else status, value, carried_out)


def _result(data: Any) -> Result:
    return Result({"success": True, "data": data})


def token(call: Asking) -> Result:
    """GET bp_user/generate/token."""
    return _result({"token": call.request.headers["token"]})


def number_of(kind: str, name: str) -> int:
    """Return the id of an object."""
    return zlib.crc32(f"{kind} {name}".encode())


def _id(call: Asking, kind: str, name: str) -> Any:
    found = int(name, 16) if kind == "device" else number_of(kind, f"{call.account.name} {name}")
    return str(found) if call.settings.ale_ids == "text" else found


def _list(call: Asking, name: str, rows: list[dict[str, Any]]) -> Result:
    total = {"total": len(rows)} if call.settings.ale_total == "told" else {}
    return _result({**total, name: rows[: call.settings.ale_most]})


def list_servers(call: Asking) -> Result:
    """GET servers."""
    rows = [
        {"server_id": _id(call, "server", name), "server_name": name, "server_url": url}
        for name, url in call.records.servers().items()
    ]
    return _list(call, "server_list", rows)


def list_profiles(call: Asking) -> Result:
    """GET profiles."""
    rows = []
    for name in call.records.servers():
        row = {"profile_id": _id(call, "profile", name), "server_id": _id(call, "server", name)}
        rows.append({**row, "profile_name": name} if call.settings.ale_names == "told" else row)
    return _list(call, "profile_list", rows)


def add_server(call: Asking) -> Result:
    """POST servers."""
    name, url = call.value.get("server_name"), call.value.get("server_url")
    if not name or not url or not call.records.add_server(name, url):
        raise _no(call, 409, "Invalid server")
    return _result({"server_id": _id(call, "server", name)})


def add_profile(call: Asking) -> Result:
    """POST profiles. A server gets a profile of its name immediately."""
    for name in call.records.servers():
        if number_of("server", f"{call.account.name} {name}") == call.value.get("server_id"):
            return _result({"profile_id": _id(call, "profile", name)})
    raise _no(call, 409, "Invalid server id")


def list_devices(call: Asking) -> Result:
    """GET devices."""
    macs = call.records.owned(None)
    devices = call.records.find(macs)
    rows = []
    for mac in macs:
        row: dict[str, Any] = {"device_id": _id(call, "device", mac), "mac": mac.upper()}
        if call.settings.ale_profile == "told" and mac in devices and devices[mac].server is not None:
            row["profile_id"] = _id(call, "profile", str(devices[mac].server))
        rows.append(row)
    return _list(call, "device_list", rows)


def add_devices(call: Asking) -> Result:
    """POST devices."""
    profiles = {number_of("profile", f"{call.account.name} {name}"): name for name in call.records.servers()}
    server = profiles.get(call.value.get("profile_id"))
    if server is None:
        raise _no(call, 409, "Invalid profile id")
    macs = [undivided(row.get("mac")) for row in call.value.get("macs", [])]
    held = call.records.find([mac for mac in macs if mac])
    good, bad = [], []
    for mac in macs:
        device = held.get(mac or "")
        taken = device is not None and device.account is not None
        own = device is not None and device.account == call.account.name and call.settings.ale_existing == "move"
        foreign = mac is None or (call.settings.foreign_macs == "refuse" and call.records.foreign(mac))
        if mac is None or foreign or (taken and not own):
            bad.append("Invalid MAC address" if foreign else "Device already exists")
        else:
            good.append(mac)
    if not bad or call.settings.batches == "good_ones":
        call.records.bind(good, server, "")
    if bad:
        raise _no(call, 409, bad[0], bool(good) and call.settings.batches == "good_ones")
    return _result({})


def delete_device(call: Asking) -> Result:
    """DELETE devices/ID."""
    mac = f"{int(call.parts['id']):012x}" if call.parts["id"].isdigit() else ""
    device = call.records.find([mac]).get(mac)
    if device is None or device.account != call.account.name:
        raise Failed(404, {"success": False, "message": "Not found"})
    call.records.forget([mac])
    return _result({})


DIALECT = Dialect(
    provider="ale",
    endpoint=PATH,
    transports=(Tokens,),
    settings=AleSettings,
    parts={"servers": SERVERS, "devices": DEVICES},
    mac_prefixes=PREFIXES["ale"],
    routes={
        LOGIN: Route(token),
        f"GET {PATH}/servers": Route(list_servers),
        f"POST {PATH}/servers": Route(add_server, writes=True),
        f"GET {PATH}/profiles": Route(list_profiles),
        f"POST {PATH}/profiles": Route(add_profile, writes=True),
        f"GET {PATH}/devices": Route(list_devices),
        f"POST {PATH}/devices": Route(add_devices, writes=True, devices=lambda value: len(value.get("macs", []))),
        f"DELETE {PATH}/devices/{{id}}": Route(delete_device, writes=True),
    },
)
