# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP client: what becomes of answers and of connections, over real sockets."""

from __future__ import annotations

import gzip
import math
import socket
import threading
import time
from contextlib import ExitStack, contextmanager, suppress

import pytest
from rps_simulator import Simulator

from ansible_collections.voip.rps.plugins.module_utils._http import client as http
from ansible_collections.voip.rps.plugins.module_utils._http import deadline
from ansible_collections.voip.rps.plugins.module_utils._http.client import Client
from ansible_collections.voip.rps.plugins.module_utils._http.logins import BasicLogin
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


def post(client, body, parse, *, write):
    return client.request("POST", "", lambda answer: parse(answer.body), body=body, write=write)


def fails(client, *, write=False):
    with pytest.raises(RpsError) as caught:
        post(client, b"x", bytes, write=write)
    return caught.value


@pytest.fixture
def client(web):
    return Client(web.url, HEADERS, login=BasicLogin("me", "secret"), retries=2)


def test_what_is_sent(web, client):
    web.answer = b"answer"

    assert post(client, b"question", bytes.upper, write=False) == b"ANSWER"
    assert web.bodies == [b"question"]
    assert client.requests == 1
    (head,) = web.heads
    assert head["Content-Length"] == "8"
    assert head["Content-Type"] == "text/xml"


def test_a_name_and_password_of_any_letters(web):
    post(Client(web.url, HEADERS, login=BasicLogin("jürgen", "paß:wört"), retries=0), b"", bytes, write=False)

    assert web.heads[0]["Authorization"] == "Basic asO8cmdlbjpwYcOfOnfDtnJ0"


def test_cookies_are_not_kept(web, client):
    web.headers["Set-Cookie"] = "session=1; Path=/"
    for _time in range(2):
        post(client, b"", bytes, write=False)

    assert "Cookie" not in web.heads[1]


@pytest.mark.parametrize("size", [99, 100, 101, 100_000])
@pytest.mark.parametrize("status", [200, 500])
def test_answers_have_a_limit(web, client, monkeypatch, size, status):
    monkeypatch.setattr(http, "MAX_ANSWER", 100)
    web.answer = b"x" * size
    web.status = status

    if size <= 100 and status == 200:
        assert post(client, b"", len, write=False) == size
        return
    error = fails(client, write=True)
    assert error.code == ("protocol_error" if status == 200 else "service_error")
    assert error.in_doubt
    assert len(web.bodies) == 1


def test_chunked_answers_have_a_limit_too(web, client, monkeypatch):
    monkeypatch.setattr(http, "MAX_ANSWER", 100)
    web.headers = {"Content-Length": "", "Transfer-Encoding": "chunked"}
    web.answer = b"32\r\n" + b"x" * 50 + b"\r\n0\r\n\r\n"
    assert post(client, b"", bytes, write=False) == b"x" * 50

    web.answer = (b"32\r\n" + b"x" * 50 + b"\r\n") * 3 + b"0\r\n\r\n"
    assert fails(client).message == "the answer is longer than 100 bytes"


def test_no_more_is_read_of_an_answer_than_it_may_be_long(monkeypatch):
    monkeypatch.setattr(http, "MAX_ANSWER", 100)
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n" + b"x" * 1000
    with socket.create_server(("127.0.0.1", 0)) as listener, answering(listener, endless, wait=True):
        client = Client(
            f"http://127.0.0.1:{listener.getsockname()[1]}/",
            HEADERS,
            login=BasicLogin("me", "secret"),
            retries=0,
            timeout=2,
        )
        error = fails(client)

    assert error.message == "the answer is longer than 100 bytes"


def test_answers_that_are_refused_do_not_use_up_the_connections(web, monkeypatch):
    monkeypatch.setattr(http, "MAX_ANSWER", 100)
    web.answer = b"x" * 100_000
    client = Client(web.url, HEADERS, login=BasicLogin("me", "secret"), concurrency=1)

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
    client.back_off(0)
    begin = time.monotonic()

    post(client, b"", bytes, write=False)

    assert time.monotonic() - begin >= 0.04


def test_what_is_no_http():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = Client(
            f"http://127.0.0.1:{listener.getsockname()[1]}/",
            HEADERS,
            login=BasicLogin("me", "secret"),
            retries=0,
            timeout=2,
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
            f"http://127.0.0.1:{listener.getsockname()[1]}/",
            HEADERS,
            login=BasicLogin("me", "secret"),
            retries=1,
            timeout=0.1,
        )

        error = fails(client, write=True)

    assert (error.code, error.in_doubt) == ("timeout", False)
    assert error.message == "connecting to the service timed out"
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
        client = Client(url, HEADERS, login=BasicLogin("me", "secret"), retries=0, timeout=0.2)
        begin = time.monotonic()

        error = fails(client, write=True)

        took = time.monotonic() - begin
    assert (error.code, error.message, error.in_doubt) == ("timeout", "the service did not answer in time", True)
    assert 0.2 <= took < 2


