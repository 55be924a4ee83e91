# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control interface `/simulator...`, JSON over HTTP, for loopback clients only, without an account."""

from __future__ import annotations

import ipaddress
import json
import os
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from .log import Entry
from .version import VERSION
from .wire import Answer, Request

PREFIX = "/simulator"


class Controlled(Protocol):
    """The parts of the simulator that can be controlled over HTTP."""

    @property
    def url(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def providers(self) -> list[str]: ...
    @property
    def log(self) -> list[Entry]: ...
    def clear_log(self) -> None: ...
    def misbehave(self, *rules: object) -> None: ...
    def settings(self, /, **knobs: Any) -> dict[str, object]: ...
    def seed(self, data: object) -> bool: ...
    def state(self, account: str) -> dict[str, dict[str, Any]]: ...


class _Refused(Exception):
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def answer(simulator: Controlled, peer: str, request: Request) -> Answer:
    """Return the answer of `/simulator...` to the client `peer`: JSON, or `{"error": ...}` with a 4xx status."""
    try:
        if not ipaddress.ip_address(peer.removeprefix("::ffff:").partition("%")[0]).is_loopback:
            raise _Refused(403, "only clients on this machine may control the simulator")
        _refuse_other_sites(simulator, request)
        return _json(200, _dispatch(simulator, request))
    except _Refused as refusal:
        return _json(refusal.status, {"error": str(refusal)})
    except ValueError as error:
        return _json(400, {"error": str(error)})


def _refuse_other_sites(simulator: Controlled, request: Request) -> None:
    """Refuse requests that a web page of another site makes a browser on this machine send."""
    host = request.headers.get("host")
    name = None if host is None else _name(f"//{host}")
    if host is not None and name != simulator.host and not _loopback(name):
        raise _Refused(403, "the Host header must name this simulator: use its URL, or localhost")
    origin = request.headers.get("origin")
    if origin is not None and origin != f"{urlsplit(simulator.url).scheme}://{host}":
        raise _Refused(403, "requests from web pages of other sites are refused (Origin header)")


def _name(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _loopback(name: str | None) -> bool:
    try:
        return name == "localhost" or ipaddress.ip_address(str(name)).is_loopback
    except ValueError:
        return False


def _json(status: int, value: object) -> Answer:
    return Answer(status, json.dumps(value).encode() + b"\n", "application/json")


def _dispatch(simulator: Controlled, request: Request) -> object:
    route = f"{request.verb} {request.path.removeprefix(PREFIX)}"
    if route == "GET ":
        return {"version": VERSION, "providers": simulator.providers, "pid": os.getpid()}
    if route == "PUT /faults":
        rules = _body(request)
        if not isinstance(rules, list):
            raise _Refused(400, "a list of fault rules is expected")
        simulator.misbehave(*rules)
        return {"rules": len(rules)}
    if route == "PUT /settings":
        knobs = _body(request)
        if not isinstance(knobs, dict):
            raise _Refused(400, "an object with settings is expected")
        return simulator.settings(**knobs)
    if route == "POST /seed":
        return {"changed": simulator.seed(_body(request))}
    if route == "GET /log":
        return [entry._asdict() for entry in simulator.log]
    if route == "DELETE /log":
        simulator.clear_log()
        return {}
    if route == "GET /state":
        return simulator.state("".join(parse_qs(request.query).get("account", [])))
    raise _Refused(404, "unknown request")


def _body(request: Request) -> object:
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        raise _Refused(400, "the body is not JSON") from None
