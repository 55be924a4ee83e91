# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alcatel-Lucent Enterprise's EDS: a token, ids from lists, and what nobody knows of it, read either way."""

from __future__ import annotations

import json

import pytest
from rps_simulator.dialects.ale import AleSettings
from rps_simulator.knobs import knobs

from ansible_collections.voip.rps.plugins.module_utils._http.client import Client
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import Device, NamedServer, Observation, Target
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict
from ansible_collections.voip.rps.plugins.module_utils._services.ale import Ale

NAME, PASSWORD = "partner", "ale-top-secret"
SERVERS = {"berlin": "https://berlin.example/", "paris": "https://paris.example/"}


class Service:
    def __init__(self, simulator, run):
        self.simulator = simulator
        self._run = run
        self.options = {
            "provider": "ale",
            "api_url": simulator.endpoint("ale"),
            "username": NAME,
            "password": PASSWORD,
            "timeout": 5,
        }
        names = {NAME: PASSWORD, "other": "another-secret"}
        servers = [{"account": NAME, "name": name, "url": url} for name, url in SERVERS.items()]
        servers.append({"account": "other", "name": "theirs", "url": "https://theirs.example/"})
        accounts = [{"name": n, "password": p, "provider": "ale"} for n, p in names.items()]
        simulator.seed({"accounts": accounts, "servers": servers})

    def holds(self, *macs, server="berlin", account=NAME):
        self.simulator.seed({"devices": [{"account": account, "mac": mac, "server": server} for mac in macs]})

    def device(self, *macs, **options):
        if options.get("state") != "absent":
            options = {"server": "berlin", "servers": SERVERS, **options}
        return self._run("rps_device", **{**self.options, "macs": list(macs), **options})

    def run(self, module, **options):
        return self._run(module, **{**self.options, **options})

    @property
    def servers(self):
        return {mac: one["server"] for mac, one in self.simulator.devices(NAME).items()}

    @property
    def calls(self):
        return [entry.method.replace("/eds/api", "") for entry in self.simulator.log]


@pytest.fixture
def ale(simulator, run):
    return Service(simulator, run)


def macs(count, start=0):
    return [f"00809f{number:06x}" for number in range(start, start + count)]


def summary(result):
    return {action: count for action, count in result["summary"].items() if count}


VALUES = [
    {name: value} for name, takes in knobs(AleSettings).items() if name.startswith("ale_") for value in takes.values
] + [{"batches": "good_ones"}, {"batches": "good_ones", "ale_refusal": "success"}]


@pytest.mark.parametrize("values", VALUES, ids=lambda values: "-".join(map(str, values.values())))
def test_whatever_nobody_knows(ale, values):
    ale.simulator.settings(**values)
    ale.holds(*macs(2, 500), server="paris")
    ale.holds(*macs(2, 600), server="theirs", account="other")
    told = values.get("ale_profile") != "left_out"

    first = ale.device(*macs(12), *macs(2, 600))
    again = ale.device(*macs(12))
    moved = ale.device(*macs(3), server="paris", force=not told)
    gone = ale.device(*macs(12), state="absent")

    assert summary(first) == {"registered": 12, "failed": 2}
    assert {one["error"]["code"] for one in first["devices"] if "error" in one} == {"owned_by_other_user"}
    assert (summary(again), again["changed"]) == ({"none" if told else "unverified": 12}, False)
    assert summary(moved) == {"moved": 3}
    assert summary(gone) == {"removed": 12}
    assert ale.servers == dict.fromkeys(macs(2, 500), "paris")
    assert PASSWORD not in json.dumps([first, again, moved, gone])


def test_a_fresh_rollout_is_proven_by_a_list_in_the_end(ale):
    result = ale.device(*macs(250), concurrency=1)

    assert summary(result) == {"registered": 250}
    assert ale.calls.count("POST /devices") == 3
    # The first list, one after the first call to a server, and the last.
    assert ale.calls.count("GET /devices") == 3
    assert result["requests"] == 9


@pytest.mark.parametrize("verb", ["POST /eds/api/devices", "DELETE /eds/api/devices/{id}"])
def test_an_answer_that_proves_nothing(ale, verb):
    ale.holds(*macs(9 if verb.startswith("DELETE") else 0))
    ale.simulator.misbehave({"kind": "answer", "status": 200, "body": '{"success":true}', "methods": [verb]})

    result = ale.device(*macs(9), retries=1, **({"state": "absent"} if verb.startswith("DELETE") else {}))

    assert summary(result) == {"failed": 9}
    assert {one["error"]["code"] for one in result["devices"]} <= {"protocol_error", "not_sent"}


@pytest.mark.parametrize("total", ["told", "left_out"])
def test_a_list_that_is_cut_off(ale, total):
    ale.holds(*macs(30))
    ale.simulator.settings(ale_most=20, ale_total=total)

    result = ale.run("rps_device_info")

    if total == "told":
        assert result["failure"]["code"] == "protocol_error"
        assert "20 of 30" in result["msg"]
    else:
        assert result["summary"]["registered"] == 20


@pytest.mark.parametrize("count", [1, 9])
def test_a_token_that_ends_is_taken_anew(ale, count):
    ale.simulator.misbehave({"kind": "token_expired", "methods": ["POST /eds/api/devices"], "times": 1})

    assert summary(ale.device(*macs(count))) == {"registered": count}
    assert ale.calls.count("GET /bp_user/generate/token") == 2


