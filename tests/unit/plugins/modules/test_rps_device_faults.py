# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rps_device, when requests or their answers get lost, or come out as something else."""

from __future__ import annotations

import socket
from itertools import pairwise

import pytest

# Kinds of fault after which nobody knows whether a write was carried out, with their parameters. In the first four it
# was, in the others not.
LOST = {
    "reset_after": {},
    "hang_after": {"seconds": 30},
    "half_answer": {},
    "cut_answer": {},
    "http_error_after": {"status": 502},
    "login_page_after": {},
    "reset_before": {},
    "hang_before": {"seconds": 30},
    "http_error": {"status": 500},
    "login_page": {},
}
PASSING = {
    "reset_before": {},
    "reset_after": {},
    "hang_after": {"seconds": 30},
    "half_answer": {},
    "cut_answer": {},
    **{f"http_error {status}": {"status": status} for status in (429, 500, 502, 503, 504)},
}
HOPELESS = {
    "http_error 403": ({"status": 403}, "forbidden"),
    "http_error 404": ({"status": 404}, "protocol_error"),
    "redirect": ({"location": "https://elsewhere.example/"}, "protocol_error"),
}


def kind(name):
    return name.partition(" ")[0]


def patience(name):
    """The seconds to wait for an answer: few where none will come, plenty on a busy machine otherwise."""
    return 0.3 if name.startswith("hang") else 5


def fault_free(result):
    assert "failed" not in result
    assert result["summary"]["failed"] == 0


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("which", ["first", "middle", "last"])
def test_a_batch_whose_answer_was_lost_converges(rps, lost, which):
    skip = {"first": 0, "middle": 1, "last": 2}[which]
    rps.misbehaves(kind(lost), "register", skip=skip, times=1, **LOST[lost])

    result = rps.device(*rps.macs(30), batch_size=10, timeout=patience(lost), concurrency=1)

    fault_free(result)
    assert result["summary"]["registered"] == 30
    assert set(rps.urls) == set(rps.macs(30))
    assert result["requests"] == rps.requests
    writes = [place for place, call in enumerate(rps.calls) if call.what == "register"]
    assert rps.calls[writes[skip] + 1] == ("list", 0)
    carried_out = sum(call.devices for call in rps.writes) - 30
    assert carried_out == (0 if lost.endswith(("after", "answer")) else 10)


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("what", ["register", "own url", "move", "remove"])
def test_a_single_write_whose_answer_was_lost_converges(rps, lost, what):
    mac = rps.mac(1)
    options = {"url": "https://lab.example/"} if what == "own url" else {}
    if what == "remove":
        rps.holds(mac)
        options["state"] = "absent"
    if what == "move":
        rps.holds(mac, server="paris")
    call = {"own url": "register"}.get(what, what)
    rps.misbehaves(kind(lost), call, times=1, **LOST[lost])

    result = rps.device(mac, timeout=patience(lost), **options)

    fault_free(result)
    action = {"register": "registered", "own url": "registered", "move": "moved", "remove": "removed"}[what]
    assert result["devices"][0]["action"] == action
    assert result["changed"]
    assert result["requests"] == rps.requests
    assert list(rps.urls.values()) == [] if what == "remove" else [options.get("url", rps.servers["berlin"])]
    whats = [call.what for call in rps.calls]
    sent = 1 if lost.endswith(("after", "answer")) else 2
    assert whats.count(call) == sent
    reads = {"check", "locate"}
    assert all(one in reads or other in reads for one, other in pairwise(whats))


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize(("what", "action"), [("confirm", "moved"), ("remove", "removed")])
def test_a_bulk_move_or_removal_whose_answer_was_lost_converges(rps, lost, what, action):
    rps.holds(*rps.macs(12), server="paris")
    rps.misbehaves(kind(lost), what, times=1, **LOST[lost])

    result = rps.device(*rps.macs(12), timeout=patience(lost), state="absent" if what == "remove" else "present")

    fault_free(result)
    assert result["summary"][action] == 12
    assert result["changed"]
    assert set(rps.urls.values()) == (set() if what == "remove" else {rps.servers["berlin"]})
    assert result["requests"] == rps.requests


def test_a_lost_move_that_nothing_can_tell_is_sent_again(rps):
    """To bind a device of ours where it is bound already does no harm."""
    rps.holds(*rps.macs(12), server="paris")
    rps.misbehaves("reset_after", "confirm", times=1)

    result = rps.device(*rps.macs(12), servers=None, force=True)

    assert result["summary"]["moved"] == 12
    assert rps.writes == [("confirm", 12), ("confirm", 12)]


