# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The code that dialects with JSON over several verbs and paths share: routes, and the base of dialects.

The file of a vendor has a `Dialect` with its routes, and a subclass of `Rest` with its prefix, its login and its words
for requests that cannot be read.
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
    """After a write, this number of calls that read a device still return its old state."""


class Failed(Exception):
    """The call is answered with this status and value; `carried_out` if part of it was done anyway."""

    def __init__(self, status: int, value: object, carried_out: bool = False) -> None:
        super().__init__(status)
        self.status = status
        self.value = value
        self.carried_out = carried_out


@dataclass(frozen=True, slots=True)
class Asking:
    """The input of a route, inside a transaction."""

    account: Account
    records: Records
    state: State
    settings: Any
    """An instance of the dialect's settings class."""
    request: Request
    parts: Mapping[str, str]
    """The parts of the path for the names in braces."""
    query: Mapping[str, str]
    value: Any
    """The value in the body; None if it is empty."""
    transport: Rest


@dataclass(frozen=True, slots=True)
class Result:
    """The answer of a route; it has no body if `value` is None."""

    value: object = None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


def _none(_value: Any) -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Route:
    """`answer(asking)` returns the answer, and raises Failed.

    `devices(value)`: the number of devices in the value of a bulk call's body; 0 for all other calls.
    `parameters(query, value)`: the number of parameters that turn the request into another call.
    """

    answer: Callable[[Asking], Result]
    writes: bool = False
    devices: Callable[[Any], int] = _none
    parameters: Callable[[Mapping[str, str], Any], int] = field(default=lambda _query, _value: 0)


Routes = Mapping[str, Route]
"""By verb and path, with names in braces for variable parts: `PATCH /v2/rps/devices/{id}`."""


@dataclass(frozen=True, kw_only=True)
class Dialect(dialect.Dialect):
    """A vendor's service with its routes."""

    routes: Routes
    settings: type[RestSettings] = RestSettings
    tables: tuple[str, ...] = (TABLES,)
    parts: Mapping[str, Part] = field(default_factory=lambda: {"devices": DEVICES})


class Rest(Transport):
    """Requests with a login each; the dialect of the account answers."""

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
        """Return the account of the request; `method` is the name of its route, or None. Raise Refused."""

    @abstractmethod
    def missing_route(self, request: Request) -> Answer:
        """Return the answer for a request without a route."""

    @abstractmethod
    def unreadable_body(self, reason: str) -> Failed:
        """Return the answer to a body that is not JSON."""

    def answer(self, status: int, value: object) -> Answer:
        """Return an answer with a value as JSON."""
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
                problem = self.unreadable_body(str(error))
        parameters = 0 if route is None or problem else route.parameters(query, value)
        if spoken is None or route is None or method is None:
            raise Refused(account.name, self.missing_route(request))
        settings = self.panel.of(spoken.settings)
        if settings.lacks(method, parameters):
            missing = self.missing_route(request)
            lacking = Reply(missing.body, None, missing.status)
            return Asked(account.name, method, parameters, 0, False, False, lambda: lacking)
        writes, answer = route.writes, route.answer

        def reply() -> Reply:
            with self.state.transaction(write=writes):
                records = self._lag.records(account, writes)
                try:
                    if problem:
                        raise problem
                    result = answer(Asking(account, records, self.state, settings, request, parts, query, value, self))
                except Failed as failure:
                    carried_out = failure.carried_out if writes else None
                    return Reply(_encoded(failure.value), carried_out, failure.status)
            return Reply(_encoded(result.value), True if writes else None, result.status, result.headers)

        devices = 0 if problem else route.devices(value)
        return Asked(account.name, method, parameters, devices, writes, False, reply)

    def _route(self, request: Request) -> tuple[str | None, dict[str, str]]:
        """Return the name of a request's route, and the parts of the path for the names in braces."""
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
