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
    return 0.2 if name.startswith("hang") else 5


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


def lose_one_write(rps, lost, what, action, **options):
    """Lose the answer to the only call that is to be for C(what), and expect that the device comes out as asked."""
    mac = rps.mac(1)
    rps.misbehaves(kind(lost), what, times=1, **LOST[lost])

    result = rps.device(mac, timeout=patience(lost), **options)

    fault_free(result)
    assert result["devices"][0]["action"] == action
    assert result["changed"]
    assert result["requests"] == rps.requests
    url = options.get("url", rps.servers["berlin"])
    assert rps.urls == ({} if action == "removed" else {mac: url})
    whats = [call.what for call in rps.calls]
    assert whats.count(what) == (1 if lost.endswith(("after", "answer")) else 2)
    reads = {"check", "locate"}
    assert all(one in reads or other in reads for one, other in pairwise(whats))


@pytest.mark.dialect("redirect")
@pytest.mark.parametrize("lost", LOST)
def test_a_single_registration_whose_answer_was_lost_converges(rps, lost):
    lose_one_write(rps, lost, "register", "registered")


@pytest.mark.needs("own_url")
@pytest.mark.parametrize("lost", LOST)
def test_a_registration_with_a_url_of_its_own_whose_answer_was_lost_converges(rps, lost):
    lose_one_write(rps, lost, "register", "registered", url="https://lab.example/")


@pytest.mark.dialect("redirect")
@pytest.mark.needs("read_target")
@pytest.mark.parametrize("lost", LOST)
def test_a_single_move_whose_answer_was_lost_converges(rps, lost):
    rps.holds(rps.mac(1), server="paris")
    lose_one_write(rps, lost, rps.move(1).what, "moved")


@pytest.mark.parametrize("lost", LOST)
def test_a_single_removal_whose_answer_was_lost_converges(rps, lost):
    rps.holds(rps.mac(1))
    lose_one_write(rps, lost, "remove", "removed", state="absent")


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("action", ["moved", "removed"])
def test_a_bulk_move_or_removal_whose_answer_was_lost_converges(rps, lost, action):
    rps.holds(*rps.macs(12), server="paris")
    what, options = ("remove", {"state": "absent"}) if action == "removed" else (rps.move(12).what, rps.moving)
    rps.misbehaves(kind(lost), what, times=1, **LOST[lost])

    result = rps.device(*rps.macs(12), timeout=patience(lost), **options)

    fault_free(result)
    assert result["summary"][action] == 12
    assert result["changed"]
    assert set(rps.urls.values()) == (set() if action == "removed" else {rps.servers["berlin"]})
    assert result["requests"] == rps.requests


@pytest.mark.dialect("redirect")
@pytest.mark.needs("named_servers")
@pytest.mark.parametrize("count", [1, 12])
def test_a_lost_move_that_nothing_can_tell_is_sent_again(rps, count):
    """To bind a device of ours where it is bound already does no harm."""
    rps.holds(*rps.macs(count), server="paris")
    rps.misbehaves("reset_after", rps.move(count).what, times=1)

    result = rps.device(*rps.macs(count), servers=None, force=True)

    assert result["summary"]["moved"] == count
    assert rps.writes == rps.moves(count) * 2


@pytest.mark.dialect("redirect")
@pytest.mark.parametrize("passing", PASSING)
def test_lists_are_asked_for_again(rps, passing):
    rps.holds(*rps.macs(8))
    rps.misbehaves(kind(passing), "list", times=1, **PASSING[passing])

    result = rps.device(*rps.macs(8), timeout=patience(passing))

    fault_free(result)
    assert not result["changed"]
    assert result["requests"] == rps.requests == rps.rerun(8) + 1


@pytest.mark.dialect("redirect")
@pytest.mark.parametrize("passing", PASSING)
@pytest.mark.parametrize("skip", [0, 3])
def test_devices_are_looked_at_again(rps, passing, skip):
    rps.holds(*rps.macs(5))
    rps.misbehaves(kind(passing), rps.look, times=1, skip=skip, **PASSING[passing])

    result = rps.device(*rps.macs(5), timeout=patience(passing))

    fault_free(result)
    assert not result["changed"]
    assert result["requests"] == rps.requests == 6


@pytest.mark.dialect("redirect")
def test_a_write_that_was_refused_for_the_rate_was_not_carried_out_and_is_sent_again(rps):
    rps.misbehaves("http_error", "register", times=2, status=429, retry_after=0)

    result = rps.device(*rps.macs(8))

    fault_free(result)
    assert rps.calls == [*rps.listing, *[("register", 8)] * 3, *rps.canary]