@pytest.mark.parametrize("passing", PASSING)
@pytest.mark.parametrize("what", ["list", "locate"])
@pytest.mark.parametrize("skip", [0, 3])
def test_reads_are_tried_again(rps, passing, what, skip):
    rps.holds(*rps.macs(8))
    rps.misbehaves(kind(passing), what, times=1, skip=skip, **PASSING[passing])

    result = rps.device(*rps.macs(8), timeout=patience(passing))

    fault_free(result)
    assert not result["changed"]
    assert result["requests"] == rps.requests == 1 + 8 + int(skip == 0 or what == "locate")


def test_a_write_that_was_refused_for_the_rate_was_not_carried_out_and_is_sent_again(rps):
    rps.misbehaves("http_error", "register", times=2, status=429, retry_after=0)

    result = rps.device(*rps.macs(8))

    fault_free(result)
    assert rps.calls == [("list", 0), *[("register", 8)] * 3]


def test_retry_after_is_honoured(rps):
    rps.misbehaves("http_error", "list", times=1, status=503, retry_after=1)

    rps.device(*rps.macs(8))

    first, second, *_more = rps.simulator.log
    assert second.at - first.at >= 0.9


def test_a_lost_batch_is_not_sent_again_at_once(rps, monkeypatch):
    monkeypatch.setattr("ansible_collections.voip.rps.plugins.module_utils.http.FIRST_WAIT", 0.2)
    rps.misbehaves("reset_before", "register", times=1)

    rps.device(*rps.macs(8))

    _list, lost, _read_back, again = rps.simulator.log
    assert again.at - lost.at >= 0.08


@pytest.mark.parametrize("retry_after", [3600, "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_nobody_waits_for_hours(rps, retry_after):
    rps.misbehaves("http_error", "list", status=503, retry_after=retry_after)

    result = rps.device(*rps.macs(8))

    assert result["failure"]["code"] == "service_error"
    assert rps.requests == 1


def test_a_retry_after_that_makes_no_sense_is_passed_over(rps):
    rps.misbehaves("http_error", "list", times=1, status=503, retry_after="soon")

    fault_free(rps.device(*rps.macs(8)))


@pytest.mark.parametrize("retries", [0, 2])
def test_retries_are_counted(rps, retries):
    rps.misbehaves("http_error", "list", status=500)

    result = rps.device(*rps.macs(8), retries=retries)

    assert result["failure"]["code"] == "service_error"
    assert "500" in result["failure"]["message"]
    assert result["requests"] == rps.requests == retries + 1
    assert not result["changed"]


@pytest.mark.parametrize("count", [1, 5, 30])
def test_a_wrong_password_is_tried_once(rps, count):
    result = rps.device(*rps.macs(count), password="guessed", concurrency=8)

    assert result["failure"]["code"] == "auth_failed"
    assert result["requests"] == rps.requests == 1
    assert (result["failed"], result["changed"]) == (True, False)
    assert "devices" not in result


@pytest.mark.parametrize("hopeless", HOPELESS)
@pytest.mark.parametrize("count", [1, 5, 30])
def test_what_trying_again_does_not_mend_is_tried_once(rps, hopeless, count):
    parameters, code = HOPELESS[hopeless]
    rps.misbehaves(kind(hopeless), "list", "locate", **parameters)

    result = rps.device(*rps.macs(count), concurrency=8)

    assert result["failure"]["code"] == code
    assert result["requests"] == rps.requests == 1


def test_the_password_is_refused_in_the_middle_of_it(rps):
    rps.misbehaves("http_error", "register", skip=1, status=401)

    result = rps.device(*rps.macs(30), batch_size=5, concurrency=1)

    assert result["summary"] == {"registered": 5, "moved": 0, "removed": 0, "none": 0, "failed": 25}
    assert result["failure"]["code"] == "auth_failed"
    assert (result["changed"], result["failed"]) == (True, True)
    assert {device["error"]["code"] for device in result["devices"] if "error" in device} == {"auth_failed"}
    assert len(rps.writes) == 2


@pytest.mark.parametrize("batches", ["all_or_nothing", "good_ones"])
def test_the_service_shuts_the_door_after_a_batch_that_it_may_have_carried_out_in_part(rps, batches):
    rps.simulator.settings(batches=batches)
    rps.others(rps.mac(3))
    rps.misbehaves("http_error", "register", skip=1, status=403)

    result = rps.device(*rps.macs(8))

    assert result["summary"]["failed"] == 8
    assert result["failure"]["code"] == "forbidden"
    assert len(rps.urls) == (7 if batches == "good_ones" else 0)
    assert result["changed"]


GARBAGE = {
    "a login page": b"<!DOCTYPE html>\n<html><head><title>Log in</title></head><body><form></form></body></html>",
    "nothing": b"",
    "text": b"Service temporarily unavailable",
    "unfinished": b"<?xml version='1.0'?><methodResponse><params>",
    "html": b"<html><body>Please log in</body></html>",
    "binary": bytes(range(256)),
    "json": b'{"ok": true}',
    "another document": b"<?xml version='1.0'?><soap><body/></soap>",
    "no value": b"<methodResponse><params></params></methodResponse>",
    "two values": b"<methodResponse><params>" + b"<param><value>1</value></param>" * 2 + b"</params></methodResponse>",
    "a text": b"<methodResponse><params><param><value>OK</value></param></params></methodResponse>",
    "an empty list": b"<methodResponse><params><param><value><array><data></data></array></value></param></params>"
    b"</methodResponse>",
    "a number for a code": b"<methodResponse><params><param><value><array><data><value><int>7</int></value></data>"
    b"</array></value></param></params></methodResponse>",
    "a bad boolean": b"<methodResponse><params><param><value><array><data><value><boolean>maybe</boolean></value>"
    b"</data></array></value></param></params></methodResponse>",
    "a document type": b"<!DOCTYPE methodResponse><methodResponse><params><param><value>OK</value></param></params>"
    b"</methodResponse>",
    "an entity bomb": b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9))
    + b"]><methodResponse><params><param><value>&j;</value></param></params></methodResponse>",
    "a file's content": b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><methodResponse><params><param><value>'
    b"&f;</value></param></params></methodResponse>",
    "a deep nest": b"<methodResponse><params><param>"
    + b"<value><array><data>" * 5000
    + b"</data></array></value>" * 5000
    + b"</param></params></methodResponse>",
    "a fault that is none": b"<methodResponse><fault><value>no</value></fault></methodResponse>",
}


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize("count", [1, 8])
def test_answers_that_are_none(rps, garbage, count):
    rps.simulator.misbehave({"kind": "answer", "body": GARBAGE[garbage]})

    result = rps.device(*rps.macs(count), retries=1)

    codes = {device["error"]["code"] for device in result.get("devices", [])} or {result["failure"]["code"]}
    assert codes == {"protocol_error"}
    assert (result["failed"], result["changed"]) == (True, False)
    assert rps.requests <= 2
    assert "root:" not in str(result)


