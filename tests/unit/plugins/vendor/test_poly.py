# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Poly's Zero Touch Provisioning: profiles as named servers, and what nobody knows of it, read either way."""

from __future__ import annotations

import json

import pytest
from rps_simulator.dialects.poly import PolySettings
from rps_simulator.knobs import knobs

from ansible_collections.voip.rps.plugins.module_utils._http.client import Client
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import Device, NamedServer, Observation, Target
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict
from ansible_collections.voip.rps.plugins.module_utils._services.poly import Poly

KEY = "poly-top-secret-key"
SERVERS = {"berlin": "https://berlin.example/", "paris": "https://me:pa%2Fss@paris.example/"}


class Service:
    def __init__(self, simulator, run):
        self.simulator = simulator
        self._run = run
        self.options = {"provider": "poly", "api_url": simulator.endpoint("poly"), "api_key": KEY, "timeout": 5}
        accounts = [{"name": n, "password": p, "provider": "poly"} for n, p in (("us", KEY), ("other", "another-key"))]
        servers = [{"account": "us", "name": name, "url": url} for name, url in SERVERS.items()]
        theirs = {"account": "other", "name": "theirs", "url": "https://theirs.example/"}
        simulator.seed({"accounts": accounts, "servers": [*servers, theirs]})

    def holds(self, *macs, server="berlin", account="us"):
        self.simulator.seed({"devices": [{"account": account, "mac": mac, "server": server} for mac in macs]})

    def device(self, *macs, **options):
        if options.get("state") != "absent":
            options = {"server": "berlin", "servers": SERVERS, **options}
        return self._run("rps_device", **{**self.options, "macs": list(macs), **options})

    def run(self, module, **options):
        return self._run(module, **{**self.options, **options})

    @property
    def servers(self):
        return {mac: one["server"] for mac, one in self.simulator.devices("us").items()}

    @property
    def calls(self):
        return [entry.method.replace("/ztp/v1", "") for entry in self.simulator.log]


@pytest.fixture
def poly(simulator, run):
    return Service(simulator, run)


def macs(count, start=0):
    return [f"64167f{number:06x}" for number in range(start, start + count)]


def summary(result):
    return {action: count for action, count in result["summary"].items() if count}


VALUES = [
    {name: value} for name, takes in knobs(PolySettings).items() if name.startswith("poly_") for value in takes.values
] + [{"poly_most": 7}, {"poly_most": 7, "poly_end": "repeated"}, {"poly_most": 7, "poly_next": "path"}]


@pytest.mark.parametrize("values", VALUES, ids=lambda values: "-".join(map(str, values.values())))
def test_whatever_nobody_knows(poly, values):
    poly.simulator.settings(**values)
    poly.holds(*macs(2, 500), server="paris")
    poly.holds(*macs(2, 600), server="theirs", account="other")

    first = poly.device(*macs(12), *macs(2, 600))
    again = poly.device(*macs(12))
    moved = poly.device(*macs(3), server="paris")
    gone = poly.device(*macs(12), state="absent")

    assert summary(first) == {"registered": 12, "failed": 2}
    assert {one["error"]["code"] for one in first["devices"] if "error" in one} == {"owned_by_other_user"}
    assert (summary(again), again["changed"]) == ({"none": 12}, False)
    assert summary(moved) == {"moved": 3}
    assert summary(gone) == {"removed": 12}
    assert poly.servers == dict.fromkeys(macs(2, 500), "paris")
    assert set(poly.simulator.devices("other")) == set(macs(2, 600))
    assert KEY not in json.dumps([first, again, moved, gone])


def test_a_fresh_rollout_takes_a_list_and_a_call_a_device(poly):
    result = poly.device(*macs(40), concurrency=1)

    assert summary(result) == {"registered": 40}
    assert sorted(poly.calls) == sorted(
        ["GET /profiles", "GET /devices", "GET /devices/{mac}"] + ["POST /devices"] * 40
    )


def test_a_move_is_a_removal_and_a_registration(poly):
    poly.simulator.settings(poly_list="whole")
    poly.holds(*macs(40))

    result = poly.device(*macs(40), server="paris", concurrency=1)

    assert summary(result) == {"moved": 40}
    assert poly.calls.count("DELETE /devices/{mac}") == poly.calls.count("POST /devices") == 40
    # The list told where they point; one is read after the first move.
    assert poly.calls.count("GET /devices/{mac}") <= 2


