# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rps_device, where writes come late, reads lag behind, lists are cut, and devices must be released to be moved."""

from __future__ import annotations

import time

import pytest

from ansible_collections.voip.rps.plugins.module_utils._http import client as http


def actions(result):
    return [device["action"] for device in result["devices"]]


def codes(result):
    return [device.get("error", {}).get("code") for device in result["devices"]]


@pytest.mark.parametrize("count", [1, 12])
def test_a_lost_move_is_read_back_before_it_is_sent_again(rps, count):
    rps.holds(*rps.macs(count), server="paris")
    rps.misbehaves("reset_before", rps.move(count).what, times=1)

    result = rps.device(*rps.macs(count), **rps.moving)

    assert actions(result) == ["moved"] * count
    whats = [call.what for call in rps.calls]
    lost = whats.index(rps.move(count).what)
    assert whats[lost + 1] in ("list", "check", "locate")


@pytest.mark.needs("takes_over")
@pytest.mark.parametrize("count", [1, 12])
def test_a_lost_move_of_a_device_that_is_no_longer_ours_takes_it_from_nobody(rps, count):
    rps.others(*rps.macs(count))
    rps.simulator.misbehave(
        {
            "kind": "answer",
            "methods": ["checkDevice", "listDevices"],
            "times": 1,
            "body": answer(rps, count),
        },
        {"kind": "reset_before", "methods": rps.methods("move", "confirm"), "times": 1},
    )

    result = rps.device(*rps.macs(count), force=True)

    assert codes(result) == ["needs_override"] * count
    assert list(rps.simulator.devices("other")) == rps.macs(count)


def answer(rps, count):
    """Return the answer that devices are ours, to a check or a list."""
    value = "<string>Registered</string>"
    if count > 1:
        listed = "".join(f"<value>{mac}</value>" for mac in rps.macs(count))
        value = f"<array><data>{listed}</data></array>"
    values = f"<value><boolean>1</boolean></value><value>{value}</value>"
    array = f"<array><data>{values}</data></array>"
    return f"<methodResponse><params><param><value>{array}</value></param></params></methodResponse>"


@pytest.mark.dialect("redirect")
@pytest.mark.parametrize("lag", [1, 2])
@pytest.mark.parametrize("count", [1, 12])
@pytest.mark.parametrize("own_again", ["ask", "refuse"])
def test_a_registration_that_was_carried_out_unanswered_is_one_though_reads_lag(rps, lag, count, own_again):
    rps.simulator.settings(read_lag=lag, own_again=own_again)
    rps.misbehaves("reset_after", "register", times=1)

    result = rps.device(*rps.macs(count))

    assert actions(result) == ["registered"] * count
    assert set(rps.urls.values()) == {rps.servers["berlin"]}


@pytest.mark.dialect("redirect")
@pytest.mark.needs("list_account")
@pytest.mark.parametrize("listed", [0, 20])
def test_a_list_that_was_cut_decides_nothing_that_the_service_contradicts(rps, knobs, listed):
    """20 of 30 are named, or none is. Those that are not named are ours all the same."""
    rps.simulator.settings(**knobs)
    macs = rps.macs(30)
    rps.holds(*macs)
    rps.answers("list", True, macs[:listed])

    result = rps.device(*macs)

    assert "failed" not in result
    assert set(rps.urls.values()) == {rps.servers["berlin"]}
    if knobs["own_again"] == "ask" and knobs["culprits"] == "named":
        assert actions(result) == [rps.left_alone] * 30
        assert not result["changed"]


@pytest.mark.dialect("redirect")
@pytest.mark.needs("list_account", "read_target")
def test_a_device_that_a_cut_list_does_not_name_is_moved(rps):
    macs = rps.macs(30)
    rps.holds(*macs)
    rps.holds(*macs[20:25], server="paris")
    rps.answers("list", True, macs[:20])

    result = rps.device(*macs)

    assert actions(result) == ["none"] * 20 + ["moved"] * 5 + ["none"] * 5
    assert set(rps.urls.values()) == {rps.servers["berlin"]}