@pytest.mark.parametrize("garbage", GARBAGE)
def test_answers_to_writes_that_are_none(rps, garbage):
    rps.misbehaves("answer", "register", body=GARBAGE[garbage])

    result = rps.device(rps.mac(1), retries=1)

    assert result["summary"]["failed"] == 1
    assert result["devices"][0]["error"]["code"] == "protocol_error"
    assert not result["changed"]
    assert rps.calls == [(what, 1) for what in ("locate", "register", "locate", "register", "locate")]


STRANGE = {
    "a number for a status": [True, 5],
    "a list for a status": [True, ["Registered"]],
    "no status": [True],
    "an unknown status": [True, "Reserved"],
    "a number for a url": [True, "Registered", 7],
    "nothing for a url": [True, "Registered", None],
}


@pytest.mark.parametrize("strange", STRANGE)
def test_checks_that_no_document_knows(rps, strange):
    rps.answers("locate", *STRANGE[strange])

    result = rps.device(rps.mac(1))

    assert result["failed"]
    assert "protocol_error" in (result["msg"] + result.get("failure", {}).get("code", ""))


@pytest.mark.parametrize(
    "values", [(True,), (True, "macs"), (True, [5]), (True, ["no mac"]), (True, [], []), (True, 7)]
)
def test_lists_that_no_document_knows(rps, values):
    rps.answers("list", *values)

    result = rps.device(*rps.macs(8))

    assert result["failure"]["code"] == "protocol_error"
    assert rps.requests == 1


def test_a_device_of_an_unknown_status_does_not_keep_the_others_back(rps):
    rps.answers("locate", True, "Reserved", times=1, skip=1)

    result = rps.device(*rps.macs(4), concurrency=1)

    assert [device["action"] for device in result["devices"]] == ["registered", "failed", "registered", "registered"]
    assert result["devices"][1]["error"]["message"] == "an answer that no document knows: 'Reserved'"


def test_a_list_that_is_refused(rps):
    rps.answers("list", False, "Error: maintenance")

    result = rps.device(*rps.macs(8))

    assert result["failure"] == {"code": "service_error", "message": "Error: maintenance"}


def test_a_device_that_cannot_be_read_does_not_keep_the_others_back(rps):
    rps.holds(*rps.macs(8), server="paris")
    rps.misbehaves("fault", "locate", skip=4, times=1, code=1, message="internal")

    result = rps.device(*rps.macs(8))

    assert result["summary"] == {"registered": 0, "moved": 7, "removed": 0, "none": 0, "failed": 1}
    (failed,) = [device for device in result["devices"] if device["action"] == "failed"]
    assert failed["error"] == {"code": "service_error", "message": "fault 1: internal"}
    assert failed["status"] is None
    assert "failure" not in result


