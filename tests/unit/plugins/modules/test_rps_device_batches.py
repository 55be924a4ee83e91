# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rps_device: how many requests it takes, the number of requests being the cost."""

from __future__ import annotations

import pytest


@pytest.mark.dialect("redirect")
def test_a_fresh_rollout_takes_a_list_and_full_batches(rps):
    result = rps.device(*rps.macs(250))

    assert result["summary"]["registered"] == 250
    lists = len(rps.listing)
    assert rps.calls[:lists] == rps.listing
    assert rps.calls[lists : lists + 1 + len(rps.canary)] == [("register", 100), *rps.canary]
    assert sorted(rps.writes) == [("register", 50), ("register", 100), ("register", 100)]
    assert result["requests"] == rps.requests == lists + 3 + len(rps.canary)
    assert set(rps.urls.values()) == {rps.servers["berlin"]}


@pytest.mark.dialect("redirect")
@pytest.mark.parametrize("spell", [str.upper, lambda mac: ":".join(mac[i : i + 2] for i in range(0, 12, 2))])
def test_a_second_run_writes_nothing(rps, spell):
    rps.holds(*rps.macs(250))

    result = rps.device(*map(spell, rps.macs(250)))

    assert not result["changed"]
    assert result["requests"] == rps.requests == rps.rerun(250)
    assert rps.writes == []


@pytest.mark.dialect("redirect")
def test_a_second_run_that_trusts_the_targets_takes_one_request(rps):
    rps.holds(*rps.macs(250))

    result = rps.device(*rps.macs(250), check_target=False)

    assert not result["changed"]
    assert rps.calls == [("list", 0)]
    assert result["requests"] == 1


@pytest.mark.dialect("redirect")
@pytest.mark.parametrize("count", [1, 5])
def test_a_handful_is_checked_one_by_one_without_a_list(rps, count):
    rps.holds(*rps.macs(1000, start=1000), rps.mac(0))

    result = rps.device(*rps.macs(count))

    assert rps.calls[:count] == [(rps.look, 1)] * count
    assert result["requests"] == rps.requests == (count + 1 + len(rps.canary) if count > 1 else 1)


def test_batch_size(rps):
    rps.device(*rps.macs(10), batch_size=3)

    assert sorted(rps.writes) == [("register", 1), ("register", 3), ("register", 3), ("register", 3)]


@pytest.mark.dialect("redirect")
def test_moves_and_registrations_take_a_batch_each(rps):
    rps.holds(*rps.macs(10), server="paris")
    rps.holds(*rps.macs(10, start=10))

    result = rps.device(*rps.macs(30), **rps.moving)

    moved = 10 if rps.can.read_target else 20
    summary = {"registered": 10, "moved": moved, "removed": 0, "none": 20 - moved, "unverified": 0, "failed": 0}
    assert result["summary"] == summary
    assert sorted(rps.writes) == sorted([rps.move(moved), ("register", 10)])


@pytest.mark.dialect("redirect")
def test_as_many_requests_in_flight_as_concurrency_allows(rps):
    rps.holds(*rps.macs(24))
    rps.simulator.settings(latency=0.05)

    result = rps.info(macs=rps.macs(24), concurrency=24)

    times = [entry.at for entry in rps.simulator.log]
    assert result["requests"] == 24
    assert max(times) - min(times) < 24 * 0.05 / 2


def test_a_few_foreign_devices_do_not_keep_the_others_back(rps, knobs):
    foreign = [rps.mac(number) for number in (3, 31, 59)]
    rps.others(*foreign)
    rps.simulator.settings(**knobs)

    result = rps.device(*rps.macs(60))

    failed = {device["mac"]: device for device in result["devices"] if device["action"] == "failed"}
    assert sorted(failed) == foreign
    assert {device["error"]["code"] for device in failed.values()} == {rps.foreign}
    assert {device["status"] for device in failed.values()} == {"registered_elsewhere"}
    assert result["summary"]["registered"] == 57
    assert (result["failed"], result["changed"]) == (True, True)
    assert sorted(rps.urls) == [mac for mac in rps.macs(60) if mac not in foreign]
    assert result["requests"] == rps.requests <= 60


@pytest.mark.dialect("redirect")
def test_devices_that_the_service_names_are_taken_out_and_the_rest_is_sent_again(rps):
    rps.others(*rps.macs(3))

    rps.device(*rps.macs(60))

    # Where a question may be about devices of ours just as well, and a list may be cut, the others are looked for in a
    # list, and those that the service names are checked.
    asked = [("list", 0), *[("check", 1)] * 3] if rps.foreign == "needs_override" else []
    assert rps.calls == [*rps.listing, ("register", 60), *asked, ("register", 57), *rps.canary]


@pytest.mark.dialect("redirect")
@pytest.mark.needs("list_account")
@pytest.mark.lacks("takes_over")
def test_devices_lost_to_another_account_since_the_list_was_read_are_not_moved(rps, knobs):
    rps.simulator.settings(**knobs)
    macs, lost = rps.macs(12), rps.mac(5)
    rps.holds(*macs, server="paris")
    rps.others(lost)

    rps.answers("list", True, macs, times=1)
    moved = rps.device(*macs, servers=None, force=True)

    (failed,) = [device for device in moved["devices"] if device["action"] == "failed"]
    assert failed["mac"] == lost
    assert failed["error"]["code"] in ("owned_by_other_user", "not_registered")
    assert moved["summary"]["moved"] == 11
    assert list(rps.urls) == [mac for mac in macs if mac != lost]
    one_by_one = knobs["own_again"] == "refuse"
    assert moved["requests"] <= (25 if one_by_one else 15)


@pytest.mark.dialect("redirect")
@pytest.mark.needs("list_account")
def test_devices_lost_to_another_account_since_the_list_was_read_are_absent(rps, knobs):
    rps.simulator.settings(**knobs)
    macs, lost = rps.macs(12), rps.mac(5)
    rps.holds(*macs)
    rps.others(lost)

    rps.answers("list", True, macs, times=1)
    removed = rps.device(*macs, state="absent")

    # Where the good ones are removed and no word is said of the other, nothing tells which it was.
    nameless = knobs["batches"] == "good_ones" and knobs["culprits"] == "unnamed"
    assert removed["summary"]["removed"] == (12 if nameless else 11)
    assert removed["summary"]["failed"] == 0
    assert rps.urls == {}
    assert removed["requests"] <= 10
