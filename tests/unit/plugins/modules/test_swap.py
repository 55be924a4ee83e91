# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rps_device: a phone that replaces another is registered and read back, and then the other one is released."""

from __future__ import annotations

import pytest

PARIS = "https://paris.example/prov/"
LAB = "https://lab.example/0003/"


def swap(rps, **more):
    """Swap phone 1 for phone 2; where the service does not tell the target, the default is the old one's."""
    options = {} if rps.can.read_target else {"server": "paris"}
    return rps.device(devices=[{"mac": rps.mac(2), "replaces": rps.mac(1)}], **{**options, **more})


def actions(result):
    return {device["mac"]: device["action"] for device in result["devices"]}


def code(result, mac):
    return next(device["error"]["code"] for device in result["devices"] if device["mac"] == mac)


@pytest.mark.parametrize("others", [0, 20])
def test_the_new_phone_points_where_the_old_one_pointed_which_is_released(rps, others):
    rps.holds(rps.mac(1), server="paris")
    rows = [{"mac": mac} for mac in rps.macs(others, 16)]
    options = {"devices": [*rows, {"mac": rps.mac(2), "replaces": rps.mac(1)}], "diff": True}
    if not rps.can.read_target:
        options["server"] = "paris"
    foreseen = rps.device(**options, check=True)
    assert rps.writes == []

    result = rps.device(**options)

    assert not result.get("failed"), result.get("msg")
    assert actions(result) == {
        **{row["mac"]: "registered" for row in rows},
        rps.mac(2): "registered",
        rps.mac(1): "removed",
    }
    assert list(actions(result))[-1] == rps.mac(1)
    assert result["summary"] | {"registered": others + 1, "removed": 1, "failed": 0} == result["summary"]
    assert rps.urls.keys() == {rps.mac(2), *rps.macs(others, 16)}
    assert rps.urls[rps.mac(2)] == PARIS
    keys = ("changed", "devices", "summary", "diff")
    assert {key: foreseen[key] for key in keys} == {key: result[key] for key in keys}
    writes = [call.what for call in rps.writes]
    assert writes.index("remove") == len(writes) - 1
    assert rps.calls[-2].what == rps.look, "it was not read back before the old one was released"
    rps.simulator.clear_log()

    again = rps.device(**options)

    assert not again["changed"]
    assert not again.get("failed"), again.get("msg")
    assert rps.writes == []
    assert again["summary"]["removed"] == again["summary"]["failed"] == 0


@pytest.mark.needs("own_url")
def test_a_url_of_the_old_phone_of_its_own_is_the_new_ones(rps):
    rps.holds(rps.mac(1), server=None, url=LAB)

    result = swap(rps)

    assert rps.urls == {rps.mac(2): LAB}
    assert bool(result.get("warnings")) == rps.can.named_servers


def test_the_target_of_the_row_counts_if_it_has_one(rps):
    rps.holds(rps.mac(1), server="paris")

    result = rps.device(devices=[{"mac": rps.mac(2), "replaces": rps.mac(1), "server": "berlin"}], server="paris")

    assert rps.urls == {rps.mac(2): rps.servers["berlin"]}
    assert result["devices"][0]["replaces"] == rps.mac(1)


@pytest.mark.parametrize("held", ["paris", "berlin"])
def test_a_run_that_was_killed_in_between_is_finished_by_the_next(rps, held):
    """The new phone is registered, where it shall or elsewhere, and the old one is still there."""
    rps.holds(rps.mac(1), server="paris")
    rps.holds(rps.mac(2), server=held)

    result = swap(rps, **rps.moving)

    moved = held == "berlin" or not rps.can.read_target
    assert actions(result) == {rps.mac(2): "moved" if moved else "none", rps.mac(1): "removed"}
    assert rps.urls == {rps.mac(2): PARIS}


@pytest.mark.lacks("hides_others")
def test_a_new_phone_that_is_refused_leaves_the_old_one_as_it_is(rps):
    rps.holds(rps.mac(1), server="paris")
    rps.others(rps.mac(2))

    for check in (True, False):
        result = swap(rps, check=check)

        assert result["failed"]
        assert actions(result) == {rps.mac(2): "failed", rps.mac(1): "failed"}
        assert (code(result, rps.mac(2)), code(result, rps.mac(1))) == (rps.foreign, "not_sent")
    assert rps.urls == {rps.mac(1): PARIS}


@pytest.mark.dialect("redirect")
@pytest.mark.needs("own_url")
def test_a_new_phone_that_is_seen_elsewhere_afterwards_leaves_the_old_one_as_it_is(rps):
    rps.holds(rps.mac(1), server=None, url=LAB)
    if rps.can.named_servers:
        rps.answers("locate", True, "Registered", "https://wrong.example/", skip=2)
    else:
        rps.answers("locate", True, "https://wrong.example/", skip=2)

    result = swap(rps, retries=1)

    assert result["failed"]
    assert result["changed"]
    assert (code(result, rps.mac(2)), code(result, rps.mac(1))) == ("protocol_error", "not_sent")
    assert rps.mac(1) in rps.urls


def test_a_new_phone_that_cannot_be_read_back_leaves_the_old_one_as_it_is(rps):
    rps.holds(rps.mac(1), server="paris")
    rps.misbehaves("http_error", rps.look, status=500, skip=2 + len(rps.canary))

    result = swap(rps, retries=0)

    assert result["failed"]
    assert code(result, rps.mac(1)) == "not_sent"
    assert rps.mac(1) in rps.urls


