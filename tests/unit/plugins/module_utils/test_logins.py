# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Any verb, the service's own statuses, and logins of every kind, over a real socket."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from ansible_collections.voip.rps.plugins.module_utils._http.client import Client, Fate
from ansible_collections.voip.rps.plugins.module_utils._http.logins import (
    BasicLogin,
    CertificateLogin,
    KeyLogin,
    Login,
    TokenLogin,
    hashed,
    unsigned,
)
from ansible_collections.voip.rps.plugins.module_utils._module.options import LOGIN_OPTIONS
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError
from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES

HEADERS = {"Accept": "application/json"}


def ask(client, verb="GET", path="", **options):
    return client.request(verb, path, lambda answer: (answer.status, answer.body), **{"write": False, **options})


def fails(client, *arguments, **options):
    with pytest.raises(RpsError) as caught:
        ask(client, *arguments, **options)
    return caught.value


@pytest.mark.parametrize("verb", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("body", [None, b"", b"body"])
def test_every_verb(web, verb, body):
    web.answer = b"answer"

    assert ask(Client(web.url, HEADERS), verb, "/phones?id=1", body=body) == (200, b"answer")
    assert web.paths == [f"{verb} /xmlrpc/phones?id=1"]
    assert web.bodies == [body or b""]


@pytest.mark.parametrize("base", ["", "/"])
def test_a_path_goes_under_the_endpoint_with_one_slash(web, base):
    ask(Client(web.url + base, HEADERS), path="/phones")

    assert web.paths == ["GET /xmlrpc/phones"]


@pytest.mark.parametrize("status", [201, 204, 207, 400, 401, 403, 404, 409, 500])
@pytest.mark.parametrize("write", [False, True])
def test_what_the_service_calls_an_answer_is_one(web, status, write):
    web.status = status
    client = Client(web.url, HEADERS, statuses={status: Fate.ANSWER})

    assert ask(client, write=write) == (status, b"")
    assert client.requests == 1


@pytest.mark.parametrize(
    ("fate", "write", "requests", "in_doubt"),
    [
        (Fate.NOT_NOW, False, 3, False),
        (Fate.NOT_NOW, True, 3, False),
        (Fate.IN_DOUBT, False, 3, True),
        (Fate.IN_DOUBT, True, 1, True),
        (None, False, 1, False),
        (None, True, 1, False),
    ],
)
@pytest.mark.parametrize("status", [409, 423])
def test_what_a_status_means_for_another_try(web, fate, write, requests, in_doubt, status):
    web.status = status
    client = Client(web.url, HEADERS, retries=2, statuses={} if fate is None else {status: fate})

    error = fails(client, write=write)

    assert (client.requests, error.in_doubt) == (requests, in_doubt)


@pytest.mark.parametrize("status", [200, 201, 404])
def test_what_is_said_of_one_status_changes_no_other(web, status):
    web.status = status
    client = Client(web.url, HEADERS, retries=0, statuses={404: Fate.ANSWER})

    if status == 201:
        assert fails(client).code == "protocol_error"
    else:
        assert ask(client)[0] == status


@pytest.mark.parametrize(
    ("login", "header", "value"),
    [
        (lambda: BasicLogin("me", "secret"), "Authorization", "Basic bWU6c2VjcmV0"),
        (lambda: KeyLogin("API-KEY", "k-1"), "API-KEY", "k-1"),
        (Login, "Authorization", None),
    ],
)
def test_logins_that_are_a_header(web, login, header, value):
    ask(Client(web.url, HEADERS, login=login()))

    assert web.heads[0][header] == value


@pytest.mark.parametrize("key", ["k\n1", "k\r\nX: 1", "schlüssel", "\ud800"])
def test_a_key_that_no_header_can_hold(key):
    with pytest.raises(RpsError) as caught:
        KeyLogin("API-KEY", key)

    assert caught.value.code == "invalid_input"
    assert key not in caught.value.message


def test_a_password_that_is_hashed_twice():
    once = hashlib.md5(b"secret").hexdigest()

    assert hashed("secret") == once
    assert hashed("secret", "md5", 2) == hashlib.md5(once.encode()).hexdigest()


class Signed(Login):
    def __init__(self):
        self.nonces = itertools.count()

    def sign(self, request, _credential):
        return request.with_headers({"X-Signed": f"{next(self.nonces)} {request.verb} {request.host}{request.path}"})


def test_every_try_is_signed_anew_and_over_what_is_sent(web):
    web.status = 503

    fails(Client(web.url, HEADERS, login=Signed(), retries=2), "GET", "/phones?page=2")

    host = web.url.split("/")[2]
    assert [head["X-Signed"] for head in web.heads] == [f"{n} GET {host}/xmlrpc/phones?page=2" for n in range(3)]
    assert {head["Host"] for head in web.heads} == {host}


class Token(TokenLogin):
    """Takes a token from the path /token; the service says which it is."""

    def take(self, client):
        return client.request("POST", "/token", lambda answer: answer.body.decode(), write=True, sign=unsigned)


class TokenServer:
    """Answers requests with the newest token, and refuses those with another."""

    def __init__(self, web):
        self.web = web
        self.taken = 0
        self.valid = set()
        self.lock = threading.Lock()
        web.respond = self.respond

    def respond(self, path, headers):
        with self.lock:
            if path.endswith("/token"):
                self.taken += 1
                self.valid = {f"Bearer token-{self.taken}"}
                return 200, f"token-{self.taken}".encode()
            return (200, b"") if headers["Authorization"] in self.valid else (401, b"expired")


@pytest.fixture
def tokens(web):
    return TokenServer(web)


@pytest.fixture
def client(web):
    return Client(web.url, HEADERS, login=Token(), retries=0)


def together(client, count):
    with ThreadPoolExecutor(count) as pool:
        return [done.result() for done in [pool.submit(ask, client) for _time in range(count)]]


def test_a_token_is_taken_once_and_kept(tokens, client):
    assert together(client, 8) == [(200, b"")] * 8
    assert tokens.taken == 1
    assert client.requests == 9
    assert client.writes == 0


def test_a_token_that_expired_is_renewed_once_for_all(tokens, client):
    ask(client)
    tokens.valid = set()

    assert together(client, 8) == [(200, b"")] * 8
    assert tokens.taken == 2


def test_a_write_is_repeated_with_the_new_token(tokens, client):
    ask(client)
    tokens.valid = set()

    assert ask(client, "POST", write=True) == (200, b"")


def test_a_token_that_is_refused_at_once_is_not_taken_again_and_again(tokens, client, monkeypatch):
    def respond(path, headers):
        status, body = tokens.respond(path, headers)
        return (status, body) if path.endswith("/token") else (401, b"")

    tokens.web.respond = respond

    assert fails(client).code == "auth_failed"
    assert tokens.taken == 2
    assert client.requests == 4


def test_a_token_that_cannot_be_had_is_asked_for_once(tokens, client):
    tokens.web.respond = lambda _path, _headers: (401, b"")

    assert [fails(client).code for _time in range(3)] == ["auth_failed"] * 3
    assert client.requests == 1


@pytest.mark.parametrize("token", ["a\nb", "ü"])
def test_a_token_that_no_header_can_hold(web, client, token):
    web.respond = lambda _path, _headers: (200, token.encode())

    assert fails(client).code == "protocol_error"


def test_a_token_is_in_no_message(tokens, client):
    ask(client)
    tokens.web.respond = lambda _path, headers: (400, headers["Authorization"].encode())

    assert "token-1" not in fails(client).message


@pytest.fixture
def own_certificate(tmp_path):
    """The paths of a certificate that nobody but its owner signed, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "client")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    certificate = builder.sign(key, hashes.SHA256())
    (tmp_path / "client.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "client.key").write_bytes(secret)
    return tmp_path / "client.pem", tmp_path / "client.key"


@pytest.fixture
def asks_for_a_certificate(certificates, own_certificate):
    """The address of a service that wants this client certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    context.load_verify_locations(own_certificate[0])
    context.verify_mode = ssl.CERT_REQUIRED

    def serve(listener):
        with contextlib.suppress(OSError), context.wrap_socket(listener.accept()[0], server_side=True) as connection:
            connection.recv(10_000)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=[listener])
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/"
        thread.join()