@pytest.mark.dialect("redirect")
def test_a_lost_batch_is_not_sent_again_at_once(rps, monkeypatch):
    monkeypatch.setattr("ansible_collections.voip.rps.plugins.module_utils._http.client.FIRST_WAIT", 0.2)
    rps.misbehaves("reset_before", "register", times=1)

    rps.device(*rps.macs(8))

    written = [entry for entry, call in zip(rps.simulator.log, rps.calls, strict=True) if call.what == "register"]
    lost, again = written
    assert again.at - lost.at >= 0.08


@pytest.mark.dialect("redirect")
@pytest.mark.parametrize("count", [1, 8])
def test_a_removal_that_is_only_late_is_one(rps, monkeypatch, count):
    """It is carried out after it was looked for, and before it is sent again, which the service then refuses."""
    monkeypatch.setattr("ansible_collections.voip.rps.plugins.module_utils._http.client.FIRST_WAIT", 1)
    rps.holds(*rps.macs(count))
    rps.misbehaves("latency", "remove", times=1, seconds=0.4)

    result = rps.device(*rps.macs(count), state="absent", timeout=0.2)

    assert result["summary"]["removed"] == count
    assert [call.what for call in rps.writes] == ["remove", "remove"]
    assert rps.urls == {}


@pytest.mark.dialect("redirect")
@pytest.mark.parametrize("retries", [0, 2])
def test_retries_are_counted(rps, retries):
    rps.misbehaves("http_error", "list", status=500)

    result = rps.device(*rps.macs(8), retries=retries)

    assert result["failure"]["code"] == "service_error"
    assert "500" in result["failure"]["message"]
    assert result["requests"] == rps.requests == retries + 1
    assert not result["changed"]


@pytest.mark.dialect("redirect")
@pytest.mark.parametrize("count", [1, 5, 30])
def test_a_wrong_password_is_tried_once(rps, count):
    result = rps.device(*rps.macs(count), password="guessed", concurrency=8)

    assert result["failure"]["code"] == "auth_failed"
    assert result["requests"] == rps.requests == 1
    assert (result["failed"], result["changed"]) == (True, False)
    assert "devices" not in result


@pytest.mark.dialect("redirect")
@pytest.mark.parametrize("hopeless", HOPELESS)
@pytest.mark.parametrize("count", [1, 5, 30])
def test_what_trying_again_does_not_mend_is_tried_once(rps, hopeless, count):
    parameters, code = HOPELESS[hopeless]
    rps.misbehaves(kind(hopeless), "list", rps.look, **parameters)

    result = rps.device(*rps.macs(count), concurrency=8)

    assert result["failure"]["code"] == code
    assert result["requests"] == rps.requests == 1


@pytest.mark.dialect("redirect")
def test_the_password_is_refused_in_the_middle_of_it(rps):
    rps.misbehaves("http_error", "register", skip=1, status=401)

    result = rps.device(*rps.macs(30), batch_size=5, concurrency=1)

    assert result["summary"] == {"registered": 5, "moved": 0, "removed": 0, "none": 0, "unverified": 0, "failed": 25}
    assert result["failure"]["code"] == "auth_failed"
    assert (result["changed"], result["failed"]) == (True, True)
    assert {device["error"]["code"] for device in result["devices"] if "error" in device} == {"auth_failed"}
    assert len(rps.writes) == 2


@pytest.mark.dialect("redirect")
@pytest.mark.lacks("takes_over")
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


@pytest.mark.dialect("redirect")
def test_a_list_that_is_refused(rps):
    rps.answers("list", False, "Error: maintenance")

    result = rps.device(*rps.macs(8))

    assert result["failure"] == {"code": "service_error", "message": "Error: maintenance"}


@pytest.mark.dialect("redirect")
@pytest.mark.needs("read_target")
def test_a_device_that_cannot_be_read_does_not_keep_the_others_back(rps):
    rps.holds(*rps.macs(8), server="paris")
    rps.misbehaves("fault", "locate", skip=4, times=1, code=1, message="internal")

    result = rps.device(*rps.macs(8))

    assert result["summary"] == {"registered": 0, "moved": 7, "removed": 0, "none": 0, "unverified": 0, "failed": 1}
    (failed,) = [device for device in result["devices"] if device["action"] == "failed"]
    assert failed["error"] == {"code": "service_error", "message": "fault 1: internal"}
    assert failed["status"] is None
    assert "failure" not in result


