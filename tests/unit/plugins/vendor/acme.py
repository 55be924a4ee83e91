# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A vendor that does not exist, and that is in all as the present ones are not: what its file in _services would be.

JSON over four verbs, each request signed with the time and a nonce, phones that go by ids of the service's own, a
serial number per phone, one phone a call but for releasing, which succeeds in part.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from ansible_collections.voip.rps.plugins.module_utils._http.logins import Login, Outgoing
from ansible_collections.voip.rps.plugins.module_utils._pure.capabilities import Bulk, Capabilities
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError, unexpected_answer
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import parse_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    REGISTERED,
    UNKNOWN,
    Device,
    Observation,
    Target,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.shown import SECRETS
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict
from ansible_collections.voip.rps.plugins.module_utils._services.base import settle
from ansible_collections.voip.rps.plugins.module_utils._services.json_service import JsonService

_REFUSALS = {
    "taken": ("owned_by_other_user", Verdict.ELSEWHERE),
    "yours": ("needs_override", Verdict.REGISTERED),
    "serial": ("invalid_input", Verdict.DEVICES),
    "gone": ("not_registered", Verdict.ALREADY),
    "url": ("invalid_url", Verdict.BATCH),
}


class AcmeLogin(Login):
    """Signs each try with the time, a nonce that is never used again, and a digest of it all."""

    what = "client_id and client_secret"

    def __init__(self, client_id: str, client_secret: str) -> None:
        SECRETS.add(client_secret)
        self._id = client_id
        self._secret = client_secret.encode()

    def sign(self, request: Outgoing, _credential: str) -> Outgoing:
        nonce, now = secrets.token_hex(8), str(int(time.time()))
        signed = "\n".join([request.verb, request.host, request.path, now, nonce]).encode() + (request.body or b"")
        digest = hmac.new(self._secret, signed, hashlib.sha256).hexdigest()
        return request.with_headers({"Authorization": f"Acme {self._id} {now} {nonce} {digest}"})


class Acme(JsonService):
    """Phones with URLs of their own."""

    provider = "acme"
    default_url = ""
    login = ("client_id", "client_secret")
    mac_prefixes = ("0a1b2c",)
    sources = "One client"
    not_known = "Most of it"
    attributes = ("sn",)
    mac_placeholder = "{mac}"
    can = Capabilities(own_url=True, read_target=True, list_account=True, rebind=True, bulk=Bulk(release=3))
    errors: ClassVar[Mapping[str, tuple[str, Verdict]]] = _REFUSALS

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self._ids: dict[str, int] = {}

    @classmethod
    def login_of(cls, options: Mapping[str, str]) -> Login:
        return AcmeLogin(options["client_id"], options["client_secret"])

    @classmethod
    def device_problems(cls, device: Device) -> Iterator[str]:
        sn = device.attributes.get("sn", "")
        if device.target and not sn:
            yield "acme needs the serial number of the phone: give it in the column sn"
        elif sn and not re.fullmatch("[0-9]{4}", sn):
            yield f"sn {sn!r} is not a serial number of four digits"

    def check(self, device: Device, *, target: bool) -> Observation:
        """GET /phones/by-mac/MAC: 404 where the account has no such phone."""
        return self._ask("GET", f"/phones/by-mac/{device.mac}", self._observation, write=False)

    def list_devices(self) -> Mapping[str, Observation]:
        """GET /phones, page by page."""
        macs: list[str] = []
        after: Any = ""
        while after is not None:
            page = self._ask("GET", f"/phones?after={after}", self._page, write=False, listing=True)
            macs += [self._learn(row) for row in page["phones"]]
            if page["next"] == after:
                raise unexpected_answer(page)
            after = page["next"]
        return dict.fromkeys(macs, Observation(REGISTERED))

    def register(self, devices: Sequence[Device], target: Target, *, override: bool) -> None:
        """POST /phones."""
        (device,) = devices
        body = {"mac": device.mac, "serial": device.attributes["sn"], "url": target.url}
        self._ids[device.mac] = self._ask("POST", "/phones", self._done, body=body, write=True)["id"]

    def move(self, devices: Sequence[Device], target: Target) -> None:
        """PATCH /phones/ID."""
        (device,) = devices
        self._ask("PATCH", f"/phones/{self._id(device)}", self._done, body={"url": target.url}, write=True)

    def remove(self, devices: Sequence[Device]) -> None:
        """DELETE /phones with their ids, of which some may be refused."""
        ids = {self._id(device): device.mac for device in devices}

        def read(status: int, value: Any) -> None:
            if status != 207:
                raise unexpected_answer(value)
            said = {ids[row["id"]]: row["error"] for row in value}
            settle(
                {mac: self._refused(error) for mac, error in said.items() if error},
                [mac for mac, error in said.items() if not error],
            )

        self._ask("DELETE", "/phones", read, body={"ids": list(ids)}, write=True)

    def _id(self, device: Device) -> int:
        if device.mac not in self._ids and self.check(device, target=False).status != REGISTERED:
            raise self._refused("gone")
        return self._ids[device.mac]

    def _observation(self, status: int, value: Any) -> Observation:
        if status == 404:
            return Observation(UNKNOWN)
        phone = self._done(status, value)
        self._learn(phone)
        return Observation(REGISTERED, str(phone["url"]))

    def _page(self, status: int, value: Any) -> Any:
        return self._done(status, value)

    def _learn(self, row: Any) -> str:
        mac = parse_mac(row["mac"])
        self._ids[mac] = row["id"]
        return mac

    def _done(self, status: int, value: Any) -> Any:
        if status in (200, 201, 204):
            return value
        if status == 404:
            raise self._refused("gone")
        raise self._refused(str(value["error"]))

    def _refused(self, error: str) -> RpsError:
        code, verdict = self.errors.get(error, ("service_error", Verdict.UNCLEAR))
        return Refused(code, f"acme says {error}", verdict=verdict)
