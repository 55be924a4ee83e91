# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


"""Gigaset's redirect service: phones with URLs that nothing tells, and that are released to be moved."""

from __future__ import annotations

import xmlrpc.client

import pytest
from rps_simulator.dialects.gigaset import mac_id

from ansible_collections.voip.rps.tests.unit.plugins.vendor.account import HERE, THERE, Account, actions


@pytest.fixture
def acme(simulator, run):
    return Account(simulator, "gigaset", run)


def rows(acme, count):
    return [{"mac": mac, "mac_id": mac_id(mac).lower()} for mac in acme.macs(count)]


def test_fresh_again_and_moved(acme):
    fresh = acme.device(*acme.macs(9))
    assert (fresh["summary"]["registered"], fresh["requests"]) == (9, 18)

    again = acme.device(*acme.macs(9), server="paris")
    assert (again["changed"], again["summary"]["unverified"], again["requests"]) == (False, 9, 9)
    assert not acme.device(*acme.macs(9), check_target=False)["changed"]

    acme.simulator.clear_log()
    moved = acme.device(*acme.macs(9), server="paris", force=True)
    assert (moved["summary"]["moved"], set(acme.urls.values())) == (9, {THERE})
    assert sorted(acme.calls) == ["checkDevice"] * 9 + ["deregisterDevice"] * 9 + ["registerDevice"] * 9
    # No more than one for each request in flight is registered nowhere at a time.
    assert acme.device(*acme.macs(9), state="absent")["summary"]["removed"] == 9


def test_no_more_are_released_than_was_said(acme):
    acme.holds(*acme.macs(3))

    result = acme.device(*acme.macs(3), server="paris", force=True, force_limit=2)

    assert "force_limit" in result["msg"]
    assert set(acme.calls) == {"checkDevice"}


@pytest.mark.parametrize("check", ["true_mac", "true_text", "false_mac"])
@pytest.mark.parametrize("again", ["in_use", "ok"])
@pytest.mark.parametrize("removed", ["true", "false"])
def test_both_readings_of_what_is_not_known(acme, check, again, removed):
    acme.simulator.settings(gigaset_check=check, gigaset_own_again=again, gigaset_removed=removed)
    acme.holds(acme.mac(0))

    result = acme.device(*acme.macs(2), server="paris", force=True)

    assert list(actions(result).values()) == ["moved", "registered"]
    assert acme.urls == dict.fromkeys(acme.macs(2), THERE)
    assert acme.device(*acme.macs(3), state="absent")["summary"]["removed"] == 2


@pytest.mark.parametrize("refusal", ["mac_invalid", "mac_not_exist"])
def test_an_account_that_needs_the_mac_id(acme, refusal):
    acme.simulator.settings(gigaset_mac_id=refusal)

    without = acme.device(*acme.macs(2))
    assert set(actions(without).values()) <= {"invalid_mac", "unknown_mac"}
    assert all("mac_id" in one["error"]["message"] for one in without["devices"])

    fresh = acme.device(devices=rows(acme, 2))
    assert fresh["summary"]["registered"] == 2
    assert acme.device(devices=rows(acme, 2), server="paris", force=True)["summary"]["moved"] == 2
    assert set(acme.urls.values()) == {THERE}
    assert acme.device(devices=rows(acme, 2), state="absent")["summary"]["removed"] == 2


@pytest.mark.parametrize("ask", [str, str.upper, " {} ".format])
def test_the_mac_id_is_in_any_case(acme, ask):
    assert acme.device(devices=[{"mac": acme.mac(1), "mac_id": ask(mac_id(acme.mac(1)))}])["changed"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("7C2F80000009-AB12", "another phone"),
        ("AB12", "is invalid"),
        ("7C2F80000001AB12", "is invalid"),
        ("7C2F80000001-AB123", "is invalid"),
        ("7C2F80000001-AB1!", "is invalid"),
        ("***", "masked"),
    ],
)
def test_a_mac_id_is_checked_with_the_rest_of_the_input(acme, given, words):
    result = acme.device(devices=[{"mac": acme.mac(1), "mac_id": given}, {"mac": "x"}])

    assert [problem["code"] for problem in result["problems"]] == ["invalid_input", "invalid_mac"]
    assert words in result["problems"][0]["message"]
    assert acme.calls == []


