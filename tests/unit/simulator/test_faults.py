# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each way to go wrong, as a client meets it."""

from __future__ import annotations

import http.client
import json
import socket
import struct
import time
import xmlrpc.client

import pytest

MAC = "001565000001"
REQUEST = xmlrpc.client.dumps((MAC, "serverName"), "redirect.registerDevice")
BEFORE = ["http_error", "reset_before", "hang_before", "login_page", "redirect", "answer", "fault", "token_expired"]
AFTER = [
    "http_error_after",
    "reset_after",
    "hang_after",
    "half_answer",
    "cut_answer",
    "login_page_after",
    "slow_answer",
]
CREATE = {
    "vendor": "Yealink",
    "model": "VP59",
    "template_name": "YSDP_YealinkVP",
    "provisioning_method": "rps",
    "phone_list": [{"mac": "00:15:65:00:00:01", "ext_id": 1}],
}
PARAMETERS = {
    "http_error": {"status": 503},
    "http_error_after": {"status": 502},
    "hang_before": {"seconds": 0.05},
    "hang_after": {"seconds": 0.05},
    "slow_answer": {"seconds": 0.05},
    "redirect": {"location": "https://elsewhere.example.com/"},
    "answer": {"body": "nonsense"},
    "fault": {"code": 7, "message": "go & away"},
}
NO_ANSWER = {"reset_before", "reset_after", "hang_before", "hang_after"}


def rule(kind, **more):
    return {"kind": kind, **PARAMETERS.get(kind, {}), **more}


@pytest.mark.parametrize(
    ("provider", "write"),
    [
        ("yealink", REQUEST),
        ("htek", REQUEST),
        ("snom", xmlrpc.client.dumps(([MAC], "https://x.example.com/"), "redirect.registerPhoneList")),
    ],
)
@pytest.mark.parametrize("kind", BEFORE + AFTER)
def test_carried_out_or_not(simulator, client, write, kind):
    simulator.misbehave(rule(kind))

    try:
        client.send(write)
    except (OSError, http.client.HTTPException):
        assert kind in NO_ANSWER or kind == "cut_answer"
    else:
        assert kind not in NO_ANSWER

    assert (MAC in simulator.devices("ours")) is (kind in AFTER)
    (entry,) = simulator.log
    assert (entry.fault, entry.carried_out) == (kind, kind in AFTER)
    assert (entry.status is None) is (kind in NO_ANSWER)


@pytest.mark.parametrize("provider", ["yeastar"])
@pytest.mark.parametrize("kind", BEFORE + AFTER)
def test_carried_out_or_not_by_a_pbx(simulator, pbx, kind):
    simulator.seed({"extensions": [{"account": "ours", "number": "1001"}]})
    simulator.misbehave(rule(kind, methods=["phone/batchcreate"]))
    assert pbx.get("phone/search")["errcode"] == 0
    simulator.clear_log()

    try:
        pbx.send("POST", pbx.target("phone/batchcreate"), json.dumps(CREATE))
    except (OSError, http.client.HTTPException):
        assert kind in NO_ANSWER or kind == "cut_answer"
    else:
        assert kind not in NO_ANSWER

    assert (MAC in simulator.phones("ours")) is (kind in AFTER)
    (entry,) = simulator.log
    assert (entry.fault, entry.carried_out, entry.devices) == (kind, kind in AFTER, 1)
    assert (entry.status is None) is (kind in NO_ANSWER)


@pytest.mark.parametrize("kind", ["http_error", "http_error_after"])
def test_http_error(simulator, client, kind):
    simulator.misbehave(rule(kind, status=429, retry_after=3, body="slow down"))

    response = client.send(REQUEST)

    assert (response.status, response.headers["Retry-After"], response.body) == (429, "3", b"slow down")


@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
def test_reset(simulator, client, kind):
    simulator.misbehave(rule(kind))

    with pytest.raises(ConnectionResetError):
        client.send(REQUEST)


@pytest.mark.parametrize("kind", ["hang_before", "hang_after"])
def test_hang(simulator, client, kind):
    simulator.misbehave(rule(kind, seconds=0.1))

    start = time.monotonic()
    with pytest.raises(http.client.RemoteDisconnected):
        client.send(REQUEST)
    assert time.monotonic() - start > 0.09