def test_a_device_without_a_profile(poly):
    poly.simulator.seed({"devices": [{"account": "us", "mac": mac} for mac in macs(7)]})

    seen = poly.run("rps_device_info", macs=macs(1))
    result = poly.device(*macs(7))

    assert seen["devices"][0]["status"] == "unregistered"
    assert summary(result) == {"registered": 7}
    assert set(poly.servers.values()) == {"berlin"}


def test_a_profile_that_is_not_there(poly):
    result = poly.device(*macs(9), server="rome", servers={"rome": "https://rome.example/"})

    assert {one["error"]["code"] for one in result["devices"]} == {"invalid_server", "not_sent"}
    assert "POST /devices" not in poly.calls


def test_profiles_are_listed_added_and_deleted(poly):
    added = poly.run("rps_server", name="rome", url="https://a:b%40c@rome.example/x")
    again = poly.run("rps_server", name="rome", url="https://a:b%40c@rome.example/x")
    other = poly.run("rps_server", name="rome", url="https://rome.example/")
    changed = poly.run("rps_server", name="rome", url="https://rome.example/", change_url=True)
    listed = poly.run("rps_server_info")
    poly.holds(*macs(3), server="berlin")
    bound = poly.run("rps_server", name="berlin", state="absent")
    gone = poly.run("rps_server", name="rome", state="absent")

    assert [one["servers"][0]["action"] for one in (added, again, other, gone)] == [
        "added",
        "none",
        "failed",
        "removed",
    ]
    assert other["servers"][0]["error"]["code"] == "server_exists"
    assert changed["failed"]
    assert "change" in changed["msg"]
    assert {one["name"]: one["url"] for one in listed["servers"]} == {
        "berlin": SERVERS["berlin"],
        "paris": "https://***@paris.example/",
        "rome": "https://***@rome.example/x",
    }
    assert bound["failed"]
    assert macs(1)[0] in bound["servers"][0]["error"]["message"]
    assert poly.simulator.servers("us") == SERVERS
    assert "b@c" not in json.dumps([added, again, other, listed])


def test_a_key_that_is_refused(poly):
    result = poly.device(*macs(9), api_key="wrong-key-1")

    assert result["failure"]["code"] == "auth_failed"
    assert "API key" in result["msg"]
    assert result["requests"] == 1


# The service's answers as they are sent, for what no document tells.


@pytest.fixture
def answered(web):
    """A service that answers each path as told, and what it was asked."""
    base = web.url.rsplit("/", 1)[0]
    profile = {"id": "p1", "name": "berlin", "template": {"provisioning": {"server": {"address": "https://b/"}}}}
    paths = {"/profiles?limit=50": {"results": [profile]}}

    def respond(path, _headers):
        told = paths.get(path, (404, {"message": "Not Found"}))
        status, value = told if isinstance(told, tuple) else (200, told)
        return status, value.encode() if isinstance(value, str) else json.dumps(value).encode()

    web.respond = respond
    client = Client(base, Poly.headers, login=Poly.login_of({"api_key": KEY}), statuses=Poly.statuses, retries=0)
    return Poly(client), paths


MAC = "64167fabcdef"
BERLIN = Target("berlin", "https://b/", own=False)


def test_the_requests_are_those_of_the_clients(answered, web, fixtures):
    service, paths = answered
    paths["/devices"] = paths[f"/devices/{MAC}"] = {}
    paths["/profiles"] = {"id": "p2"}

    service.register([Device(MAC)], BERLIN, override=False)
    service.remove([Device(MAC)])
    service.add_server("x", "https://u:p%3A@x.example/")

    assert web.paths == [
        "GET /profiles?limit=50",
        "POST /devices",
        f"DELETE /devices/{MAC}",
        "POST /profiles",
    ]
    assert {head["API-KEY"] for head in web.heads} == {KEY}
    printed = json.loads((fixtures / "poly" / "device-request.json").read_text())
    assert json.loads(web.bodies[1]) == {**printed, "profile": "p1"}
    assert json.loads(web.bodies[3]) == {
        "name": "x",
        "enabled": True,
        "template": {"provisioning": {"server": {"address": "https://x.example/", "username": "u", "password": "p:"}}},
    }


def test_the_printed_list(answered, fixtures):
    service, paths = answered
    paths["/devices?limit=50"] = (fixtures / "poly" / "devices-answer.json").read_text()
    paths["/devices?limit=50&cursor=%3Ccursor%3E"] = {"results": []}

    assert service.list_devices() == {MAC: Observation("registered")}


