# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The protocol of Snom's SRAPS and Gigaset's GRAPE, REST with Hawk, as its public clients use it.

Unknown behaviour, and what differs between clients, has a setting. A device is bound to the URL in the setting that
redirects; its other settings and its profile are stored as given.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from .. import details, dialect
from ..dialect import World
from ..knobs import choice, number
from ..mac import undivided
from ..records import DEVICES, TABLES, Device
from ..state import Account
from ..transport import Asked, Refused
from ..wire import Answer, Request
from .rest import MISSING_METHOD, Asking, Dialect, Failed, Rest, RestSettings, Result, Route

TAKEN = "taken_mac_or_forbidden"
LACKS_PERMISSION = "User lacks permission to endpoint"
BASE = "/api/v1"
SCHEME = ":scheme"
SKEW = 60
"""The most seconds by which a client's clock may differ."""
FIRST_PAGE = 20

_FIELD = re.compile(r'(\w+)="([^"\\]*)"')


@dataclass(slots=True)
class SrapsSettings(RestSettings):
    foreign_macs: str = choice("take", "refuse")
    """Registering a MAC address of another vendor: accepted, or refused as invalid."""
    sraps_list: str = choice("mac", "whole")
    """The content of a list of devices: MAC addresses, or all fields."""
    sraps_paged: str = choice("yes", "no")
    """Whether lists of devices have pages, as those of settings do."""
    sraps_most: int = number(1000, 1, 100_000)
    """The most rows of a page, whatever the request says."""
    sraps_next: str = choice("absolute", "relative")
    """The form of the next page's URL in the header Link."""
    sraps_links: str = choice("endpoints", "slash", "none")
    """The link to a company's devices: without a slash at the end, with one, or missing."""
    sraps_taken: str = choice("taken", "permission")
    """The words of the refusal for another account's device."""
    sraps_taken_status: str = choice("403", "400", "404", "409", "500")
    """The status of the refusal for another account's device."""
    sraps_taken_read: str = choice("refused", "404")
    """Reading another account's device: refused in the same way, or not found."""
    sraps_gone: str = choice("404", "204")
    """The status for deleting a device that does not exist."""
    sraps_profile: str = choice("left_out", "null")
    """The profile of a device that has none."""
    sraps_read: str = choice("as_sent", "more")
    """Whether settings in answers have additional fields, which are refused when sent."""
    sraps_put: str = choice("device", "empty")
    """The answer to a PUT."""
    sraps_words: str = choice("message", "error", "detail", "text")
    """The field with the words of an error."""
    sraps_mac: str = choice("lower", "upper")
    """The case of MAC addresses in answers."""
    sraps_setting: str = choice("usual", "two", "one", "none")
    """The settings with the name of the redirecting one: two in two sections, only that one, or none; usually two at
    Snom and one at Gigaset."""
    sraps_clock: int = number(0, -1_000_000, 1_000_000)
    """The seconds by which the service's clock is ahead."""
    sraps_tells_time: str = choice("header", "date", "no")
    """The place of the service's time in a refusal: WWW-Authenticate, Date, or nowhere."""
    sraps_company: str = choice("own", "elsewhere")
    """Whether the link to the company leads to another host."""


def _spelled_mac(call: Asking, mac: str) -> str:
    return mac.upper() if call.settings.sraps_mac == "upper" else mac


def setting_uuid(provider: str, section: str, name: str) -> str:
    """Return the UUID of a setting."""
    return str(uuid5(NAMESPACE_URL, f"{provider}/{section}/{name}"))


def hawk_mac(key: str, fields: Mapping[str, str], verb: str, resource: str, host: str, port: str) -> str:
    """Return the MAC of a request, after Hawk's specification."""
    lines = ("hawk.1.header", fields["ts"], fields["nonce"], verb, resource, host, port)
    text = "\n".join([*lines, fields.get("hash", ""), fields.get("ext", ""), ""])
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), "sha256")).decode()


