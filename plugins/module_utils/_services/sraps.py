# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snom's SRAPS and Gigaset's GRAPE: one protocol, REST with Hawk, at two addresses."""

from __future__ import annotations

import math
import re
import threading
import time
from typing import Any, Callable, ClassVar, Iterator, Mapping, NamedTuple, Sequence
from urllib.parse import quote

from ansible_collections.voip.rps.plugins.module_utils._http.client import Answer, Client, Fate
from ansible_collections.voip.rps.plugins.module_utils._http.hawk import HawkLogin
from ansible_collections.voip.rps.plugins.module_utils._http.logins import Login
from ansible_collections.voip.rps.plugins.module_utils._pure.capabilities import Capabilities
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import (
    Refused,
    RpsError,
    shown_value,
    unexpected_answer,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import find_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    ELSEWHERE,
    REGISTERED,
    UNKNOWN,
    UNREGISTERED,
    Device,
    Observation,
    Target,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.url import same_url
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict
from ansible_collections.voip.rps.plugins.module_utils._services.json_service import JsonService, value_of
from ansible_collections.voip.rps.plugins.module_utils._services.prefixes import PREFIXES

_PAGE_SIZE = 1000
_MOST_PAGES = 1000
_FRESH = 60
"""An observation is used for a write for up to this number of seconds; then the device is read again."""
_NEXT = re.compile(r'<([^<>]*)>\s*;[^<>]*?\brel\s*=\s*"?[^",;<>]*\bnext\b', re.IGNORECASE)
_ANOTHERS = re.compile(r"taken_mac_or_forbidden|permission.*endpoint|endpoint.*permission", re.IGNORECASE | re.DOTALL)
_OTHERS: dict[int, str] = {400: "invalid_input", 404: "unknown_mac", 422: "invalid_input"}
_WORDS = ("message", "error", "detail")


class _Held(NamedTuple):
    """What the service stores for a device in addition to its MAC address, and when it was read.

    ``exists``: the account has it. ``settings`` and ``profile`` are the user's, and part of every write.
    """

    read_at: float
    exists: bool
    settings: Mapping[str, Any] = {}
    profile: Any = None


class Sraps(JsonService):
    """A device has a URL of its own, in one of its settings; a write replaces all settings."""

    statuses: ClassVar[Mapping[int, Fate]] = dict.fromkeys(
        (*range(200, 300), 400, 403, 404, 409, 422, 500), Fate.ANSWER
    )
    login = ("client_id", "client_secret")
    mac_placeholder = "{mac}"
    sources = "Clients in use, and the beginning of the vendor's page"
    not_known = (
        "What a write keeps: a device's other settings and its profile are read and sent again. Whether a list has "
        "settings and pages, and how another company's device is refused: all forms are supported. Bulk calls, and the "
        "rate limit."
    )
    can = Capabilities(own_url=True, read_target=True, list_account=True, list_targets=True, rebind=True)
    setting: ClassVar[str]
    """The name of the setting that redirects phones."""
    section: ClassVar[str | None]
    """The section of that setting; None if unknown."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._finding = threading.RLock()
        self._found: dict[str, str] = {}
        self._not_found: RpsError | None = None
        self._held: dict[str, _Held] = {}
        self._lists_all = False
        self._proven: set[bool] = set()
        self._reduces = False

    @classmethod
    def login_of(cls, options: Mapping[str, str]) -> Login:
        return HawkLogin(options["client_id"], options["client_secret"])

    def check(self, device: Device, *, target: bool) -> Observation:
        """Call GET endpoints/MAC; status 404 means that it does not exist."""
        setting = self._setting()

        def read(status: int, value: Any) -> Observation:
            if status == 404:
                self._held[device.mac] = _Held(time.monotonic(), False)
                return Observation(UNKNOWN)
            if status < 300:
                if not isinstance(value, dict):
                    raise unexpected_answer(value)
                return self._learn(device.mac, value, setting)
            error = self._error(status, value)
            if isinstance(error, Refused) and error.verdict is Verdict.ELSEWHERE:
                return Observation(ELSEWHERE)
            raise error

        return self._ask("GET", self._endpoint(device.mac), read, write=False)

    def list_devices(self) -> Mapping[str, Observation]:
        """Call GET endpoints, page by page."""
        setting = self._setting()
        seen: dict[str, Observation] = {}
        for row in self._pages(f"{self._endpoints()}?page_size={_PAGE_SIZE}", whole=True):
            mac = find_mac(row["mac"]) if isinstance(row, dict) and isinstance(row.get("mac"), str) else None
            if mac is None:
                self.warn(f"The service's list of devices has a row without a MAC address: {shown_value(row)}")
            elif "settings_manager" in row:
                seen[mac] = self._learn(mac, row, setting)
            else:
                seen[mac] = Observation(REGISTERED)
        return seen

    def register(self, devices: Sequence[Device], target: Target, *, override: bool) -> None:
        """Call PUT endpoints/MAC, which creates the device."""
        (device,) = devices
        held = self._held.get(device.mac)
        if held is None and self._lists_all:
            held = _Held(0, False)
        elif held is None or time.monotonic() - held.read_at > _FRESH:
            # If the list did not show that the account has the device, the call would replace its settings.
            seen = self.check(device, target=True)
            if seen.status == REGISTERED and held is None:
                raise Refused("owned_by_other_user", "the account has it already", verdict=Verdict.REGISTERED)
            held = self._held.get(device.mac)
        self._put(device, target, held, moves=False)

    def move(self, devices: Sequence[Device], target: Target) -> None:
        """Call GET endpoints/MAC, unless it was just read, and PUT with only that setting changed."""
        (device,) = devices
        held = self._held.get(device.mac)
        if held is None or time.monotonic() - held.read_at > _FRESH:
            self.check(device, target=True)
            held = self._held.get(device.mac)
        self._put(device, target, held, moves=True)

    def remove(self, devices: Sequence[Device]) -> None:
        """Call DELETE endpoints/MAC."""
        (device,) = devices

        def read(status: int, value: Any) -> None:
            if status == 404:
                raise Refused("not_registered", self._words(status, value), verdict=Verdict.ALREADY)
            self._done(status, value)

        self._ask("DELETE", self._endpoint(device.mac), read, write=True)
        self._held[device.mac] = _Held(time.monotonic(), False)

    def _put(self, device: Device, target: Target, held: _Held | None, *, moves: bool) -> None:
        setting = self._setting()
        settings = dict(held.settings) if held else {}
        ours = settings.get(setting)
        kept = ours if isinstance(ours, dict) else {"attrs": {"perm": "RW"}}
        settings[setting] = {**kept, "value": target.url}
        body = {"mac": device.mac, "autoprovisioning_enabled": True, "settings_manager": settings}
        if held and held.profile is not None:
            body["provisioning_profile"] = held.profile
        if held:
            # After a write, read it again before the next one.
            self._held[device.mac] = held._replace(read_at=-math.inf)
        reduced = {**body, "settings_manager": {uuid: _reduced(one) for uuid, one in settings.items()}}
        path, whole = self._endpoint(device.mac), not self._reduces
        try:
            answer = self._ask("PUT", path, self._done, body=body if whole else reduced, write=True)
        except Refused as refusal:
            if refusal.code != "invalid_input" or not whole or reduced == body:
                raise
            # The answer may contain fields that must not be sent.
            answer = self._ask("PUT", path, self._done, body=reduced, write=True)
            self._reduces = True
        if isinstance(answer, dict) and isinstance(answer.get("settings_manager"), dict):
            url = _value(answer["settings_manager"].get(setting))
        elif moves in self._proven:
            return
        else:
            url = self.check(device, target=True).url
        if url is None or not same_url(url, str(target.url)):
            words = f"the service accepted {target.url}, but then shows {url or 'no URL'}"
            raise RpsError("protocol_error", words, in_doubt=True)
        self._proven.add(moves)

    def _learn(self, mac: str, row: Mapping[str, Any], setting: str) -> Observation:
        """Return the observation in an object that describes a device, and keep what a write must send again."""
        settings, profile = row.get("settings_manager"), row.get("provisioning_profile") or None
        if settings is None or settings == []:
            settings = {}
        if not isinstance(settings, dict):
            raise unexpected_answer(row)
        self._held[mac] = _Held(time.monotonic(), True, settings, profile)
        url = _value(settings.get(setting))
        enabled = str(row.get("autoprovisioning_enabled", True)).lower() not in ("false", "0", "none")
        if not enabled or (not url and profile is None):
            return Observation(UNREGISTERED)
        return Observation(REGISTERED, url or None)

    def _endpoint(self, mac: str) -> str:
        return self._endpoints() + mac

    def _endpoints(self) -> str:
        """Call GET tokens/ID, then GET its company, for the path of the account's devices."""
        return self._find("endpoints", self._find_endpoints)

    def _setting(self) -> str:
        """Call GET settings, page by page, for the UUID of the setting that redirects phones."""
        return self._find("setting", self._find_setting)

    def _find(self, what: str, find: Callable[[], str]) -> str:
        """Return a value that is read once in a run, by one thread; do not try again after a failure."""
        with self._finding:
            if what not in self._found:
                if self._not_found:
                    raise self._not_found
                try:
                    self._found[what] = find()
                except RpsError as error:
                    self._not_found = error.without_traceback()
                    raise
            return self._found[what]

    def _find_endpoints(self) -> str:
        token = f"/tokens/{quote(str(self._key), safe='')}"
        company = self._linked(self._ask("GET", token, self._object, write=False), "company", token)
        if company is None:
            raise RpsError("protocol_error", "the service does not report the company of the key")
        links = self._ask("GET", company, self._object, write=False)
        endpoints = self._linked(links, "endpoints", company)
        return (endpoints or f"{company.rstrip('/')}/endpoints").rstrip("/") + "/"

    @property
    def _key(self) -> str:
        login = self.client.login
        return login.client_id if isinstance(login, HawkLogin) else ""

    def _linked(self, value: Mapping[str, Any], name: str, page: str) -> str | None:
        links = value.get("links")
        link = links.get(name) if isinstance(links, dict) else None
        return self.client.linked(link, page) if isinstance(link, str) and link else None

    def _find_setting(self) -> str:
        sections: dict[str, str] = {}
        for row in self._pages(f"/settings/?page_size={_PAGE_SIZE}"):
            if isinstance(row, dict) and row.get("param_name") == self.setting and isinstance(row.get("uuid"), str):
                sections[row["uuid"]] = str(row.get("section") or "").strip().lower()
        fitting = [uuid for uuid, section in sections.items() if self.section in (None, section)]
        if len(fitting) == 1:
            return fitting[0]
        of_section = f" of section {self.section}" if self.section else ""
        found = ", ".join(sorted(section or "none" for section in sections.values()))
        words = f"the service has {len(fitting)} settings {self.setting}{of_section} instead of one"
        raise RpsError("protocol_error", f"{words}; sections that have a setting of this name: {found or 'none'}")

    def _pages(self, path: str, *, whole: bool = False) -> Iterator[Any]:
        """Yield the rows of a list. With ``whole``, note whether the list is certainly complete."""
        page: str | None = path
        visited: set[str] = set()
        count, names_pages = 0, False
        while page is not None:
            if page in visited or len(visited) == _MOST_PAGES:
                raise RpsError("protocol_error", "the pages of the service's list do not end", in_doubt=True)
            visited.add(page)
            rows, link, linked = self._page(page)
            names_pages = names_pages or linked
            count += len(rows)
            yield from rows
            page = self.client.linked(link, page) if link else None
        if whole:
            # A service that reports no pages may truncate its list at a round number.
            self._lists_all = names_pages or count % 10 > 0 or not count

    def _page(self, path: str) -> tuple[list[Any], str, bool]:
        def read(answer: Answer) -> tuple[list[Any], str, bool]:
            value = value_of(answer)
            if answer.status >= 300:
                raise self._error(answer.status, value, of_device=False)
            if not isinstance(value, list):
                raise unexpected_answer(value)
            header = answer.headers.get("Link", "")
            following = _NEXT.search(header)
            return value, following.group(1) if following else "", "page" in header

        return self.client.request("GET", path, read, write=False, listing=True)

    def _object(self, status: int, value: Any) -> Mapping[str, Any]:
        if status >= 300:
            raise self._error(status, value, of_device=False)
        if not isinstance(value, dict):
            raise unexpected_answer(value)
        return value

    def _done(self, status: int, value: Any) -> Any:
        if status >= 300:
            raise self._error(status, value)
        if not isinstance(value, (dict, type(None))):
            raise unexpected_answer(value)
        return value

    def _error(self, status: int, value: Any, *, of_device: bool = True) -> RpsError:
        """Return the error of an answer with this status; ``of_device``: the call was about a device."""
        words = self._words(status, value)
        if of_device and _ANOTHERS.search(words):
            return Refused("owned_by_other_user", words, verdict=Verdict.ELSEWHERE)
        if status == 500:
            return RpsError("service_error", words, transient=True, in_doubt=True)
        if status == 403:
            return RpsError("forbidden", words)
        if not of_device:
            return RpsError("protocol_error", f"{words}: is the address right, and the key's id?")
        return Refused(_OTHERS.get(status, "service_error"), words)

    @staticmethod
    def _words(status: int, value: Any) -> str:
        said = value
        if isinstance(value, dict):
            said = next((value[name] for name in _WORDS if value.get(name)), value)
        words = said if isinstance(said, str) else shown_value(said) if said else ""
        return f"HTTP {status}{': ' if words else ''}{words}"


def _value(entry: Any) -> str | None:
    """Return the value of a device's setting, which may be inside an object."""
    value = entry.get("value") if isinstance(entry, dict) else entry
    if value is not None and not isinstance(value, str):
        raise unexpected_answer(entry)
    return value


def _reduced(entry: Any) -> Any:
    """Return a setting with only the fields that the documented calls send."""
    return {name: entry[name] for name in ("value", "attrs") if name in entry} if isinstance(entry, dict) else entry


class SnomSraps(Sraps):
    """Snom's Secure Redirection and Auto Provisioning Service."""

    provider = "snom_sraps"
    default_url = "https://api.sraps.snom.com/api/v1"
    mac_prefixes = PREFIXES["snom"]
    setting = "setting_server"
    section = "phone-settings"


class GigasetGrape(Sraps):
    """Gigaset's service of the same protocol."""

    provider = "gigaset_grape"
    default_url = "https://api.grape.gigaset.net/api/v1"
    mac_prefixes = PREFIXES["gigaset"]
    setting = "ProvisioningServer"
    section = None
