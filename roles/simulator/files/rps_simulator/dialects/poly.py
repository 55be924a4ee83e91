# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Poly's Zero Touch Provisioning, REST with an API key, as its public clients use it.

Profiles are the named servers of the seed; an account's password is its key. Unknown behaviour has a setting.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from uuid import NAMESPACE_URL, uuid5

from ..knobs import choice, number
from ..mac import undivided
from ..prefixes import PREFIXES
from ..records import DEVICES, SERVERS, Device
from ..state import Account
from ..transport import Refused
from ..wire import Answer, Request
from .rest import MISSING_METHOD, Asking, Dialect, Failed, Rest, RestSettings, Result, Route

PATH = "/ztp/v1"


@dataclass(slots=True)
class PolySettings(RestSettings):
    foreign_macs: str = choice("take", "refuse")
    """Registering a MAC address of another vendor: accepted, or refused as invalid."""
    poly_field: str = choice("profile", "profileid")
    """The field of a device for its profile."""
    poly_profile: str = choice("id", "object")
    """The value of that field: the profile's id, or an object with it."""
    poly_list: str = choice("id", "whole")
    """The content of a list of devices: their ids, or also their profiles."""
    poly_next: str = choice("cursor", "url", "path")
    """The reference to the next page: a cursor, a full URL, or its path alone."""
    poly_end: str = choice("missing", "null", "repeated")
    """The reference on the last page; a repeated one refers to the page itself."""
    poly_most: int = number(50, 1, 1000)
    """The most rows of a page, whatever the request says."""
    poly_unknown_profile: str = choice("400", "404")
    """The status for registering with a profile that does not exist."""
    poly_own_again: str = choice("refuse", "ok")
    """Registering an own device again: refused as another's, or bound again."""
    poly_words: str = choice("message", "error")
    """The field with the words of an error."""


class Keys(Rest):
    """Requests with a key in a header."""

    prefix = f"{PATH}/"

    def authenticate(self, request: Request, method: str | None) -> Account:
        given = request.headers.get("api-key", "").encode()
        for account in self.state.accounts():
            if account.provider in self.dialects and hmac.compare_digest(account.password.encode(), given):
                return account
        raise Refused(None, self.answer(401, {"message": "Unauthorized"}))

    def missing_route(self, request: Request) -> Answer:
        # 404 would mean that a device does not exist.
        return self.answer(405, {"message": "Method Not Allowed"})

    def unreadable_body(self, reason: str) -> Failed:
        return Failed(400, {"message": f"Bad Request: {reason}"})

    def fault(self, code: int, message: str) -> Answer:
        return self.answer(405 if code == MISSING_METHOD else 500, {"message": message})

    def log_out(self, request: Request) -> Answer:
        return self.answer(401, {"message": "Unauthorized"})


def _no(call: Asking, status: int, words: str) -> Failed:
    return Failed(status, {call.settings.poly_words: words})


def profile_id(account: str, name: str) -> str:
    """Return the id of an account's profile."""
    return str(uuid5(NAMESPACE_URL, f"{account}/{name}"))


def _names(call: Asking) -> dict[str, str]:
    """Return the account's profiles: id -> name."""
    return {profile_id(call.account.name, name): name for name in call.records.servers()}


def _shown_profile(call: Asking, name: str, url: str | None) -> dict[str, Any]:
    parts = urlsplit(url or "")
    userinfo, at, host = parts.netloc.rpartition("@")
    server = {"address": parts._replace(netloc=host).geturl()}
    if at:
        user, _colon, password = userinfo.partition(":")
        server |= {"username": unquote(user), "password": unquote(password)}
    template = {"provisioning": {"server": server, "polling": False}}
    return {"id": profile_id(call.account.name, name), "name": name, "enabled": True, "template": template}


def list_profiles(call: Asking) -> Result:
    """GET /profiles."""
    return _page(call, [_shown_profile(call, name, url) for name, url in call.records.servers().items()], "/profiles")


def get_profile(call: Asking) -> Result:
    """GET /profiles/ID."""
    name = _profile(call, call.parts["id"])
    return Result(_shown_profile(call, name, call.records.server_url(name)))


def add_profile(call: Asking) -> Result:
    """POST /profiles."""
    try:
        name, server = call.value["name"], call.value["template"]["provisioning"]["server"]
        address = server["address"]
        user, password = server.get("username"), server.get("password", "")
    except (KeyError, TypeError, AttributeError):
        raise _no(call, 400, "Bad Request") from None
    scheme, _slashes, rest = address.partition("://")
    url = f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{rest}" if user else address
    if not call.records.add_server(name, url):
        raise _no(call, 409, "Conflict")
    return Result(_shown_profile(call, name, url), 201)


