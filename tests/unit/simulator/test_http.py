# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service as a web server: logins, paths, verbs, bodies, connections."""

from __future__ import annotations

import base64
import socket
import threading
import xmlrpc.client
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from rps_simulator import Simulator

MAC = "001565000001"
CHECK = xmlrpc.client.dumps((MAC,), "redirect.checkDevice")


def raw(simulator: Simulator, data: bytes) -> bytes:
    """All that the server sends on a connection for these bytes."""
    address = urlsplit(simulator.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    "login",
    [
        None,
        "Bearer x",
        "Basic",
        "Basic ????",
        "Basic " + base64.b64encode(b"ours:wrong").decode(),
        "Basic " + base64.b64encode(b"ours").decode(),
        "Basic " + base64.b64encode(b"nobody:our password").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
    ],
)
def test_wrong_login(simulator, client, login):
    response = client.send(CHECK, Authorization=login)

    assert response.status == 401
    assert response.headers["WWW-Authenticate"].startswith("Basic ")
    (entry,) = simulator.log
    assert (entry.account, entry.method, entry.status) == (None, None, 401)
    assert "password" not in repr(entry)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_login_beyond_ascii(simulator, client, encoding):
    simulator.seed({"accounts": [{"name": "jörg", "password": "süß", "provider": "yealink"}]})
    login = base64.b64encode("jörg:süß".encode(encoding)).decode()

    assert client.send(CHECK, Authorization=f"Basic {login}").status == 200


@pytest.mark.parametrize(
    ("provider", "path", "status"),
    [
        ("yealink", "/xmlrpc", 200),
        ("yealink", "/xmlrpc/", 200),
        ("yealink", "/", 404),
        ("yealink", "/xmlrpc/x", 404),
        ("htek", "/index.php/xmlrpc", 200),
        ("htek", "/index.php/xmlrpc/", 404),
        ("htek", "/xmlrpc", 404),
        ("snom", "/xmlrpc/", 200),
        ("snom", "/xmlrpc", 200),
        ("snom", "/", 404),
    ],
)
def test_paths(simulator, client, path, status):
    assert client.send(CHECK, path).status == status
    assert simulator.log[-1].path == path


@pytest.mark.parametrize(
    ("provider", "path"), [("yealink", "/xmlrpc"), ("htek", "/index.php/xmlrpc"), ("snom", "/xmlrpc/")]
)
def test_endpoint(simulator, provider, path):
    assert simulator.endpoint(provider) == simulator.url + path


@pytest.mark.parametrize("provider", ["yealink", "htek"])
def test_content_type_does_not_matter(client):
    assert client.send(CHECK, Content_Type=None).status == 200


@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE", "HEAD2"])
def test_other_verbs(client, verb):
    response = client.send(CHECK, verb=verb)

    assert (response.status, response.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hello",
        CHECK[:-20],
        "<methodCall/>",
        "<methodCall><params></params></methodCall>",
        "<methodCall><methodName>x</methodName><params><param><value><int>x</int></value></param></params></methodCall>",
        "<methodCall><methodName>x</methodName><params><param><value><struct><member><value/></member></struct></value>"
        "</param></params></methodCall>",
        xmlrpc.client.dumps((MAC,), methodresponse=True),
        '<!DOCTYPE x [<!ENTITY a "b">]>' + CHECK.partition("?>")[2],
    ],
)
def test_no_xml_rpc(client, body):
    assert client.send(body).status == 400
    assert client.call("checkDevice", MAC) == [True, "Unknown"]


def test_a_body_that_is_too_large(client):
    assert client.send(b" " * (8 * 1024 * 1024 + 1)).status == 413


def test_one_connection_serves_many_requests(simulator, client):
    client.call("checkDevice", MAC)
    first = client.connection.sock.getsockname()
    for _round in range(5):
        client.call("checkDevice", MAC)
        client.send("hello", "/nowhere")
    assert client.connection.sock.getsockname() == first


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET\r\n\r\n", b"400"),
        (b"GET / SPDY/3\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"a: b\r\n" * 200, b"431"),
        (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\n" + b"".join(b"h%d: x\r\n" % n for n in range(200)) + b"\r\n", b"431"),
    ],
)
def test_no_http(simulator, head, status):
    assert raw(simulator, head).split()[1] == status


def test_http_1_0_and_close(simulator):
    assert b"Connection: close" in raw(simulator, b"GET /simulator HTTP/1.0\r\n\r\n")
    assert b"Connection: close" in raw(simulator, b"GET /simulator HTTP/1.1\r\nConnection: close\r\n\r\n")


def test_a_client_that_waits_for_leave_to_send(simulator):
    answer = raw(simulator, b"PUT /simulator/faults HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n[]")

    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_chunked_requests(client, size):
    chunks = (CHECK[start : start + size].encode() for start in range(0, len(CHECK), size))
    for _round in range(2):  # the connection goes on after the last chunk
        client.connection.request("POST", client.path, chunks, client.headers, encode_chunked=True)
        response = client.connection.getresponse()
        assert (response.status, b"Unknown" in response.read()) == (200, True)
        chunks = iter([CHECK.encode()])


def test_chunks_with_extensions_and_trailers(simulator):
    answer = raw(
        simulator,
        b"PUT /simulator/faults HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"1;a=b\r\n[\r\n01\r\n]\r\n0\r\nTrailer: x\r\n\r\n",
    )

    assert answer.endswith(b'{"rules": 0}\n')


def test_requests_of_many_threads(simulator, connect):
    ready = threading.Barrier(8)

    def work(number: int) -> list[object]:
        client = connect(simulator.url)
        ready.wait(10)
        return [client.call("registerDevice", f"0015{number:04x}{n:04x}", "serverName") for n in range(25)]

    with ThreadPoolExecutor(8) as pool:
        answers = [answer for part in pool.map(work, range(8)) for answer in part]

    assert answers == [[True, "OK"]] * 200
    assert len(simulator.devices("ours")) == 200
    assert len(simulator.log) == 200
