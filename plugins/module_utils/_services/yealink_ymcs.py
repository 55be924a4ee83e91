# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Yealink's service by the open API v2 of its Management Cloud Service (YMCS), as clients in use know it."""

from __future__ import annotations

import re
import secrets
import threading
import time
from typing import Any, Callable, ClassVar, Collection, Iterator, Mapping, NamedTuple, Sequence, TypeVar

from ansible_collections.voip.rps.plugins.module_utils._http import json_codec
from ansible_collections.voip.rps.plugins.module_utils._http.client import Answer, Client, Fate
from ansible_collections.voip.rps.plugins.module_utils._http.logins import (
    BasicLogin,
    Login,
    LoginExpired,
    Outgoing,
    TokenLogin,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.capabilities import Bulk, Capabilities
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import (
    Refused,
    RpsError,
    excerpt,
    shown_value,
    unexpected_answer,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import find_mac, find_macs
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    REGISTERED,
    UNKNOWN,
    Device,
    NamedServer,
    Observation,
    Target,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict
from ansible_collections.voip.rps.plugins.module_utils._services.base import macs_of, settle
from ansible_collections.voip.rps.plugins.module_utils._services.json_service import JsonService
from ansible_collections.voip.rps.plugins.module_utils._services.pages import Page, all_rows
from ansible_collections.voip.rps.plugins.module_utils._services.prefixes import PREFIXES

PAGE = 500
_JSON = {"Content-Type": "application/json"}
_TOO_OLD = 0.9
"""A token is renewed after this share of its lifetime."""

_NEEDS_SN = (
    "Yealink did not allow this account to add phones without their serial numbers: give the serial number of the "
    "phone in the column sn"
)
REFUSALS: Mapping[str, tuple[str, Verdict]] = {
    "800001": ("invalid_mac", Verdict.DEVICES),
    "800002": ("invalid_input", Verdict.DEVICES),
    "800003": ("needs_override", Verdict.REGISTERED),
    "800004": ("owned_by_other_user", Verdict.ELSEWHERE),
    "800005": ("unsupported", Verdict.DEVICES),
    "800006": ("invalid_input", Verdict.DEVICES),
    "800007": ("invalid_input", Verdict.DEVICES),
    "800008": ("service_error", Verdict.DEVICES),
    "900400": ("invalid_input", Verdict.DEVICES),
    "900404": ("not_registered", Verdict.ALREADY),
    "900409": ("needs_override", Verdict.REGISTERED),
}
"""The error codes and verdicts for the service's codes."""
MEANINGS: Mapping[str, str] = {
    "800001": "invalid MAC address",
    "800002": "invalid serial number",
    "800003": "the device exists in the enterprise",
    "800004": "the device is managed by another organisation",
    "800005": "the service does not support this type of device",
    "800006": "too many devices in one call",
    "800007": "invalid parameters",
    "800008": "a limit of the account is reached",
    "900400": "invalid parameters",
    "900404": "not found",
    "900409": "conflict",
}
_WORDS = (
    (re.compile(r"mac[. _]?invalid|invalid mac", re.IGNORECASE), "800001"),
    (re.compile(r"sn[. _]?invalid|invalid (sn|serial)", re.IGNORECASE), "800002"),
    (re.compile(r"already (managed|added to (an)?other)|other (enterprise|organi[sz]ation)", re.IGNORECASE), "800004"),
    (re.compile(r"already exists?", re.IGNORECASE), "800003"),
    (re.compile(r"not (exist|found)|does ?n.t exist|unknown", re.IGNORECASE), "900404"),
)
_CODE = re.compile(r"\b[89]00[0-9]{3}\b")
_PLACE = re.compile(r"\[([0-9]{1,4})\]")
_BAD_LOGIN = ("invalid_client", "invalid_grant", "unauthorized_client", "access_denied")
_DETAILS = ("sn", "serverName", "ipAddress", "remark", "dateRegistered", "lastConnected")

T = TypeVar("T")


def _fresh(request: Outgoing) -> Outgoing:
    """Return an attempt with the time and a nonce, which the service accepts once."""
    return request.with_headers({"timestamp": str(int(time.time() * 1000)), "nonce": secrets.token_hex(16)})


class YmcsLogin(TokenLogin):
    """A token for the AccessKey ID and Secret of an enterprise; each attempt has a nonce and the time."""

    what = "client_id and client_secret"

    def __init__(self, client_id: str, client_secret: str) -> None:
        super().__init__()
        self._basic = BasicLogin(client_id, client_secret)
        self._holds_until = float("inf")

    def credential(self, client: Client) -> str:
        token = super().credential(client)
        if time.monotonic() >= self._holds_until:
            self.renew(client, token)
            token = super().credential(client)
        return token

    def sign(self, request: Outgoing, credential: str) -> Outgoing:
        return super().sign(_fresh(request), credential)

    def take(self, client: Client) -> str:
        """Call POST /token."""

        def sign(request: Outgoing) -> Outgoing:
            return self._basic.sign(_fresh(request), "")

        body = json_codec.encode({"grant_type": "client_credentials"})
        value = client.request("POST", "/token", _value, write=False, body=body, headers=_JSON, sign=sign)
        token = value.get("access_token") if isinstance(value, dict) else None
        if not isinstance(token, str) or not token:
            raise RpsError("protocol_error", "the service's answer has no token")
        seconds = value.get("expires_in")
        known = isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and seconds > 0
        self._holds_until = time.monotonic() + seconds * _TOO_OLD if known else float("inf")
        return token


class _Known(NamedTuple):
    """What is needed to move a device, and to find the devices of a server."""

    id: str
    own: bool
    server_id: str | None


class YealinkYmcs(JsonService):
    """Paths under /v2/rps. A device is moved by its id; most accounts need serial numbers."""

    provider = "yealink_ymcs"
    default_url = ""
    known_urls = tuple(f"https://{region}-api.ymcs.yealink.com/v2" for region in ("us", "eu", "au"))
    login = ("client_id", "client_secret")
    mac_prefixes = PREFIXES["yealink"]
    sources = "Clients in use, some with reports from the live service, and the vendor's guide as they quote it"
    not_known = (
        "Whether adding an own phone again updates it: the collection does not rely on it. How to clear a phone's own "
        "URL: an empty value and null are tried, and read back; otherwise the phone gets the server's URL as its own. "
        "What the errors of a removal name: the list decides. Which accounts may add phones without serial numbers: "
        "the refusal shows it."
    )
    attributes = ("sn",)
    rate_limit = 50.0
    longest_server_url = 512
    longest_own_url = 256
    lists_servers = True
    changes_servers = True
    deletes_servers = True
    can = Capabilities(
        named_servers=True,
        own_url=True,
        read_target=True,
        list_account=True,
        list_targets=True,
        hides_others=True,
        rebind=True,
        bulk=Bulk(bind=100, bind_url=100, release=100),
    )
    statuses: ClassVar[Mapping[int, Fate]] = {**JsonService.statuses, 403: Fate.ANSWER, 412: Fate.ANSWER}

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._known: dict[str, _Known] = {}
        self._servers: dict[str, list[tuple[str, str | None]]] | None = None
        self._listing_servers = threading.Lock()
        self._bound: dict[str, list[str]] | None = None
        self._needs_sn = False
        # The values that may clear a device's own URL, in this order, and the one that did.
        self._clearing: tuple[str | None, ...] = ("", None)
        self._clears = False

    @classmethod
    def login_of(cls, options: Mapping[str, str]) -> Login:
        return YmcsLogin(options["client_id"], options["client_secret"])

    @classmethod
    def check_server_name(cls, name: str) -> None:
        """Allow at most 20 characters."""
        if not name.strip():
            raise ValueError("a server's name cannot be empty")
        if len(name) > 20:
            raise ValueError(f"server name {name!r}: it has {len(name)} characters, and at most 20 are allowed")

    def check(self, device: Device, *, target: bool) -> Observation:
        """Call POST /rps/listDevices with the MAC address; the service also returns similar ones."""
        row = self._find(device.mac)
        return self._observation(row) if row else Observation(UNKNOWN)

    def list_devices(self) -> Mapping[str, Observation]:
        """Call POST /rps/listDevices, page by page."""
        seen: dict[str, Observation] = {}
        invalid: list[Any] = []
        for row in self._rows("/rps/listDevices", {}):
            if isinstance(row, dict) and _mac(row):
                seen[_mac(row)] = self._observation(row)
            else:
                invalid.append(row)
        if invalid and not seen:
            raise RpsError(
                "protocol_error", f"a list of devices that no documentation describes: {shown_value(invalid[0])}"
            )
        if invalid:
            self.warn(
                f"The service's list of devices has {len(invalid)} rows that are no devices. They were skipped. "
                f"The first is {shown_value(invalid[0])}"
            )
        return seen

    def register(self, devices: Sequence[Device], target: Target, *, override: bool) -> None:
        """Call POST /rps/addDevices for devices with a serial number, /rps/addDevicesByMac for the others."""
        where = self._where(target)
        done: list[str] = []
        refusals: list[Refused] = []
        for path, group in (
            ("/rps/addDevices", [one for one in devices if one.attributes.get("sn")]),
            ("/rps/addDevicesByMac", [one for one in devices if not one.attributes.get("sn")]),
        ):
            if not group:
                continue
            try:
                self._add(path, group, where)
                done += macs_of(group)
            except Refused as refusal:
                refusals.append(refusal)
                done += refusal.done
            except RpsError as error:
                if not done:
                    raise
                raise RpsError(error.code, error.message, in_doubt=True) from None
        if refusals:
            # Whether a device is ours must be read before the error of another one is applied to all.
            refusals.sort(key=lambda one: one.verdict is not Verdict.REGISTERED)
            first = refusals[0]
            culprits = {mac: one for refusal in refusals for mac, one in refusal.culprits.items()}
            raise Refused(first.code, first.message, culprits, done, first.verdict)

    def move(self, devices: Sequence[Device], target: Target) -> None:
        """Call PATCH /rps/devices/ID. After the first move from an own URL to a server, GET /rps/devices/ID."""
        for device in devices:
            known = self._known.get(device.mac) or self._look_up(device.mac)
            where = self._where(target)
            if target.own or not known.own:
                self._patch(device.mac, where)
                own = target.own
            else:
                own = not self._leave_own_url(device.mac, where)
            self._known[device.mac] = self._known[device.mac]._replace(own=own)

    def remove(self, devices: Sequence[Device]) -> None:
        """Call POST /rps/delDevices."""
        macs = macs_of(devices)
        body = {"deviceIdType": "mac", "deviceIds": macs}
        self._call("POST", "/rps/delDevices", lambda value: self._settle(value, devices), body=body, write=True)
        for mac in macs:
            self._known.pop(mac, None)

    def add_server(self, name: str, url: str) -> None:
        """Call POST /rps/servers."""
        try:
            self._call("POST", "/rps/servers", _anything, body={"serverName": name, "url": url}, write=True)
        except Refused as refusal:
            if refusal.verdict is Verdict.REGISTERED:
                raise Refused("server_exists", refusal.message, verdict=Verdict.ALREADY) from None
            raise _about_server(refusal) from None
        finally:
            self._servers = None

    def list_servers(self) -> Sequence[NamedServer]:
        """Call POST /rps/listServers, page by page."""
        with self._listing_servers:
            servers = self._servers = self._list_servers()
        return [NamedServer(name, url) for name, those in servers.items() for _id, url in those]

    def change_server(self, name: str, url: str) -> None:
        """Call PATCH /rps/servers/ID, which requires name and URL."""
        body = {"serverName": name, "url": url}
        try:
            self._call("PATCH", f"/rps/servers/{self._server_id(name)}", _anything, body=body, write=True)
        except Refused as refusal:
            raise _about_server(refusal) from None

    def delete_server(self, name: str) -> None:
        """Call POST /rps/delServers."""
        server_id = self._server_id(name)

        def read(value: Any) -> None:
            _told, failed, errors = _counts(value, 1)
            if failed:
                raise _about_server(_refusal(_said(errors[0])))

        self._call("POST", "/rps/delServers", read, body={"serverIds": [server_id]}, write=True)
        self._servers = None

    def devices_of_server(self, name: str) -> Collection[str]:
        """Return the devices from the list of the account, which is read once."""
        server_id = self._server_id(name)
        with self._listing_servers:
            if self._bound is None:
                self._bound = {}
                for mac in self.list_devices():
                    self._bound.setdefault(self._known[mac].server_id or "", []).append(mac)
        return self._bound.get(server_id, ())

    def _call(
        self, verb: str, path: str, read: Callable[[Any], T], *, body: Any = None, write: bool, listing: bool = False
    ) -> T:
        return self._send(verb, path, lambda answer: read(_value(answer)), body=body, write=write, listing=listing)

    def _rows(self, path: str, wanted: Mapping[str, str]) -> list[Any]:
        def page(skip: int) -> Page:
            body = {"skip": skip, "limit": PAGE, "autoCount": True, "filter": wanted}
            return self._call("POST", path, _page, body=body, write=False, listing=True)

        return all_rows(page, _key, self.client.concurrency)

    def _find(self, mac: str) -> Any:
        """Return the row of a device of the account, or None."""
        rows = self._rows("/rps/listDevices", {"mac": mac})
        return next((row for row in rows if isinstance(row, dict) and _mac(row) == mac), None)

    def _look_up(self, mac: str) -> _Known:
        row = self._find(mac)
        if not row:
            self._known.pop(mac, None)
            raise Refused("not_registered", "the account has no such device", verdict=Verdict.ALREADY)
        self._observation(row)
        return self._known[mac]

    def _observation(self, row: Mapping[str, Any]) -> Observation:
        """Return the observation in a row, and remember the device's id."""
        own, server, server_id = (_text(row, name) for name in ("uniqueServerUrl", "serverUrl", "serverId"))
        self._known[_mac(row)] = _Known(str(row.get("id")), bool(own), server_id)
        # The device is ours and bound to nothing: it points nowhere.
        url = own or server or ("" if server_id is None else None)
        details = None
        if self.tells_more:
            details = {name: value for name in _DETAILS for value in [_text(row, name)] if value}
        return Observation(REGISTERED, url, details=details, own_url=bool(own))

    def _where(self, target: Target) -> dict[str, str | None]:
        """Return the fields that bind a device to a target."""
        where: dict[str, str | None] = {}
        if target.server:
            where["serverId"] = self._server_id(target.server)
        if target.own:
            where["uniqueServerUrl"] = target.url
        return where

    def _server_id(self, name: str) -> str:
        with self._listing_servers:
            if self._servers is None:
                self._servers = self._list_servers()
            those = self._servers.get(name, [])
        if len(those) != 1:
            words = f"has {len(those)} servers" if those else "has no server"
            raise Refused("invalid_server", f"the account {words} of the name {name!r}", verdict=Verdict.SERVER)
        return those[0][0]

    def _list_servers(self) -> dict[str, list[tuple[str, str | None]]]:
        servers: dict[str, list[tuple[str, str | None]]] = {}
        for row in self._rows("/rps/listServers", {}):
            name = _text(row, "serverName") if isinstance(row, dict) else None
            if name is None or row.get("id") is None:
                raise unexpected_answer(row)
            servers.setdefault(name, []).append((str(row["id"]), _text(row, "url")))
        return servers

    def _add(self, path: str, devices: Sequence[Device], where: Mapping[str, str | None]) -> None:
        by_mac = not devices[0].attributes.get("sn")
        if by_mac and self._needs_sn:
            raise _without_sn(devices)
        rows = [{"mac": one.mac, **({} if by_mac else {"sn": one.attributes["sn"]}), **where} for one in devices]
        try:
            self._call("POST", path, lambda value: self._settle(value, devices), body=rows, write=True)
        except RpsError as error:
            if not by_mac or error.code != "forbidden":
                raise
            self._needs_sn = True
            raise _without_sn(devices) from None

    def _settle(self, value: Any, devices: Sequence[Device]) -> None:
        """Raise Refused unless the service accepted all devices of a call; RpsError if its counts do not match.

        The service identifies a device by its MAC address, or perhaps in other ways.
        """
        macs = macs_of(devices)
        _told, failed, errors = _counts(value, len(macs))
        if not failed:
            return
        names = {self._known[mac].id: mac for mac in macs if mac in self._known}
        names.update((one.attributes["sn"], one.mac) for one in devices if one.attributes.get("sn"))
        refused: dict[str, Refused] = {}
        unnamed: list[Refused] = []
        for row in errors:
            mac = _culprit(row, macs, names)
            refusal = _refusal(_said(row))
            if mac is None:
                unnamed.append(refusal)
            else:
                refused[mac] = refusal
        if len(refused) + len(unnamed) != failed:
            raise unexpected_answer(value)
        if unnamed:
            first = unnamed[0]
            raise Refused(first.code, first.message, refused, verdict=first.verdict)
        first_ones = sorted(refused.items(), key=lambda item: item[1].verdict is not Verdict.REGISTERED)
        settle(dict(first_ones), [mac for mac in macs if mac not in refused])

    def _patch(self, mac: str, body: Mapping[str, str | None]) -> None:
        """Change a device; if its id is no longer valid, look up the current one and try again."""
        known = self._known[mac]
        try:
            self._call("PATCH", f"/rps/devices/{known.id}", _anything, body=body, write=True)
        except Refused as refusal:
            if refusal.code not in ("invalid_input", "not_registered"):
                raise
            now = self._look_up(mac)
            if now.id == known.id:
                raise
            self._call("PATCH", f"/rps/devices/{now.id}", _anything, body=body, write=True)

    def _leave_own_url(self, mac: str, where: Mapping[str, str | None]) -> bool:
        """Bind a device to a server, and clear its own URL in the way that works. Return whether it was cleared."""
        bound = False
        for form in self._clearing:
            try:
                self._patch(mac, {**where, "uniqueServerUrl": form})
            except Refused as refusal:
                if refusal.code not in ("invalid_input", "invalid_url"):
                    raise
            else:
                bound = True
                if self._clears:
                    return True
                row = self._call("GET", f"/rps/devices/{self._known[mac].id}", _object, write=False)
                if not _text(row, "uniqueServerUrl"):
                    self._clearing, self._clears = (form,), True
                    return True
            self._clearing = tuple(one for one in self._clearing if one != form)
        if not bound:
            self._patch(mac, where)
        return False


def _anything(value: Any) -> Any:
    return value


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise unexpected_answer(value)
    return value


def _value(answer: Answer) -> Any:
    """Return the value of an answer. Raise RpsError if it has none or reports an error."""
    if 200 <= answer.status < 300:
        return json_codec.decode(answer.body) if answer.body.strip() else None
    try:
        value = json_codec.load(answer.body)
    except ValueError:
        value = None
    raise _error(answer.status, value, answer.body)


def _error(status: int, value: Any, body: bytes) -> RpsError:
    content = value if isinstance(value, dict) else {}
    code = str(content.get("code") or content.get("error") or "")
    details = content.get("details")
    more = [f"{one.get('field')}: {one.get('message')}" for one in _objects(details)]
    words = "; ".join(filter(None, [str(content.get("message") or content.get("error_description") or ""), *more]))
    words = f"HTTP {status}: {words or excerpt(body)} ({code})" if code else f"HTTP {status}: {excerpt(body)}"
    if code in ("500403", "900412"):
        # A repeated nonce, or a concurrent edit: nothing was carried out.
        return RpsError("service_error", words, transient=True)
    if code == "900429":
        return RpsError("rate_limited", words, transient=True)
    if code in ("900401", "900440"):
        return LoginExpired(f"the service no longer accepts this token ({words})")
    if code in _BAD_LOGIN:
        return RpsError("auth_failed", words)
    if code in REFUSALS:
        return _refusal(code, words)
    if code == "900501":
        return RpsError("unsupported", words)
    if code.startswith("9005"):
        return RpsError("service_error", words, transient=True, in_doubt=True)
    if status == 403:
        return RpsError("forbidden", words)
    if not code or status == 412:
        return RpsError("protocol_error", f"{words}: is the address right?")
    return Refused("service_error", words, verdict=Verdict.UNCLEAR)


def _refusal(said: str, words: str = "") -> Refused:
    """Return the refusal for a code or text of the service."""
    found = _CODE.search(said)
    code = found.group() if found else next((code for pattern, code in _WORDS if pattern.search(said)), "")
    meaning = MEANINGS.get(code, "")
    words = words or (f"{said} ({meaning})" if meaning and said == code else said) or "the service gave no reason"
    ours, verdict = REFUSALS.get(code, ("service_error", Verdict.UNCLEAR))
    return Refused(ours, words, verdict=verdict)


def _about_server(refusal: Refused) -> Refused:
    """Return a refusal with the error codes and words for servers."""
    codes = {"not_registered": "invalid_server"}
    return Refused(codes.get(refusal.code, refusal.code), refusal.message, verdict=Verdict.SERVER)


def _without_sn(devices: Sequence[Device]) -> Refused:
    culprits = {one.mac: Refused("invalid_input", _NEEDS_SN) for one in devices}
    return Refused("invalid_input", _NEEDS_SN, culprits)


def _counts(value: Any, asked: int) -> tuple[int, int, list[Any]]:
    """Return the numbers of successes and failures of a bulk call, and its errors. Raise RpsError if inconsistent."""
    content = _object(value)
    counts: list[Any] = [content.get(name) for name in ("successCount", "failureCount")]
    errors = content.get("errors") or []
    if not all(isinstance(one, int) and not isinstance(one, bool) for one in counts) or not isinstance(errors, list):
        raise unexpected_answer(value)
    succeeded, failed = counts
    total = content.get("total")
    if min(succeeded, failed) < 0 or succeeded + failed != asked or total not in (None, asked):
        raise unexpected_answer(value)
    if len(errors) != failed or not all(isinstance(one, dict) for one in errors):
        raise unexpected_answer(value)
    return succeeded, failed, errors


def _said(row: Mapping[str, Any]) -> str:
    """Return the service's words in a row of errors."""
    said = next((row[name] for name in ("errorInfo", "msg", "message", "code") if row.get(name)), "")
    return str(said) if isinstance(said, (str, int)) else ""


def _culprit(row: Mapping[str, Any], macs: Sequence[str], names: Mapping[str, str]) -> str | None:
    """Return the device of a row of errors, which names it by MAC address, id, serial number or position."""
    if len(macs) == 1:
        return macs[0]
    content = [value for value in (row.get(name) for name in ("mac", "sn", "field", "msg")) if isinstance(value, str)]
    for text in content:
        for mac in [find_mac(text) or "", names.get(text, ""), *find_macs(text)]:
            if mac in macs:
                return mac
    place = _PLACE.search(content[0]) if content else None
    return macs[int(place.group(1))] if place and int(place.group(1)) < len(macs) else None


def _page(value: Any) -> Page:
    content = _object(value)
    rows: Any = content.get("data")
    total: Any = content.get("total")
    if rows is None:
        rows = []
    if not isinstance(rows, list):
        raise unexpected_answer(value)
    known = isinstance(total, int) and not isinstance(total, bool) and total >= 0
    if total is not None and not known:
        raise unexpected_answer(value)
    return Page(rows, max(total, len(rows)) if known else None)


def _key(row: Any) -> str:
    """Return the key that identifies a row."""
    return f"{row.get('id')} {row.get('mac')}" if isinstance(row, dict) else shown_value(row)


def _mac(row: Mapping[str, Any]) -> str:
    mac = row.get("mac")
    return find_mac(mac) or "" if isinstance(mac, str) else ""


def _text(row: Mapping[str, Any], name: str) -> str | None:
    """Return a field as text, whether text or number; None if it is empty. Raise RpsError."""
    value = row.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise unexpected_answer(value)
    return str(value)


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        yield from (one for one in value if isinstance(one, dict))
