# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hawk: requests that are signed with a key, see https://github.com/mozilla/hawk/blob/main/API.md."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from email.utils import parsedate_to_datetime
from typing import Mapping
from urllib.parse import urlsplit

from ansible_collections.voip.rps.plugins.module_utils._http.logins import Login, Outgoing
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.shown import SECRETS

_PORTS = {"http": 80, "https": 443}
_WORST_CLOCK = 60
"""The service accepts requests if the clocks differ by at most this number of seconds (unverified)."""
_TIME = re.compile(r'\bts="?([0-9]{1,12})\b')


def payload_hash(content_type: str, body: bytes) -> str:
    """Return the hash of a body. Parameters and case of the content type are ignored."""
    kind = content_type.partition(";")[0].strip().lower()
    text = f"hawk.1.payload\n{kind}\n".encode() + body + b"\n"
    return base64.b64encode(hashlib.sha256(text).digest()).decode()


def request_mac(key: str, verb: str, url: str, *, ts: int, nonce: str, payload: str = "", ext: str = "") -> str:
    """Return the MAC of a request to ``url``; ``payload`` is the hash of its body, if the body is signed."""
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    host = parts.netloc.rpartition("@")[2].lower()
    host = re.sub(r":[0-9]*$", "", host)
    port = parts.port or _PORTS[parts.scheme.lower()]
    lines = ["hawk.1.header", str(ts), nonce, verb.upper(), path, host, str(port), payload, ext]
    text = "".join(f"{line}\n" for line in lines)
    return base64.b64encode(hmac.new(key.encode("utf-8"), text.encode("utf-8"), hashlib.sha256).digest()).decode()


class HawkLogin(Login):
    """Signs with a key's id and secret. Each attempt has its own nonce and time, and signs its body if it has one.

    Raise RpsError ``invalid_input`` if they cannot be used.
    """

    what = "client_id and client_secret"

    def __init__(self, client_id: str, client_secret: str) -> None:
        SECRETS.add(client_secret)
        if not re.fullmatch(r"[ !#-\[\]-~]+", client_id):
            raise RpsError("invalid_input", "client_id contains invalid characters")
        try:
            client_secret.encode("utf-8")
        except UnicodeError:
            raise RpsError("invalid_input", "client_secret contains invalid characters") from None
        self.client_id = client_id
        self._secret = client_secret

    def sign(self, request: Outgoing, _credential: str) -> Outgoing:
        url = f"{request.scheme}://{request.host}{request.path}"
        ts, nonce = int(time.time()), secrets.token_urlsafe(9)
        payload = ""
        if request.body is not None:
            payload = payload_hash(request.headers.get("Content-Type", ""), request.body)
        mac = request_mac(self._secret, request.verb, url, ts=ts, nonce=nonce, payload=payload)
        fields = {"id": self.client_id, "ts": str(ts), "nonce": nonce, "hash": payload, "mac": mac}
        header = ", ".join(f'{name}="{value}"' for name, value in fields.items() if value)
        return request.with_headers({"Authorization": f"Hawk {header}"})

    def advice(self, headers: Mapping[str, str]) -> str:
        ahead = _seconds_ahead(headers)
        if ahead is None:
            return ". This also happens if the clock of this machine is wrong"
        if abs(ahead) < _WORST_CLOCK:
            return ""
        which = "behind" if ahead > 0 else "ahead of"
        return f". The clock of this machine is {abs(ahead)} seconds {which} the service's: set it right"


def _seconds_ahead(headers: Mapping[str, str]) -> int | None:
    """Return by how many seconds the service's clock is ahead of this machine's; None if the answer has no date."""
    stamp = _TIME.search(headers.get("WWW-Authenticate", "")[:1000])
    if stamp:
        return int(stamp.group(1)) - int(time.time())
    try:
        return int(parsedate_to_datetime(headers.get("Date", "")).timestamp() - time.time())
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
