# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Poly's Zero Touch Provisioning: REST with an API key. Its profiles are named servers."""

from __future__ import annotations

import threading
from typing import Any, ClassVar, Collection, Mapping, NamedTuple, Sequence
from urllib.parse import quote, unquote, urlsplit

from ansible_collections.voip.rps.plugins.module_utils._http.client import Client, Fate
from ansible_collections.voip.rps.plugins.module_utils._http.logins import KeyLogin, Login
from ansible_collections.voip.rps.plugins.module_utils._pure.capabilities import Capabilities
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
    UNREGISTERED,
    Device,
    NamedServer,
    Observation,
    Target,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict
from ansible_collections.voip.rps.plugins.module_utils._services.json_service import JsonService
from ansible_collections.voip.rps.plugins.module_utils._services.prefixes import PREFIXES

_PAGE_SIZE = 50
_MOST_PAGES = 10_000
_FIELDS = ("profile", "profileid")
_WORDS = ("error", "message")


class _Profile(NamedTuple):
    """The relevant fields of a profile; ``url`` is None if it is not reported."""

    id: str
    name: str
    url: str | None
    enabled: bool


class Poly(JsonService):
    """A device is bound to a profile. To be moved, it is released and registered again."""

    provider = "poly"
    default_url = "https://api.ztp.poly.com/v1"
    login = ("api_key",)
    mac_prefixes = PREFIXES["poly"]
    sources = "Clients in use"
    not_known = (
        "A call that moves a device: it is released and registered again. The field for a device's profile, and the "
        "form of the link to the next page: all forms are supported. Bulk calls, and the rate limit."
    )
    statuses: ClassVar[Mapping[int, Fate]] = {**JsonService.statuses, 202: Fate.ANSWER}
    can = Capabilities(named_servers=True, read_target=True, list_account=True, list_targets=True)
    lists_servers = True
    deletes_servers = True

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._listing = threading.RLock()
        self._profiles: dict[str, _Profile] | None = None
        self._without_profile: set[str] = set()

    @classmethod
    def login_of(cls, options: Mapping[str, str]) -> Login:
        return KeyLogin("API-KEY", options["api_key"])

    @classmethod
    def check_server_name(cls, name: str) -> None:
        """Refuse URLs and unprintable names; the service's rules are unknown."""
        if not name.strip() or not name.isprintable() or "://" in name or "@" in name:
            raise ValueError("a profile's name cannot be empty, a URL, or contain unprintable characters")

    def check(self, device: Device, *, target: bool) -> Observation:
        """Call GET /devices/MAC; status 404 means that the account does not have it."""
        row = self._ask("GET", f"/devices/{device.mac}", _or_none, write=False)
        return Observation(UNKNOWN) if row is None else self._observation(device.mac, row, target=target)

    def list_devices(self) -> Mapping[str, Observation]:
        """Call GET /devices, page by page."""
        seen: dict[str, Observation] = {}
        for row in self._pages("/devices"):
            mac = find_mac(row["id"]) if isinstance(row, dict) and isinstance(row.get("id"), str) else None
            if mac is None:
                self.warn(f"The service's list of devices has a row without a MAC address: {shown_value(row)}")
            elif any(field in row for field in _FIELDS):
                seen[mac] = self._observation(mac, row, target=True)
            else:
                seen[mac] = Observation(REGISTERED)
        return seen

    def register(self, devices: Sequence[Device], target: Target, *, override: bool) -> None:
        """Call POST /devices. A device of the account without a profile is released first."""
        (device,) = devices
        profile = self._named(str(target.server))
        if device.mac in self._without_profile:
            try:
                self.remove(devices)
            except Refused as refusal:
                if refusal.verdict is not Verdict.ALREADY:
                    raise
        self._ask("POST", "/devices", _registered, body={"id": device.mac, "profile": profile.id}, write=True)

    def move(self, devices: Sequence[Device], target: Target) -> None:
        """Refuse: no client knows a call that moves a device."""
        raise Refused("needs_override", "the service cannot move a registered device", verdict=Verdict.REGISTERED)

    def remove(self, devices: Sequence[Device]) -> None:
        """Call DELETE /devices/MAC."""
        (device,) = devices
        self._ask("DELETE", f"/devices/{device.mac}", _removed, write=True)
        self._without_profile.discard(device.mac)

    def list_servers(self) -> Sequence[NamedServer]:
        """Call GET /profiles."""
        with self._listing:
            self._profiles = None
            return [NamedServer(one.name, one.url) for one in self._known().values()]

    def add_server(self, name: str, url: str) -> None:
        """Call POST /profiles, with only the name and the address."""
        if any(one.name == name for one in self._known().values()):
            raise Refused("server_exists", f"profile {name!r} exists already", verdict=Verdict.ALREADY)
        server = _server(url)
        body = {"name": name, "enabled": True, "template": {"provisioning": {"server": server}}}
        made = self._ask("POST", "/profiles", _made, body=body, write=True)
        with self._listing:
            # The answer may not contain the sent values.
            self._known()[made] = _Profile(made, name, url, True)

    def delete_server(self, name: str) -> None:
        """Call DELETE /profiles/ID; its devices would stay."""
        profile = self._named(name)
        self._ask("DELETE", f"/profiles/{quote(profile.id, safe='')}", _removed, write=True)
        with self._listing:
            self._known().pop(profile.id, None)

    def devices_of_server(self, name: str) -> Collection[str]:
        """Return the devices bound to a profile; read each device if the list does not report the profile."""
        profile = self._named(name).id
        bound = []
        for row in self._pages("/devices"):
            mac = find_mac(row["id"]) if isinstance(row, dict) and isinstance(row.get("id"), str) else None
            if mac is None:
                continue
            if not any(field in row for field in _FIELDS):
                row = self._ask("GET", f"/devices/{mac}", _or_none, write=False) or {}
            if _profile_id(row) in (profile, None) and not _has_no_profile(row):
                bound.append(mac)
        return bound

    def _observation(self, mac: str, row: Mapping[str, Any], *, target: bool) -> Observation:
        if _has_no_profile(row):
            self._without_profile.add(mac)
            return Observation(UNREGISTERED)
        self._without_profile.discard(mac)
        profile = _profile_id(row) if target else None
        return Observation(REGISTERED, self._url(profile) if profile is not None else None)

    def _url(self, profile: str) -> str | None:
        """Return the URL of a profile; read the profile if it is in no list."""
        with self._listing:
            known = self._known()
            if profile not in known:
                row = self._ask("GET", f"/profiles/{quote(profile, safe='')}", _or_none, write=False)
                known[profile] = _profile(row) if row else _Profile(profile, "", None, True)
            return known[profile].url

    def _named(self, name: str) -> _Profile:
        """Return the profile with a name. Raise Refused unless there is exactly one."""
        with self._listing:
            found = [one for one in self._known().values() if one.name == name]
        if len(found) != 1:
            words = (
                f"the account has {len(found)} profiles named {name!r}" if found else f"there is no profile {name!r}"
            )
            raise Refused("invalid_server", words, verdict=Verdict.SERVER)
        if not found[0].enabled:
            self.warn(f"The profile {name!r} is not enabled at the service")
        return found[0]

    def _known(self) -> dict[str, _Profile]:
        """Return the account's profiles by id, listed once."""
        with self._listing:
            if self._profiles is None:
                profiles = [_profile(row) for row in self._pages("/profiles")]
                self._profiles = {one.id: one for one in profiles}
            return self._profiles

    def _pages(self, path: str) -> Sequence[Any]:
        """Return the rows of a list. The reference to the next page is a cursor or a link."""
        rows: list[Any] = []
        first = f"{path}?limit={_PAGE_SIZE}"
        page: str | None = first
        visited = {first}
        while page is not None:
            value = self._ask("GET", page, _page, write=False, listing=True)
            rows += value["results"]
            following = value.get("next")
            if following in (None, ""):
                break
            if not isinstance(following, (str, int)):
                raise unexpected_answer(value)
            link = str(following)
            is_link = link.startswith(("http:", "https:", "/", "?"))
            page = self.client.linked(link, page) if is_link else f"{first}&cursor={quote(link, safe='')}"
            if page in visited or len(visited) == _MOST_PAGES:
                self.warn("The service's list refers to the same page twice, so it may be incomplete")
                break
            visited.add(page)
        return rows


