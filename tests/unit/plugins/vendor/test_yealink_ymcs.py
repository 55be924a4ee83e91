# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Yealink's API v2 has beside others: tokens and nonces, pages, serial numbers, calls that succeed in part."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from rps_simulator.settings import CHOICES

from ansible_collections.voip.rps.plugins.module_utils._http.client import Client
from ansible_collections.voip.rps.plugins.module_utils._pure.model import Device
from ansible_collections.voip.rps.plugins.module_utils._services.yealink_ymcs import YealinkYmcs

pytestmark = [pytest.mark.dialect("ymcs"), pytest.mark.share(100)]

OWN = "https://own.example/"


def routes(rps):
    return Counter((entry.method or "").partition(" ")[2].rpartition("/")[2] for entry in rps.simulator.log)


def codes(result):
    return {one["mac"]: one["error"]["code"] for one in result["devices"] if "error" in one}


def bulk(asked, *errors):
    counts = {"total": asked, "successCount": asked - len(errors), "failureCount": len(errors)}
    return json.dumps({**counts, "errors": list(errors)})


def error(code, message="no"):
    return json.dumps({"code": code, "requestId": "1", "message": message, "details": None})


ERRORS = {
    "800001": "invalid_mac",
    "800002": "invalid_input",
    "800003": "owned_by_other_user",
    "800004": "owned_by_other_user",
    "800005": "unsupported",
    "800006": "invalid_input",
    "800007": "invalid_input",
    "800008": "service_error",
    "device.mac.invalid": "invalid_mac",
    "device.sn.invalid": "invalid_input",
    "Device already managed by another enterprise": "owned_by_other_user",
    "Resource already exists": "owned_by_other_user",
    "something new": "service_error",
}


@pytest.mark.parametrize("said", ERRORS)
def test_what_a_call_says_of_a_device(rps, said):
    bad = {"mac": rps.mac(2).upper(), "sn": None, "errorInfo": said}
    rps.misbehaves("answer", "register", body=bulk(1, bad))

    assert codes(rps.device(rps.mac(2))) == {rps.mac(2): ERRORS[said]}


STATUSES = {
    (400, "900400"): "invalid_input",
    (403, "900403"): "forbidden",
    (404, "900404"): "not_registered",
    (412, "900444"): "protocol_error",
    (400, "900501"): "unsupported",
    (403, "900429"): "rate_limited",
    (429, "900429"): "rate_limited",
    (500, "900500"): "service_error",
    (400, "900599"): "service_error",
    (403, "500403"): "service_error",
    (400, "123456"): "service_error",
    (404, ""): "protocol_error",
    (401, "900401"): "auth_failed",
    (403, "900440"): "auth_failed",
}


@pytest.mark.parametrize(("status", "code"), STATUSES)
def test_what_a_status_and_its_code_say(rps, status, code):
    rps.misbehaves("answer", "list", status=status, body=error(code) if code else "<html>")

    assert rps.info(retries=1)["failure"]["code"] == STATUSES[status, code]


@pytest.mark.parametrize("what", ["login", "list", "register", "locate"])
@pytest.mark.parametrize(("status", "code"), [(403, "500403"), (403, "900429"), (412, "900412")])
def test_what_passes_is_tried_again_with_another_nonce(rps, what, status, code):
    rps.misbehaves("answer", what, status=status, body=error(code), times=2)

    result = rps.device(*rps.macs(8))

    assert result["summary"]["registered"] == 8
    assert result["requests"] == rps.requests == 7


@pytest.mark.parametrize("what", ["list", "register", "move"])
def test_a_token_that_ended_is_renewed_once(rps, what):
    rps.holds(*rps.macs(4), server="paris")
    rps.misbehaves("token_expired", what, times=1)

    result = rps.device(*rps.macs(8))

    assert result["summary"] == {**result["summary"], "registered": 4, "moved": 4}
    assert routes(rps)["token"] == 2


def test_a_token_is_not_used_longer_than_it_holds(web):
    web.url = web.url.replace("/xmlrpc", "/v2")
    token, empty = b'{"access_token":"t","expires_in":1e-9}', b'{"total":0,"data":null}'
    web.respond = lambda path, _headers: (200, token if path.endswith("token") else empty)
    login = YealinkYmcs.login_of({"client_id": "me", "client_secret": "a-secret"})
    service = YealinkYmcs(Client(web.url, YealinkYmcs.headers, login=login, statuses=YealinkYmcs.statuses))

    assert service.list_devices() == {}
    service.list_devices()

    assert [path.rpartition("/")[2] for path in web.paths].count("token") >= 2
    assert len({head["nonce"] for head in web.heads}) == len(web.heads)
    assert all(head["timestamp"].isdigit() for head in web.heads)


