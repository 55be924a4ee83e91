# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers as a service answered in a transcript of the role preflight: by method, in the order recorded."""

from __future__ import annotations

import json
import re
from collections import deque
from pathlib import Path
from typing import Any, NamedTuple

from .wire import Answer, Request, Wire

FORMAT = 1

_METHOD = re.compile(rb"<methodName>\s*([\w.:/]+)\s*</methodName>")


class _Recorded(NamedTuple):
    status: int | None
    body: bytes


class Replay:
    """The recorded answers. The last answer of a method is repeated when there are no more."""

    def __init__(self, path: str | Path) -> None:
        """Read the transcript. Raise OSError, or ValueError if it is not a transcript."""
        try:
            file = json.loads(Path(path).read_text(encoding="utf-8"))
            recorded = file["exchanges"] if file["rps_transcript"] == FORMAT else None
            self._answers: dict[str, deque[_Recorded]] = {}
            for exchange in recorded or []:
                key = _key(exchange["verb"], exchange["request"].encode())
                self._answers.setdefault(key, deque()).append(_answer(exchange))
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
            raise ValueError(f"{path}: not a transcript of the role preflight") from None
        if not self._answers:
            raise ValueError(f"{path}: a transcript without exchanges, or with another format than {FORMAT}")

    def handle(self, wire: Wire, request: Request) -> bool:
        """Send the recorded answer. Return whether the connection stays open."""
        answers = self._answers.get(_key(request.verb, request.body))
        if answers is None:
            answer = Answer(404, b"the transcript has no such call\n", "text/plain")
        else:
            recorded = answers.popleft() if len(answers) > 1 else answers[0]
            if recorded.status is None:
                wire.reset()
                return False
            answer = Answer(recorded.status, recorded.body)
        wire.send(answer.head(request.keep_alive) + (answer.body if request.verb != "HEAD" else b""))
        return request.keep_alive


def _key(verb: str, body: bytes) -> str:
    found = _METHOD.search(body)
    return found[1].decode() if found else verb


def _answer(exchange: dict[str, Any]) -> _Recorded:
    status = exchange["status"]
    if status is not None and (isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 599):
        raise ValueError
    return _Recorded(status, exchange["answer"].encode())
