# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unify's Zero Touch Deployment: each entry and each item of an answer, and what the vendor's page leaves open."""

from __future__ import annotations

import json

import pytest
from rps_simulator.details import documents
from rps_simulator.dialects.unify import UnifySettings
from rps_simulator.knobs import knobs

from ansible_collections.voip.rps.plugins.module_utils._http.client import Client
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import Device, Observation, Target
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict
from ansible_collections.voip.rps.plugins.module_utils._services.unify import Unify

HERE, THERE = "https://here.example/?a=1&b=<2>", "https://there.example/{mac}"


class Service:
    def __init__(self, simulator, run, tmp_path):
        self.simulator = simulator
        self._run = run
        for name in ("cert.pem", "key.pem"):
            (tmp_path / name).write_text("not looked at by http\n")
        self.options = {
            "provider": "unify",
            "api_url": simulator.endpoint("unify"),
            "client_cert": str(tmp_path / "cert.pem"),
            "client_key": str(tmp_path / "key.pem"),
            "timeout": 5,
        }
        simulator.seed({"accounts": [{"name": n, "password": "x", "provider": "unify"} for n in ("acme", "other")]})

    def holds(self, *macs, url=HERE, account="acme", **details):
        self.simulator.seed({"devices": [{"account": account, "mac": mac, "url": url} for mac in macs]})
        if details:
            self.simulator.seed({"details": [{"account": account, "mac": mac, **details} for mac in macs]})

    def device(self, *macs, **options):
        if options.get("state") != "absent":
            options.setdefault("url", HERE)
        return self._run("rps_device", **{**self.options, "macs": list(macs), **options})

    def info(self, **options):
        return self._run("rps_device_info", **{**self.options, **options})

    @property
    def urls(self):
        return {mac: one["url"] for mac, one in self.simulator.devices("acme").items()}

    @property
    def verbs(self):
        return [entry.method.partition(" ")[0] for entry in self.simulator.log]


@pytest.fixture
def unify(simulator, run, tmp_path):
    return Service(simulator, run, tmp_path)


def macs(count, start=0):
    return [f"001ae8{number:06x}" for number in range(start, start + count)]


def summary(result):
    return {action: count for action, count in result["summary"].items() if count}


VALUES = [
    {name: value} for name, takes in knobs(UnifySettings).items() if name.startswith("unify_") for value in takes.values
] + [{"unify_status": "400", "unify_error": "data"}]


@pytest.mark.parametrize("values", VALUES, ids=lambda values: "-".join(map(str, values.values())))
def test_whatever_nobody_knows(unify, values):
    unify.simulator.settings(**values)
    unify.holds(*macs(2, 500), url=THERE)
    unify.holds(*macs(2, 600), account="other")

    first = unify.device(*macs(12), *macs(2, 600))
    again = unify.device(*macs(12))
    moved = unify.device(*macs(3), url=THERE)
    gone = unify.device(*macs(12), state="absent")

    assert summary(first) == {"registered": 12, "failed": 2}
    assert {one["error"]["code"] for one in first["devices"] if "error" in one} == {"owned_by_other_user"}
    assert (summary(again), again["changed"]) == ({"none": 12}, False)
    assert summary(moved) == {"moved": 3}
    assert summary(gone) == {"removed": 12}
    assert len(unify.urls) == 2


def test_a_hundred_are_read_and_removed_in_one_call(unify):
    fresh = unify.device(*macs(250), concurrency=1)
    unify.simulator.clear_log()
    gone = unify.device(*macs(250), state="absent", concurrency=1)

    assert fresh["requests"] == 3 + 250
    assert summary(gone) == {"removed": 250}
    assert unify.verbs == ["POST"] * 3 + ["DELETE"] * 3


@pytest.mark.parametrize("left_out", ["replaced", "kept"])
@pytest.mark.parametrize("values", ["escaped", "plain"])
def test_a_move_loses_nothing_of_the_users(unify, left_out, values):
    unify.simulator.settings(unify_left_out=left_out, unify_values=values)
    items = {"language-iso": "de", "dls-addr": "a & b"}
    unify.holds(*macs(3), items=items)

    assert summary(unify.device(*macs(3), url=THERE)) == {"moved": 3}
    kept = documents(unify.simulator._state, "unify", macs(3))
    assert {mac: one["items"] for mac, one in kept.items()} == dict.fromkeys(macs(3), items)


def test_a_device_without_the_item_is_bound_to_nothing(unify):
    unify.holds(*macs(1), url=None, items={"language-iso": "de"})

    assert unify.info(macs=macs(1))["devices"][0]["status"] == "unregistered"
    assert summary(unify.device(*macs(1))) == {"registered": 1}


def test_check_mode_only_reads(unify):
    unify.holds(*macs(3))

    assert summary(unify.device(*macs(9), url=THERE, check=True)) == {"moved": 3, "registered": 6}
    assert set(unify.verbs) == {"POST"}


def test_prune_is_refused(unify):
    result = unify.device(*macs(3), prune=True)

    assert result["failed"]
    assert unify.verbs == []


