# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A vendor is its service's file and its row in the registry: the modules work with it, and nothing else knows it."""

from __future__ import annotations

import json
import threading

import pytest

from ansible_collections.voip.rps.plugins.module_utils._module import options
from ansible_collections.voip.rps.plugins.module_utils._pure.capabilities import Bulk
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict
from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES
from ansible_collections.voip.rps.plugins.plugin_utils._roles import rollout
from ansible_collections.voip.rps.plugins.plugin_utils._roles.context import Context
from ansible_collections.voip.rps.tests.unit.plugins.vendor.acme import Acme
from ansible_collections.voip.rps.tests.unit.plugins.vendor.acme_server import CLIENT, PAGE, SECRET, AcmeServer, Call

HERE, THERE = "https://here.example/", "https://there.example/{mac}"


def mac(number):
    return f"0a1b2c{number:06x}"


def macs(count, start=0):
    return [mac(number) for number in range(start, start + count)]


@pytest.fixture
def acme():
    with AcmeServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _in_the_registry(monkeypatch):
    monkeypatch.setitem(SERVICES, Acme.provider, Acme)
    # They are made when the collection is loaded, and the modules have them from then on.
    for name, option in options.rps_options().items():
        monkeypatch.setitem(options.RPS_OPTIONS, name, option)


@pytest.fixture
def how(acme):
    return {
        "provider": "acme",
        "api_url": acme.url,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "timeout": 5,
    }


@pytest.fixture
def device(run, how):
    def run_module(*wanted, sn="1234", **more):
        devices = [{"mac": one, "sn": sn} for one in wanted]
        if more.get("state") != "absent":
            more.setdefault("url", HERE)
        return run("rps_device", **{**how, "devices": devices, **more})

    return run_module


@pytest.fixture
def info(run, how):
    return lambda **more: run("rps_device_info", **{**how, **more})


def verbs(acme):
    return [call.verb for call in acme.calls]


def test_phones_are_registered_each_with_its_serial_number(acme, run, how, tmp_path):
    phones = tmp_path / "phones.csv"
    phones.write_text(
        "MAC Address,Serial Number\n" + "".join(f"{one},{number:04}\n" for number, one in enumerate(macs(9)))
    )

    result = run("rps_device", **how, src=str(phones), url=HERE)

    assert "failed" not in result
    assert result["summary"]["registered"] == 9
    assert {one: (phone["serial"], phone["url"]) for one, phone in acme.phones.items()} == {
        one: (f"{number:04}", HERE) for number, one in enumerate(macs(9))
    }
    # One list, and a call a phone: it registers no two in one.
    assert sorted(verbs(acme)) == ["GET"] + ["POST"] * 9
    assert result["requests"] == 10


def test_a_second_run_changes_nothing(acme, device):
    device(*macs(9))
    acme.calls.clear()

    result = device(*macs(9))

    assert not result["changed"]
    assert set(verbs(acme)) == {"GET"}


def test_check_mode_only_reads(acme, device):
    acme.holds(*macs(2), url=HERE)

    result = device(*macs(9), url=THERE, check=True)

    assert (result["summary"]["moved"], result["summary"]["registered"]) == (2, 7)
    assert set(verbs(acme)) == {"GET"}


@pytest.mark.parametrize(("sn", "words"), [("", "needs the serial"), ("12345", "four digits"), ("***", "masked")])
def test_a_serial_number_is_checked_with_the_rest_of_the_input(acme, device, sn, words):
    result = device(*macs(3), sn=sn)

    assert [problem["where"] for problem in result["problems"]] == ["devices[0]", "devices[1]", "devices[2]"]
    assert all(words in problem["message"] for problem in result["problems"])
    assert acme.calls == []


def test_a_serial_number_is_not_needed_to_release(acme, device):
    acme.holds(mac(1), url=HERE)

    assert device(mac(1), sn="", state="absent")["changed"]
    assert acme.phones == {}


def test_one_phone_with_two_serial_numbers(acme, run, how):
    devices = [{"mac": mac(1), "sn": "1111"}, {"mac": mac(1).upper(), "sn": "2222"}]

    result = run("rps_device", **how, devices=devices, url=HERE)

    assert [problem["code"] for problem in result["problems"]] == ["repeated_mac"]
    assert "another sn" in result["msg"]
    assert acme.calls == []