def test_a_login_that_is_refused_is_tried_once(ale):
    result = ale.device(*macs(9), password="wrong-password")

    assert result["failure"]["code"] == "auth_failed"
    assert result["requests"] == 1
    assert "wrong-password" not in json.dumps(result)


def test_servers(ale):
    added = ale.run("rps_server", name="rome", url="https://rome.example/")
    again = ale.run("rps_server", name="rome", url="https://rome.example/")
    listed = ale.run("rps_server_info")

    assert [one["servers"][0]["action"] for one in (added, again)] == ["added", "none"]
    assert {one["name"]: one["url"] for one in listed["servers"]} == {**SERVERS, "rome": "https://rome.example/"}
    assert summary(ale.device(*macs(3), server="rome", servers={"rome": "https://rome.example/"})) == {"registered": 3}


# The service's answers as they are sent.


@pytest.fixture
def answered(web):
    """A service that answers each request as told, and what it was asked."""
    answers = {
        "GET /bp_user/generate/token": {"success": True, "data": {"token": "t-0-k-e-n"}},
        "GET /servers": {"success": True, "data": {"server_list": [server("12", "berlin", "https://b/")]}},
        "GET /profiles": {"success": True, "data": {"profile_list": [{"profile_id": 34, "server_id": 12}]}},
    }

    def respond(path, _headers):
        told = answers.get(f"{web.paths[-1].partition(' ')[0]} {path}", (404, {"success": False}))
        status, value = told if isinstance(told, tuple) else (200, told)
        return status, b"" if value is None else json.dumps(value).encode()

    web.respond = respond
    login = Ale.login_of({"username": NAME, "password": PASSWORD})
    client = Client(web.url.rsplit("/", 1)[0], Ale.headers, login=login, statuses=Ale.statuses, retries=0)
    return Ale(client), answers


def server(number, name, url):
    return {"server_id": number, "server_name": name, "server_url": url}


MAC = "48df1cabcdef"
BERLIN = Target("berlin", "https://b/", own=False)


def test_the_requests_are_those_of_the_client(answered, web, fixtures):
    service, answers = answered
    answers["POST /devices"] = (201, None)
    answers["GET /devices"] = {"success": True, "data": {"device_list": [{"device_id": "56", "mac": MAC.upper()}]}}
    answers["DELETE /devices/56"] = (204, None)

    service.register([Device(MAC)], BERLIN, override=False)
    service.remove([Device(MAC)])

    assert web.paths == [
        "GET /bp_user/generate/token",
        "GET /servers",
        "GET /profiles",
        "POST /devices",
        "GET /devices",
        "DELETE /devices/56",
    ]
    assert (web.heads[0]["api_user_name"], web.heads[0]["api_password"]) == (NAME, PASSWORD)
    assert {head["token"] for head in web.heads[1:]} == {"t-0-k-e-n"}
    assert all(PASSWORD not in str(head) for head in web.heads[1:])
    assert json.loads(web.bodies[3]) == json.loads((fixtures / "ale" / "devices-request.json").read_text())


def test_a_profile_without_a_name_has_its_servers(answered):
    service, answers = answered
    rows = [
        {"profile_id": "34", "server_id": "12"},
        {"profile_id": 35, "server_id": 99},
        {"profile_id": 36, "server_id": 12, "profile_name": "x"},
    ]
    answers["GET /profiles"]["data"]["profile_list"] = rows

    assert service.list_servers() == [
        NamedServer("berlin", "https://b/"),
        NamedServer("", None),
        NamedServer("x", "https://b/"),
    ]


@pytest.mark.parametrize(
    ("row", "url"), [({}, None), ({"profile_id": 34}, "https://b/"), ({"profile_id": "34"}, "https://b/")]
)
def test_a_list_may_tell_where_devices_point(answered, row, url):
    service, answers = answered
    answers["GET /devices"] = {"data": {"device_list": [{"device_id": 1, "mac": "48:DF:1C:AB:CD:EF", **row}]}}

    assert service.check(Device(MAC), target=True) == Observation("registered", url)


@pytest.mark.parametrize(
    ("answer", "code", "verdict"),
    [
        ((409, {"message": "Device already exists"}), "owned_by_other_user", Verdict.ELSEWHERE),
        ({"success": False, "message": "belongs to another"}, "owned_by_other_user", Verdict.ELSEWHERE),
        ({"success": "false", "error": "no"}, "service_error", Verdict.DEVICES),
        ((400, {"success": False}), "service_error", Verdict.DEVICES),
    ],
)
def test_the_words_of_a_refusal(answered, answer, code, verdict):
    service, answers = answered
    answers["POST /devices"] = answer

    with pytest.raises(Refused) as raised:
        service.register([Device(MAC)], BERLIN, override=False)

    assert (raised.value.code, raised.value.verdict) == (code, verdict)


@pytest.mark.parametrize(
    "answer", [[], {}, {"success": True, "data": []}, {"data": {"device_list": {}}}, {"data": {"device_list": [7]}}, 7]
)
def test_what_is_no_list(answered, answer):
    service, answers = answered
    answers["GET /devices"] = answer

    with pytest.raises(RpsError) as raised:
        service.list_devices()

    assert raised.value.code == "protocol_error"