# The service's answers as they are sent.

MAC = "001ae8abcdef"
COLON = "00:1a:e8:ab:cd:ef"
TARGET = Target(None, "https://p.example/", own=True)


@pytest.fixture
def service(web, tmp_path):
    client = Client(web.url, Unify.headers, statuses=Unify.statuses, retries=0)
    return Unify(client)


def answers(web, value, status=200):
    web.status = status
    web.answer = value.encode() if isinstance(value, str) else json.dumps(value).encode()


def test_the_requests_are_those_of_the_page(service, web, fixtures):
    printed = fixtures / "unify"
    answers(web, (printed / "read-answer.json").read_text())
    seen = service.check(Device(MAC), target=True)
    answers(web, (printed / "prepare-answer.json").read_text())
    service.register([Device(MAC)], TARGET, override=False)
    answers(web, (printed / "remove-answer.json").read_text())
    service.remove([Device(MAC)])

    assert seen == Observation("registered", "https://old.example/")
    assert [path.partition(" ")[0] for path in web.paths] == ["POST", "PUT", "DELETE"]
    for body, name in zip(web.bodies, ("read", "prepare", "remove"), strict=True):
        assert json.loads(body) == json.loads((printed / f"{name}-request.json").read_text())


@pytest.mark.parametrize(
    ("entry", "seen"),
    [
        ({"result": "OK", "data": ""}, Observation("unregistered")),
        ({"result": "OK"}, Observation("unregistered")),
        ({"result": "OK", "data": '<Item name="bw-dms-addr"/>\r\n'}, Observation("unregistered")),
        (
            {"result": "ok", "data": '<Item name="x">1</Item>\r\n<Item name="bw-dms-addr">https://a/?b&amp;c</Item>'},
            Observation("registered", "https://a/?b&c"),
        ),
        ({"result": "ERROR", "reason": "not found"}, Observation("unknown")),
        ({"result": "ERROR"}, Observation("unknown")),
        ({"result": "ERROR", "reason": "belongs to another provider"}, Observation("registered_elsewhere")),
    ],
)
@pytest.mark.parametrize("mac", [COLON, "00-1A-E8-AB-CD-EF", MAC])
def test_what_a_device_is(service, web, mac, entry, seen):
    answers(web, [{"mac": mac, **entry}])

    assert service.check(Device(MAC), target=True) == seen


@pytest.mark.parametrize(
    "answer",
    ["", "{}", "[]", "7", "[7]", '[{"mac":"x","result":"OK"}]', f'[{{"mac":"{COLON}"}}]']
    + [json.dumps([{"mac": COLON, "result": "OK", "data": data}]) for data in ("words", ["x"])]
    + [json.dumps([{"mac": COLON, "result": "MAYBE"}]), json.dumps([{"mac": "00:1a:e8:00:00:01", "result": "OK"}])],
)
def test_what_is_no_answer(service, web, answer):
    answers(web, answer)

    with pytest.raises(RpsError) as raised:
        service.check(Device(MAC), target=True)

    assert raised.value.code == "protocol_error"
    assert not isinstance(raised.value, Refused)


@pytest.mark.parametrize(
    ("entry", "code", "verdict"),
    [
        ({"result": "ERROR", "reason": "other provider"}, "owned_by_other_user", Verdict.ELSEWHERE),
        ({"result": "ERROR", "reason": "invalid MAC"}, "invalid_mac", Verdict.DEVICES),
        ({"result": "ERROR"}, "service_error", Verdict.DEVICES),
        (
            {"result": "OK", "data": [{"name": "bw-dms-addr", "result": "ERROR", "reason": "no"}]},
            "invalid_url",
            Verdict.BATCH,
        ),
        (
            {"result": "ERROR", "data": [{"name": "x", "result": "ERROR"}]},
            "invalid_input",
            Verdict.DEVICES,
        ),
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_refusals_of_entries_and_of_items(service, web, status, entry, code, verdict):
    answers(web, [{"mac": COLON, "result": "OK", "data": ""}])
    service.check(Device(MAC), target=True)
    answers(web, {"mac": COLON, **entry}, status)

    with pytest.raises(Refused) as raised:
        service.register([Device(MAC)], TARGET, override=False)

    assert (raised.value.code, raised.value.verdict) == (code, verdict)


def test_a_removal_in_part(service, web):
    others = ["001ae8000001", "001ae8000002"]
    rows = [
        {"mac": COLON, "result": "OK"},
        {"mac": "00:1A:E8:00:00:01", "result": "ERROR", "reason": "not found"},
        {"mac": "00:1A:E8:00:00:02", "result": "ERROR", "reason": "busy"},
    ]
    answers(web, rows)

    with pytest.raises(Refused) as raised:
        service.remove([Device(mac) for mac in (MAC, *others)])

    assert set(raised.value.done) == {MAC}
    assert {mac: one.verdict for mac, one in raised.value.culprits.items()} == {
        others[0]: Verdict.ALREADY,
        others[1]: Verdict.DEVICES,
    }
