# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP client: what becomes of answers and of connections, over real sockets."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from contextlib import ExitStack, contextmanager, suppress

import pytest
from rps_simulator import Simulator

from ansible_collections.voip.rps.plugins.module_utils._http import client as http
from ansible_collections.voip.rps.plugins.module_utils._http.client import Client
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError

HEADERS = {"Content-Type": "text/xml"}


@contextmanager
def answering(listener, data, *, wait=False):
    """Answer the first connection with these bytes, whatever it asks, and close it: at once, or if C(wait) is set when
    the other side has."""

    def answer():
        connection, _peer = listener.accept()
        with connection:
            connection.recv(10_000)
            connection.sendall(data)
            if wait:
                with suppress(OSError):
                    connection.recv(1)

    thread = threading.Thread(target=answer)
    thread.start()
    yield
    thread.join()


def fails(client, *, write=False):
    with pytest.raises(RpsError) as caught:
        client.post(b"x", bytes, write=write)
    return caught.value


@pytest.fixture
def client(web):
    return Client(web.url, HEADERS, auth=("me", "secret"), retries=2)


def test_what_is_sent(web, client):
    web.answer = b"answer"

    assert client.post(b"question", bytes.upper, write=False) == b"ANSWER"
    assert web.bodies == [b"question"]
    assert client.requests == 1
    (head,) = web.heads
    assert head["Content-Length"] == "8"
    assert head["Content-Type"] == "text/xml"


def test_a_name_and_password_of_any_letters(web):
    Client(web.url, HEADERS, auth=("jürgen", "paß:wört"), retries=0).post(b"", bytes, write=False)

    assert web.heads[0]["Authorization"] == "Basic asO8cmdlbjpwYcOfOnfDtnJ0"


def test_cookies_are_not_kept(web, client):
    web.headers["Set-Cookie"] = "session=1; Path=/"
    for _time in range(2):
        client.post(b"", bytes, write=False)

    assert "Cookie" not in web.heads[1]


@pytest.mark.parametrize("size", [99, 100, 101, 100_000])
@pytest.mark.parametrize("status", [200, 500])
def test_answers_have_a_limit(web, client, monkeypatch, size, status):
    monkeypatch.setattr(http, "MAX_ANSWER", 100)
    web.answer = b"x" * size
    web.status = status

    if size <= 100 and status == 200:
        assert client.post(b"", len, write=False) == size
        return
    error = fails(client, write=True)
    assert error.code == ("protocol_error" if size > 100 else "service_error")
    assert error.in_doubt
    assert len(web.bodies) == 1


def test_chunked_answers_have_a_limit_too(web, client, monkeypatch):
    monkeypatch.setattr(http, "MAX_ANSWER", 100)
    web.headers = {"Content-Length": "", "Transfer-Encoding": "chunked"}
    web.answer = b"32\r\n" + b"x" * 50 + b"\r\n0\r\n\r\n"
    assert client.post(b"", bytes, write=False) == b"x" * 50

    web.answer = (b"32\r\n" + b"x" * 50 + b"\r\n") * 3 + b"0\r\n\r\n"
    assert fails(client).message == "the answer is longer than 100 bytes"


def test_no_more_is_read_of_an_answer_than_it_may_be_long(monkeypatch):
    monkeypatch.setattr(http, "MAX_ANSWER", 100)
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n" + b"x" * 1000
    with socket.create_server(("127.0.0.1", 0)) as listener, answering(listener, endless, wait=True):
        client = Client(
            f"http://127.0.0.1:{listener.getsockname()[1]}/", HEADERS, auth=("me", "secret"), retries=0, timeout=2
        )
        error = fails(client)

    assert error.message == "the answer is longer than 100 bytes"


def test_answers_that_are_refused_do_not_use_up_the_connections(web, monkeypatch):
    monkeypatch.setattr(http, "MAX_ANSWER", 100)
    web.answer = b"x" * 100_000
    client = Client(web.url, HEADERS, auth=("me", "secret"), concurrency=1)

    assert fails(client).message == fails(client).message == "the answer is longer than 100 bytes"
    assert len(web.bodies) == 2


def test_packed_answers_are_refused(web, client):
    """A small one could unpack to a huge one; none was asked for."""
    web.headers["Content-Encoding"] = "gzip"
    web.answer = gzip.compress(b"OK")

    error = fails(client)

    assert (error.code, error.message) == ("protocol_error", "the answer is encoded as gzip")
    assert web.heads[0]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    ("status", "code", "requests", "in_doubt"),
    [
        (201, "protocol_error", 1, True),
        (204, "protocol_error", 1, True),
        (301, "protocol_error", 1, False),
        (307, "protocol_error", 1, False),
        (400, "protocol_error", 1, False),
        (401, "auth_failed", 1, False),
        (403, "forbidden", 1, False),
        (404, "protocol_error", 1, False),
        (429, "rate_limited", 3, False),
        (500, "service_error", 3, True),
        (501, "protocol_error", 1, True),
        (502, "service_error", 3, True),
        (503, "service_error", 3, True),
        (504, "service_error", 3, True),
    ],
)
def test_statuses(web, client, status, code, requests, in_doubt):
    web.status = status
    if status != 204:
        web.answer = b"why\nnot"
    web.headers["Location"] = "https://elsewhere.example/"

    error = fails(client)

    assert (error.code, error.in_doubt) == (code, in_doubt)
    assert client.requests == len(web.bodies) == requests
    assert "\n" not in error.message
    assert str(status) in error.message or status in (301, 307)


def test_an_error_page_is_shown_in_part(web, client):
    web.status = 404
    web.answer = b"<html>" + b"x" * 10_000

    error = fails(client)

    assert error.message.startswith("HTTP 404 Not Found: <html>xxx")
    assert error.message.endswith("x: is the address right?")
    assert len(error.message) < 200


