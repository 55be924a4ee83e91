# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Panasonic's redirect server: phones with URLs, whose faults are refusals."""

from __future__ import annotations

import pytest

from ansible_collections.voip.rps.tests.unit.plugins.vendor.account import HERE, THERE, Account, actions


@pytest.fixture
def acme(simulator, run):
    return Account(simulator, "panasonic", run)


def test_fresh_again_and_moved(acme):
    fresh = acme.device(*acme.macs(20))
    assert (fresh["summary"]["registered"], fresh["requests"]) == (20, 21)
    assert set(acme.urls.values()) == {HERE}

    again = acme.device(*acme.macs(20))
    assert (again["changed"], again["summary"]["none"], again["requests"]) == (False, 20, 21)

    acme.simulator.clear_log()
    moved = acme.device(*acme.macs(20), server="paris")
    assert (moved["summary"]["moved"], set(acme.urls.values())) == (20, {THERE})
    # Each is read, registered again, and read back.
    assert sorted(set(acme.calls)) == ["getPhone", "listPhones", "registerPhone"]
    assert moved["requests"] == 61


@pytest.mark.parametrize("count", [2, 9])
def test_a_phone_that_cannot_be_registered_again_is_released_first(acme, count):
    acme.holds(*acme.macs(count))
    acme.simulator.settings(panasonic_rebind="ignored")

    result = acme.device(*acme.macs(count), server="paris", retries=0)

    assert result["summary"]["moved"] == count
    assert set(acme.urls.values()) == {THERE}
    assert acme.calls.count("unregisterPhone") == count


@pytest.mark.parametrize("check", ["structs", "fault"])
@pytest.mark.parametrize("count", [3, 9])
def test_another_accounts_phone(acme, check, count):
    acme.simulator.settings(panasonic_check=check)
    theirs = acme.mac(1)
    acme.holds(theirs, account="other")

    foreseen = acme.device(*acme.macs(count), check=True)
    result = acme.device(*acme.macs(count))

    assert actions(foreseen) == actions(result)
    assert actions(result)[theirs] == "owned_by_other_user"
    assert result["summary"]["registered"] == count - 1
    assert acme.device(theirs, state="absent")["summary"] == {**dict.fromkeys(result["summary"], 0), "none": 1}


@pytest.mark.parametrize("check", ["structs", "fault"])
@pytest.mark.parametrize("target", [True, False])
def test_whose_phones_are(acme, check, target):
    acme.simulator.settings(panasonic_check=check)
    acme.holds(acme.mac(1))
    acme.holds(acme.mac(2), account="other")

    assert acme.statuses(macs=acme.macs(3, 1), check_target=target) == {
        acme.mac(1): "registered",
        acme.mac(2): "registered_elsewhere",
        acme.mac(3): "unknown",
    }


@pytest.mark.parametrize("gone", ["ipredirect.checkPhones", "ipredirect.getPhone"])
@pytest.mark.parametrize("target", [True, False])
def test_one_of_the_methods_that_read_is_enough(acme, gone, target):
    acme.simulator.settings(missing_methods=[gone])
    acme.holds(acme.mac(1))

    statuses = acme.statuses(macs=acme.macs(2, 1), check_target=target)

    assert statuses == {acme.mac(1): "registered", acme.mac(2): "unknown"}


@pytest.mark.parametrize(("dates", "date"), [("printed", "2011-07-12T05:32:12Z"), ("standard", "20110712T05:32:12")])
def test_what_else_is_told_of_a_phone(acme, dates, date):
    acme.simulator.settings(panasonic_dates=dates, panasonic_profile="old")
    acme.holds(acme.mac(1))

    (phone,) = acme.info(macs=[acme.mac(1)])["devices"]

    assert phone["current_url"] == HERE
    assert phone["details"] == {
        "model": "KX-TGP500",
        "note": "for KX-TGP500",
        "profile": "old",
        "register_date": date,
        "access_date": date,
    }


@pytest.mark.parametrize("told", ["kept", "filled_in"])
def test_the_mac_address_in_a_url(acme, told):
    acme.simulator.settings(panasonic_url=told)
    where = f"{HERE}{{mac}}.cfg"

    assert acme.device(acme.mac(0xAB), url=where)["changed"]

    assert list(acme.urls.values()) == [f"{HERE}{{MAC}}.cfg"]
    assert not acme.device(acme.mac(0xAB), url=where)["changed"]


def test_the_account(acme):
    assert acme.info()["devices"] == []
    acme.holds(*acme.macs(9))
    acme.simulator.settings(list_rows="untidy")

    assert list(acme.statuses()) == acme.macs(9)
    result = acme.device(*acme.macs(8), prune=True)
    assert (result["summary"]["removed"], list(acme.urls)) == (1, acme.macs(8))


@pytest.mark.parametrize("texts", ["told", "none"])
@pytest.mark.parametrize("code", ["200", "201"])
def test_a_mac_address_that_the_service_does_not_take(acme, texts, code):
    acme.simulator.settings(foreign_macs="refuse", panasonic_texts=texts, panasonic_invalid_mac=code)
    gigasets = "7c2f80000001"

    result = acme.device(devices=[{"mac": acme.mac(1)}, {"mac": gigasets, "provider": "panasonic"}])

    assert actions(result) == {acme.mac(1): "registered", gigasets: "invalid_mac"}
    assert f"fault {code}: " in result["devices"][1]["error"]["message"]
    assert "invalid" in result["devices"][1]["error"]["message"].lower()


def test_a_lost_answer_to_what_was_carried_out_is_a_success(acme):
    acme.simulator.misbehave({"kind": "reset_after", "methods": ["ipredirect.registerPhone"], "times": 1})

    result = acme.device(*acme.macs(9))

    assert result["summary"]["registered"] == 9
    assert acme.calls.count("registerPhone") == 9
