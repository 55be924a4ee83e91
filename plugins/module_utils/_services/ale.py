# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alcatel-Lucent Enterprise's Easy Deployment Server: REST with a token. Its profiles are named servers."""

from __future__ import annotations

import re
import threading
from typing import Any, ClassVar, Mapping, NamedTuple, Sequence

from ansible_collections.voip.rps.plugins.module_utils._http.client import Client, Fate
from ansible_collections.voip.rps.plugins.module_utils._http.logins import Login, LoginExpired, TokenLogin
from ansible_collections.voip.rps.plugins.module_utils._pure.capabilities import MANY, Bulk, Capabilities
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import (
    Refused,
    RpsError,
    shown_value,
    unexpected_answer,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import find_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    REGISTERED,
    UNKNOWN,
    Device,
    NamedServer,
    Observation,
    Target,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.shown import SECRETS
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict
from ansible_collections.voip.rps.plugins.module_utils._services.base import macs_of
from ansible_collections.voip.rps.plugins.module_utils._services.json_service import JsonService, value_of
from ansible_collections.voip.rps.plugins.module_utils._services.prefixes import PREFIXES

_TOTALS = ("total", "total_count", "count", "device_count")
_ANOTHERS = re.compile(r"already|exist|another|other (account|user|customer)|belong|taken|in use", re.IGNORECASE)
_EXPIRED = re.compile(r"\btoken\b.*\b(expired|invalid|unknown)|\b(expired|invalid|unknown)\b.*\btoken\b", re.IGNORECASE)
_WORDS = ("message", "error", "msg", "detail", "reason")
_BATCH = 100


class _AleLogin(TokenLogin):
    """A token for a user name and a password, which are headers of the request that obtains it."""

    what = "username and password"

    def __init__(self, username: str, password: str) -> None:
        super().__init__()
        SECRETS.add_login(username, password)
        if not all(text.isascii() and text.isprintable() for text in (username, password)):
            raise RpsError("invalid_input", "username or password contains invalid characters")
        self._headers = {"api_user_name": username, "api_password": password}

    def take(self, client: Client) -> str:
        """Call GET bp_user/generate/token."""
        return client.request(
            "GET",
            "/bp_user/generate/token",
            lambda answer: _token(answer.status, value_of(answer)),
            write=False,
            sign=lambda request: request.with_headers(self._headers),
        )

    def sign(self, request: Any, credential: str) -> Any:
        return request.with_headers({"token": credential})


class _Profile(NamedTuple):
    """A profile with the URL of its server; ``url`` is None if the server is in no list."""

    id: str
    name: str
    url: str | None


class Ale(JsonService):
    """A device is bound to a profile, and has an id of the service."""

    provider = "ale"
    default_url = "https://api.eds.al-enterprise.com/api"
    mac_prefixes = PREFIXES["ale"]
    sources = "One client, in use since 2020"
    not_known = (
        "All errors. What registering a device again does: it is released first. Whether lists have pages: a list that "
        "is shorter than its total is refused. The result of a call: the account is listed again at the end."
    )
    statuses: ClassVar[Mapping[int, Fate]] = dict.fromkeys((*range(200, 300), 400, 404, 409, 422), Fate.ANSWER)
    can = Capabilities(
        named_servers=True,
        read_target=True,
        list_account=True,
        list_targets=True,
        confirm_by_list=True,
        bulk=Bulk(bind=_BATCH, check=MANY),
    )
    lists_servers = True

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._listing = threading.RLock()
        self._profiles: dict[str, _Profile] | None = None
        self._ids: dict[str, str] = {}

    @classmethod
    def login_of(cls, options: Mapping[str, str]) -> Login:
        return _AleLogin(options["username"], options["password"])

    @classmethod
    def check_server_name(cls, name: str) -> None:
        """Refuse URLs and unprintable names; the service's rules are unknown."""
        if not name.strip() or not name.isprintable() or "://" in name or "@" in name:
            raise ValueError("a profile's name cannot be empty, a URL, or contain unprintable characters")

    def check(self, device: Device, *, target: bool) -> Observation:
        """Call GET devices, because there is no call for one device."""
        return self.check_many([device], target=target)[device.mac]

    def check_many(self, devices: Sequence[Device], *, target: bool) -> Mapping[str, Observation]:
        """Call GET devices."""
        listed = self.list_devices()
        return {device.mac: listed.get(device.mac, Observation(UNKNOWN)) for device in devices}

    def list_devices(self) -> Mapping[str, Observation]:
        """Call GET devices. Raise RpsError if the list has fewer devices than its total."""
        seen: dict[str, Observation] = {}
        ids: dict[str, str] = {}
        for row in self._rows("/devices", "device_list"):
            mac = find_mac(row["mac"]) if isinstance(row, dict) and isinstance(row.get("mac"), str) else None
            device = _id(row.get("device_id")) if mac is not None else None
            if mac is None or device is None:
                self.warn(f"The service's list of devices has a row without a MAC address or an id: {shown_value(row)}")
                continue
            ids[mac] = device
            profile = _id(row.get("profile_id"))
            seen[mac] = Observation(REGISTERED, self._url(profile) if profile is not None else None)
        self._ids = ids
        return seen

    def register(self, devices: Sequence[Device], target: Target, *, override: bool) -> None:
        """Call POST devices. After a refusal, list the account to find out which devices were registered."""
        macs = macs_of(devices)
        profile = self._named(str(target.server))
        body = {"macs": [{"mac": mac.upper()} for mac in macs], "profile_id": _number(profile.id)}
        try:
            self._ask("POST", "/devices", _accepted, body=body, write=True)
        except Refused as refusal:
            if len(macs) == 1:
                raise
            done = self.list_devices().keys() & set(macs)
            raise Refused(refusal.code, refusal.message, done=done, verdict=refusal.verdict) from None

    def move(self, devices: Sequence[Device], target: Target) -> None:
        """Refuse: no client knows a call that moves a device."""
        raise Refused("needs_override", "the service cannot move a registered device", verdict=Verdict.REGISTERED)

    def remove(self, devices: Sequence[Device]) -> None:
        """Call DELETE devices/ID."""
        (device,) = devices
        with self._listing:
            if device.mac not in self._ids:
                self.list_devices()
            found = self._ids.pop(device.mac, None)
        if found is None:
            raise Refused("not_registered", "it is not in the account's list", verdict=Verdict.ALREADY)
        self._ask("DELETE", f"/devices/{found}", _removed, write=True)

    def list_servers(self) -> Sequence[NamedServer]:
        """Call GET profiles and GET servers."""
        with self._listing:
            self._profiles = None
            return [NamedServer(one.name, one.url) for one in self._known().values()]

    def add_server(self, name: str, url: str) -> None:
        """Call POST servers, unless the server exists with this URL, and POST profiles with the same name."""
        with self._listing:
            if any(one.name == name for one in self._known().values()):
                raise Refused("server_exists", f"profile {name!r} exists already", verdict=Verdict.ALREADY)
            there = {row["server_name"]: row for row in self._rows("/servers", "server_list") if "server_name" in row}
            server = there.get(name)
            if server is not None and server.get("server_url") != url:
                raise Refused("server_exists", f"server {name!r} exists with another URL", verdict=Verdict.BATCH)
            if server is None:
                body = {"server_name": name, "server_url": url}
                server = self._ask("POST", "/servers", _data, body=body, write=True)
            made = {"profile_name": name, "server_id": _number(_needed(server, "server_id"))}
            profile = _needed(self._ask("POST", "/profiles", _data, body=made, write=True), "profile_id")
            self._known()[profile] = _Profile(profile, name, url)

    def _url(self, profile: str) -> str | None:
        known = self._known()
        return known[profile].url if profile in known else None

    def _named(self, name: str) -> _Profile:
        """Return the profile with a name. Raise Refused unless there is exactly one."""
        found = [one for one in self._known().values() if one.name == name]
        if len(found) != 1:
            words = f"the account has {len(found) or 'no'} profiles named {name!r}"
            raise Refused("invalid_server", words, verdict=Verdict.SERVER)
        return found[0]

    def _known(self) -> dict[str, _Profile]:
        """Return the account's profiles by id, listed once; a profile without a name has its server's name."""
        with self._listing:
            if self._profiles is None:
                servers = {_needed(row, "server_id"): row for row in self._rows("/servers", "server_list")}
                found: dict[str, _Profile] = {}
                for row in self._rows("/profiles", "profile_list"):
                    server = servers.get(_id(row.get("server_id")) or "", {})
                    name = row.get("profile_name") or server.get("server_name")
                    url = server.get("server_url")
                    profile = _needed(row, "profile_id")
                    found[profile] = _Profile(profile, str(name or ""), url if isinstance(url, str) else None)
                self._profiles = found
            return self._profiles

    def _rows(self, path: str, name: str) -> list[Any]:
        """Return the rows of a list. Raise RpsError if its total is larger."""
        data = self._ask("GET", path, _data, write=False, listing=True)
        rows = data.get(name)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise unexpected_answer(data)
        total = max((int(data[one]) for one in _TOTALS if _id(data.get(one)) is not None), default=0)
        if total > len(rows):
            words = f"the service lists only {len(rows)} of {total} in {name}, and no call for the others is known"
            raise RpsError("protocol_error", words)
        return rows


def _words(status: int, value: Any) -> str:
    said = next((value[name] for name in _WORDS if value.get(name)), value) if isinstance(value, dict) else value
    words = said if isinstance(said, str) else shown_value(said) if said else ""
    return f"HTTP {status}{': ' if words else ''}{words}"


def _failed(status: int, value: Any) -> bool:
    return status >= 300 or (isinstance(value, dict) and str(value.get("success", True)).lower() in ("false", "0"))


def _refusal(status: int, value: Any) -> RpsError:
    words = _words(status, value)
    if _EXPIRED.search(words):
        return LoginExpired(f"the service does not accept its token: {words}")
    if _ANOTHERS.search(words):
        # Devices of the account itself are in its list, and never sent.
        return Refused("owned_by_other_user", words, verdict=Verdict.ELSEWHERE)
    return Refused("service_error", words)


def _data(status: int, value: Any) -> Mapping[str, Any]:
    if _failed(status, value):
        raise _refusal(status, value)
    data = value.get("data") if isinstance(value, dict) else None
    if not isinstance(data, dict):
        raise unexpected_answer(value)
    totals = {name: value[name] for name in _TOTALS if name in value}
    return {**totals, **data}


def _accepted(status: int, value: Any) -> None:
    if _failed(status, value):
        raise _refusal(status, value)
    if not isinstance(value, (dict, type(None))):
        raise unexpected_answer(value)


def _removed(status: int, value: Any) -> None:
    if status == 404:
        raise Refused("not_registered", _words(status, value), verdict=Verdict.ALREADY)
    if _failed(status, value):
        raise Refused("service_error", _words(status, value))
    _accepted(status, value)


def _token(status: int, value: Any) -> str:
    if _failed(status, value):
        words = f"the service does not accept this username and password ({_words(status, value)})"
        raise RpsError("auth_failed", words)
    token = value["data"].get("token") if isinstance(value, dict) and isinstance(value.get("data"), dict) else None
    if not isinstance(token, str) or not token:
        raise RpsError("protocol_error", "the service's answer to the login has no token")
    return token


def _id(value: Any) -> str | None:
    """Return an id, which may be a number or its digits, or None."""
    return str(int(value)) if re.fullmatch(r"[0-9]{1,18}", str(value)) and not isinstance(value, bool) else None


def _number(value: str) -> int:
    return int(value)


def _needed(row: Mapping[str, Any], name: str) -> str:
    found = _id(row.get(name))
    if found is None:
        raise unexpected_answer(row)
    return found