def delete_profile(call: Asking) -> Result:
    """DELETE /profiles/ID. Its devices stay."""
    name = _profile(call, call.parts["id"])
    call.state.write(
        "DELETE FROM servers WHERE provider = ? AND account = ? AND name = ?",
        [(call.account.provider, call.account.name, name)],
    )
    return Result(status=204)


def _profile(call: Asking, given: str) -> str:
    name = _names(call).get(given)
    if name is None:
        raise _no(call, 404, "Not Found")
    return name


def _shown(call: Asking, mac: str, device: Device) -> dict[str, Any]:
    """Return a device as it is read."""
    profile: Any = None
    if device.server is not None:
        profile = profile_id(call.account.name, device.server)
        if call.settings.poly_profile == "object":
            profile = {"id": profile, "name": device.server}
    return {"id": mac, call.settings.poly_field: profile}


def list_devices(call: Asking) -> Result:
    """GET /devices."""
    macs = call.records.owned(None)
    rows: list[Any] = [{"id": mac} for mac in macs]
    if call.settings.poly_list == "whole":
        devices = call.records.find(macs)
        rows = [_shown(call, mac, devices[mac]) for mac in macs if mac in devices]
    return _page(call, rows, "/devices")


def _page(call: Asking, rows: list[Any], path: str) -> Result:
    size = max(1, min(int(call.query.get("limit", call.settings.poly_most)), call.settings.poly_most))
    start = int(call.query.get("cursor") or 0)
    end = start + size
    page: dict[str, Any] = {"results": rows[start:end]}
    if end < len(rows):
        link = f"{PATH}{path}?limit={size}&cursor={end}"
        scheme = call.request.headers.get("x-forwarded-proto", "http")
        whole = f"{scheme}://{call.request.headers.get('host', '')}{link}"
        page["next"] = {"cursor": str(end), "url": whole, "path": link}[call.settings.poly_next]
    elif call.settings.poly_end == "null":
        page["next"] = None
    elif call.settings.poly_end == "repeated" and start:
        page["next"] = str(start)
    return Result(page)


def _find(call: Asking, given: object) -> tuple[str, Device | None]:
    mac = undivided(given)
    if mac is None:
        raise _no(call, 400, "Invalid device id")
    return mac, call.records.find([mac]).get(mac)


def get_device(call: Asking) -> Result:
    """GET /devices/MAC."""
    mac, device = _find(call, call.parts["mac"])
    if device is None or device.account != call.account.name:
        raise _no(call, 404, "Not Found")
    return Result(_shown(call, mac, device))


def add_device(call: Asking) -> Result:
    """POST /devices."""
    if not isinstance(call.value, dict):
        raise _no(call, 400, "Bad Request")
    mac, device = _find(call, call.value.get("id"))
    if call.settings.foreign_macs == "refuse" and call.records.foreign(mac):
        raise _no(call, 400, "Invalid device id")
    name = _names(call).get(str(call.value.get("profile")))
    if name is None:
        raise _no(call, int(call.settings.poly_unknown_profile), "No such profile")
    own = device is not None and device.account == call.account.name
    if device and device.account is not None and not (own and call.settings.poly_own_again == "ok"):
        raise _no(call, 409, "Device is registered")
    call.records.bind([mac], name, "")
    return Result(_shown(call, mac, Device(call.account.name, name, None)))


def delete_device(call: Asking) -> Result:
    """DELETE /devices/MAC."""
    mac, device = _find(call, call.parts["mac"])
    if device is None or device.account != call.account.name:
        raise _no(call, 404, "Not Found")
    call.records.forget([mac])
    return Result(status=204)


DIALECT = Dialect(
    provider="poly",
    endpoint=PATH,
    transports=(Keys,),
    settings=PolySettings,
    parts={"servers": SERVERS, "devices": DEVICES},
    mac_prefixes=PREFIXES["poly"],
    options=("API_URL", "", "API_KEY"),
    routes={
        f"GET {PATH}/devices": Route(list_devices),
        f"GET {PATH}/devices/{{mac}}": Route(get_device),
        f"POST {PATH}/devices": Route(add_device, writes=True),
        f"DELETE {PATH}/devices/{{mac}}": Route(delete_device, writes=True),
        f"GET {PATH}/profiles": Route(list_profiles),
        f"GET {PATH}/profiles/{{id}}": Route(get_profile),
        f"POST {PATH}/profiles": Route(add_profile, writes=True),
        f"DELETE {PATH}/profiles/{{id}}": Route(delete_profile, writes=True),
    },
)