def hawk_hash(content_type: str, body: bytes) -> str:
    """Return the hash of a body, after Hawk's specification."""
    kind = content_type.partition(";")[0].strip().lower()
    return base64.b64encode(hashlib.sha256(f"hawk.1.payload\n{kind}\n".encode() + body + b"\n").digest()).decode()


class Hawk(Rest):
    """Requests signed with a key."""

    def __init__(self, dialects: Sequence[dialect.Dialect], world: World) -> None:
        super().__init__(dialects, world)
        self._scheme = urlsplit(world.url).scheme
        self._settings = world.panel.of(SrapsSettings)
        self._nonces: set[tuple[str, str]] = set()

    def read(self, peer: str, request: Request) -> Asked:
        # Links are full URLs, which need the scheme.
        return super().read(peer, request._replace(headers={**request.headers, SCHEME: self._scheme}))

    def authenticate(self, request: Request, method: str | None) -> Account:
        scheme, _space, header = request.headers.get("authorization", "").partition(" ")
        fields = dict(_FIELD.findall(header))
        account = self.state.account(fields.get("id", ""))
        known = account is not None and account.provider in self.dialects
        if scheme.lower() != "hawk" or account is None or not known or not {"ts", "nonce", "mac"} <= fields.keys():
            raise Refused(None, self._unauthorized("Unknown credentials"))
        host, _colon, port = request.headers.get("host", "").partition(":")
        port = port or ("443" if self._scheme == "https" else "80")
        resource = request.path + (f"?{request.query}" if request.query else "")
        mac = hawk_mac(account.password, fields, request.verb, resource, host.lower(), port)
        if not hmac.compare_digest(mac.encode(), fields["mac"].encode()):
            raise Refused(None, self._unauthorized("Bad mac"))
        sent = fields.get("hash")
        if sent is not None and sent != hawk_hash(request.headers.get("content-type", ""), request.body):
            raise Refused(None, self._unauthorized("Bad payload hash"))
        if abs(int(fields["ts"]) - self._now()) > SKEW:
            raise Refused(None, self._unauthorized("Stale timestamp"))
        if (account.name, fields["nonce"]) in self._nonces:
            raise Refused(None, self._unauthorized("Invalid nonce"))
        self._nonces.add((account.name, fields["nonce"]))
        return account

    def _now(self) -> int:
        return int(time.time()) + int(self._settings.sraps_clock)

    def _unauthorized(self, words: str) -> Answer:
        answer = self.refusal(401, words)
        if self._settings.sraps_tells_time == "header":
            answer.headers = (("WWW-Authenticate", f'Hawk ts="{self._now()}", tsm="x", error="{words}"'),)
        elif self._settings.sraps_tells_time == "date":
            date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(self._now()))
            answer.headers = (("Date", date), ("WWW-Authenticate", "Hawk"))
        return answer

    def refusal(self, status: int, words: str) -> Answer:
        """Return a refusal with this status."""
        return self.answer(status, _error(self._settings, words))

    def missing_route(self, request: Request) -> Answer:
        # 404 would mean that a device does not exist.
        return self.refusal(405, "Method not allowed.")

    def unreadable_body(self, reason: str) -> Failed:
        return Failed(400, _error(self._settings, f"JSON parse error: {reason}"))

    def fault(self, code: int, message: str) -> Answer:
        return self.refusal(405 if code == MISSING_METHOD else 500, message)

    def log_out(self, request: Request) -> Answer:
        return self._unauthorized("Unknown credentials")


def _error(settings: SrapsSettings, words: str) -> Any:
    return words if settings.sraps_words == "text" else {settings.sraps_words: words}


def _no(call: Asking, status: int, words: str) -> Failed:
    return Failed(status, _error(call.settings, words))


def _link(call: Asking) -> str:
    """Return the beginning of links, as the client wrote the address."""
    prefix = call.request.path[: call.request.path.index(BASE) + len(BASE)]
    return f"{call.request.headers[SCHEME]}://{call.request.headers.get('host', '')}{prefix}"


def _company(account: Account) -> str:
    return str(uuid5(NAMESPACE_URL, account.name))


