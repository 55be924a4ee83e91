# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated services: who asks, which dialect answers, and what goes wrong on the way."""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from collections.abc import Callable

from .dialects import DIALECTS
from .dialects.xmlrpc import NO_SUCH_METHOD, NotACall, Reply, fault, read_call
from .faults import Faults, Rule
from .log import Entry, Log
from .settings import Settings
from .state import Account, State
from .wire import Answer, Request, Wire

MAX_CALL = 8 * 1024 * 1024
SLICES = 20

LOGIN_PAGE = Answer(
    200,
    b"<!DOCTYPE html>\n<html><head><title>Log in</title></head>\n"
    b'<body><form method="post"><input name="username"><input name="password" type="password"></form></body></html>\n',
    "text/html; charset=utf-8",
)


class Service:
    """Deals with the requests to the providers' paths."""

    def __init__(
        self, state: State, settings: Settings, faults: Faults, log: Log, pause: Callable[[float], None]
    ) -> None:
        """`pause(seconds)` waits, and raises OSError when the waiting is called off."""
        self._state = state
        self._settings = settings
        self._faults = faults
        self._log = log
        self._pause = pause

    def handle(self, wire: Wire, request: Request) -> bool:
        """Answer the request, or fail to as the faults say. Returns whether the connection goes on."""
        account = self._authenticate(request)
        if account is None:
            answer = Answer(401, b"", headers=(("WWW-Authenticate", 'Basic realm="RPS"'),))
            return self._refuse(wire, request, None, answer)
        dialect = DIALECTS[account.provider]
        if request.path not in dialect.paths:
            return self._refuse(wire, request, account, Answer(404))
        if request.verb != "POST":
            return self._refuse(wire, request, account, Answer(405, headers=(("Allow", "POST"),)))
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if dialect.content_type not in (None, content_type):
            return self._refuse(wire, request, account, Answer(415))
        if len(request.body) > MAX_CALL:
            return self._refuse(wire, request, account, Answer(413))
        try:
            call = read_call(request.body)
        except NotACall as error:
            return self._refuse(wire, request, account, Answer(400, f"{error}\n".encode(), "text/plain"))

        seconds, rule = self._faults.take(call.method)
        self._pause(seconds + self._settings.latency)
        method = None if self._settings.lacks(call.method, len(call.parameters)) else dialect.method(call)
        if method is None:
            reply = Reply(fault(NO_SUCH_METHOD, f"no such method: {call.method}"), None)
        elif rule is not None and not rule.carried_out:
            reply = Reply(b"", False if method.writes else None)
        else:
            with self._state.transaction(write=method.writes):
                reply = method.answer(self._state.records(account), self._settings, *call.parameters)
        answer = Answer(200, reply.body) if rule is None else _instead(rule, Answer(200, reply.body))
        kept_back = rule is not None and rule.kind.startswith(("reset", "hang"))
        self._log.add(
            Entry(
                at=time.time(),
                account=account.name,
                method=call.method,
                parameters=len(call.parameters),
                devices=method.devices(call) if method else 0,
                path=request.path,
                status=None if kept_back else answer.status,
                fault=rule.kind if rule else None,
                carried_out=reply.carried_out,
                retired=method is not None and method.retired,
            )
        )
        if rule is not None:
            return self._misbehave(wire, rule, answer, request.keep_alive)
        wire.send(answer.head(request.keep_alive) + answer.body)
        return request.keep_alive

    def _authenticate(self, request: Request) -> Account | None:
        scheme, _space, credentials = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            name, _colon, password = base64.b64decode(credentials, validate=True).partition(b":")
        except (binascii.Error, ValueError):
            return None
        for encoding in ("utf-8", "latin-1"):
            try:
                account = self._state.account(name.decode(encoding))
            except UnicodeDecodeError:
                continue
            if account and hmac.compare_digest(account.password.encode(encoding, "replace"), password):
                return account
        return None

    def _refuse(self, wire: Wire, request: Request, account: Account | None, answer: Answer) -> bool:
        name = account.name if account else None
        self._log.add(Entry(time.time(), name, None, 0, 0, request.path, answer.status, None, None, False))
        wire.send(answer.head(request.keep_alive) + answer.body)
        return request.keep_alive

    def _misbehave(self, wire: Wire, rule: Rule, answer: Answer, keep_alive: bool) -> bool:
        if rule.kind in ("reset_before", "reset_after"):
            wire.reset()
            return False
        if rule.kind in ("hang_before", "hang_after"):
            self._pause(rule.parameters["seconds"])
            return False
        if rule.kind == "cut_answer":
            wire.send(answer.head(keep_alive) + answer.body[: len(answer.body) // 2])
            return False
        if rule.kind == "slow_answer":
            wire.send(answer.head(keep_alive))
            size = -(-len(answer.body) // SLICES)
            for start in range(0, len(answer.body), size):
                self._pause(rule.parameters["seconds"] / SLICES)
                wire.send(answer.body[start : start + size])
            return keep_alive
        wire.send(answer.head(keep_alive) + answer.body)
        return keep_alive


def _instead(rule: Rule, answer: Answer) -> Answer:
    """What is answered under that rule instead of `answer`."""
    given = rule.parameters
    if rule.kind in ("http_error", "http_error_after"):
        headers = (("Retry-After", str(given["retry_after"])),) if "retry_after" in given else ()
        return Answer(given["status"], _bytes(given.get("body", "")), "text/html", headers)
    if rule.kind in ("login_page", "login_page_after"):
        return LOGIN_PAGE
    if rule.kind == "redirect":
        return Answer(302, b"", headers=(("Location", given["location"]),))
    if rule.kind == "answer":
        return Answer(given.get("status", 200), _bytes(given["body"]), given.get("content_type", "text/xml"))
    if rule.kind == "fault":
        return Answer(200, fault(given["code"], given["message"]))
    if rule.kind == "half_answer":
        return Answer(200, answer.body[: len(answer.body) // 2])
    return answer


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