def test_a_name_that_nobody_knows(monkeypatch):
    def unknown(*_address, **_hints):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = fails(Client("http://rps.invalid/", HEADERS, login=BasicLogin("me", "secret"), retries=0))

    assert (error.code, error.in_doubt) == ("unreachable", False)
    assert error.message == "the host name of rps.invalid:80 cannot be resolved: Name or service not known"


def test_a_proxy_from_the_environment(web, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", web.url)
    web.answer = b"from the proxy"

    assert (
        post(Client("http://rps.invalid/xmlrpc", HEADERS, login=BasicLogin("me", "secret")), b"", bytes, write=False)
        == b"from the proxy"
    )


def test_a_proxy_that_is_not_for_this_host(web, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid/")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    assert post(Client(web.url, HEADERS, login=BasicLogin("me", "secret")), b"", bytes, write=False) == b""


def test_a_proxy_that_is_not_there(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")

    error = fails(Client("https://rps.invalid/", HEADERS, login=BasicLogin("me", "secret"), retries=0), write=True)

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

        error = fails(
            Client(tls.endpoint("yealink"), HEADERS, login=BasicLogin("me", "secret"), verify=str(tmp_path / "ca.pem"))
        )

        assert error.code == "tls_error"


def test_http_where_tls_is_spoken_and_the_other_way_round(tls, web):
    assert (
        fails(Client(web.url.replace("http:", "https:"), HEADERS, login=BasicLogin("me", "secret"), retries=0)).code
        == "tls_error"
    )
    assert fails(
        Client(tls.endpoint("yealink").replace("https:", "http:"), HEADERS, login=BasicLogin("me", "secret"), retries=0)
    ).code in (
        "unreachable",
        "protocol_error",
    )


def test_a_tls_error_says_where_and_what_to_do(web):
    error = fails(Client(web.url.replace("http:", "https:"), HEADERS, retries=0))

    assert error.message.startswith(f"no TLS with 127.0.0.1:{web.server_address[1]}: ")
    assert error.message.endswith(": the server does not use TLS there: check the address and the port")
    assert "_ssl.c" not in error.message


def test_a_connection_lost_under_tls(tls, certificates):
    tls.misbehave({"kind": "reset_after"})
    client = Client(
        tls.endpoint("yealink"),
        HEADERS,
        login=BasicLogin("me", "secret"),
        verify=str(certificates / "ca.pem"),
        retries=1,
    )
    body = b"<methodCall><methodName>redirect.listDevices</methodName></methodCall>"

    with pytest.raises(RpsError) as caught:
        post(client, body, bytes, write=False)

    assert (caught.value.code, caught.value.in_doubt) == ("unreachable", True)
    assert client.requests == len(tls.log) == 2


def test_a_handshake_that_is_cut_off():
    with socket.create_server(("127.0.0.1", 0)) as listener, answering(listener, b""):
        client = Client(
            f"https://127.0.0.1:{listener.getsockname()[1]}/",
            HEADERS,
            login=BasicLogin("me", "secret"),
            retries=0,
            timeout=2,
        )
        error = fails(client)

    assert error.code == "unreachable"


@pytest.mark.parametrize(
    "coding",
    ["identity", "IDENTITY", "Identity ", "none", "None", "utf-8", "UTF-8", "utf8", "", " ", ",", "identity, none"],
)
def test_codings_that_change_nothing(web, client, coding):
    web.headers["Content-Encoding"] = coding
    web.answer = b"answer"

    assert post(client, b"", bytes, write=False) == b"answer"


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "identity, gzip", "br", "x", "utf-16", "\x1b[31mgzip"])
def test_codings_that_change_something(web, client, coding):
    web.headers["Content-Encoding"] = coding
    web.answer = b"answer"

    error = fails(client)

    assert error.code == "protocol_error"
    assert error.message.isprintable()


@pytest.mark.parametrize(
    ("status", "code"), [(401, "auth_failed"), (403, "forbidden"), (429, "rate_limited"), (503, "service_error")]
)
@pytest.mark.parametrize(
    ("headers", "page"),
    [
        ({"Content-Encoding": "gzip"}, gzip.compress(b"no")),
        ({"Content-Encoding": "br"}, b""),
        ({}, b"x" * 40_000_000),
        ({"Content-Length": "100000"}, b"cut"),
        ({"Content-Length": "-1"}, b"endless"),
        ({"Content-Length": "9" * 5000}, b"endless"),
        ({"Content-Length": "", "Transfer-Encoding": "chunked"}, b"no chunks"),
        ({"Content-Length": "", "Transfer-Encoding": "chunked"}, b"-1\r\nx"),
    ],
    ids=["gzip", "br", "huge", "cut", "negative", "long number", "no chunks", "negative chunk"],
)
def test_a_status_is_what_it_is_whatever_comes_with_it(web, status, code, headers, page):
    web.status = status
    web.headers = dict(headers)
    web.answer = page
    client = Client(web.url, HEADERS, login=BasicLogin("me", "secret"), retries=0, timeout=2)

    for _time in range(2):
        assert fails(client, write=True).code == code


@pytest.mark.parametrize(
    ("status", "reason", "body", "message"),
    [
        (404, "Not Found", b"", "HTTP 404 Not Found: is the address right?"),
        (404, "", b"", "HTTP 404: is the address right?"),
        (404, "Not Found", b" \n", "HTTP 404 Not Found: is the address right?"),
        (404, "Not Found", b"no page", "HTTP 404 Not Found: no page: is the address right?"),
        (503, "Busy", b"", "HTTP 503 Busy"),
        (403, "Forbidden", b"go\naway", "HTTP 403 Forbidden: go away"),
        (403, "\x1b[31mred\x9b", b"\xe2\x80\xaeback", "HTTP 403 \\x1b[31mred\\x9b: \\u202eback"),
    ],
)
def test_an_error_reads_as_a_sentence(status, reason, body, message):
    head = f"HTTP/1.1 {status} {reason}\r\nContent-Length: {len(body)}\r\n\r\n".encode("latin-1")
    with socket.create_server(("127.0.0.1", 0)) as listener, answering(listener, head + body):
        error = fails(Client(f"http://127.0.0.1:{listener.getsockname()[1]}/", HEADERS, retries=0, timeout=2))

    assert error.message == message


@pytest.mark.parametrize("name", ["Location", "Content-Encoding", "Retry-After"])
def test_what_headers_tell_steers_no_terminal(web, client, name):
    web.status = {"Location": 302, "Content-Encoding": 200, "Retry-After": 503}[name]
    web.headers[name] = "https://h/\x1b[31m\x9b\x07"

    assert fails(client).message.isprintable()


@pytest.mark.parametrize("size", ["-1", "-5", "-ffffffff", "+-1", "x", ""])
def test_chunks_that_make_no_sense(size):
    """To read -1 bytes is to read them all, of an answer that has no end."""
    start = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{size}\r\n".encode() + b"x" * 100_000
    with socket.create_server(("127.0.0.1", 0)) as listener, answering(listener, start, wait=True):
        error = fails(Client(f"http://127.0.0.1:{listener.getsockname()[1]}/", HEADERS, retries=0, timeout=2))

    assert error.code == "unreachable"
    assert error.in_doubt


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n" * 40_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"Trailer: x\r\n" * 80_000,
    ],
    ids=["continue", "trailers"],
)
def test_nothing_that_is_passed_over_has_no_end(monkeypatch, start):
    monkeypatch.setattr(deadline, "MOST_BYTES", 100_000)
    with socket.create_server(("127.0.0.1", 0)) as listener, answering(listener, start, wait=True):
        error = fails(Client(f"http://127.0.0.1:{listener.getsockname()[1]}/", HEADERS, retries=0, timeout=5))

    assert (error.code, error.message.partition(": ")[2]) == ("unreachable", "the answer is longer than 100000 bytes")


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("0", 0),
        (" 7 ", 7),
        ("0000000000007", math.inf),
        ("9" * 5000, math.inf),
        ("9" * 400, math.inf),
        ("-1", None),
        ("1.5", None),
        ("nan", None),
        ("1e999", None),
        ("\u0663", None),
        ("soon", None),
        ("", None),
        ("Fri, 31 Dec 99999999 23:59:59 GMT", None),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0),
    ],
)
def test_retry_after(told, seconds):
    assert http._retry_after(told) == seconds