@pytest.mark.parametrize("count", [2, 9])
def test_phones_are_moved_by_their_ids(acme, device, count):
    acme.holds(*macs(count), url=HERE)

    result = device(*macs(count), url=THERE)

    assert result["summary"]["moved"] == count
    assert {phone["url"] for phone in acme.phones.values()} == {THERE}
    assert verbs(acme).count("PATCH") == count


def test_no_more_are_released_in_one_call_than_the_service_takes(acme, device):
    acme.holds(*macs(8), url=HERE)

    result = device(*macs(8), state="absent")

    assert result["summary"]["removed"] == 8
    assert sorted(len(call.body["ids"]) for call in acme.calls if call.verb == "DELETE") == [2, 3, 3]


def test_an_answer_that_succeeds_in_part(acme, device):
    acme.holds(*macs(7), url=HERE)
    acme.stuck = {mac(2)}

    result = device(*macs(7), state="absent")

    assert result["changed"]
    assert list(acme.phones) == [mac(2)]
    assert {one["mac"]: one["action"] for one in result["devices"]} == {
        one: "failed" if one == mac(2) else "removed" for one in macs(7)
    }


def test_refusals_are_the_devices_own(acme, run, how):
    acme.others = {mac(2)}
    devices = [{"mac": one, "sn": "9999" if one == mac(5) else "1234"} for one in macs(9)]

    result = run("rps_device", **how, devices=devices, url=HERE)

    assert {one["mac"]: one["error"]["code"] for one in result["devices"] if "error" in one} == {
        mac(2): "owned_by_other_user",
        mac(5): "invalid_input",
    }
    assert result["summary"]["registered"] == 7


def test_a_404_for_one_phone_does_not_end_the_run(acme, device):
    acme.holds(*macs(9), url=HERE)
    as_usual = acme.answer

    def answer(verb, path, body):
        if verb == "PATCH" and mac(3) in acme.phones:
            del acme.phones[mac(3)]
        return as_usual(verb, path, body)

    acme.answer = answer

    result = device(*macs(9), url=THERE)

    assert result["summary"]["moved"] == 8
    assert [(one["mac"], one["error"]["code"]) for one in result["devices"] if "error" in one] == [
        (mac(3), "not_registered")
    ]


@pytest.mark.parametrize("status", [429, 503])
def test_a_try_is_signed_anew(acme, info, status):
    acme.holds(mac(1), url=HERE)
    acme.statuses = [status] * 3

    result = info(macs=[mac(1)])

    assert result["summary"]["registered"] == 1
    # The service takes no nonce twice.
    assert result["requests"] == len(acme.nonces) == 4


@pytest.mark.parametrize("count", [1, 9])
def test_a_lost_answer_to_what_was_carried_out_is_a_success(acme, device, count):
    acme.losses = 1

    result = device(*macs(count))

    assert result["summary"]["registered"] == count
    assert verbs(acme).count("POST") == count


def test_a_lost_answer_to_a_release(acme, device):
    acme.holds(*macs(3), url=HERE)
    acme.losses = 1

    assert device(*macs(3), state="absent")["summary"]["removed"] == 3
    assert verbs(acme).count("DELETE") == 1


class Rigid(Acme):
    """An Acme that moves no phone in place, and takes a call a phone for all."""

    provider = "rigid"
    can = Acme.can._replace(rebind=False, bulk=Bulk())

    def move(self, devices, target):
        raise Refused("needs_override", "registered already", verdict=Verdict.REGISTERED)


@pytest.fixture
def rigid(monkeypatch, how):
    monkeypatch.setitem(SERVICES, Rigid.provider, Rigid)
    monkeypatch.setitem(options.RPS_OPTIONS, "provider", options.rps_options()["provider"])
    how["provider"] = "rigid"