def test_an_old_phone_that_cannot_be_released_fails_and_the_next_run_releases_it(rps):
    rps.holds(rps.mac(1), server="paris")
    rps.misbehaves("http_error", "remove", status=403, times=1)

    result = swap(rps)

    assert result["failed"]
    assert actions(result) == {rps.mac(2): "registered", rps.mac(1): "failed"}
    assert actions(swap(rps))[rps.mac(1)] == "removed"
    assert rps.urls.keys() == {rps.mac(2)}


@pytest.mark.needs("read_target")
def test_without_the_old_phone_nothing_tells_the_target(rps):
    result = swap(rps)

    assert actions(result) == {rps.mac(2): "failed"}
    assert code(result, rps.mac(2)) == "invalid_input"
    assert "Name the server or the url in its row" in result["msg"]
    assert rps.writes == []


def test_an_old_phone_that_is_gone_is_no_error_where_the_row_has_a_target(rps):
    """Somebody released it by hand; that its MAC address may be misspelt, a warning says."""
    rows = [{"mac": rps.mac(2), "replaces": rps.mac(1), "server": "berlin"}]

    result = rps.device(devices=rows)

    assert actions(result) == {rps.mac(2): "registered"}
    assert rps.mac(1) in result["warnings"][0]
    assert "warnings" not in rps.device(devices=rows, force=True)


@pytest.mark.needs("own_url")
@pytest.mark.parametrize("spell", ["{}", "{0[0]}{0[1]}:{0[2]}{0[3]}"])
def test_a_url_with_the_old_phones_mac_in_it_is_not_taken_over(rps, spell):
    mac = rps.mac(1)
    spelled = ":".join(mac[i : i + 2] for i in range(0, 12, 2)).upper() if ":" in spell else mac
    rps.holds(mac, server=None, url=f"https://lab.example/{spelled}.cfg")

    result = swap(rps)

    assert code(result, rps.mac(2)) == "invalid_input"
    assert "its own MAC address" in result["msg"]
    assert rps.writes == []


@pytest.mark.needs("list_account")
def test_pruning_spares_a_phone_that_could_not_be_replaced(rps):
    rps.holds(rps.mac(1), rps.mac(9), server="paris")
    rps.others(rps.mac(2))

    result = swap(rps, prune=True, prune_limit=1)

    assert result["failed"]
    assert rps.urls.keys() == {rps.mac(1)}


def wrong_lists(rps):
    a, b, c = rps.macs(3)
    return {
        "replaces: 'x' is not a MAC address": [{"mac": a, "replaces": "x"}],
        "cannot replace itself": [{"mac": a, "replaces": a.upper()}],
        f"{b} has a row of its own": [{"mac": a, "replaces": b}, {"mac": b}],
        f"{b} replaces {c} itself": [{"mac": a, "replaces": b}, {"mac": b, "replaces": c}],
        f"{a} replaces {b} itself": [{"mac": a, "replaces": b}, {"mac": b, "replaces": a}],
        f"{c} is replaced by {a}": [{"mac": a, "replaces": c}, {"mac": b, "replaces": c}],
        f"{a} replaces another phone": [{"mac": a, "replaces": b}, {"mac": a, "replaces": c}],
        "with the role decommission": [{"mac": a, "replaces": rps.every_vendors(7)[other(rps)]}],
    }


def other(rps):
    return next(place for place, mac in enumerate(rps.every_vendors(7)) if mac != rps.mac(7))


@pytest.mark.dialect("redirect")
def test_swaps_that_cannot_be_are_refused_before_anything_is_sent(rps):
    for words, rows in wrong_lists(rps).items():
        result = rps.device(devices=[{**row, "server": "berlin"} for row in rows])

        assert words in result["msg"], words
        assert result["problems"][0]["where"].startswith("devices[")
    assert rps.requests == 0


def test_absent_releases_the_phone_of_the_row_alone(rps):
    rps.holds(*rps.macs(2))

    rps.device(devices=[{"mac": rps.mac(0), "replaces": rps.mac(1)}], state="absent")

    assert rps.urls.keys() == {rps.mac(1)}


@pytest.mark.needs("own_url")
def test_a_url_with_the_word_mac_in_it_has_the_new_phones(rps):
    """The URL of the task is the one that the old phone has, with the MAC address of that one in it."""
    url = "https://lab.example/{mac}.cfg"
    rps.device(rps.mac(1), url=url)
    old = rps.urls[rps.mac(1)]

    result = rps.device(devices=[{"mac": rps.mac(2), "replaces": rps.mac(1)}], url=url)

    assert not result.get("failed"), result["msg"]
    assert rps.urls == {rps.mac(2): old.replace(rps.mac(1), rps.mac(2))}
    assert not rps.device(rps.mac(2), url=url)["changed"]


@pytest.mark.needs("read_target")
def test_registration_alone_is_not_enough_to_release_the_old_phone(rps):
    rps.holds(rps.mac(1), server="paris")
    rps.holds(rps.mac(2), server="berlin")

    result = swap(rps, check_target=False)

    assert actions(result) == {rps.mac(2): "none", rps.mac(1): "failed"}
    assert "points elsewhere: https://berlin.example/" in result["msg"]
    assert rps.writes == []


def test_a_service_that_is_lost_in_between_has_both_phones(rps):
    """The service is gone for good once the new phone is registered."""
    rps.holds(rps.mac(1), server="paris")
    rps.misbehaves("http_error", rps.look, "remove", status=503, skip=2 + len(rps.canary))

    result = swap(rps, retries=0)

    assert result["failed"]
    assert actions(result) == {rps.mac(2): "registered", rps.mac(1): "failed"}
    rps.simulator.misbehave()
    assert actions(swap(rps))[rps.mac(1)] == "removed"
