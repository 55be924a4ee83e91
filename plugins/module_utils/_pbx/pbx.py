# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API of a Yeastar P-Series PBX: token, phones, extensions and supported models."""

from __future__ import annotations

import contextlib
import functools
import json
from typing import Any, Callable, ClassVar, Iterator, Mapping, Sequence
from urllib.parse import urlencode

from ansible_collections.voip.rps.plugins.module_utils._http.client import Answer, Client
from ansible_collections.voip.rps.plugins.module_utils._http.logins import Outgoing, TokenLogin, unsigned
from ansible_collections.voip.rps.plugins.module_utils._pbx.assignment import Assignment, Phone
from ansible_collections.voip.rps.plugins.module_utils._pbx.pbx_answers import (
    LIMIT_REACHED,
    PbxRefusal,
    TokenExpired,
    read_answer,
    rows,
    verdict_of,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.capabilities import MANY, Bulk, Capabilities
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError, unexpected_answer
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import colon_mac, parse_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    REGISTERED,
    UNKNOWN,
    Device,
    Observation,
)
from ansible_collections.voip.rps.plugins.module_utils._services.base import Backend, macs_of

API_PATH = "/openapi/v1.0"
METHOD = "rps"
PAGE_SIZE = 100
MOST_PAGES = 1000

_NOBODY = "Unassigned"


class PbxLogin(TokenLogin):
    """``client_id`` and ``client_secret``, or the user's own ``access_token``. The token is part of the query.

    ``hide`` is called with every token, so that it does not appear in any output.
    """

    def __init__(
        self, client_id: str | None, client_secret: str | None, access_token: str | None, hide: Callable[[str], None]
    ) -> None:
        super().__init__()
        self.is_given = access_token is not None
        self._token = access_token
        self._refresh_token = ""
        self._client = {"username": client_id, "password": client_secret}
        self._hide = hide

    def take(self, client: Client) -> str:
        """Call get_token."""
        return self._take(client, "get_token", self._client)

    def take_again(self, client: Client) -> str:
        """Call refresh_token."""
        if self.is_given:
            raise RpsError("auth_failed", "the PBX does not accept this access_token, or no longer")
        return self._take(client, "refresh_token", {"refresh_token": self._refresh_token})

    def sign(self, request: Outgoing, credential: str) -> Outgoing:
        path, _mark, query = request.path.partition("?")
        token = _query(access_token=credential)
        return request._replace(path=f"{path}?{token}&{query}" if query else f"{path}?{token}")

    def _take(self, client: Client, endpoint: str, body: Mapping[str, Any]) -> str:
        """Return a token.

        Raise RpsError ``auth_failed`` if the PBX does not accept the client, ``rate_limited`` if no token is available.
        """
        content = json.dumps(body).encode()
        try:
            # Treated as a write: failed logins block the address, so a login that may have failed is not retried.
            answer = client.request("POST", f"/{endpoint}", _read, body=content, write=True, sign=unsigned)
        except (PbxRefusal, TokenExpired) as error:
            if isinstance(error, PbxRefusal) and error.errcode == LIMIT_REACHED:
                words = f"the PBX has no free token until one is released or expires: {error.message}"
                raise RpsError("rate_limited", words) from None
            raise RpsError("auth_failed", f"the PBX does not accept this client: {error.message}") from None
        for key in ("access_token", "refresh_token"):
            if not isinstance(answer.get(key), str):
                raise RpsError("protocol_error", f"the PBX answered {endpoint} without {key}")
            self._hide(answer[key])
        self._refresh_token = answer["refresh_token"]
        return str(answer["access_token"])