@pytest.mark.parametrize("attempt", [1024, 1025, 10**30])
def test_pauses_after_any_number_of_tries(attempt):
    assert 30 <= http._backoff(attempt) <= 60


def test_a_refused_connection_names_host_and_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    error = fails(Client(f"http://127.0.0.1:{port}/x", HEADERS, retries=0))

    assert (error.code, error.message) == ("unreachable", f"connection to 127.0.0.1:{port} refused")


def test_a_refused_connection_names_an_address_in_brackets():
    error = fails(Client("https://[::1]:1/x", HEADERS, retries=0))

    assert "[::1]:1" in error.message


PROXIES = [
    "http://bob:hunt#er2@proxy.example:3128",
    "http://bob:hunt/er2@proxy.example:3128",
    "http://bob:hunt?er2@proxy.example:3128",
    "http://bob:hunt\\er2@proxy.example:3128",
    "http://bob:hunt[er2@proxy.example:3128",
    "http://bob:hunter2@proxy.example:99999",
    "http://bob:hunter2@proxy.example:port",
    "http://bob:hunter2@",
    "http://bob:hunter2@[proxy",
    "http://bob:hunter2@pro xy.example",
    "socks5://bob:hunter2@proxy.example",
    "ftp://bob:hunter2@proxy.example",
    "bob:hunter2@proxy.example:99999",
    "http://bob:hunt%e2%80%aeer2@proxy.example:99999",
]


