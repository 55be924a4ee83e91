# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rps_device_info: what the service knows of devices."""

from __future__ import annotations

import pytest


@pytest.fixture
def known(rps):
    """Six devices: two of ours in berlin, one in paris, another account's, nobody's, and one that nobody knows."""
    rps.holds(*rps.macs(2))
    rps.holds(rps.mac(2), server="paris")
    rps.others(rps.mac(3))
    rps.simulator.seed({"devices": [{"account": None, "mac": rps.mac(4)}]})
    return rps.macs(6)


@pytest.mark.dialect("redirect")
def test_given_devices(rps, known):
    result = rps.info(macs=known)

    berlin, paris = rps.servers.values() if rps.can.read_target else (None, None)
    bound_to_nothing = "unregistered" if rps.can.named_servers else "unknown"
    assert [(device["mac"], device["status"], device["current_url"]) for device in result["devices"]] == [
        (known[0], "registered", berlin),
        (known[1], "registered", berlin),
        (known[2], "registered", paris),
        (known[3], "registered_elsewhere", None),
        (known[4], bound_to_nothing, None),
        (known[5], "unknown", None),
    ]
    expected = {"registered": 3, "unregistered": 0, "registered_elsewhere": 1, "unknown": 1}
    expected[bound_to_nothing] += 1
    assert result["summary"] == expected
    assert not result["changed"]
    assert result["requests"] == rps.requests == 6
    assert {call.what for call in rps.calls} == {rps.look}


@pytest.mark.dialect("redirect")
def test_given_devices_without_their_targets(rps, known):
    result = rps.info(macs=known, check_target=False)

    assert {device["current_url"] for device in result["devices"]} == {None}
    assert {call.what for call in rps.calls} == {"check"}


@pytest.mark.dialect("redirect")
def test_one_device_in_two_spellings(rps):
    result = rps.info(macs=[rps.mac(171), rps.mac(171).upper()])

    assert [device["mac"] for device in result["devices"]] == [rps.mac(171)]
    assert rps.requests == 1


def test_no_devices(rps, known):
    result = rps.info(macs=[])

    assert (result["devices"], result["requests"]) == ([], 0)


@pytest.mark.dialect("redirect")
@pytest.mark.needs("list_account")
def test_the_whole_account_takes_one_request(rps, known):
    result = rps.info()

    assert result["devices"] == [{"mac": mac, "status": "registered", "current_url": None} for mac in rps.macs(3)]
    assert rps.calls == [("list", 0)]
    assert result["requests"] == 1


@pytest.mark.dialect("redirect")
@pytest.mark.needs("read_target")
def test_the_whole_account_with_its_targets(rps, known):
    lists = rps.info()["requests"]

    result = rps.info(check_target=True)

    assert [device["current_url"] for device in result["devices"]] == [rps.urls[mac] for mac in rps.macs(3)]
    assert result["requests"] == rps.requests - lists == lists + 3


def test_an_empty_account(rps):
    assert rps.info()["devices"] == []


@pytest.mark.needs("read_target")
@pytest.mark.parametrize("given", [False, True])
def test_those_that_point_somewhere(rps, known, given):
    # A list of those that point there is the service's, and so is what it takes for the same URL.
    spelled = "https://paris.example/prov/" if rps.can.list_models and not given else "HTTPS://Paris.example/prov/"
    result = rps.info(url=spelled, **({"macs": known} if given else {}))

    assert [device["mac"] for device in result["devices"]] == [rps.mac(2)]
    assert result["summary"]["registered"] == 1


def one_unread(rps, result, count):
    errors = {device["mac"]: device["error"] for device in result["devices"] if "error" in device}
    assert errors == {rps.mac(1): {"code": "service_error", "message": "fault 1: internal"}}
    assert result["failed"]
    assert result["msg"].startswith(f"1 of {count} devices could not be read: ")
    assert result["msg"].endswith(" (1 service_error)")
    assert result["devices"][0]["status"] == "registered"


@pytest.mark.dialect("redirect")
def test_devices_that_cannot_be_read_are_failures_among_the_others(rps, known):
    rps.misbehaves("fault", rps.look, skip=1, times=1, code=1, message="internal")

    one_unread(rps, rps.info(macs=known, concurrency=1), 6)


@pytest.mark.dialect("redirect")
@pytest.mark.needs("read_target")
def test_devices_that_cannot_be_read_may_point_there_too(rps, known):
    rps.misbehaves("fault", rps.look, skip=1, times=1, code=1, message="internal")

    one_unread(rps, rps.info(macs=known, url=rps.servers["berlin"], concurrency=1), 2)


@pytest.mark.dialect("redirect")
def test_a_wrong_password_is_tried_once(rps, known):
    for options in ({}, {"macs": known}):
        rps.simulator.clear_log()
        result = rps.info(password="guessed", **options)
        assert result["failure"]["code"] == "auth_failed"
        assert result["requests"] == rps.requests == 1


def test_the_service_is_given_up(rps):
    rps.simulator.misbehave({"kind": "http_error", "status": 500, "skip": 5})

    result = rps.info(macs=rps.macs(200), retries=1)

    assert result["failure"]["code"] == "service_error"
    assert result["requests"] == rps.requests <= 5 + 2 * 2 * 8