def _words(status: int, value: Any) -> str:
    said = next((value[name] for name in _WORDS if value.get(name)), value) if isinstance(value, dict) else value
    words = said if isinstance(said, str) else shown_value(said) if said else ""
    return f"HTTP {status}{': ' if words else ''}{words}"


def _object(status: int, value: Any) -> Mapping[str, Any]:
    if status >= 300:
        raise RpsError("protocol_error", f"{_words(status, value)}: is the address right?")
    if not isinstance(value, dict):
        raise unexpected_answer(value)
    return value


def _page(status: int, value: Any) -> Mapping[str, Any]:
    page = _object(status, value)
    if not isinstance(page.get("results"), list):
        raise unexpected_answer(value)
    return page


def _or_none(status: int, value: Any) -> Mapping[str, Any] | None:
    """Return an object, or None if it does not exist or its id is invalid."""
    if status == 404:
        return None
    if status >= 300:
        raise Refused("invalid_mac" if status == 400 else "service_error", _words(status, value))
    return _object(status, value)


def _registered(status: int, value: Any) -> None:
    words = _words(status, value)
    if status == 409:
        # The device may be the account's own.
        raise Refused("owned_by_other_user", words, verdict=Verdict.REGISTERED)
    if status == 404 or (status >= 300 and "profile" in words.lower()):
        raise Refused("invalid_server", words, verdict=Verdict.SERVER)
    if status >= 300:
        raise Refused("invalid_mac" if status == 400 else "service_error", words)
    _tells_little(value)