@pytest.mark.parametrize("proxy", PROXIES)
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_that_cannot_be_used(monkeypatch, proxy, variable):
    monkeypatch.setenv(variable, proxy)

    with pytest.raises(RpsError) as caught:
        fails(Client("https://rps.invalid/", HEADERS, retries=0))

    assert caught.value.code == "unreachable"
    assert "proxy" in caught.value.message
    for part in ("hunt", "er2", "bob"):
        assert part not in caught.value.message


@pytest.mark.parametrize(
    "proxy", ["http://bob:hunter2@127.0.0.1:1", "bob:hunter2@127.0.0.1:1", "http://bob:h%2Fu%40nter2@127.0.0.1:1"]
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_is_named_without_its_password(monkeypatch, proxy, scheme):
    monkeypatch.setenv("ALL_PROXY", proxy)

    error = fails(Client(f"{scheme}://rps.invalid/", HEADERS, retries=0))

    assert (error.code, error.message) == ("unreachable", "connection to the proxy 127.0.0.1:1 refused")


@pytest.mark.parametrize(("status", "requests"), [(407, 1), (403, 3), (502, 3)])
def test_a_proxy_that_makes_no_connection(monkeypatch, web, status, requests):
    answer = f"HTTP/1.1 {status} No way for bob:hunter2\r\nContent-Length: 0\r\n\r\n".encode()
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as stack:
        for _time in range(requests):
            stack.enter_context(answering(listener, answer))
        proxy = f"127.0.0.1:{listener.getsockname()[1]}"
        monkeypatch.setenv("HTTPS_PROXY", f"http://bob:hunter2@{proxy}")
        client = Client("https://rps.invalid/", HEADERS, retries=2)
        error = fails(client)

    assert client.requests == requests
    assert error.message == f"the proxy {proxy} does not connect to rps.invalid:443: {status} No way for bob:***"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST"])
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("proxy", ["http://127.0.0.1:1", "http://bob:hunt/er2@proxy:1", "socks5://127.0.0.1:1"])
@pytest.mark.parametrize("no_proxy", [None, "", "rps.invalid"])
def test_what_stays_on_this_machine_goes_through_no_proxy(monkeypatch, web, host, variable, proxy, no_proxy):
    monkeypatch.setenv(variable, proxy)
    if no_proxy is not None:
        monkeypatch.setenv("NO_PROXY", no_proxy)
    web.answer = b"from this machine"

    client = Client(web.url.replace("127.0.0.1", host), HEADERS, retries=0)

    assert post(client, b"", bytes, write=False) == b"from this machine"


@pytest.mark.parametrize("value", ["key\n", "key\r\nX: y", "k\u0142ey", "key\ud800"])
def test_a_key_that_cannot_go_into_a_header(web, value):
    with pytest.raises(RpsError) as caught:
        fails(Client(web.url, {"X-Api-Key": value}, retries=0))

    assert "key" not in caught.value.message


def test_a_password_with_half_a_character(web):
    with pytest.raises(RpsError) as caught:
        Client(web.url, HEADERS, login=BasicLogin("me", "hunter\ud800"), retries=0)

    assert caught.value.code == "invalid_input"
    assert "hunter" not in caught.value.message


def test_after_a_stop_nothing_is_sent_and_nobody_waits(web):
    client = Client(web.url, HEADERS, retries=3, rate_limit=0.01)
    post(client, b"", bytes, write=False)
    begin = time.monotonic()
    threading.Timer(0.1, client.stop, [RpsError("interrupted", "by a test")]).start()

    assert fails(client).code == fails(client, write=True).code == "interrupted"
    assert time.monotonic() - begin < 5
    assert len(web.bodies) == 1
