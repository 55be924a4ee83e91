# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unify's Zero Touch Deployment of OpenScape Desk Phone CP: JSON with a client certificate, one address for all."""

from __future__ import annotations

import html
import re
import time
from typing import Any, ClassVar, Mapping, NamedTuple, Sequence

from ansible_collections.voip.rps.plugins.module_utils._http.client import Client, Fate
from ansible_collections.voip.rps.plugins.module_utils._http.logins import CertificateLogin, Login
from ansible_collections.voip.rps.plugins.module_utils._pure.capabilities import Bulk, Capabilities
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import (
    Refused,
    RpsError,
    shown_value,
    unexpected_answer,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import colon_mac, find_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    ELSEWHERE,
    REGISTERED,
    UNKNOWN,
    UNREGISTERED,
    Device,
    Observation,
    Target,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict
from ansible_collections.voip.rps.plugins.module_utils._services.base import settle
from ansible_collections.voip.rps.plugins.module_utils._services.json_service import JsonService
from ansible_collections.voip.rps.plugins.module_utils._services.prefixes import PREFIXES

_TARGET = "bw-dms-addr"
_BATCH = 100
_FRESH = 60
"""An observation is used for a write for up to this number of seconds; then the device is read again."""
_ITEM = re.compile(r'<Item\s+name="([^"]*)"\s*(?:/>|>(.*?)</Item>)', re.IGNORECASE | re.DOTALL)
_ANOTHERS = re.compile(
    r"(other|another|different) (provider|customer|account|user)|not (yours|permitted|allowed|authori[sz]ed)|belong"
    r"|forbidden|permission",
    re.IGNORECASE,
)
_GONE = re.compile(r"not (found|exist|known|registered|prepared|there)|unknown|no such|does not exist", re.IGNORECASE)
_BAD_MAC = re.compile(r"(invalid|wrong|malformed|bad)\b.*\bmac|\bmac\b.*\b(invalid|wrong|malformed)", re.IGNORECASE)


class _Held(NamedTuple):
    """The items that the service stores for a device, and when they were read."""

    read_at: float
    items: Mapping[str, str]
    certificate: str | None = None


class Unify(JsonService):
    """A device has items, including the URL; a write is assumed to replace them all."""

    provider = "unify"
    default_url = "https://cloud-setup.com/api/devices"
    login = ("client_cert", "client_key")
    mac_prefixes = PREFIXES["unify"]
    sources = "The vendor's text; no client in use was found"
    not_known = (
        "Whether a write keeps items that it leaves out: they are read and sent again. The texts of refusals, answers "
        "about another provider's device, and HTTP statuses: the result of each entry and each item is checked."
    )
    statuses: ClassVar[Mapping[int, Fate]] = dict.fromkeys((*range(200, 300), 400, 404, 409, 422), Fate.ANSWER)
    can = Capabilities(own_url=True, read_target=True, rebind=True, bulk=Bulk(release=_BATCH, check=_BATCH))

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._held: dict[str, _Held] = {}

    @classmethod
    def login_of(cls, options: Mapping[str, str]) -> Login:
        return CertificateLogin(options["client_cert"], options["client_key"])

    def check(self, device: Device, *, target: bool) -> Observation:
        """Call POST with one device."""
        seen = self.check_many([device], target=target)[device.mac]
        if seen.error:
            raise seen.error
        return seen

    def check_many(self, devices: Sequence[Device], *, target: bool) -> Mapping[str, Observation]:
        """Call POST, which only reads."""
        macs = [device.mac for device in devices]
        answers = self._ask(
            "POST", "", lambda status, value: _entries(status, value, macs), body=_named(macs), write=False
        )
        return {mac: self._observation(mac, answers[mac]) for mac in macs}

    def register(self, devices: Sequence[Device], target: Target, *, override: bool) -> None:
        """Call PUT, with the items that the service already stores for the device."""
        self._put(devices[0], target)

    def move(self, devices: Sequence[Device], target: Target) -> None:
        """Call PUT, with the items that the service already stores for the device."""
        self._put(devices[0], target)

    def remove(self, devices: Sequence[Device]) -> None:
        """Call DELETE with a list."""
        macs = [device.mac for device in devices]

        def read(status: int, value: Any) -> None:
            refusals: dict[str, Refused] = {}
            entries = _entries(status, value, macs)
            for mac, entry in entries.items():
                error = _refusal(entry)
                if error is not None and _GONE.search(error.message):
                    error = Refused("not_registered", error.message, verdict=Verdict.ALREADY)
                if error is not None:
                    refusals[mac] = error
            settle(refusals, entries.keys() - refusals.keys())

        self._ask("DELETE", "", read, body=_named(macs), write=True)
        for mac in macs:
            self._held.pop(mac, None)

    def _put(self, device: Device, target: Target) -> None:
        held = self._held.get(device.mac)
        if held is None or time.monotonic() - held.read_at > _FRESH:
            self.check(device, target=True)
            held = self._held.get(device.mac)
        items = {**(held.items if held else {}), _TARGET: str(target.url)}
        self._held.pop(device.mac, None)
        body: dict[str, Any] = {"mac": colon_mac(device.mac)}
        if held and held.certificate is not None:
            body["certificate"] = held.certificate
        body["data"] = [{"name": name, "value": value} for name, value in items.items()]
        self._ask("PUT", "", lambda status, value: _prepared(status, value, device.mac), body=body, write=True)

    def _observation(self, mac: str, entry: Mapping[str, Any]) -> Observation:
        refusal = _refusal(entry)
        if refusal is not None:
            if refusal.verdict is Verdict.ELSEWHERE:
                return Observation(ELSEWHERE)
            if refusal.code == "invalid_mac":
                return Observation(None, error=refusal)
            # Whatever the words are, the service stores nothing for this provider.
            self._held[mac] = _Held(time.monotonic(), {})
            return Observation(UNKNOWN)
        data = entry.get("data")
        if not isinstance(data, (str, type(None))):
            raise unexpected_answer(entry)
        items = {html.unescape(name): html.unescape(value) for name, value in _ITEM.findall(data or "")}
        if data and data.strip() and not items:
            raise unexpected_answer(entry)
        certificate = entry.get("certificate")
        self._held[mac] = _Held(time.monotonic(), items, str(certificate).lower() if certificate is not None else None)
        url = items.get(_TARGET, "").strip()
        return Observation(REGISTERED, url) if url else Observation(UNREGISTERED)


def _named(macs: Sequence[str]) -> list[dict[str, str]]:
    return [{"mac": colon_mac(mac)} for mac in macs]


def _entries(status: int, value: Any, macs: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Return the entry of each device. Raise RpsError if the answer lacks a requested device."""
    if status >= 300 and not isinstance(value, list) and not (isinstance(value, dict) and "result" in value):
        raise Refused("service_error", _words(status, value))
    rows = [value] if isinstance(value, dict) else value
    if not isinstance(rows, list):
        raise unexpected_answer(value)
    entries: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        mac = find_mac(row["mac"]) if isinstance(row, dict) and isinstance(row.get("mac"), str) else None
        if mac is None or "result" not in row:
            raise unexpected_answer(row)
        entries[mac] = row
    missing = [mac for mac in macs if mac not in entries]
    if missing:
        raise RpsError("protocol_error", f"the answer does not mention {missing[0]}", in_doubt=True)
    return {mac: entries[mac] for mac in macs}


def _prepared(status: int, value: Any, mac: str) -> None:
    """Read the answer to a PUT, in which each item has its own result."""
    entry = _entries(status, value, [mac])[mac]
    refusal = _refusal(entry)
    items = entry.get("data")
    for item in items if isinstance(items, list) else []:
        error = _refusal(item) if isinstance(item, dict) else None
        if error is not None:
            name = str(item.get("name"))
            verdict = Verdict.BATCH if name == _TARGET else error.verdict
            code = "invalid_url" if name == _TARGET else "invalid_input"
            raise Refused(code, f"item {name}: {error.message}", verdict=verdict)
    if refusal is not None:
        raise refusal


def _refusal(entry: Mapping[str, Any]) -> Refused | None:
    """Return the refusal in an entry, or None. Raise RpsError if the entry reports neither success nor failure."""
    result = str(entry.get("result")).strip().upper()
    if result == "OK":
        return None
    if result != "ERROR":
        raise unexpected_answer(entry)
    words = str(entry.get("reason") or entry.get("data") or "ERROR")
    if _ANOTHERS.search(words):
        return Refused("owned_by_other_user", words, verdict=Verdict.ELSEWHERE)
    return Refused("invalid_mac" if _BAD_MAC.search(words) else "service_error", words)


def _words(status: int, value: Any) -> str:
    said = value.get("reason") or value.get("message") or value if isinstance(value, dict) else value
    words = said if isinstance(said, str) else shown_value(said) if said else ""
    return f"HTTP {status}{': ' if words else ''}{words}"