def _removed(status: int, value: Any) -> None:
    if status == 404:
        raise Refused("not_registered", _words(status, value), verdict=Verdict.ALREADY)
    if status >= 300:
        raise Refused("service_error", _words(status, value))
    _tells_little(value)


def _made(status: int, value: Any) -> str:
    if status >= 300:
        code = "server_exists" if status == 409 else "invalid_server_name"
        raise Refused(code, _words(status, value), verdict=Verdict.ALREADY if status == 409 else Verdict.BATCH)
    made = _text_of(value.get("id")) if isinstance(value, dict) else None
    if made is None:
        raise unexpected_answer(value)
    return made


def _tells_little(value: Any) -> None:
    if not isinstance(value, (dict, type(None))):
        raise unexpected_answer(value)


def _profile(row: Any) -> _Profile:
    name = row.get("name") if isinstance(row, dict) else None
    profile = _text_of(row.get("id")) if isinstance(row, dict) else None
    if profile is None or not isinstance(name, str):
        raise unexpected_answer(row)
    return _Profile(profile, name, _address(row), str(row.get("enabled", True)).lower() != "false")


def _address(row: Any) -> str | None:
    """Return the URL in a profile with its user and password; None if it is not reported."""
    for name in ("template", "provisioning", "server"):
        row = row.get(name) if isinstance(row, dict) else None
    address = row.get("address") if isinstance(row, dict) else None
    if not isinstance(address, str) or not address:
        return None
    user, password = row.get("username"), row.get("password")
    if not user:
        return address
    if not isinstance(password, str) or not password.strip("*"):
        return None
    scheme, _slashes, rest = address.partition("://")
    return f"{scheme}://{quote(str(user), safe='')}:{quote(password, safe='')}@{rest}"


def _server(url: str) -> dict[str, str]:
    """Return a URL in the form of a profile, with separate fields for user and password."""
    userinfo, at, _host = urlsplit(url).netloc.rpartition("@")
    if not at:
        return {"address": url}
    user, _colon, password = userinfo.partition(":")
    address = url.replace(f"{userinfo}@", "", 1)
    return {"address": address, "username": unquote(user), "password": unquote(password)}


def _profile_id(row: Mapping[str, Any]) -> str | None:
    """Return the id of a device's profile, from any of the known forms."""
    for field in _FIELDS:
        value = row.get(field)
        found = _text_of(value.get("id") if isinstance(value, dict) else value)
        if found is not None:
            return found
    return None


def _has_no_profile(row: Mapping[str, Any]) -> bool:
    named = [row[field] for field in _FIELDS if field in row]
    return bool(named) and not any(named)


def _text_of(value: Any) -> str | None:
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "" else None