class Pbx(Backend[Assignment]):
    """A PBX. As a context manager, it obtains a token on entry and releases it on exit.

    Methods raise RpsError like those of services. Implements ``phone/…``, ``extension/search``,
    ``auto_provisioning/compatibility`` and the token calls of Yeastar's developer guide.
    """

    headers: ClassVar[Mapping[str, str]] = {"Content-Type": "application/json", "User-Agent": "OpenAPI"}
    can = Capabilities(
        read_target=True,
        list_account=True,
        rebind=True,
        bulk=Bulk(bind=MANY, move=MANY, release=MANY),
    )

    def __init__(self, client: Client, login: PbxLogin) -> None:
        super().__init__(client)
        self._login = login
        self._ids: dict[str, int] = {}

    def __enter__(self) -> Pbx:
        self._login.credential(self.client)
        return self

    def __exit__(self, *_error: object) -> None:
        if not self._login.is_given:
            # The token expires by itself, so do not wait for a PBX that is unavailable.
            self.client.retries = 0
            self.client.resume()
            with contextlib.suppress(Exception):
                try:
                    self._get("del_token")
                except RpsError as error:
                    if error.code != "unreachable":
                        raise
                    # A PBX closes idle connections; this call opens a new one.
                    self._get("del_token")

    def check(self, device: Device, *, target: bool) -> Observation:
        """Call phone/search for the MAC address; for a target, also phone/get for the id of the extension."""
        mac = device.mac
        spellings = dict.fromkeys((colon_mac(mac), colon_mac(mac).upper()))
        for spelled in spellings:
            phone = dict(self._phones(search_value=spelled)).get(mac)
            if phone:
                return Observation(REGISTERED, held=self._with_ext_id(mac, phone) if target else phone)
        return Observation(UNKNOWN)

    def list_phones(self) -> dict[str, Phone]:
        """Call phone/search, page by page. Return every phone by its MAC address."""
        return dict(self._phones())

    @functools.cached_property
    def extensions(self) -> dict[str, int]:
        """Call extension/search, page by page. Return every extension's id by its number."""
        return dict(self._extensions())

    def extension_id(self, number: str) -> int | None:
        """Call extension/search. Return the id of the extension with exactly this number, or None."""
        return dict(self._extensions(search_value=number)).get(number)

    def menu(self, menu: str, **about: str) -> list[dict[str, Any]]:
        """Call auto_provisioning/compatibility. Return the options of a ``menu``: ``text``, ``value`` and ``type``."""
        answer = self._get("auto_provisioning/compatibility", menu=menu, **about)
        return [{key: row.get(key) for key in ("text", "value", "type")} for row in rows(answer)]

    def register(self, devices: Sequence[Device], target: Assignment, *, override: bool) -> None:
        """Call phone/batchcreate."""
        macs = macs_of(devices)
        phones = [{"mac": colon_mac(mac), "ext_id": target.extensions[mac].id} for mac in macs]
        kind = {
            "vendor": target.vendor.value,
            "model": target.model.value,
            "template_name": target.template_name,
            "provisioning_method": METHOD,
            "enb_rps_auth": int(target.rps_auth),
        }
        self._change("phone/batchcreate", {**kind, "phone_list": phones}, dict(zip(macs, phones)))

    def move(self, devices: Sequence[Device], target: Assignment) -> None:
        """Call phone/batchupdate, which only changes extensions."""
        macs = macs_of(devices)
        phones = [{"id": self._ids[mac], "mac": colon_mac(mac), "ext_id": target.extensions[mac].id} for mac in macs]
        body = {"batch_id_list": [phone["id"] for phone in phones], "phone_list": phones}
        self._change("phone/batchupdate", body, dict(zip(macs, phones)))

    def remove(self, devices: Sequence[Device]) -> None:
        """Call phone/batchdelete."""
        phones = {mac: {"id": self._ids[mac], "mac": colon_mac(mac)} for mac in macs_of(devices)}
        ids = [phone["id"] for phone in phones.values()]
        self._change("phone/batchdelete", {"batch_id_list": ids}, phones, unknown="not_registered")

    def _phones(self, **query: str) -> Iterator[tuple[str, Phone]]:
        for row in self._pages("phone/search", **query):
            try:
                mac = parse_mac(row["mac"])
                number = row.get("assigned_ext_num")
                number = None if number in (None, "", _NOBODY) else str(number)
                phone = Phone(str(row["vendor"]), str(row["model"]), str(row["template_name"]), number)
                self._ids[mac] = int(row["id"])
            except (KeyError, TypeError, ValueError):
                raise unexpected_answer(row) from None
            yield mac, phone

    def _with_ext_id(self, mac: str, phone: Phone) -> Phone:
        answer = self._get("phone/get", id=self._ids[mac])
        data = answer.get("data")
        details: Any = data[0] if isinstance(data, list) and data else data
        try:
            extension = str(details["assigned_extension"])
        except (KeyError, TypeError):
            raise unexpected_answer(answer) from None
        return phone._replace(ext_id=int(extension) if extension.isdecimal() else None)

    def _extensions(self, **query: str) -> Iterator[tuple[str, int]]:
        for row in self._pages("extension/search", **query):
            try:
                yield str(row["number"]), int(row["id"])
            except (KeyError, TypeError, ValueError):
                raise unexpected_answer(row) from None

    def _pages(self, endpoint: str, **query: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of all pages; pages may be shorter than requested."""
        came = 0
        seen: set[str] = set()
        for page in range(1, MOST_PAGES + 1):
            answer = self._get(endpoint, page=page, page_size=PAGE_SIZE, **query)
            found = rows(answer)
            ids = {str(row.get("id")) for row in found}
            if found and ids <= seen:
                raise RpsError("protocol_error", f"{endpoint} returned earlier rows again on page {page}")
            seen |= ids
            yield from found
            came += len(found)
            total = answer.get("total_number")
            if not isinstance(total, int) or isinstance(total, bool):
                raise unexpected_answer(answer)
            if not found or came >= total:
                return
        raise RpsError("protocol_error", f"{endpoint} has more than {MOST_PAGES} pages")

    def _change(
        self,
        endpoint: str,
        body: Mapping[str, Any],
        phones: Mapping[str, Mapping[str, Any]],
        unknown: str = "unknown_mac",
    ) -> None:
        """Post a write. ``phones``: the sent values by MAC address, which a refusal may name."""
        try:
            self._post(endpoint, body)
        except PbxRefusal as refusal:
            codes = {"mac": "invalid_mac", "ext_id": "invalid_input", "id": unknown}
            code = unknown if refusal.code == "unknown_mac" else refusal.code
            culprits: dict[str, Refused] = {}
            for field, value in refusal.duplicate or refusal.invalid:
                for mac, key in _meant(phones, field, value):
                    own = code if refusal.duplicate else codes[key]
                    culprits[mac] = Refused(own, refusal.message, verdict=verdict_of(own))
            if culprits:
                code = next(iter(culprits.values())).code
            raise Refused(code, refusal.message, culprits, verdict=verdict_of(code)) from None

    def _get(self, endpoint: str, **query: Any) -> dict[str, Any]:
        path = f"/{endpoint}?{_query(**query)}" if query else f"/{endpoint}"
        return self.client.request("GET", path, _read, write=False)

    def _post(self, endpoint: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self.client.request("POST", f"/{endpoint}", _read, body=json.dumps(body).encode(), write=True)


def _read(answer: Answer) -> dict[str, Any]:
    return read_answer(answer.body)


def _query(**query: Any) -> str:
    return urlencode(query, errors="replace")


def _meant(phones: Mapping[str, Mapping[str, Any]], field: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the MAC address of each phone that a refusal names by a field and its value, and the field."""
    keys = {"": "mac", "batch_id_list": "id"}
    key = keys.get(field, field)
    for mac, phone in phones.items():
        if key in phone and str(phone[key]).casefold() == str(value).casefold():
            yield mac, key