def test_a_method_that_the_service_does_not_have(rps):
    rps.misbehaves("fault", "register", code=-32601, message="server error. requested method not found")

    result = rps.device(*rps.macs(8))

    assert {device["error"]["code"] for device in result["devices"]} == {"unsupported"}
    assert len(rps.writes) <= 2  # for many, and for one


def test_nobody_listens(rps):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    result = rps.device(*rps.macs(8), api_url=f"http://127.0.0.1:{port}/xmlrpc", retries=1)

    assert result["failure"]["code"] == "unreachable"
    assert result["failure"]["message"] == f"connection to 127.0.0.1:{port} refused"
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
DONE = ("reset_after", "http_error_after", "half_answer")


@pytest.mark.dialect("redirect")
@pytest.mark.parametrize("dead", DEAD)
def test_the_service_dies_before_the_writes(rps, dead):
    rps.simulator.misbehave({"kind": dead, "skip": len(rps.listing), **DEAD[dead]})

    result = rps.device(*rps.macs(250), batch_size=50)

    assert result["summary"]["failed"] == 250
    assert result["msg"].startswith("250 of 250 devices failed: ")
    assert result["failure"]["code"] in ("unreachable", "service_error", "protocol_error")
    assert result["requests"] == rps.requests <= 40
    # Whether the first writes were carried out, nobody knows: better too loud than silent.
    assert result["changed"]


@pytest.mark.parametrize("dead", DEAD)
def test_the_service_dies_for_single_devices(rps, dead):
    rps.simulator.misbehave({"kind": dead, "skip": 3, **DEAD[dead]})

    result = rps.device(*rps.macs(3), batch_size=1, concurrency=2)

    assert result["summary"]["failed"] == 3
    assert result["failure"]
    assert rps.requests <= 20


@pytest.mark.parametrize("dead", DEAD)
@pytest.mark.parametrize("options", [{}, {"state": "absent"}], ids=["register", "remove"])
def test_only_writing_is_dead(rps, dead, options):
    only_writing_is_dead(rps, dead, seen=dead in DONE, held=bool(options), **options)


@pytest.mark.needs("own_url")
@pytest.mark.parametrize("dead", DEAD)
def test_only_writing_urls_is_dead(rps, dead):
    only_writing_is_dead(rps, dead, seen=dead in DONE, url="https://lab.example/")


@pytest.mark.dialect("redirect")
@pytest.mark.needs("named_servers")
@pytest.mark.parametrize("dead", DEAD)
def test_only_moving_is_dead_and_nothing_can_tell_whether_it_is(rps, dead):
    only_writing_is_dead(rps, dead, seen=False, held=True, force=True, servers=None)


def only_writing_is_dead(rps, dead, *, seen, held=False, **options):
    """Expect that all devices fail, at no great cost, unless they are C(seen) to be as asked all the same."""
    macs = rps.macs(250)
    if held:
        rps.holds(*macs, server="paris")
    rps.misbehaves(dead, "register", "confirm", "move", "remove", **DEAD[dead])

    result = rps.device(*macs, batch_size=50, check_target=False, **options)

    assert result["requests"] == rps.requests
    if seen:
        assert result["summary"]["failed"] == 0
    else:
        assert result["summary"]["failed"] == 250
        assert result["failure"]["code"] in ("unreachable", "service_error", "protocol_error")
        assert rps.requests <= 200


def test_one_bad_device_that_brings_the_service_down_is_found(rps, simulator):
    """Halves of a batch are sent apart, until what fails is one device."""
    rps.misbehaves("http_error", "register", times=8, status=500)

    result = rps.device(*rps.macs(16), concurrency=1)

    assert result["summary"] == {"registered": 15, "moved": 0, "removed": 0, "none": 0, "unverified": 0, "failed": 1}
    assert "failure" not in result


@pytest.mark.parametrize("concurrency", [1, 8])
def test_one_device_that_cannot_be_read_does_not_end_the_run(rps, concurrency):
    rps.misbehaves("half_answer", rps.look, times=2, skip=1)

    result = rps.device(*rps.macs(4), retries=1, concurrency=concurrency)

    assert result["summary"]["registered"] >= 3
    assert "failure" not in result


def test_reading_back_fails(rps):
    rps.simulator.misbehave(
        {"kind": "reset_after", "methods": rps.methods("register")},
        {"kind": "http_error", "methods": rps.methods(rps.look), "status": 403, "skip": 1},
    )

    result = rps.device(rps.mac(1))

    assert result["devices"][0]["action"] == "failed"
    assert result["failure"]["code"] == "forbidden"
    assert result["changed"]
