# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a service is spoken to: who asks, what is asked for, and how an error is told."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, NamedTuple

from .wire import Answer, Request


class Reply(NamedTuple):
    """An answer's body, and for a write whether it was carried out (None for a read)."""

    body: bytes
    carried_out: bool | None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


class Asked(NamedTuple):
    """What a request asks for. `answer()` does it, once."""

    account: str | None
    method: str
    parameters: int
    devices: int
    """How many devices a bulk call lists; 0 for any other call."""
    writes: bool
    retired: bool
    answer: Callable[[], Reply]


class Refused(Exception):
    """The request does not get as far as a call: `account`, where that is known, gets `answer`."""

    def __init__(self, account: str | None, answer: Answer) -> None:
        super().__init__(answer.status)
        self.account = account
        self.answer = answer


class Transport(ABC):
    """One way to speak to services."""

    prefix: ClassVar[str]
    """How the paths of its requests begin."""
    content_type: ClassVar[str]
    keep_alive: ClassVar[bool]
    """Whether a connection may serve more than one request."""

    @abstractmethod
    def read(self, peer: str, request: Request) -> Asked:
        """What the request of the client at address `peer` asks for. Raises Refused."""

    @abstractmethod
    def fault(self, code: int, message: str) -> Answer:
        """The answer that tells of an error; the code -32601 is that of a method that does not exist."""

    @abstractmethod
    def log_out(self, request: Request) -> Answer:
        """Make the request's token worthless, where there are tokens, and answer as to a login that does not hold."""

    def forgive(self) -> None:
        """Forget failed logins, where they are counted."""
        return
