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


def test_given_devices(rps, known):
    result = rps.info(macs=known)

    berlin, paris = rps.servers.values()
    assert result["devices"] == [
        {"mac": mac, "status": status, "url": url}
        for mac, status, url in zip(
            known,
            ["registered", "registered", "registered", "registered_elsewhere", "unregistered", "unknown"],
            [berlin, berlin, paris, None, None, None],
            strict=True,
        )
    ]
    assert result["summary"] == {"registered": 3, "unregistered": 1, "registered_elsewhere": 1, "unknown": 1}
    assert not result["changed"]
    assert result["requests"] == rps.requests == 6
    assert {call.what for call in rps.calls} == {"locate"}


def test_given_devices_without_their_targets(rps, known):
    result = rps.info(macs=known, check_target=False)

    assert {device["url"] for device in result["devices"]} == {None}
    assert {call.what for call in rps.calls} == {"check"}


def test_one_device_in_two_spellings(rps):
    result = rps.info(macs=[rps.mac(171), rps.mac(171).upper()])

    assert [device["mac"] for device in result["devices"]] == [rps.mac(171)]
    assert rps.requests == 1


def test_no_devices(rps, known):
    result = rps.info(macs=[])

    assert (result["devices"], result["requests"]) == ([], 0)


def test_the_whole_account_takes_one_request(rps, known):
    result = rps.info()

    assert result["devices"] == [{"mac": mac, "status": "registered", "url": None} for mac in rps.macs(3)]
    assert rps.calls == [("list", 0)]
    assert result["requests"] == 1


def test_the_whole_account_with_its_targets(rps, known):
    result = rps.info(check_target=True)

    assert [device["url"] for device in result["devices"]] == [rps.urls[mac] for mac in rps.macs(3)]
    assert result["requests"] == rps.requests == 4


def test_an_empty_account(rps):
    assert rps.info()["devices"] == []


@pytest.mark.parametrize("given", [False, True])
def test_those_that_point_somewhere(rps, known, given):
    result = rps.info(url="HTTPS://Paris.example/prov/", **({"macs": known} if given else {}))

    assert [device["mac"] for device in result["devices"]] == [rps.mac(2)]
    assert result["summary"]["registered"] == 1


@pytest.mark.parametrize("url", [None, "https://berlin.example/prov/"])
def test_devices_that_cannot_be_read_are_failures_among_the_others(rps, known, url):
    rps.misbehaves("fault", "locate", skip=1, times=1, code=1, message="internal")

    result = rps.info(macs=known, url=url, concurrency=1)

    errors = {device["mac"]: device["error"] for device in result["devices"] if "error" in device}
    assert errors == {rps.mac(1): {"code": "service_error", "message": "fault 1: internal"}}
    assert result["failed"]
    assert result["msg"] == f"1 of {2 if url else 6} devices could not be read: 1 service_error"
    assert result["devices"][0]["status"] == "registered"


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
