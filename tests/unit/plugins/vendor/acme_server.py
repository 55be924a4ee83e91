# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service of a vendor that does not exist, over a real socket."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

CLIENT, SECRET = "client-7", "acme-top-secret"
PAGE = 4


class Call(NamedTuple):
    """A request as the service got it."""

    verb: str
    path: str
    body: Any


class AcmeServer(ThreadingHTTPServer):
    """Holds our C(phones) by MAC address, and those of others.

    C(calls): what was asked, signed rightly; C(statuses): statuses to answer with instead, the next one first, without
    doing anything; C(losses): so many writes are carried out and not answered.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/v1/"
        self.phones: dict[str, dict[str, Any]] = {}
        self.others: set[str] = set()
        self.stuck: set[str] = set()
        self.calls: list[Call] = []
        self.nonces: set[str] = set()
        self.statuses: list[int] = []
        self.losses = 0
        self.lock = threading.Lock()
        self._next = 100

    def holds(self, *macs: str, url: str) -> None:
        """Put phones into our account."""
        for mac in macs:
            self._next += 1
            self.phones[mac] = {"id": self._next, "mac": mac.upper(), "url": url, "serial": "0000"}

    def answer(self, verb: str, path: str, body: Any) -> tuple[int, Any]:
        """Return the status and the value of an answer."""
        page, _mark, query = path.partition("?")
        ids = {str(phone["id"]): mac for mac, phone in self.phones.items()}
        parts = page.strip("/").split("/")[1:]
        if verb == "GET" and parts == ["phones"]:
            return 200, self._page(query.partition("=")[2])
        if verb == "GET" and parts[:2] == ["phones", "by-mac"]:
            phone = self.phones.get(parts[2])
            return (200, phone) if phone else (404, {"error": "gone"})
        if verb == "POST" and parts == ["phones"]:
            return self._add(body)
        if verb == "PATCH" and len(parts) == 2:
            if parts[1] not in ids:
                return 404, None
            self.phones[ids[parts[1]]]["url"] = body["url"]
            return 204, None
        if verb == "DELETE" and parts == ["phones"]:
            return 207, [self._delete(one, ids.get(str(one))) for one in body["ids"]]
        return 400, {"error": "request"}

    def _page(self, after: str) -> Any:
        phones = [phone for phone in self.phones.values() if phone["id"] > int(after or 0)]
        return {"phones": phones[:PAGE], "next": phones[PAGE - 1]["id"] if len(phones) > PAGE else None}

    def _add(self, body: Any) -> tuple[int, Any]:
        mac = body["mac"]
        if mac in self.others:
            return 409, {"error": "taken"}
        if mac in self.phones:
            return 409, {"error": "yours"}
        if body["serial"] == "9999":
            return 422, {"error": "serial"}
        self.holds(mac, url=body["url"])
        self.phones[mac]["serial"] = body["serial"]
        return 201, {"id": self.phones[mac]["id"]}

    def _delete(self, one: int, mac: str | None) -> Any:
        if mac in self.stuck:
            return {"id": one, "error": "stuck"}
        if mac is None:
            return {"id": one, "error": "gone"}
        del self.phones[mac]
        return {"id": one, "error": None}


class _Handler(BaseHTTPRequestHandler):
    server: AcmeServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.server.lock:
            status, value = self._answer(body)
            lost = self.command != "GET" and status < 300 and self.server.losses > 0
            self.server.losses -= lost
        if lost:
            self.close_connection = True
            return
        content = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_PATCH = do_DELETE = do_GET

    def _answer(self, body: bytes) -> tuple[int, Any]:
        _scheme, _client, now, nonce, digest = self.headers["Authorization"].split()
        signed = "\n".join([self.command, self.headers["Host"], self.path, now, nonce]).encode() + body
        if not hmac.compare_digest(digest, hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()):
            return 401, {"error": "signature"}
        if nonce in self.server.nonces:
            return 401, {"error": "replay"}
        self.server.nonces.add(nonce)
        value = json.loads(body) if body else None
        self.server.calls.append(Call(self.command, self.path, value))
        if self.server.statuses:
            return self.server.statuses.pop(0), {"error": "later"}
        return self.server.answer(self.command, self.path, value)

    def log_message(self, *_arguments: object) -> None:
        pass
