# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Yealink's service by its former JSON API v1 with signed requests, for old accounts."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import threading
import time
from typing import Any, Callable, Collection, Mapping, NamedTuple, Sequence, TypeVar
from urllib.parse import parse_qsl

from ansible_collections.voip.rps.plugins.module_utils._http.client import Answer, Client
from ansible_collections.voip.rps.plugins.module_utils._http.logins import Login, Outgoing
from ansible_collections.voip.rps.plugins.module_utils._pure.capabilities import Bulk, Capabilities
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import (
    Refused,
    RpsError,
    shown_value,
    unexpected_answer,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import find_mac, find_macs
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    ELSEWHERE,
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
from ansible_collections.voip.rps.plugins.module_utils._services.pages import Page, all_rows
from ansible_collections.voip.rps.plugins.module_utils._services.prefixes import PREFIXES

_PAGE = 500
_BATCH = 100
_LONGEST_NAME = 20

# The first row whose pattern matches the message applies.
_MEANINGS: tuple[tuple[str, str, Verdict], ...] = (
    (r"device\.mac\.added\.by\.other|device\.operate\.forbidden", "owned_by_other_user", Verdict.ELSEWHERE),
    (r"device\.mac\.existed", "needs_override", Verdict.REGISTERED),
    (r"device\.not\.found", "not_registered", Verdict.ALREADY),
    (r"server\.?name.*(exist|used|repeat)|server\.existed", "server_exists", Verdict.ALREADY),
    (r"server\.?name", "invalid_server_name", Verdict.SERVER),
    (r"server.*not.*(found|exist)", "invalid_server", Verdict.SERVER),
    (r"\bmac\b.*(invalid|format|illegal)|(invalid|illegal).*\bmac\b", "invalid_mac", Verdict.DEVICES),
    (r"url", "invalid_url", Verdict.BATCH),
)
_LOGIN = re.compile(r"accesskey|unauthorized|signature|invalid request header", re.IGNORECASE)

T = TypeVar("T")


def signature(secret: str, verb: str, path: str, headers: Mapping[str, str]) -> str:
    """Return the signature of a request from its headers; ``path`` includes the query."""
    where, _mark, query = path.partition("?")
    signed = ("Content-MD5", "X-Ca-Key", "X-Ca-Nonce", "X-Ca-Timestamp")
    lines = [verb, *(f"{name}:{headers[name]}" for name in signed if name in headers), where.lstrip("/")]
    if query:
        pairs = sorted(parse_qsl(query, keep_blank_values=True))
        lines.append("&".join(f"{key}={value}" if value else key for key, value in pairs))
    digest = hmac.new(secret.encode("utf-8"), "\n".join(lines).encode("utf-8"), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


class YealinkV1Login(Login):
    """An AccessKey; each attempt has its own nonce and time.

    Raise RpsError ``invalid_input`` if it cannot be used.
    """

    what = "client_id and client_secret"

    def __init__(self, client_id: str, client_secret: str) -> None:
        SECRETS.add(client_secret)
        if not (client_id.isascii() and client_id.isprintable() and client_secret.isascii()):
            raise RpsError("invalid_input", "client_id or client_secret contains invalid characters")
        self._id = client_id
        self._secret = client_secret

    def sign(self, request: Outgoing, _credential: str) -> Outgoing:
        headers = {
            "X-Ca-Key": self._id,
            "X-Ca-Nonce": secrets.token_hex(16),
            "X-Ca-Timestamp": str(int(time.time() * 1000)),
        }
        if request.body is not None:
            # The service's protocol requires this algorithm for signatures; it protects no secret.
            headers["Content-MD5"] = base64.b64encode(hashlib.md5(request.body).digest()).decode()
        headers["X-Ca-Signature"] = signature(self._secret, request.verb, request.path, headers)
        return request.with_headers(headers)

    def advice(self, _headers: Mapping[str, str]) -> str:
        return ". The clock of this machine may be wrong, or this is a newer account, with the provider yealink_ymcs"


class _Known(NamedTuple):
    """What is needed to move a device, and to find the devices of a server."""

    id: str
    server_id: str | None


class YealinkV1(JsonService):
    """Paths under /api/open/v1. A device is moved by its id."""

    provider = "yealink_v1"
    default_url = "https://api-dm.yealink.com:8443/api/open/v1"
    login = ("client_id", "client_secret")
    mac_prefixes = PREFIXES["yealink"]
    sources = "The beginning of the vendor's guide, and clients in use; a former API, for old accounts"
    not_known = (
        "The complete list of errors, and the limit of devices in a call: at most 100 are sent. Whether an invalid "
        "device fails a whole call: both cases are handled. What an edit of a server keeps: no server is changed."
    )
    content_type = "application/json;charset=UTF-8"
    lists_servers = True
    deletes_servers = True
    can = Capabilities(
        named_servers=True,
        own_url=True,
        read_target=True,
        list_account=True,
        list_targets=True,
        rebind=True,
        bulk=Bulk(bind=_BATCH, bind_url=_BATCH, move=_BATCH, release=_BATCH),
    )

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._listing = threading.RLock()
        self._known: dict[str, _Known] = {}
        self._servers: list[tuple[str, NamedServer]] | None = None

    @classmethod
    def login_of(cls, options: Mapping[str, str]) -> Login:
        return YealinkV1Login(options["client_id"], options["client_secret"])

    @classmethod
    def check_server_name(cls, name: str) -> None:
        """Allow at most 20 characters."""
        if not name.strip() or not name.isprintable() or "://" in name or "@" in name:
            raise ValueError("a server's name cannot be empty, a URL, or contain unprintable characters")
        if len(name) > _LONGEST_NAME:
            raise ValueError(f"server name {name!r}: it has {len(name)} characters, and at most 20 are allowed")

    def check(self, device: Device, *, target: bool) -> Observation:
        """Call GET device/checkMac, which also reports other accounts' devices; POST device/list for the target."""
        if not target:
            seen = self._owner(device.mac)
            if seen is not None:
                return seen
        row = self._find(device.mac)
        if row is not None:
            return self._observation(row)
        seen = self._owner(device.mac) if target else None
        return seen if seen is not None and seen.status != REGISTERED else Observation(UNKNOWN)

    def list_devices(self) -> Mapping[str, Observation]:
        """Call POST device/list, page by page."""
        seen: dict[str, Observation] = {}
        for row in self._rows("/device/list", ""):
            if _mac(row):
                seen[_mac(row)] = self._observation(row)
            else:
                self.warn(f"The service's list of devices has a row without a MAC address: {shown_value(row)}")
        return seen

    def register(self, devices: Sequence[Device], target: Target, *, override: bool) -> None:
        """Call POST device/add."""
        macs = macs_of(devices)
        body = {"macs": macs, **self._where(target)}

        def read(value: Any) -> None:
            rows = value if isinstance(value, list) else []
            added = {_mac(row): row for row in rows if _mac(row)}
            if not added.keys() & set(macs):
                raise unexpected_answer(value)
            for mac, row in added.items():
                self._known[mac] = _Known(str(row.get("id")), None)
            missing = [mac for mac in macs if mac not in added]
            if missing:
                words = f"the service's answer does not name {len(missing)} devices"
                raise Refused("service_error", words, done=added.keys(), verdict=Verdict.DEVICES)

        self._call("POST", "/device/add", read, body=body, write=True)

    def move(self, devices: Sequence[Device], target: Target) -> None:
        """Call POST device/migrate for a server, or device/edit for a URL of the device's own."""
        ids = [self._id(device) for device in devices]
        where = self._where(target)
        if target.own:
            self._call("POST", "/device/edit", _anything, body={"id": ids[0], **where}, write=True)
        else:
            self._call("POST", "/device/migrate", _anything, body={"ids": ids, **where}, write=True)

    def remove(self, devices: Sequence[Device]) -> None:
        """Call POST device/delete."""
        macs = macs_of(devices)
        self._call("POST", "/device/delete", _anything, body={"macs": macs}, write=True)
        for mac in macs:
            self._known.pop(mac, None)

    def list_servers(self) -> Sequence[NamedServer]:
        """Call POST server/list, page by page."""
        with self._listing:
            self._servers = None
            return [server for _id, server in self._all_servers()]

    def add_server(self, name: str, url: str) -> None:
        """Call POST server/add. Names are unique over all enterprises."""
        try:
            self._call("POST", "/server/add", _anything, body={"serverName": name, "url": url}, write=True)
        finally:
            self._servers = None

    def delete_server(self, name: str) -> None:
        """Call POST server/delete."""
        try:
            self._call("POST", "/server/delete", _anything, body={"ids": [self._server_id(name)]}, write=True)
        finally:
            self._servers = None

    def devices_of_server(self, name: str) -> Collection[str]:
        """Return the devices from the list of the account."""
        server_id = self._server_id(name)
        return [mac for mac in self.list_devices() if self._known[mac].server_id == server_id]

    def _call(
        self, verb: str, path: str, read: Callable[[Any], T], *, body: Any = None, write: bool, listing: bool = False
    ) -> T:
        return self._send(verb, path, lambda answer: read(_data(answer)), body=body, write=write, listing=listing)

    def _rows(self, path: str, wanted: str) -> list[Any]:
        def page(skip: int) -> Page:
            body = {"key": wanted, "skip": skip, "limit": _PAGE, "autoCount": True}
            return self._call("POST", path, _page, body=body, write=False, listing=True)

        return all_rows(page, _key, self.client.concurrency)

    def _owner(self, mac: str) -> Observation | None:
        """Return the owner of a device; None if it is not reported."""

        def read(value: Any) -> Observation | None:
            if not isinstance(value, dict) or not isinstance(value.get("existed"), bool):
                raise unexpected_answer(value)
            if not value["existed"]:
                return Observation(UNKNOWN)
            own = value.get("self")
            return None if own is None else Observation(REGISTERED if own else ELSEWHERE)

        return self._call("GET", f"/device/checkMac?mac={mac}", read, write=False)

    def _find(self, mac: str) -> Any:
        """Return the row of a device of the account, or None."""
        rows = self._rows("/device/list", mac)
        return next((row for row in rows if _mac(row) == mac), None)

    def _id(self, device: Device) -> str:
        known = self._known.get(device.mac)
        if known is None:
            row = self._find(device.mac)
            if row is None:
                raise Refused("not_registered", "the account has no such device", verdict=Verdict.ALREADY)
            self._observation(row)
            known = self._known[device.mac]
        return known.id

    def _observation(self, row: Mapping[str, Any]) -> Observation:
        server_id = row.get("serverId")
        self._known[_mac(row)] = _Known(str(row.get("id")), None if server_id is None else str(server_id))
        url = next((row[name] for name in ("uniqueServerUrl", "serverUrl") if row.get(name)), None)
        if url is None and not server_id:
            # The device is ours and bound to nothing: it points nowhere.
            url = ""
        return Observation(REGISTERED, url if isinstance(url, str) else None)

    def _where(self, target: Target) -> dict[str, str | None]:
        where: dict[str, str | None] = {}
        if target.server:
            where["serverId"] = self._server_id(target.server)
        if target.own:
            where["uniqueServerUrl"] = target.url
        return where

    def _server_id(self, name: str) -> str:
        found = [server_id for server_id, server in self._all_servers() if server.name == name]
        if len(found) != 1:
            words = f"the account has {len(found) or 'no'} servers with the name {name!r}"
            raise Refused("invalid_server", words, verdict=Verdict.SERVER)
        return found[0]

    def _all_servers(self) -> list[tuple[str, NamedServer]]:
        with self._listing:
            if self._servers is None:
                servers = []
                for row in self._rows("/server/list", ""):
                    name = row.get("serverName") if isinstance(row, dict) else None
                    if not isinstance(name, str) or row.get("id") is None:
                        raise unexpected_answer(row)
                    url = row.get("url")
                    servers.append((str(row["id"]), NamedServer(name, url if isinstance(url, str) else None)))
                self._servers = servers
            return self._servers


def _data(answer: Answer) -> Any:
    """Return the data of an answer. Raise Refused, or RpsError if it is about the login or cannot be understood."""
    value = value_of(answer)
    ret = value.get("ret") if isinstance(value, dict) else None
    if isinstance(ret, bool) or not isinstance(ret, int):
        if answer.status >= 300:
            raise RpsError("protocol_error", f"HTTP {answer.status}: {shown_value(value)}: is the address right?")
        raise unexpected_answer(value)
    if ret >= 0 and answer.status < 300:
        return value.get("data")
    error = value.get("error") or value.get("errors") or {}
    raise _refusal(error if isinstance(error, dict) else {"msg": shown_value(error)})


def _refusal(error: Mapping[str, Any]) -> RpsError:
    fields = error.get("fieldErrors")
    said = [str(error.get("msg") or "")]
    said += [str(one.get("msg") or "") for one in fields if isinstance(one, dict)] if isinstance(fields, list) else []
    words = ": ".join(filter(None, dict.fromkeys(said))) or shown_value(error)
    if _LOGIN.search(words):
        return RpsError("auth_failed", words)
    if "content.md5" in words.lower():
        return RpsError("protocol_error", words)
    whole = _meant(words)
    culprits = {mac: _meant(one) for one in said for mac in find_macs(one)}
    return Refused(whole.code, whole.message, culprits, verdict=whole.verdict)


def _meant(words: str) -> Refused:
    for pattern, code, verdict in _MEANINGS:
        if re.search(pattern, words.lower()):
            return Refused(code, words, verdict=verdict)
    return Refused("service_error", words)


def _page(value: Any) -> Page:
    rows = value.get("data") if isinstance(value, dict) else None
    if not isinstance(rows, list):
        raise unexpected_answer(value)
    total = value.get("total")
    return Page(rows, total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else None)


def _key(row: Any) -> str:
    return str(row.get("id")) if isinstance(row, dict) else repr(row)


def _mac(row: Any) -> str:
    mac = row.get("mac") if isinstance(row, dict) else None
    return (find_mac(mac) or "") if isinstance(mac, str) else ""


def _anything(value: Any) -> None:
    """Accept an answer whose data only says that the call was carried out."""