@pytest.mark.parametrize(
    ("row", "seen"),
    [
        ({"profile": "p1"}, Observation("registered", "https://b/")),
        ({"profileid": "p1"}, Observation("registered", "https://b/")),
        ({"profile": {"id": "p1"}}, Observation("registered", "https://b/")),
        ({"profileid": {"id": "p1", "name": "berlin"}}, Observation("registered", "https://b/")),
        ({"profile": None, "profileid": "p1"}, Observation("registered", "https://b/")),
        ({"profile": None}, Observation("unregistered")),
        ({"profile": ["p1"]}, Observation("registered")),
        ({"profile": "deleted"}, Observation("registered")),
        ({"profile": "p3"}, Observation("registered", "https://three/")),
        ({}, Observation("registered")),
    ],
)
def test_what_a_device_is(answered, row, seen):
    service, paths = answered
    paths[f"/devices/{MAC}"] = {"id": MAC, **row}
    paths["/devices?limit=50"] = {"results": [{"id": MAC.upper(), **row}]}
    three = {"provisioning": {"server": {"address": "https://three/"}}}
    paths["/profiles/p3"] = {"id": "p3", "name": "three", "template": three}

    assert service.check(Device(MAC), target=True) == seen
    assert service.list_devices() == {MAC: seen}


@pytest.mark.parametrize(
    ("server", "url"),
    [
        ({"address": "https://b/"}, "https://b/"),
        ({"address": "https://b/", "username": "u", "password": "p/"}, "https://u:p%2F@b/"),
        ({"address": "https://b/", "username": "u", "password": "***"}, None),
        ({"address": "https://b/", "username": "u"}, None),
        ({"address": ""}, None),
        (None, None),
    ],
)
def test_the_url_of_a_profile(answered, server, url):
    service, paths = answered
    paths["/profiles?limit=50"] = {
        "results": [{"id": 7, "name": "x", "enabled": False, "template": {"provisioning": {"server": server}}}]
    }

    assert service.list_servers() == [NamedServer("x", url)]


def test_two_profiles_of_one_name_are_not_chosen_between(answered):
    service, paths = answered
    paths["/profiles?limit=50"] = {"results": [{"id": one, "name": "berlin"} for one in ("a", "b")]}

    with pytest.raises(Refused, match="2 profiles") as raised:
        service.register([Device(MAC)], BERLIN, override=False)

    assert raised.value.verdict is Verdict.SERVER


def test_a_disabled_profile_is_warned_of(answered):
    service, paths = answered
    paths["/profiles?limit=50"] = {"results": [{"id": "a", "name": "berlin", "enabled": False}]}
    paths["/devices"] = {}

    service.register([Device(MAC)], BERLIN, override=False)

    assert "not enabled" in service.warnings[0]


@pytest.mark.parametrize(
    ("status", "words", "code", "verdict"),
    [
        (400, "Invalid MAC", "invalid_mac", Verdict.DEVICES),
        (400, "Invalid profile", "invalid_server", Verdict.SERVER),
        (404, "Not Found", "invalid_server", Verdict.SERVER),
        (409, "Conflict", "owned_by_other_user", Verdict.REGISTERED),
        (422, "what", "service_error", Verdict.DEVICES),
    ],
)
@pytest.mark.parametrize("name", ["message", "error"])
def test_the_words_of_a_refusal(answered, name, status, words, code, verdict):
    service, paths = answered
    paths["/devices"] = (status, {name: words})

    with pytest.raises(Refused) as raised:
        service.register([Device(MAC)], BERLIN, override=False)

    assert (raised.value.code, raised.value.verdict) == (code, verdict)
    assert raised.value.message == f"HTTP {status}: {words}"


@pytest.mark.parametrize("following", ["https://elsewhere.example/devices?cursor=2", "//elsewhere.example/x"])
def test_pages_on_another_host_are_not_asked_for(answered, web, following):
    service, paths = answered
    paths["/devices?limit=50"] = {"results": [], "next": following}

    with pytest.raises(RpsError, match=r"elsewhere\.example"):
        service.list_devices()

    assert len(web.paths) == 1


@pytest.mark.parametrize("answer", ["[]", '{"results":{}}', '{"results":[],"next":["x"]}', "7"])
def test_what_is_no_list(answered, answer):
    service, paths = answered
    paths["/devices?limit=50"] = answer

    with pytest.raises(RpsError) as raised:
        service.list_devices()

    assert raised.value.code == "protocol_error"