def test_a_method_that_the_service_does_not_have(rps):
    rps.misbehaves("fault", "register", code=-32601, message="server error. requested method not found")

    result = rps.device(*rps.macs(8))

    assert {device["error"]["code"] for device in result["devices"]} == {"unsupported"}
    assert len(rps.writes) == 1


def test_nobody_listens(rps):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    result = rps.device(*rps.macs(8), api_url=f"http://127.0.0.1:{port}/xmlrpc", retries=1)

    assert result["failure"]["code"] == "unreachable"
    assert result["failure"]["message"].startswith("no connection: ")
    assert "refused" in result["failure"]["message"]


def test_the_service_is_silent(rps):
    rps.simulator.misbehave({"kind": "hang_before", "seconds": 30})

    result = rps.device(*rps.macs(8), timeout=0.1, retries=1)

    assert result["failure"] == {"code": "timeout", "message": "the service did not answer in time"}
    assert result["requests"] == rps.requests == 2


DEAD = {
    "reset_before": {},
    "reset_after": {},
    "http_error": {"status": 500},
    "http_error_after": {"status": 503},
    "login_page": {},
    "half_answer": {},
    "answer": {"body": "nonsense"},
}


@pytest.mark.parametrize("dead", DEAD)
def test_the_service_dies_before_the_writes(rps, dead):
    rps.simulator.misbehave({"kind": dead, "skip": 1, **DEAD[dead]})

    result = rps.device(*rps.macs(250), batch_size=50)

    assert result["summary"]["failed"] == 250
    assert result["msg"].startswith("250 of 250 devices failed: 250 ")
    assert result["failure"]["code"] in ("unreachable", "service_error", "protocol_error")
    assert result["requests"] == rps.requests <= 40
    # Whether the first writes were carried out, nobody knows: better too loud than silent.
    assert result["changed"]


@pytest.mark.parametrize("dead", DEAD)
def test_the_service_dies_for_single_devices(rps, dead):
    rps.simulator.misbehave({"kind": dead, "skip": 3, **DEAD[dead]})

    result = rps.device(*rps.macs(3), url="https://lab.example/", concurrency=2)

    assert result["summary"]["failed"] == 3
    assert result["failure"]
    assert rps.requests <= 20


@pytest.mark.parametrize("dead", DEAD)
@pytest.mark.parametrize("what", ["register", "move", "remove", "own url"])
def test_only_writing_is_dead(rps, dead, what):
    macs = rps.macs(250)
    if what in ("move", "remove"):
        rps.holds(*macs, server="paris")
    options = {"move": {"force": True, "servers": None}, "remove": {"state": "absent"}}.get(what, {})
    if what == "own url":
        options = {"url": "https://lab.example/"}
    rps.misbehaves(dead, "register", "confirm", "move", "remove", **DEAD[dead])

    result = rps.device(*macs, batch_size=50, check_target=False, **options)

    carried_out = dead in ("reset_after", "http_error_after", "half_answer")
    assert result["requests"] == rps.requests
    if carried_out and what != "move":
        assert result["summary"]["failed"] == 0
    else:
        assert result["summary"]["failed"] == 250
        assert result["failure"]["code"] in ("unreachable", "service_error", "protocol_error")
        assert rps.requests <= 160


def test_one_bad_device_that_brings_the_service_down_is_found(rps, simulator):
    """Halves of a batch are sent apart, until what fails is one device."""
    rps.misbehaves("http_error", "register", times=8, status=500)

    result = rps.device(*rps.macs(16), concurrency=1)

    assert result["summary"] == {"registered": 15, "moved": 0, "removed": 0, "none": 0, "failed": 1}
    assert "failure" not in result


@pytest.mark.parametrize("concurrency", [1, 8])
def test_one_device_that_cannot_be_read_does_not_end_the_run(rps, concurrency):
    rps.misbehaves("half_answer", "locate", times=2, skip=1)

    result = rps.device(*rps.macs(4), retries=1, concurrency=concurrency)

    assert result["summary"]["registered"] >= 3
    assert "failure" not in result


def test_reading_back_fails(rps):
    rps.simulator.misbehave(
        {"kind": "reset_after", "methods": ["registerDevice"]},
        {"kind": "http_error", "methods": ["checkDeviceExt"], "status": 403, "skip": 1},
    )

    result = rps.device(rps.mac(1))

    assert result["devices"][0]["action"] == "failed"
    assert result["failure"]["code"] == "forbidden"
    assert result["changed"]