@pytest.mark.parametrize("given", [True, False])
def test_a_client_certificate(asks_for_a_certificate, certificates, own_certificate, given):
    client = Client(
        asks_for_a_certificate,
        HEADERS,
        login=CertificateLogin(*map(str, own_certificate)) if given else None,
        verify=str(certificates / "ca.pem"),
        retries=0,
        timeout=5,
    )

    if given:
        assert ask(client) == (200, b"OK")
    else:
        assert fails(client).code in ("tls_error", "unreachable")


def test_a_client_certificate_that_cannot_be_read(tmp_path):
    login = CertificateLogin(str(tmp_path / "client.pem"), str(tmp_path / "client.key"))

    with pytest.raises(RpsError) as caught:
        ask(Client("https://127.0.0.1:1/", HEADERS, login=login, retries=0))

    assert caught.value.code in ("tls_error", "unreachable")


@pytest.mark.parametrize("provider", SERVICES)
def test_a_login_option_of_another_service_is_an_input_error_and_its_value_is_not_shown(run, provider):
    login = SERVICES[provider].login
    others = [name for name in LOGIN_OPTIONS if name not in login]

    result = run("rps_device_info", provider=provider, **dict.fromkeys([*login, *others], "hunter2-secret"))

    assert others
    assert set(others) <= {problem["where"] for problem in result["problems"]}
    assert "hunter2-secret" not in str(result["problems"])


@pytest.mark.parametrize("provider", SERVICES)
def test_a_login_option_of_another_service_in_the_environment_is_not_looked_at(run, provider, monkeypatch):
    for name in LOGIN_OPTIONS:
        monkeypatch.setenv(f"RPS_{name.upper()}", "")
    for name in SERVICES[provider].login:
        monkeypatch.setenv(f"RPS_{name.upper()}", __file__)

    result = run("rps_device_info", provider=provider, api_url="https://rps.example/", macs=["no MAC"])

    assert [problem["where"] for problem in result["problems"]] == ["macs[0]"]
