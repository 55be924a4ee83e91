# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface of a protocol: the account and the call of a request, and the form of errors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, NamedTuple

from .wire import Answer, Request


class Reply(NamedTuple):
    """The body of an answer, and whether a write was carried out (None for a read)."""

    body: bytes
    carried_out: bool | None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


class Asked(NamedTuple):
    """A parsed request. Call `answer()` once to process it."""

    account: str | None
    method: str
    parameters: int
    devices: int
    """The number of devices of a bulk call, or 0 for other calls."""
    writes: bool
    retired: bool
    answer: Callable[[], Reply]


class Refused(Exception):
    """The request is refused before it is a call. `account`: the account, or None if it is not known."""

    def __init__(self, account: str | None, answer: Answer) -> None:
        super().__init__(answer.status)
        self.account = account
        self.answer = answer


class Transport(ABC):
    """A protocol of services."""

    prefix: ClassVar[str]
    """The prefix of the paths of its requests."""
    content_type: ClassVar[str]
    keep_alive: ClassVar[bool]
    """Whether a connection may serve more than one request."""

    @abstractmethod
    def read(self, peer: str, request: Request) -> Asked:
        """Parse the request of the client at the address `peer`. Raise Refused."""

    @abstractmethod
    def fault(self, code: int, message: str) -> Answer:
        """Return the answer for an error. The code -32601 means that the method does not exist."""

    @abstractmethod
    def log_out(self, request: Request) -> Answer:
        """Expire the token of the request if there are tokens, and return the answer to a login that is not valid."""

    def forgive(self) -> None:
        """Reset failed logins, if they are counted."""
        return
