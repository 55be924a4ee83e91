# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Yeastar's OpenAPI in general: tokens, parameters, error codes and endpoints.

After the pages on authorization, response results and error codes of the P-Series developer guide; decisions that they
leave open are at the head of `yeastar.py`.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from .. import dialect
from ..dialect import World
from ..knobs import choice
from ..pbx import TABLES, Pbx
from ..state import Account
from ..tokens import Token, Tokens, TokenSettings
from ..transport import Asked, Refused, Reply, Transport
from ..wire import Answer, Request

Values = dict[str, Any]
Act = Callable[[], Values]
"""Carries out a request inside a transaction: returns the answer's members next to the code, and raises Failed."""

SUCCESS = (0, "SUCCESS")
PARTIAL_SUCCESS = (1, "PARTIAL SUCCESS")
FAILURE = (-1, "FAILURE")
NOT_JSON = (-2, "FAILURE")
INTERFACE_NOT_EXISTED = (10001, "INTERFACE NOT EXISTED")
API_VERSION_UNSUPPORTED = (10003, "API VERSION UNSUPPORTED")
TOKEN_EXPIRED = (10004, "TOKEN EXPIRED")
ACCESS_DENIED = (10005, "ACCESS DENIED")
PARAMETER_SYNTAX_ERROR = (40001, "PARAMETER SYNTAX ERROR")
PARAMETER_ERROR = (40002, "PARAMETER ERROR")
DUPLICATE_KEY_VALUE = (40003, "DUPLICATE KEY VALUE")
DATA_NOT_FOUND = (60001, "DATA NOT FOUND")
MAX_LIMITATION_EXCEEDED = (60002, "MAX LIMITATION EXCEEDED")
ACCOUNT_IP_BLOCKED = (70004, "ACCOUNT IP BLOCKED")

VERSION = "v1.0"


@dataclass(slots=True)
class OpenApiSettings(TokenSettings):
    yeastar_not_json: str = choice("syntax_error", "minus_two")
    """The error for a body that is not a JSON object: 40001, or -2."""


class Failed(Exception):
    """The call is answered with this error; `carried_out` if part of it was done anyway."""

    def __init__(self, error: tuple[int, str], carried_out: bool = False, **more: object) -> None:
        super().__init__(error[1])
        self.body = _body(error, more)
        self.carried_out = carried_out


def missing(name: str) -> Failed:
    """Return the error of a required parameter that is missing."""
    return Failed(PARAMETER_ERROR, invalid_param_list=[{"field": name, "validation_type": "required"}])


def invalid(name: str, value: object, error: tuple[int, str] = PARAMETER_ERROR) -> Failed:
    """Return the error of a parameter with an invalid value."""
    return Failed(error, invalid_param_list=[{"field": name, "value": value}])


@dataclass(frozen=True, slots=True)
class Asking:
    """The input of an endpoint, inside a transaction. Required parameters exist and have the right types."""

    pbx: Pbx
    settings: Any
    """An instance of the dialect's settings class."""
    link: str
    """The address where the PBX's phones get their configuration: host, port and path."""
    given: Values


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`answer(asking)` returns the answer's members next to the code, and raises Failed."""

    answer: Callable[[Asking], Values]
    writes: bool = False
    required: Mapping[str, type] = field(default_factory=dict)
    optional: Mapping[str, type] = field(default_factory=dict)
    batch: str = ""
    """The parameter that lists phones."""

    def read(self, given: Values) -> Values:
        """Return the parameters that the endpoint knows, with the right types. Raise Failed."""
        return {**needed(given, self.required), **known(given, self.optional)}

    def devices(self, given: Values) -> int:
        phones = given.get(self.batch)
        return len(phones) if isinstance(phones, list) else 0


@dataclass(frozen=True, kw_only=True)
class Dialect(dialect.Dialect):
    """A PBX: its endpoints by HTTP method and name, and where its phones get their configuration."""

    endpoints: Mapping[tuple[str, str], Endpoint]
    link: Callable[[str], str]
    """Returns the path of the provisioning link of the PBX whose API client has this name."""
    settings: type[OpenApiSettings] = OpenApiSettings
    tables: tuple[str, ...] = (TABLES,)
    transports: tuple[dialect.MakeTransport, ...] = field(default_factory=lambda: (OpenApi,))
    options: tuple[str, str, str] = ("BASE_URL", "CLIENT_ID", "CLIENT_SECRET")
    is_pbx: bool = True


class InQuery(str):
    """A value in a query, which has no types: text that spells a number counts as a number."""


def needed(given: Values, kinds: Mapping[str, type]) -> Values:
    """Return these parameters, which must all exist. Raise Failed."""
    for name in kinds:
        if given.get(name) in (None, "", []):
            raise missing(name)
    return known(given, kinds)


def known(given: Values, kinds: Mapping[str, type]) -> Values:
    """Return those of these parameters that exist. Raise Failed if one has the wrong type."""
    return {name: _typed(name, given[name], kind) for name, kind in kinds.items() if name in given}


def _typed(name: str, value: object, kind: type) -> object:
    if kind is int and isinstance(value, InQuery) and re.fullmatch(r"-?[0-9]{1,9}", value):
        return int(value)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise invalid(name, value)
    return value


