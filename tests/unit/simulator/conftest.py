# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulator with two accounts, and a client that sees every byte."""

from __future__ import annotations

import base64
import http.client
import ssl
import xmlrpc.client
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from rps_simulator import Simulator

ACCOUNTS = [
    {"name": "ours", "password": "our password", "provider": "yealink"},
    {"name": "theirs", "password": "their password", "provider": "yealink"},
]
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

    def __init__(self, url: str, account: str, context: ssl.SSLContext | None) -> None:
        netloc = urlsplit(url).netloc
        self.connection = (
            http.client.HTTPSConnection(netloc, timeout=10, context=context)
            if url.startswith("https:")
            else http.client.HTTPConnection(netloc, timeout=10)
        )
        login = f"{account}:{PASSWORDS[account]}"
        self.headers = {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}

    def send(
        self, body: bytes | str = b"", path: str = "/xmlrpc", verb: str = "POST", **headers: str | None
    ) -> Response:
        wanted = {**self.headers, **headers}
        self.connection.request(verb, path, body, {name: value for name, value in wanted.items() if value is not None})
        response = self.connection.getresponse()
        return Response(response.status, response.headers, response.read())

    def call(self, method: str, *parameters: Any) -> list[Any]:
        """The values of the answer, without the padding. Raises xmlrpc.client.Fault."""
        response = self.send(xmlrpc.client.dumps(parameters, f"redirect.{method}"))
        assert response.status == 200
        (values,) = xmlrpc.client.loads(response.body)[0]
        return [value.strip() if isinstance(value, str) else value for value in values]

    def close(self) -> None:
        self.connection.close()


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        running.seed({"accounts": ACCOUNTS, "servers": SERVERS})
        yield running


@pytest.fixture
def connect() -> Iterator[Callable[..., Client]]:
    """Makes clients: `connect(url, account="ours", context=None)`."""
    with ExitStack() as stack:
        yield lambda url, account="ours", context=None: stack.enter_context(closing(Client(url, account, context)))


@pytest.fixture
def client(simulator: Simulator, connect: Callable[..., Client]) -> Client:
    return connect(simulator.url)


@pytest.fixture
def rival(simulator: Simulator, connect: Callable[..., Client]) -> Client:
    return connect(simulator.url, "theirs")