def test_a_wrong_mac_id(acme):
    result = acme.device(devices=[{"mac": acme.mac(1), "mac_id": "7C2F80000001-0000"}])

    assert actions(result) == {acme.mac(1): "unknown_mac"}
    assert acme.urls == {}


@pytest.mark.parametrize("told", ["hidden", "shown"])
def test_another_accounts_phone(acme, told):
    acme.simulator.settings(gigaset_foreign=told)
    theirs = acme.mac(1)
    acme.holds(theirs, account="other")

    # Where the service calls it registered, nothing tells that it is not ours.
    assert actions(acme.device(theirs)) == {theirs: "unverified" if told == "shown" else "owned_by_other_user"}
    # And it was not released, so it is not left unbound.
    forced = acme.device(theirs, force=True, retries=0)
    assert actions(forced) == {theirs: "owned_by_other_user"}
    assert "released" not in forced["devices"][0]["error"]["message"]
    assert not forced["changed"]
    assert acme.device(theirs, state="absent")["summary"]["removed"] == 0
    assert acme.simulator.devices("other").keys() == {theirs}


def test_what_is_left_unbound_is_told(acme):
    acme.holds(*acme.macs(2))
    refusal = xmlrpc.client.dumps(([False, "url_invalid:x"],), methodresponse=True)
    acme.simulator.misbehave({"kind": "answer", "methods": ["autoprov.registerDevice"], "body": refusal})

    result = acme.device(*acme.macs(2), server="paris", force=True, retries=0, concurrency=1)

    assert list(actions(result).values()) == ["left_unbound", "not_sent"]
    assert "no known target" in result["devices"][0]["error"]["message"]
    assert result["changed"]
    acme.simulator.misbehave()
    assert acme.device(*acme.macs(2), server="paris", force=True)["changed"]
    assert acme.urls == dict.fromkeys(acme.macs(2), THERE)


@pytest.mark.parametrize("again", ["in_use", "ok"])
@pytest.mark.parametrize("what", ["registerDevice", "deregisterDevice"])
@pytest.mark.parametrize("kind", ["reset_after", "reset_before", "half_answer", "http_error_after"])
def test_a_lost_answer(acme, again, what, kind):
    acme.simulator.settings(gigaset_own_again=again)
    acme.holds(*acme.macs(3))
    given = {"status": 500} if kind.startswith("http") else {}
    acme.simulator.misbehave({"kind": kind, "methods": [f"autoprov.{what}"], "times": 1, **given})

    result = acme.device(*acme.macs(6), server="paris", force=True)

    assert (result["summary"]["moved"], result["summary"]["registered"]) == (3, 3)
    assert acme.urls == dict.fromkeys(acme.macs(6), THERE)


def test_the_profile_name_is_sent(acme):
    refused = acme.device(acme.mac(1), profile_name="a/b")
    assert actions(refused) == {acme.mac(1): "invalid_input"}
    assert "profile_name" in refused["msg"]

    assert acme.device(acme.mac(1), profile_name="Example Telecom")["changed"]
    assert acme.device(acme.mac(2), profile_name=" ")["problems"][0]["where"] == "profile_name"


def test_the_account_cannot_be_listed(acme):
    assert acme.info()["problems"][0]["code"] == "unsupported"
    assert acme.device(acme.mac(1), prune=True)["failed"]
    assert acme.calls == []


@pytest.mark.parametrize("url", [f"{HERE}%MACD.xml", f"{HERE}%DVID/%MACD", f"{HERE}{{mac}}.xml"])
def test_placeholders_go_through_as_they_are(acme, url):
    assert acme.device(acme.mac(1), url=url)["changed"]

    assert list(acme.urls.values()) == [url.replace("{mac}", "%MACD")]


def test_check_mode_only_reads(acme):
    acme.holds(*acme.macs(2))

    result = acme.device(*acme.macs(3), state="absent", check=True)

    assert result["summary"]["removed"] == 2
    assert set(acme.calls) == {"checkDevice"}
