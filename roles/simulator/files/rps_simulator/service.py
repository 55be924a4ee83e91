# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated services: a request comes in, is dealt with, or goes wrong on the way, and is written down."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from .faults import Faults, Rule
from .knobs import Settings
from .log import Entry, Log
from .transport import Refused, Reply, Transport
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
    """Process the requests to the paths of the providers."""

    def __init__(
        self,
        transports: Sequence[Transport],
        settings: Settings,
        faults: Faults,
        log: Log,
        pause: Callable[[float], None],
    ) -> None:
        """Set up the service. The transport with the longest prefix of the path gets the request.

        One transport must match every path. `pause(seconds)` waits, and raises OSError if the waiting is interrupted.
        """
        self._transports = sorted(transports, key=lambda transport: len(transport.prefix), reverse=True)
        self._settings = settings
        self._faults = faults
        self._log = log
        self._pause = pause

    def handle(self, wire: Wire, request: Request) -> bool:
        """Answer the request, or simulate a fault. Return whether the connection stays open."""
        for transport in self._transports:
            if request.path.startswith(transport.prefix):
                break
        keep_alive = request.keep_alive and transport.keep_alive
        try:
            if len(request.body) > MAX_CALL:
                raise Refused(None, Answer(413))
            asked = transport.read(wire.peer, request)
        except Refused as refusal:
            answer = refusal.answer
            self._log.add(
                Entry(time.time(), refusal.account, None, 0, 0, request.path, answer.status, None, None, False)
            )
            wire.send(answer.head(keep_alive) + answer.body)
            return keep_alive

        seconds, rule = self._faults.take(asked.method, asked.parameters)
        self._pause(seconds + self._settings.latency)
        if rule is not None and not rule.carried_out:
            reply = Reply(b"", False if asked.writes else None)
        else:
            reply = asked.answer()
        answer = Answer(reply.status, reply.body, transport.content_type, reply.headers)
        if rule is not None:
            answer = _instead(rule, answer, transport, request)
        kept_back = rule is not None and rule.kind.startswith(("reset", "hang"))
        self._log.add(
            Entry(
                at=time.time(),
                account=asked.account,
                method=asked.method,
                parameters=asked.parameters,
                devices=asked.devices,
                path=request.path,
                status=None if kept_back else answer.status,
                fault=rule.kind if rule else None,
                carried_out=reply.carried_out,
                retired=asked.retired,
            )
        )
        if rule is not None:
            return self._misbehave(wire, rule, answer, keep_alive)
        wire.send(answer.head(keep_alive) + answer.body)
        return keep_alive

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


def _instead(rule: Rule, answer: Answer, transport: Transport, request: Request) -> Answer:
    """Return the answer that the rule sends instead of `answer`."""
    given = rule.parameters
    if rule.kind in ("http_error", "http_error_after"):
        headers = (("Retry-After", str(given["retry_after"])),) if "retry_after" in given else ()
        return Answer(given["status"], _bytes(given.get("body", "")), "text/html", headers)
    if rule.kind in ("login_page", "login_page_after"):
        return LOGIN_PAGE
    if rule.kind == "redirect":
        return Answer(302, b"", headers=(("Location", given["location"]),))
    if rule.kind in ("answer", "answer_after"):
        return Answer(
            given.get("status", 200), _bytes(given["body"]), given.get("content_type", transport.content_type)
        )
    if rule.kind == "fault":
        return transport.fault(given["code"], given["message"])
    if rule.kind == "token_expired":
        return transport.log_out(request)
    if rule.kind == "half_answer":
        return Answer(answer.status, answer.body[: len(answer.body) // 2], answer.content_type, answer.headers)
    return answer


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