def test_half_answer(simulator, client):
    whole = client.send(REQUEST.replace(MAC, "001565000002")).body
    simulator.misbehave(rule("half_answer"))

    assert client.send(REQUEST).body == whole[: len(whole) // 2]


def test_cut_answer(simulator, client):
    simulator.misbehave(rule("cut_answer"))

    with pytest.raises(http.client.IncompleteRead) as error:
        client.send(REQUEST)
    assert len(error.value.partial) > 100
    assert abs(len(error.value.partial) - error.value.expected) <= 1


@pytest.mark.parametrize("kind", ["login_page", "login_page_after"])
def test_login_page(simulator, client, kind):
    simulator.misbehave(rule(kind))

    response = client.send(REQUEST)

    assert response.status == 200
    assert response.headers["Content-Type"].startswith("text/html")
    assert b"<form" in response.body


def test_redirect(simulator, client):
    simulator.misbehave(rule("redirect"))

    response = client.send(REQUEST)

    assert (response.status, response.headers["Location"]) == (302, "https://elsewhere.example.com/")


def test_answer(simulator, client):
    simulator.misbehave(rule("answer", body=b"\xff", content_type="x/y", status=202))

    response = client.send(REQUEST)

    assert (response.status, response.headers["Content-Type"], response.body) == (202, "x/y", b"\xff")


def test_fault(simulator, client):
    simulator.misbehave(rule("fault"))

    with pytest.raises(xmlrpc.client.Fault, match="<Fault 7: 'go & away'>"):
        client.call("checkDevice", MAC)


@pytest.mark.parametrize("provider", ["yeastar"])
def test_fault_of_a_pbx(simulator, pbx):
    simulator.misbehave(rule("fault", code=10009, message="OPERATION FAILED"))

    assert pbx.get("phone/search") == {"errcode": 10009, "errmsg": "OPERATION FAILED"}
    assert pbx.log_in() == {"errcode": 10009, "errmsg": "OPERATION FAILED"}


@pytest.mark.parametrize("provider", ["yeastar"])
def test_a_pbx_answers_json_unless_told_otherwise(simulator, pbx):
    simulator.misbehave(rule("answer", body="[]"))

    response = pbx.send("GET", pbx.target("phone/search"))

    assert (response.headers["Content-Type"], response.body) == ("application/json", b"[]")


@pytest.mark.parametrize("provider", ["yeastar"])
def test_token_expired(simulator, pbx):
    simulator.seed({"extensions": [{"account": "ours", "number": "1001"}]})
    simulator.misbehave(rule("token_expired", methods=["phone/batchcreate"], times=1))
    expired = {"errcode": 10004, "errmsg": "TOKEN EXPIRED"}

    assert pbx.get("phone/search")["errcode"] == 0
    assert pbx.post("phone/batchcreate", **CREATE) == expired
    assert pbx.get("phone/search") == expired
    pbx.log_in()
    assert pbx.post("phone/batchcreate", **CREATE)["errcode"] == 0
    assert [entry.fault for entry in simulator.log] == [None, "token_expired", None, None, None]


@pytest.mark.parametrize("provider", ["yealink", "htek", "snom"])
def test_where_there_are_no_tokens_the_login_fails(simulator, client):
    simulator.misbehave(rule("token_expired", times=1))

    assert client.send(xmlrpc.client.dumps((), "redirect.listDevices")).status == 401
    assert client.send(xmlrpc.client.dumps((), "redirect.listDevices")).status == 200


def test_slow_answer_and_latency(simulator, client):
    simulator.misbehave(rule("latency", seconds=0.05), rule("latency", seconds=0.05), rule("slow_answer", seconds=0.1))

    start = time.monotonic()
    assert client.call("checkDevice", MAC) == [True, "Unknown"]
    assert time.monotonic() - start > 0.19


def test_methods_skip_and_times(simulator, client):
    simulator.misbehave(
        rule("fault", methods=["checkDevice"], skip=1, times=2), rule("http_error", methods=["redirect.checkDevice"])
    )
    check = xmlrpc.client.dumps((MAC,), "redirect.checkDevice")

    client.send(xmlrpc.client.dumps((), "redirect.listDevices"))
    for _round in range(4):
        client.send(check)

    assert [entry.fault for entry in simulator.log] == [None, "http_error", "fault", "fault", "http_error"]
    simulator.misbehave()
    assert client.call("checkDevice", MAC) == [True, "Unknown"]


@pytest.mark.parametrize(
    "bad",
    [
        "reset_after",
        {"kind": "nothing"},
        {"kind": "http_error"},
        {"kind": "http_error", "status": "503"},
        {"kind": "reset_after", "seconds": 1},
        {"kind": "latency", "seconds": -1},
        {"kind": "reset_after", "times": -1},
        {"kind": "reset_after", "methods": "checkDevice"},
    ],
)
def test_bad_rules_leave_the_former_ones(simulator, client, bad):
    simulator.misbehave(rule("redirect"))

    with pytest.raises(ValueError, match=r"rule|kind|http_error|reset_after|latency"):
        simulator.misbehave(rule("fault"), bad)
    assert client.send(REQUEST).status == 302


def test_stopping_ends_a_hang_at_once(simulator, client):
    simulator.misbehave(rule("hang_after", seconds=3600))
    request = f"POST /xmlrpc HTTP/1.1\r\nAuthorization: {client.headers['Authorization']}\r\nContent-Length: "
    address = simulator.url.removeprefix("http://").split(":")
    with socket.create_connection((address[0], int(address[1])), timeout=10) as hanging:
        hanging.sendall(f"{request}{len(REQUEST)}\r\n\r\n{REQUEST}".encode())
        while not simulator.log:
            client.send(verb="GET", path="/simulator")

        start = time.monotonic()
        simulator.__exit__(None, None, None)

        assert hanging.recv(1) == b""
        assert time.monotonic() - start < 2


def test_a_client_that_leaves_in_the_middle_harms_nobody(simulator, client):
    address = simulator.url.removeprefix("http://").split(":")
    leaver = socket.create_connection((address[0], int(address[1])), timeout=10)
    leaver.sendall(b"POST /xmlrpc HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf")
    leaver.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    leaver.close()

    assert client.call("checkDevice", MAC) == [True, "Unknown"]


def test_faults_come_over_http_too(simulator, client):
    rules = json.dumps([rule("redirect", times=1)])

    assert client.send(rules, "/simulator/faults", "PUT").status == 200
    assert client.send(REQUEST).status == 302
    assert client.send(REQUEST).status == 200