def test_requests_are_as_clients_in_use_send_them(web, fixtures):
    def printed(name):
        return (fixtures / "yealink_ymcs" / f"{name}.json").read_text()

    answers = {"token": printed("token-answer").replace("…", "t"), "listDevices": '{"total":0,"data":null}'}
    web.url = web.url.replace("/xmlrpc", "/v2")
    web.respond = lambda path, _headers: (200, answers.get(path.rpartition("/")[2], bulk(1)).encode())
    login = YealinkYmcs.login_of({"client_id": "me", "client_secret": "a-secret"})
    service = YealinkYmcs(Client(web.url, YealinkYmcs.headers, login=login, statuses=YealinkYmcs.statuses))

    service.list_devices()
    service.remove([Device("805ec0000001")])

    asked = [printed("token-request"), printed("list-request"), printed("remove-request").replace("…", "805ec0000001")]
    assert [json.loads(body) for body in web.bodies] == [json.loads(one) for one in asked]
    assert web.heads[0]["Authorization"].startswith("Basic ")
    assert web.heads[1]["Authorization"] == "Bearer t"


@pytest.mark.parametrize("rows", [0, 1, 7, 8, 40])
def test_lists_are_read_page_by_page(rps, rows):
    rps.simulator.settings(ymcs_page=7, ymcs_empty="list" if rows == 8 else "null")
    rps.holds(*rps.macs(rows))

    result = rps.info()

    assert [one["mac"] for one in result["devices"]] == rps.macs(rows)
    assert routes(rps)["listDevices"] == max(1, -(-rows // 7))


@pytest.mark.parametrize("total", [None, 1000, 10**12, -1, "many"])
def test_pages_that_repeat_end(rps, total):
    rows = [{"id": str(number), "mac": mac} for number, mac in enumerate(rps.macs(3))]
    rps.misbehaves("answer", "list", body=json.dumps({"total": total, "data": rows}))

    result = rps.info()

    assert result["failure"]["code"] == "protocol_error"
    assert result["requests"] < 1000


def test_devices_with_and_without_serial_numbers(rps):
    rps.simulator.settings(ymcs_by_mac="disabled")
    devices = [{"mac": mac, **({"sn": f"SN{mac}"} if place % 2 else {})} for place, mac in enumerate(rps.macs(80))]

    result = rps.device(devices=devices, concurrency=1, batch_size=20)

    assert set(codes(result)) == set(rps.macs(80)[::2])
    assert set(codes(result).values()) == {"invalid_input"}
    assert "serial number" in result["msg"]
    assert sorted(rps.urls) == rps.macs(80)[1::2]
    assert routes(rps)["addDevicesByMac"] == 1


@pytest.mark.parametrize("culprits", CHOICES["culprits"])
def test_errors_that_name_nobody(rps, culprits):
    rps.simulator.settings(culprits=culprits)
    rps.others(rps.mac(2), rps.mac(7))

    result = rps.device(*rps.macs(12))

    assert codes(result) == dict.fromkeys([rps.mac(2), rps.mac(7)], "owned_by_other_user")
    assert result["summary"]["registered"] == 10


def test_a_mixture_that_is_taken(rps):
    rps.others(rps.mac(2), rps.mac(3))
    devices = [{"mac": mac, **({"sn": f"SN{mac}"} if place % 2 else {})} for place, mac in enumerate(rps.macs(9))]

    result = rps.device(devices=devices)

    assert codes(result) == dict.fromkeys(rps.macs(2, start=2), "owned_by_other_user")
    assert result["summary"]["registered"] == 7


@pytest.mark.parametrize("kind", ["reset_after", "half_answer"])
@pytest.mark.parametrize("skip", [0, 1])
def test_one_half_of_a_mixture_is_lost(rps, kind, skip):
    devices = [{"mac": mac, **({"sn": f"SN{mac}"} if place % 2 else {})} for place, mac in enumerate(rps.macs(9))]
    rps.misbehaves(kind, "register", skip=skip, times=1)

    assert rps.device(devices=devices)["summary"]["registered"] == 9


WRONG = [
    {"total": 8, "successCount": 8, "failureCount": 1, "errors": []},
    {"total": 9, "successCount": 9, "failureCount": 0, "errors": []},
    {"total": 8, "successCount": 7, "failureCount": 1, "errors": []},
    {"total": 8, "successCount": "8", "failureCount": 0, "errors": None},
    {"total": 8, "successCount": 9, "failureCount": -1, "errors": None},
    [],
    None,
]


@pytest.mark.parametrize("value", WRONG)
def test_counts_that_do_not_fit_are_read_back(rps, value):
    rps.misbehaves("answer_after", "register", body=json.dumps(value), times=1)

    assert rps.device(*rps.macs(8))["summary"]["registered"] == 8
    assert routes(rps)["addDevicesByMac"] == 1


@pytest.mark.parametrize("clearing", CHOICES["ymcs_clearing"])
@pytest.mark.parametrize("count", [1, 12])
def test_from_urls_of_their_own_to_a_server(rps, clearing, count):
    rps.simulator.settings(ymcs_clearing=clearing)
    rps.holds(*rps.macs(count), server=None, url=OWN)

    result = rps.device(*rps.macs(count))

    assert result["summary"]["moved"] == count
    assert set(rps.urls.values()) == {rps.servers["berlin"]}
    assert not rps.device(*rps.macs(count))["changed"]


def test_a_device_that_points_nowhere_is_moved(rps):
    rps.simulator.seed({"devices": [{"account": rps.account, "mac": rps.mac(1)}]})

    assert rps.info()["devices"][0]["current_url"] is None
    assert rps.device(rps.mac(1))["summary"]["moved"] == 1
    assert set(rps.urls.values()) == {rps.servers["berlin"]}


@pytest.mark.parametrize("count", [1, 8])
def test_a_device_that_was_deleted_meanwhile(rps, count):
    rps.holds(*rps.macs(count), server="paris")
    missing = error("900400", "the device does not exist")
    rps.misbehaves("answer", "move", status=400, body=missing, times=1)
    empty = json.dumps({"total": 0, "data": None})
    rps.misbehaves("answer", "move", status=400, body=missing, times=1)
    rps.simulator.misbehave(
        {"kind": "answer", "methods": rps.methods("move"), "status": 400, "body": missing, "times": 1},
        {"kind": "answer", "methods": rps.methods("locate"), "skip": int(count == 1), "body": empty, "times": 1},
    )

    result = rps.device(*rps.macs(count), concurrency=1)

    assert list(codes(result).values()) == ["not_registered"]


def test_named_servers(rps):
    before = rps.server(servers={**rps.servers, "rome": "https://rome.example/"})
    assert [one["action"] for one in before["servers"]] == ["none", "none", "added"]
    rps.holds(rps.mac(1))

    refused = rps.server(name="berlin", state="absent")
    changed = rps.server(name="rome", url="https://rome.example/new/", change_url=True)
    removed = rps.server(servers={"rome": None, "paris": None}, state="absent")

    assert rps.mac(1) in refused["servers"][0]["error"]["message"]
    assert [one["action"] for one in [*changed["servers"], *removed["servers"]]] == ["changed", "removed", "removed"]
    assert rps.simulator.servers(rps.account) == {"berlin": rps.servers["berlin"]}


@pytest.mark.parametrize("lost", ["reset_after", "reset_before", "half_answer"])
def test_a_server_whose_addition_is_not_answered_is_there_once(rps, lost):
    rps.misbehaves(lost, "add", times=1)

    assert rps.server(name="rome", url="https://rome.example/")["servers"][0]["action"] == "added"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"server": "a" * 21, "servers": {}}, "20"),
        ({"url": f"https://h.example/{'a' * 250}"}, "256"),
        ({"servers": {"berlin": f"https://h.example/{'a' * 500}"}}, "512"),
        ({"api_url": None}, "us-api.ymcs.yealink.com/v2"),
        ({"client_id": None}, "client_id"),
    ],
)
def test_input_errors(rps, change, words):
    options = {name: value for name, value in {**rps.options, "server": "berlin", **change}.items() if value}

    result = rps._run("rps_device", mac=rps.mac(1), **options)

    assert words in result["msg"]
    assert rps.requests == 0