class OpenApi(Transport):
    """JSON over HTTP, one request for each connection, with a token from an earlier login in the query."""

    prefix = "/openapi/"
    content_type = "application/json"
    keep_alive = False

    def __init__(self, dialects: Sequence[dialect.Dialect], world: World) -> None:
        self._dialect = next(one for one in dialects if isinstance(one, Dialect))
        self._state = world.state
        self._settings = world.panel.of(self._dialect.settings)
        self._tokens = Tokens(self._settings)
        self._logins: dict[tuple[str, str], Callable[[str, str, Values], tuple[str | None, Act]]] = {
            ("POST", "get_token"): self._get_token,
            ("POST", "refresh_token"): self._refresh_token,
            ("GET", "del_token"): self._del_token,
        }

    def read(self, peer: str, request: Request) -> Asked:
        if not request.headers.get("user-agent"):
            raise Refused(None, _answer(ACCESS_DENIED))
        version, _slash, name = request.path.removeprefix(self.prefix).partition("/")
        if version != VERSION:
            raise Refused(None, _answer(API_VERSION_UNSUPPORTED))
        query = {key: InQuery(value) for key, value in parse_qsl(request.query, keep_blank_values=True)}
        access = query.pop("access_token", "")
        given = query if request.verb == "GET" else _object(request.body)

        route = (request.verb, name)
        login, endpoint = self._logins.get(route), self._dialect.endpoints.get(route)
        account: str | None = None
        if (login is None and endpoint is None) or self._settings.lacks(name, len(given or ())):
            act: Act = partial(_fail, INTERFACE_NOT_EXISTED)
        elif endpoint is not None and (account := self._tokens.holder(access)) is None:
            act = partial(_fail, TOKEN_EXPIRED)
        elif given is None:
            act = partial(_fail, NOT_JSON if self._settings.yeastar_not_json == "minus_two" else PARAMETER_SYNTAX_ERROR)
        elif login is not None:
            account, act = login(peer, access, given)
        elif endpoint is not None and account is not None:
            act = partial(self._ask, account, endpoint, given, request.headers.get("host", ""))
        writes = endpoint is not None and endpoint.writes

        def answer() -> Reply:
            with self._state.transaction(write=writes):
                try:
                    values = act()
                except Failed as failure:
                    return Reply(failure.body, failure.carried_out if writes else None)
            return Reply(_body(SUCCESS, values), True if writes else None)

        devices = endpoint.devices(given) if endpoint is not None and given is not None else 0
        return Asked(account, name, len(given or ()), devices, writes, False, answer)

    def fault(self, code: int, message: str) -> Answer:
        return _answer((code, message))

    def log_out(self, request: Request) -> Answer:
        self._tokens.expire(dict(parse_qsl(request.query)).get("access_token", ""))
        return _answer(TOKEN_EXPIRED)

    def forgive(self) -> None:
        self._tokens.unblock()

    def _ask(self, name: str, endpoint: Endpoint, given: Values, host: str) -> Values:
        account = self._state.account(name)
        assert account is not None  # accounts are never deleted
        address = host if re.search(r":[0-9]+$", host) else f"{host}:443"
        link = address + self._dialect.link(account.name)
        return endpoint.answer(Asking(Pbx(self._state, account), self._settings, link, endpoint.read(given)))

    def _get_token(self, peer: str, access: str, given: Values) -> tuple[str | None, Act]:
        account = self._login(given)

        def act() -> Values:
            needed(given, {"username": str, "password": str})
            if self._tokens.blocked(peer):
                raise Failed(ACCOUNT_IP_BLOCKED)
            if account is None:
                self._tokens.fail(peer)
                raise invalid("username or password", "error", FAILURE)
            self._tokens.succeed(peer)
            return self._result(self._tokens.give(account.name))

        return account and account.name, act

    def _login(self, given: Values) -> Account | None:
        name, password = given.get("username"), given.get("password")
        if not isinstance(name, str) or not isinstance(password, str):
            return None
        account = self._state.account(name)
        if account is None or account.provider != self._dialect.provider:
            return None
        return account if hmac.compare_digest(account.password.encode(), password.encode("utf-8", "replace")) else None

    def _refresh_token(self, peer: str, access: str, given: Values) -> tuple[str | None, Act]:
        def act() -> Values:
            refresh = needed(given, {"refresh_token": str})["refresh_token"]
            try:
                return self._result(self._tokens.renew(refresh))
            except KeyError:
                raise Failed(TOKEN_EXPIRED) from None

        return self._tokens.owner(given.get("refresh_token")), act

    def _del_token(self, peer: str, access: str, given: Values) -> tuple[str | None, Act]:
        account = self._tokens.holder(access)

        def act() -> Values:
            if account is None:
                raise Failed(TOKEN_EXPIRED)
            self._tokens.end(access)
            return {}

        return account, act

    def _result(self, token: Token | None) -> Values:
        if token is None:
            raise Failed(MAX_LIMITATION_EXCEEDED)
        return {
            "access_token_expire_time": self._settings.token_seconds,
            "access_token": token.access,
            "refresh_token_expire_time": self._settings.refresh_seconds,
            "refresh_token": token.refresh,
        }


def _object(body: bytes) -> Values | None:
    """Return the object in the body of a request, or None."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _body(code: tuple[int, str], more: Mapping[str, object]) -> bytes:
    return json.dumps({"errcode": code[0], "errmsg": code[1], **more}).encode()


def _answer(code: tuple[int, str]) -> Answer:
    return Answer(200, _body(code, {}), OpenApi.content_type)


def _fail(error: tuple[int, str]) -> NoReturn:
    raise Failed(error)
