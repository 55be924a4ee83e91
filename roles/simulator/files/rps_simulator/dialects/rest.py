# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the dialects share that speak JSON over several verbs and paths: routes, and what makes a dialect.

A vendor's file gives a `Dialect` with its routes, and a subclass of `Rest` that knows its prefix, its login and how it
words what it cannot read.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from .. import dialect
from ..dialect import World
from ..knobs import Settings, number
from ..lag import Lag
from ..parts import Part
from ..records import DEVICES, TABLES, Records
from ..state import Account, State
from ..transport import Asked, Refused, Reply, Transport
from ..wire import Answer, Request

MISSING_METHOD = -32601


@dataclass(slots=True)
class RestSettings(Settings):
    read_lag: int = number(0, 0, 100)
    """After a write, how many calls that read a device still find it as it was before."""


class Failed(Exception):
    """The call is answered with this status and value; `carried_out` where some of it was done all the same."""

    def __init__(self, status: int, value: object, carried_out: bool = False) -> None:
        super().__init__(status)
        self.status = status
        self.value = value
        self.carried_out = carried_out


@dataclass(frozen=True, slots=True)
class Asking:
    """What a route gets to answer a request, inside a transaction."""

    account: Account
    records: Records
    state: State
    settings: Any
    """Of the class that the dialect names."""
    request: Request
    parts: Mapping[str, str]
    """What stands in the path for the names in braces."""
    query: Mapping[str, str]
    value: Any
    """The value in the body; None if it is empty."""
    transport: Rest


@dataclass(frozen=True, slots=True)
class Told:
    """What a route answers; no body where `value` is None."""

    value: object = None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


def _none(_value: Any) -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Route:
    """`answer(asking)` returns what is told, and raises Failed.

    `devices(value)`: how many devices the call lists, by the value in its body, 0 for any but a bulk call;
    `parameters(query, value)`: how many of those parameters it has that make it another call.
    """

    answer: Callable[[Asking], Told]
    writes: bool = False
    devices: Callable[[Any], int] = _none
    parameters: Callable[[Mapping[str, str], Any], int] = field(default=lambda _query, _value: 0)


Routes = Mapping[str, Route]
"""By verb and path, with names in braces for what varies: `PATCH /v2/rps/devices/{id}`."""


@dataclass(frozen=True, kw_only=True)
class Dialect(dialect.Dialect):
    """A vendor's service, by its routes."""

    routes: Routes
    settings: type[RestSettings] = RestSettings
    tables: tuple[str, ...] = (TABLES,)
    parts: Mapping[str, Part] = field(default_factory=lambda: {"devices": DEVICES})


class Rest(Transport):
    """Requests each of which shows whose it is; that account's dialect answers."""

    content_type = "application/json"
    keep_alive = True

    def __init__(self, dialects: Sequence[dialect.Dialect], world: World) -> None:
        self.dialects = {one.provider: one for one in dialects if isinstance(one, Dialect)}
        self.state = world.state
        self.panel = world.panel
        lag = world.panel.of(RestSettings)
        self._lag = Lag(world.state, lambda: lag.read_lag, world.vendors)

    @abstractmethod
    def authenticate(self, request: Request, method: str | None) -> Account:
        """Whose the request is, to the route of this name; None if there is no such route. Raise Refused."""

    @abstractmethod
    def told_missing(self, request: Request) -> Answer:
        """The answer where there is no such route."""

    @abstractmethod
    def told_unreadable(self, reason: str) -> Failed:
        """The answer to a body that is not JSON."""

    def answer(self, status: int, value: object) -> Answer:
        """An answer with a value as JSON."""
        return Answer(status, _encoded(value), self.content_type)

    def read(self, peer: str, request: Request) -> Asked:
        method, parts = self._route(request)
        account = self.authenticate(request, method)
        spoken = self.dialects.get(account.provider)
        route = spoken.routes.get(method) if spoken is not None and method is not None else None
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        problem: Failed | None = None
        value: Any = None
        if request.body.strip():
            try:
                value = json.loads(request.body)
            except (ValueError, RecursionError) as error:
                problem = self.told_unreadable(str(error))
        parameters = 0 if route is None or problem else route.parameters(query, value)
        if spoken is None or route is None or method is None:
            raise Refused(account.name, self.told_missing(request))
        settings = self.panel.of(spoken.settings)
        if settings.lacks(method, parameters):
            missing = self.told_missing(request)
            lacking = Reply(missing.body, None, missing.status)
            return Asked(account.name, method, parameters, 0, False, False, lambda: lacking)
        writes, answer = route.writes, route.answer

        def reply() -> Reply:
            with self.state.transaction(write=writes):
                records = self._lag.records(account, writes)
                try:
                    if problem:
                        raise problem
                    told = answer(Asking(account, records, self.state, settings, request, parts, query, value, self))
                except Failed as failure:
                    carried_out = failure.carried_out if writes else None
                    return Reply(_encoded(failure.value), carried_out, failure.status)
            return Reply(_encoded(told.value), True if writes else None, told.status, told.headers)

        devices = 0 if problem else route.devices(value)
        return Asked(account.name, method, parameters, devices, writes, False, reply)

    def _route(self, request: Request) -> tuple[str | None, dict[str, str]]:
        """The name of the route that a request takes, and what stands in its path for the names in braces."""
        given = request.path.split("/")
        for one in self.dialects.values():
            for name in one.routes:
                verb, _space, path = name.partition(" ")
                steps = path.split("/")
                if verb != request.verb or len(steps) != len(given):
                    continue
                pairs = list(zip(steps, given, strict=True))
                if all(step == part or (step.startswith("{") and part) for step, part in pairs):
                    return name, {step[1:-1]: unquote(part) for step, part in pairs if step.startswith("{")}
        return None, {}


def _encoded(value: object) -> bytes:
    return b"" if value is None else json.dumps(value).encode()