def test_a_write_that_may_have_been_carried_out_is_not_sent_again(web, client):
    web.status = 500

    fails(client, write=True)

    assert client.requests == 1


def test_pauses_grow_and_have_an_end(monkeypatch):
    monkeypatch.setattr(http, "FIRST_WAIT", 0.25)
    for attempt, longest in enumerate([0.25, 0.5, 1, 2, 4, 8, 16, 32, 60, 60]):
        waits = [http._backoff(attempt) for _time in range(100)]
        assert longest / 2 <= min(waits) < max(waits) <= longest


def test_everybody_rests(web, client, monkeypatch):
    monkeypatch.setattr(http, "FIRST_WAIT", 0.1)
    client.rest(0)
    begin = time.monotonic()

    client.post(b"", bytes, write=False)

    assert time.monotonic() - begin >= 0.04


def test_what_is_no_http():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = Client(
            f"http://127.0.0.1:{listener.getsockname()[1]}/", HEADERS, auth=("me", "secret"), retries=0, timeout=2
        )
        with answering(listener, b"SSH-2.0-OpenSSH_9.6\r\n"):
            error = fails(client)

    assert error.code == "unreachable"
    assert error.in_doubt


def test_nobody_takes_the_connection():
    """A listener whose queue is full: to connect takes for ever."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _time in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        client = Client(
            f"http://127.0.0.1:{listener.getsockname()[1]}/", HEADERS, auth=("me", "secret"), retries=1, timeout=0.1
        )

        error = fails(client, write=True)

    assert (error.code, error.in_doubt) == ("timeout", False)
    assert error.message == "the service could not be connected to in time"
    assert client.requests == 2


@contextmanager
def dripping(listener, start):
    """Answer the first connection with these bytes, and then with a byte every so often, until the block ends."""
    over = threading.Event()

    def answer():
        connection, _peer = listener.accept()
        with connection, suppress(OSError):
            connection.recv(10_000)
            connection.sendall(start)
            while not over.wait(0.02):
                connection.sendall(b"x")

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n",
    ],
    ids=["status", "headers", "body", "body without end", "chunk"],
)
def test_an_answer_that_drips_is_not_waited_for_longer_than_the_timeout(start):
    with socket.create_server(("127.0.0.1", 0)) as listener, dripping(listener, start):
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        client = Client(url, HEADERS, auth=("me", "secret"), retries=0, timeout=0.2)
        begin = time.monotonic()

        error = fails(client, write=True)

        took = time.monotonic() - begin
    assert (error.code, error.message, error.in_doubt) == ("timeout", "the service did not answer in time", True)
    assert 0.2 <= took < 2


def test_a_name_that_nobody_knows(monkeypatch):
    def unknown(*_address, **_hints):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = fails(Client("http://rps.invalid/", HEADERS, auth=("me", "secret"), retries=0))

    assert (error.code, error.in_doubt) == ("unreachable", False)
    assert error.message.startswith("no connection: ")


def test_a_proxy_from_the_environment(web, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", web.url)
    web.answer = b"from the proxy"

    assert (
        Client("http://rps.invalid/xmlrpc", HEADERS, auth=("me", "secret")).post(b"", bytes, write=False)
        == b"from the proxy"
    )


def test_a_proxy_that_is_not_for_this_host(web, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid/")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    assert Client(web.url, HEADERS, auth=("me", "secret")).post(b"", bytes, write=False) == b""


def test_a_proxy_that_is_not_there(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")

    error = fails(Client("https://rps.invalid/", HEADERS, auth=("me", "secret"), retries=0), write=True)

    assert (error.code, error.in_doubt) == ("unreachable", False)


@pytest.fixture
def tls(certificates):
    """The simulator with TLS; its endpoint."""
    with Simulator(certificate=str(certificates / "server.pem"), key=str(certificates / "server.key")) as running:
        running.seed({"accounts": [{"name": "me", "password": "secret", "provider": "yealink"}]})
        yield running


def test_a_ca_that_is_none(tls, tmp_path):
    for content in ("", "no certificate"):
        (tmp_path / "ca.pem").write_text(content)

        error = fails(Client(tls.endpoint("yealink"), HEADERS, auth=("me", "secret"), verify=str(tmp_path / "ca.pem")))

        assert error.code == "tls_error"


def test_http_where_tls_is_spoken_and_the_other_way_round(tls, web):
    assert (
        fails(Client(web.url.replace("http:", "https:"), HEADERS, auth=("me", "secret"), retries=0)).code == "tls_error"
    )
    assert fails(
        Client(tls.endpoint("yealink").replace("https:", "http:"), HEADERS, auth=("me", "secret"), retries=0)
    ).code in (
        "unreachable",
        "protocol_error",
    )


def test_a_connection_lost_under_tls(tls, certificates):
    tls.misbehave({"kind": "reset_after"})
    client = Client(
        tls.endpoint("yealink"), HEADERS, auth=("me", "secret"), verify=str(certificates / "ca.pem"), retries=1
    )
    body = b"<methodCall><methodName>redirect.listDevices</methodName></methodCall>"

    with pytest.raises(RpsError) as caught:
        client.post(body, bytes, write=False)

    assert (caught.value.code, caught.value.in_doubt) == ("unreachable", True)
    assert client.requests == len(tls.log) == 2


def test_a_handshake_that_is_cut_off():
    with socket.create_server(("127.0.0.1", 0)) as listener, answering(listener, b""):
        client = Client(
            f"https://127.0.0.1:{listener.getsockname()[1]}/", HEADERS, auth=("me", "secret"), retries=0, timeout=2
        )
        error = fails(client)

    assert error.code == "unreachable"
