# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seeding, the log and the state: the simulator's own interface."""

from __future__ import annotations

import json
import os
import time

import pytest
from rps_simulator import control
from rps_simulator.dialects import DIALECTS
from rps_simulator.wire import Request

MAC = "001565000001"


def test_status(client):
    status = json.loads(client.send(verb="GET", path="/simulator", Authorization=None).body)

    assert status["pid"] == os.getpid()
    assert status["providers"] == sorted(DIALECTS)


@pytest.mark.parametrize(
    ("peer", "status"),
    [("127.0.0.1", 200), ("::1", 200), ("::ffff:127.0.0.1", 200), ("192.0.2.1", 403), ("2001:db8::1", 403)],
)
def test_loopback_clients_alone(simulator, peer, status):
    request = Request("GET", "/simulator", "", {}, b"", True)

    assert control.answer(simulator, peer, request).status == status


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:1", 200),
        ("localhost:8443", 200),
        ("LOCALHOST", 200),
        ("[::1]:8443", 200),
        ("rebound.example.com", 403),
        ("rebound.example.com:8443", 403),
        ("localhost.example.com", 403),
        ("127.0.0.1.example.com", 403),
        ("127.0.0.1@example.com", 403),
        ("192.0.2.1", 403),
        ("", 403),
        ("[", 403),
    ],
)
@pytest.mark.parametrize(("verb", "path"), [("GET", "/simulator/log"), ("DELETE", "/simulator/log")])
def test_a_foreign_host_is_refused(client, verb, path, host, status):
    assert client.send(verb=verb, path=path, Host=host).status == status


@pytest.mark.parametrize("origin", ["https://evil.example.com", "null", "http://127.0.0.1:1", "https://localhost", ""])
def test_a_foreign_origin_is_refused(simulator, client, origin):
    body = '{"batches": "good_ones"}'

    response = client.send(body, "/simulator/settings", "PUT", Origin=origin)

    assert response.status == 403
    assert "Origin" in json.loads(response.body)["error"]
    assert simulator.settings()["batches"] == "all_or_nothing"
    assert client.send(body, "/simulator/settings", "PUT", Origin=simulator.url).status == 200


def test_the_services_take_any_host(client):
    assert client.send("x", Host="rps.example.com").status == 400


@pytest.mark.parametrize(
    ("verb", "path", "body", "status"),
    [
        ("GET", "/simulator/nothing", "", 404),
        ("POST", "/simulator/faults", "[]", 404),
        ("PUT", "/simulator/faults", "{", 400),
        ("PUT", "/simulator/faults", "{}", 400),
        ("PUT", "/simulator/faults", '[{"kind": "x"}]', 400),
        ("PUT", "/simulator/settings", "[]", 400),
        ("PUT", "/simulator/settings", '{"x": 1}', 400),
        ("POST", "/simulator/seed", "[]", 400),
        ("GET", "/simulator/state?account=nobody", "", 400),
        ("GET", "/simulator/state", "", 400),
    ],
)
def test_refusals_say_why(client, verb, path, body, status):
    response = client.send(body, path, verb)

    assert response.status == status
    assert json.loads(response.body)["error"]


def test_settings_over_http(simulator, client):
    response = client.send('{"batches": "good_ones"}', "/simulator/settings", "PUT")

    assert json.loads(response.body) == simulator.settings()
    assert simulator.settings()["batches"] == "good_ones"


def test_log(simulator, client):
    before = time.time()
    client.call("registerDevices", [MAC, "001565000002"], "serverName")
    client.call("registerDevice", MAC, "serverName")
    client.call("checkDevice", MAC)
    client.send("x", "/xmlrpc?token=secret")

    log = json.loads(client.send(verb="GET", path="/simulator/log").body)

    assert before <= log[0].pop("at") <= time.time()
    assert log[0] == {
        "account": "ours",
        "method": "redirect.registerDevices",
        "parameters": 2,
        "devices": 2,
        "path": "/xmlrpc",
        "status": 200,
        "fault": None,
        "carried_out": True,
        "retired": False,
    }
    assert [entry["devices"] for entry in log[1:]] == [0, 0, 0]
    assert [entry["carried_out"] for entry in log] == [True, False, None, None]
    assert "secret" not in json.dumps(log)
    assert [entry._asdict()["method"] for entry in simulator.log] == [entry["method"] for entry in log]
    client.send(verb="DELETE", path="/simulator/log")
    assert simulator.log == []


def test_state_over_http(simulator, client):
    client.call("registerDeviceWithUniqueUrl", MAC, "serverName", "https://own.example.com/")

    state = json.loads(client.send(verb="GET", path="/simulator/state?account=ours").body)

    assert state == {"devices": simulator.devices("ours"), "servers": simulator.servers("ours"), "phones": {}}
    assert simulator.devices("ours") == {
        MAC: {"server": "serverName", "url": "https://own.example.com/", "own_url": "https://own.example.com/"}
    }
    assert simulator.devices("theirs") == {}


def test_seeding_twice_is_seeding_once(simulator, client):
    seed = {
        "accounts": [{"name": "third", "password": "x", "provider": "yealink"}],
        "servers": [{"account": "third", "name": "s", "url": "https://s.example.com/"}],
        "devices": [
            {"account": "third", "mac": "00:15:65:00:00:01", "server": "s"},
            {"account": "third", "mac": "001565000002", "url": "https://u.example.com/"},
            {"account": None, "mac": "001565000003"},
        ],
    }

    def changed() -> bool:
        return json.loads(client.send(json.dumps(seed), "/simulator/seed").body)["changed"]

    assert (changed(), changed()) == (True, False)
    for part, change in (
        ("accounts", {"password": "y"}),
        ("servers", {"url": "https://z.example.com/"}),
        ("devices", {"server": None}),
    ):
        seed[part][0].update(change)
        assert (changed(), changed()) == (True, False)
    assert simulator.devices("third")["001565000001"] == {"server": None, "url": None, "own_url": None}
    assert set(simulator.servers("ours")) == {"serverName", "second"}


@pytest.mark.parametrize(
    ("part", "row", "message"),
    [
        ("accounts", {"name": "x", "password": "hush"}, "provider must be a text"),
        ("accounts", {"name": "x", "password": "hush", "provider": "acme"}, "provider must be one of"),
        ("accounts", {"name": "x", "password": "hush", "provider": "yealink", "y": 1}, "unknown: y"),
        ("servers", {"account": "nobody", "name": "s", "url": "https://s/"}, "no such account: nobody"),
        ("servers", {"account": "ours", "name": "their server", "url": "https://s/"}, "another account has a server"),
        ("devices", {"account": "ours", "mac": "x"}, "x is not a MAC address"),
        ("devices", {"account": "ours", "mac": MAC, "server": "their server"}, "ours has no server their server"),
        ("devices", {"account": None, "mac": MAC, "url": "https://s/"}, "a device without an account"),
        ("devices", {"account": "nobody", "mac": MAC}, "no such account: nobody"),
        ("devices", {"account": "ours", "mac": MAC, "url": 1}, "url must be a text or null"),
        ("device", {}, "must be an object with"),
    ],
)
def test_a_bad_seed_changes_nothing(simulator, part, row, message):
    good = {"accounts": [{"name": "good", "password": "x", "provider": "yealink"}]}
    good[part] = [*good.get(part, []), row]

    with pytest.raises(ValueError, match=message) as error:
        simulator.seed(good)
    assert "hush" not in str(error.value)
    with pytest.raises(ValueError, match="no such account"):
        simulator.devices("good")