def test_what_else_the_service_tells(rps):
    rps.simulator.seed({"devices": [{"account": rps.account, "mac": rps.mac(1), "server": "paris", "sn": "SN1"}]})

    (device,) = rps.info()["devices"]

    assert (device["details"]["sn"], device["details"]["serverName"]) == ("SN1", "paris")
    assert device["current_url"] == rps.servers["paris"]


@pytest.mark.parametrize("status", [401, 400])
def test_a_wrong_secret_is_tried_once(rps, status):
    if status == 400:
        rps.misbehaves("answer", "login", status=400, body='{"error":"invalid_client"}')

    result = rps.device(*rps.macs(8), client_secret="another-secret")

    assert result["failure"]["code"] == "auth_failed"
    assert (result["requests"], rps.requests) == (1, 1)
    assert "another-secret" not in json.dumps(result)


def test_neither_secret_nor_token_is_shown(rps):
    rps.misbehaves("answer", "list", body=json.dumps({"access_token": "a-token-of-theirs", "data": rps.password}))

    result = rps.device(*rps.macs(8), url=f"{OWN}?x={rps.password}")

    assert rps.password not in json.dumps(result)
    assert "a-token-of-theirs" not in json.dumps(result)


def test_a_thousand_phones_cost_what_the_service_allows_at_least(rps):
    fresh = rps.device(*rps.macs(1000))
    again = rps.device(*rps.macs(1000))
    moved = rps.device(*rps.macs(10), server="paris")

    # A token and the list each; the servers, and one device of the server that is bound to first.
    assert fresh["requests"] == 2 + 1 + 10 + 1
    assert again["requests"] == 1 + 2
    assert moved["requests"] == 1 + 2 + 1 + 10 + 1


def test_a_server_that_is_there_is_not_added(rps):
    assert rps.device(rps.mac(1), url=OWN, server="berlin")["summary"]["registered"] == 1
    assert set(rps.urls.values()) == {OWN}