@pytest.mark.usefixtures("rigid")
@pytest.mark.parametrize("concurrency", [1, 8])
def test_phones_are_released_and_registered_one_by_one(acme, device, concurrency):
    acme.holds(*macs(12), url=HERE)

    result = device(*macs(12), url=THERE, concurrency=concurrency)

    assert result["summary"]["moved"] == 12
    assert {phone["url"] for phone in acme.phones.values()} == {THERE}
    assert sorted(verb for verb in verbs(acme) if verb != "GET") == ["DELETE"] * 12 + ["POST"] * 12
    assert {len(call.body["ids"]) for call in acme.calls if call.verb == "DELETE"} == {1}


@pytest.mark.usefixtures("rigid")
@pytest.mark.parametrize("concurrency", [1, 4])
def test_no_more_phones_than_are_in_flight_are_left_unbound(acme, device, concurrency):
    acme.holds(*macs(12), url=HERE)
    as_usual = acme.answer
    acme.answer = lambda verb, *what: (422, {"error": "serial"}) if verb == "POST" else as_usual(verb, *what)

    result = device(*macs(12), url=THERE, concurrency=concurrency, retries=0)

    codes = [one["error"]["code"] for one in result["devices"]]
    assert set(codes) == {"left_unbound", "not_sent"}
    assert len(acme.phones) == codes.count("not_sent") >= 12 - concurrency
    assert result["changed"]


def test_what_the_account_holds(acme, info):
    acme.holds(*macs(2 * PAGE + 1), url=HERE)

    result = info()

    assert [one["mac"] for one in result["devices"]] == macs(2 * PAGE + 1)
    assert result["requests"] == 3


def test_where_phones_point(acme, info):
    acme.holds(mac(1), url=HERE)

    result = info(macs=[mac(1), mac(2)])

    assert [(one["status"], one["current_url"]) for one in result["devices"]] == [
        ("registered", HERE),
        ("unknown", None),
    ]
    assert acme.calls == [
        Call("GET", f"/v1/phones/by-mac/{mac(1)}", None),
        Call("GET", f"/v1/phones/by-mac/{mac(2)}", None),
    ]


def test_a_login_that_is_refused_is_tried_once(acme, device):
    result = device(*macs(9), client_secret="another-secret")

    assert result["failure"]["code"] == "auth_failed"
    assert "client_id and client_secret" in result["msg"]
    assert result["requests"] == 1


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"client_secret": None}, "client_secret"),
        ({"username": "me"}, "username"),
        ({"client_id": ""}, "client_id"),
        ({"api_url": None}, "api_url"),
    ],
)
def test_the_options_of_a_login_are_checked_for_the_provider(acme, run, how, change, where):
    options_given = {name: value for name, value in {**how, **change}.items() if value is not None}

    result = run("rps_device_info", **options_given)

    assert [problem["where"] for problem in result["problems"]] == [where]
    assert acme.calls == []


def test_the_options_of_another_provider_are_not_taken(run):
    result = run("rps_device_info", provider="yealink", username="me", password="secret", client_id="x")

    assert [problem["where"] for problem in result["problems"]] == ["client_id"]


def test_a_login_may_come_from_the_environment(acme, info, monkeypatch, how):
    monkeypatch.setenv("RPS_CLIENT_SECRET", SECRET)
    del how["client_secret"]
    acme.holds(mac(1), url=HERE)

    assert info()["summary"]["registered"] == 1


def test_the_secret_is_in_no_output(acme, device):
    acme.phones = {mac(1): {"id": 7, "mac": mac(1), "url": f"https://h.example/{SECRET}"}}

    result = device(*macs(3), url=f"https://here.example/?key={SECRET}")

    assert result["changed"]
    assert SECRET not in json.dumps(result)


def test_a_role_takes_it_as_it_takes_others(acme, how, tmp_path):
    acme.others = {mac(2)}
    given = {
        "rollout_accounts": {"office": how},
        "rollout_phones": [{"MAC Address": one, "Serial Number": "1234"} for one in macs(9)],
        "rollout_url": HERE,
    }
    folder = str(tmp_path)

    task = rollout.run(Context(given, given, [], [folder], folder, "/nowhere", {}, json.loads, False, False))

    assert task["ansible_facts"]["rollout_result"]["summary"]["registered"] == 8
    assert {phone["serial"] for phone in acme.phones.values()} == {"1234"}
    assert SECRET not in json.dumps(task)