@pytest.mark.lacks("rebind")
@pytest.mark.parametrize("count", [1, 8])
@pytest.mark.parametrize("late", [0.3, 0.5])
def test_a_release_that_comes_late_never_ends_as_moved_with_the_phone_bound_to_nothing(rps, count, late, monkeypatch):
    monkeypatch.setattr(http, "FIRST_WAIT", 0.02)
    rps.simulator.settings(snom_rebind="ignored")
    rps.holds(*rps.macs(count), server="paris")
    rps.misbehaves("latency", "remove", times=1, seconds=late)

    result = rps.device(*rps.macs(count), timeout=0.2)
    time.sleep(late)

    for device in result["devices"]:
        if device["action"] == "moved":
            assert rps.urls[device["mac"]] == rps.servers["berlin"]
        else:
            assert device["error"]["code"] == "timeout"
            assert "may still be carried out" in device["error"]["message"]
    assert result["changed"]
    assert "failed" not in rps.device(*rps.macs(count))
    assert set(rps.urls.values()) == {rps.servers["berlin"]}


@pytest.mark.lacks("rebind")
@pytest.mark.parametrize("concurrency", [1, 4])
def test_no_more_devices_are_released_at_a_time_than_requests_are_in_flight(rps, concurrency):
    rps.simulator.settings(snom_rebind="ignored")
    rps.holds(*rps.macs(20), server="paris")

    result = rps.device(*rps.macs(20), batch_size=5, concurrency=concurrency)

    assert actions(result) == ["moved"] * 20
    released = 0
    for call in [call for call in rps.writes if call != ("register", 5)]:  # in vain, of a whole batch
        released += call.devices if call.what == "remove" else -call.devices
        assert 0 <= released <= concurrency


@pytest.mark.lacks("rebind")
def test_where_a_released_device_cannot_be_registered_no_other_is_released(rps):
    rps.simulator.settings(snom_rebind="ignored")
    rps.holds(*rps.macs(20), server="paris")
    rps.misbehaves("fault", "register", skip=1, code=1, message="internal")

    result = rps.device(*rps.macs(20), concurrency=4)

    assert codes(result) == ["left_unbound"] * 4 + ["not_sent"] * 16
    first = result["devices"][0]["error"]["message"]
    assert first.startswith(f"it was released, and had url {rps.servers['paris']}; registering it again failed")
    assert sorted(rps.urls) == rps.macs(16, start=4)


@pytest.mark.dialect("redirect")
@pytest.mark.needs("named_servers", "own_url")
@pytest.mark.parametrize("count", [1, 12])
def test_nothing_is_released_where_the_service_can_bind_it_again(rps, count):
    rps.holds(*rps.macs(count), server="paris")
    rps.misbehaves("answer", "move", "confirm", body=refusal("Are you sure you want to override MAC addresses"))

    result = rps.device(*rps.macs(count))

    assert codes(result) == ["override_failed"] * count
    assert "remove" not in [call.what for call in rps.writes]
    assert {device["status"] for device in result["devices"]} == {"registered"}


def refusal(words):
    values = f"<value><boolean>0</boolean></value><value>{words}</value>"
    array = f"<array><data>{values}</data></array>"
    return f"<methodResponse><params><param><value>{array}</value></param></params></methodResponse>"


@pytest.mark.needs("override")
@pytest.mark.lacks("takes_over")
@pytest.mark.parametrize("count", [3, 12])
def test_check_mode_foresees_that_override_does_not_help(rps, count):
    rps.others(rps.mac(1))

    checked = rps.device(*rps.macs(count), override=True, check=True)
    real = rps.device(*rps.macs(count), override=True)

    assert actions(checked) == actions(real)
    assert codes(checked) == codes(real)


@pytest.mark.needs("list_account")
def test_check_mode_asks_nothing_of_each_device_if_it_shall_not(rps):
    rps.others(rps.mac(1))

    result = rps.device(*rps.macs(20), check=True, check_foreign=False)

    assert actions(result) == ["registered"] * 20
    assert rps.calls == [("list", 0)]
