# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulator with two accounts, and clients that see every byte."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import xmlrpc.client
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import pytest
from rps_simulator import Simulator

SERVERS = [
    {"account": "ours", "name": "serverName", "url": "http://www.test.com"},
    {"account": "ours", "name": "second", "url": "https://second.example.com/"},
    {"account": "theirs", "name": "their server", "url": "https://their.example.com/"},
]
PASSWORDS = {"ours": "our password", "theirs": "their password"}


class Response(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Client:
    """Talks to a simulator as an account, over one connection."""

    def __init__(self, url: str, account: str, context: ssl.SSLContext | None, path: str) -> None:
        self.path = path
        netloc = urlsplit(url).netloc
        self.connection = (
            http.client.HTTPSConnection(netloc, timeout=10, context=context)
            if url.startswith("https:")
            else http.client.HTTPConnection(netloc, timeout=10)
        )
        login = f"{account}:{PASSWORDS.get(account, f'{account} password')}"
        self.headers = {
            "Authorization": f"Basic {base64.b64encode(login.encode()).decode()}",
            "Content-Type": "text/xml",
        }

    def send(
        self, body: bytes | str = b"", path: str | None = None, verb: str = "POST", **headers: str | None
    ) -> Response:
        """Send a request, to the provider's path unless it is told otherwise; `Content_Type=` is Content-Type."""
        wanted = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        self.connection.request(
            verb, path or self.path, body, {name: value for name, value in wanted.items() if value is not None}
        )
        response = self.connection.getresponse()
        return Response(response.status, response.headers, response.read())

    def call(self, method: str, *parameters: Any) -> list[Any]:
        """The values of the answer, without the padding. Raises xmlrpc.client.Fault."""
        response = self.send(xmlrpc.client.dumps(parameters, f"redirect.{method}", allow_none=True))
        assert response.status == 200
        (values,) = xmlrpc.client.loads(response.body)[0]
        return [value.strip() if isinstance(value, str) else value for value in values]

    def close(self) -> None:
        self.connection.close()


class Pbx:
    """Talks to a simulated PBX as its API client, over one connection a request, with a token where it has one."""

    def __init__(self, url: str, account: str = "ours") -> None:
        self.netloc = urlsplit(url).netloc
        self.account = account
        self.token: str | None = None

    def send(
        self, verb: str, target: str, body: bytes | str | None = None, headers: dict[str, str] | None = None
    ) -> Response:
        """Send a request; without `headers` with the one that is mandatory."""
        with closing(http.client.HTTPConnection(self.netloc, timeout=10)) as connection:
            connection.request(verb, target, body, {"User-Agent": "OpenAPI"} if headers is None else headers)
            response = connection.getresponse()
            return Response(response.status, response.headers, response.read())

    def get(self, name: str, /, **query: object) -> dict[str, Any]:
        """What the endpoint answers to a query."""
        return self._values(self.send("GET", self.target(name, **query)))

    def post(self, name: str, /, **values: object) -> dict[str, Any]:
        """What the endpoint answers to an object."""
        return self._values(self.send("POST", self.target(name), json.dumps(values)))

    def target(self, name: str, /, **query: object) -> str:
        token = {} if self.token is None else {"access_token": self.token}
        return f"/openapi/v1.0/{name}?{urlencode({**token, **query})}"

    def log_in(self, password: str | None = None) -> dict[str, Any]:
        """What get_token answers; the token is kept, if there is one."""
        answer = self.post("get_token", username=self.account, password=password or PASSWORDS[self.account])
        self.token = answer.get("access_token", self.token)
        return answer

    @staticmethod
    def _values(response: Response) -> dict[str, Any]:
        assert (response.status, response.headers["Content-Type"]) == (200, "application/json")
        values: dict[str, Any] = json.loads(response.body)
        return values


@pytest.fixture
def provider() -> str:
    """The provider of both accounts, unless a test has a parameter of that name."""
    return "yealink"


@pytest.fixture
def simulator(provider: str) -> Iterator[Simulator]:
    accounts = [{"name": name, "password": password, "provider": provider} for name, password in PASSWORDS.items()]
    with Simulator() as running:
        running.seed({"accounts": accounts, "servers": SERVERS if provider in ("yealink", "htek") else []})
        yield running


@pytest.fixture
def as_printed(simulator: Simulator) -> None:
    """Let the services answer byte for byte as their documents print it."""
    simulator.settings(layout="printed", wording="printed", named_macs="given", snom_redirection="company_url")


@pytest.fixture
def connect() -> Iterator[Callable[..., Client]]:
    """Makes clients: `connect(url, account="ours", context=None, path="/xmlrpc")`."""
    with ExitStack() as stack:
        yield lambda url, account="ours", context=None, path="/xmlrpc": stack.enter_context(
            closing(Client(url, account, context, path))
        )


@pytest.fixture
def client(simulator: Simulator, provider: str, connect: Callable[..., Client]) -> Client:
    return connect(simulator.url, path=urlsplit(simulator.endpoint(provider)).path)


@pytest.fixture
def rival(simulator: Simulator, provider: str, connect: Callable[..., Client]) -> Client:
    return connect(simulator.url, "theirs", path=urlsplit(simulator.endpoint(provider)).path)


@pytest.fixture
def connect_pbx() -> type[Pbx]:
    """Makes API clients, not logged in yet: `connect_pbx(url, account="ours")`."""
    return Pbx


@pytest.fixture
def pbx(simulator: Simulator) -> Pbx:
    """Our PBX, logged in."""
    client = Pbx(simulator.url)
    client.log_in()
    simulator.clear_log()
    return client


@pytest.fixture
def their_pbx(simulator: Simulator) -> Pbx:
    client = Pbx(simulator.url, "theirs")
    client.log_in()
    simulator.clear_log()
    return client