def token(call: Asking) -> Result:
    """GET tokens/ID."""
    if call.parts["id"] != call.account.name:
        raise _no(call, 404, "Not found.")
    base = "https://elsewhere.example/api/v1" if call.settings.sraps_company == "elsewhere" else _link(call)
    return Result({"links": {"company": f"{base}/companies/{_company(call.account)}"}})


def _own_company(call: Asking) -> str:
    """Return the path of the requested company. Raise Failed if it is not the account's."""
    if call.parts["company"] != _company(call.account):
        raise _no(call, 403, "Forbidden")
    return f"/companies/{call.parts['company']}"


def company(call: Asking) -> Result:
    """GET company."""
    path = _own_company(call)
    links = {"provisioning_profiles": f"{_link(call)}{path}/provisioning-profiles/"}
    if call.settings.sraps_links != "none":
        links["endpoints"] = f"{_link(call)}{path}/endpoints{'/' if call.settings.sraps_links == 'slash' else ''}"
    return Result({"name": call.account.name, "links": links})


def _page(call: Asking, rows: list[Any], path: str) -> Result:
    """Return the requested page of the rows."""
    size = max(1, min(int(call.query.get("page_size", FIRST_PAGE)), call.settings.sraps_most))
    page = int(call.query.get("page", 1))
    last = max(1, -(-len(rows) // size))
    at = _link(call) if call.settings.sraps_next == "absolute" else "/" + _link(call).split("/", 3)[3]
    pages = {"first": 1, "prev": page - 1, "next": page + 1, "last": last}
    links = [
        f'<{at}{path}?page={number}&page_size={size}>; rel="{name}"'
        for name, number in pages.items()
        if 1 <= number <= last and number != page
    ]
    return Result(rows[(page - 1) * size : page * size], headers=(("Link", ", ".join(links)),) if links else ())


class Calls:
    """The calls of a service with the redirecting setting `setting` in `section`; `usual`: how many have its name."""

    def __init__(self, provider: str, setting: str, section: str, usual: str) -> None:
        self._name = setting
        self._section = section
        self._usual = usual
        self._uuid = setting_uuid(provider, section, setting)

    def settings(self, call: Asking) -> Result:
        """GET settings."""
        rows = [(f"setting_{n}", "global") for n in range(45)]
        many = self._usual if call.settings.sraps_setting == "usual" else call.settings.sraps_setting
        if many != "none":
            rows.insert(30, (self._name, self._section))
        if many == "two":
            rows.insert(7, (self._name, "global"))
        provider = call.account.provider
        described = [
            {"uuid": setting_uuid(provider, section, name), "param_name": name, "section": section, "name": name}
            for name, section in rows
        ]
        return _page(call, described, "/settings/")

    def list(self, call: Asking) -> Result:
        """GET endpoints."""
        path = _own_company(call)
        macs = call.records.owned(None)
        if call.settings.sraps_list == "whole":
            devices = call.records.find(macs)
            held = details.documents(call.state, call.account.provider, macs)
            rows = [self._shown(call, mac, devices[mac], held.get(mac, {})) for mac in macs if mac in devices]
        else:
            rows = [{"mac": _spelled_mac(call, mac)} for mac in macs]
        return Result(rows) if call.settings.sraps_paged == "no" else _page(call, rows, f"{path}/endpoints/")

    def get(self, call: Asking) -> Result:
        """GET endpoints/MAC."""
        mac, device = self._find(call)
        if device is None or device.account is None:
            raise _no(call, 404, "Not found.")
        if device.account != call.account.name:
            raise _taken(call) if call.settings.sraps_taken_read == "refused" else _no(call, 404, "Not found.")
        return Result(self._read(call, mac, device))

    def put(self, call: Asking) -> Result:
        """PUT endpoints/MAC."""
        mac, device = self._find(call)
        body = call.value
        if not isinstance(body, dict) or undivided(body.get("mac")) != mac:
            raise _no(call, 400, "mac: not that of the address")
        if call.settings.foreign_macs == "refuse" and call.records.foreign(mac):
            raise _no(call, 400, "mac: not a valid MAC address")
        if device and device.account not in (None, call.account.name):
            raise _taken(call)
        settings = body.get("settings_manager", {})
        if not isinstance(settings, dict) or not all(isinstance(one, dict) for one in settings.values()):
            raise _no(call, 400, "settings_manager: not an object")
        if any(set(one) - {"value", "attrs"} for one in settings.values()):
            raise _no(call, 400, "settings_manager: unknown field")
        url = settings.get(self._uuid, {}).get("value") or ""
        if url and not re.match(r"(?:https?|t?ftp)://\S", url, re.IGNORECASE):
            raise _no(call, 400, "settings_manager: not a valid URL")
        call.records.bind([mac], "", url)
        document = {name: value for name, value in body.items() if name != "mac"}
        details.keep(call.state, call.account.provider, {mac: document})
        status = 200 if device else 201
        if call.settings.sraps_put == "empty":
            return Result(status=status)
        return Result(self._shown(call, mac, Device(call.account.name, None, url or None), document), status)

    def delete(self, call: Asking) -> Result:
        """DELETE endpoints/MAC."""
        mac, device = self._find(call)
        if device is None or device.account is None:
            if call.settings.sraps_gone == "404":
                raise _no(call, 404, "Not found.")
            return Result(status=204)
        if device.account != call.account.name:
            raise _taken(call)
        call.records.forget([mac])
        details.keep(call.state, call.account.provider, {mac: {}})
        return Result(status=204)

    def _read(self, call: Asking, mac: str, device: Device) -> dict[str, Any]:
        held = details.documents(call.state, call.account.provider, [mac])
        return self._shown(call, mac, device, held.get(mac, {}))

    def _shown(self, call: Asking, mac: str, device: Device, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return a device as it is read."""
        settings = dict(document.get("settings_manager", {}))
        if device.url is not None:
            settings[self._uuid] = {"attrs": {"perm": "RW"}, **settings.get(self._uuid, {}), "value": device.url}
        if call.settings.sraps_read == "more":
            settings = {uuid: {**entry, "uuid": uuid} for uuid, entry in settings.items()}
        row: dict[str, Any] = {
            "mac": _spelled_mac(call, mac),
            "autoprovisioning_enabled": document.get("autoprovisioning_enabled", True),
            "settings_manager": settings,
        }
        profile = document.get("provisioning_profile")
        if profile is not None or call.settings.sraps_profile == "null":
            row["provisioning_profile"] = profile
        return row

    @staticmethod
    def _find(call: Asking) -> tuple[str, Device | None]:
        _own_company(call)
        mac = undivided(call.parts["mac"])
        if mac is None:
            raise _no(call, 400, "mac: not a valid MAC address")
        return mac, call.records.find([mac]).get(mac)


def _taken(call: Asking) -> Failed:
    words = TAKEN if call.settings.sraps_taken == "taken" else LACKS_PERMISSION
    return _no(call, int(call.settings.sraps_taken_status), words)


def make(
    provider: str, transport: type[Hawk], setting: str, section: str, usual: str, mac_prefixes: tuple[str, ...]
) -> Dialect:
    """Return the dialect of a service, see `Calls`."""
    calls = Calls(provider, setting, section, usual)
    base = transport.prefix.rstrip("/")
    one = f"{base}/companies/{{company}}/endpoints/{{mac}}"
    routes: dict[str, Route] = {
        f"GET {base}/tokens/{{id}}": Route(token),
        f"GET {base}/companies/{{company}}": Route(company),
        f"GET {base}/settings/": Route(calls.settings),
        f"GET {base}/companies/{{company}}/endpoints/": Route(calls.list),
        f"GET {one}": Route(calls.get),
        f"PUT {one}": Route(calls.put, writes=True),
        f"DELETE {one}": Route(calls.delete, writes=True),
    }
    return Dialect(
        provider=provider,
        endpoint=base,
        transports=(transport,),
        settings=SrapsSettings,
        tables=(TABLES, details.TABLES),
        parts={"devices": DEVICES, "details": details.DETAILS},
        routes=routes,
        mac_prefixes=mac_prefixes,
        options=("API_URL", "CLIENT_ID", "CLIENT_SECRET"),
    )
