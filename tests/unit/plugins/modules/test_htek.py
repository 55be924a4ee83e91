# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Htek's service, of which sections 7 to 11 are only known by name: they may be there, or not."""

from __future__ import annotations

import pytest

# Of the services so far, this one alone gives another account's device away.
pytestmark = [pytest.mark.dialect("redirect"), pytest.mark.needs("takes_over")]

UNPRINTED = ["registerDevices/3", "deRegisterDevices", "addServer", "editDevice"]


@pytest.fixture
def printed_only(rps):
    """A service that has no more than the document prints."""
    rps.simulator.settings(missing_methods=UNPRINTED)
    return rps


def sent(rps):
    """Return the calls by their method and number of parameters, and how often each was sent."""
    counts = {}
    for entry in rps.simulator.log:
        call = (entry.method.removeprefix("redirect."), entry.parameters)
        counts[call] = counts.get(call, 0) + 1
    return counts


def test_a_fresh_rollout_needs_no_more_than_is_printed(printed_only):
    rps = printed_only

    result = rps.device(*rps.macs(20))

    assert result["summary"]["registered"] == 20
    assert sent(rps) == {("listDevices", 0): 1, ("registerDevices", 2): 1}


def test_removal_one_by_one(printed_only):
    rps = printed_only
    rps.holds(*rps.macs(20))

    result = rps.device(*rps.macs(20), state="absent")

    assert result["summary"]["removed"] == 20
    assert rps.urls == {}
    # What the service once said it does not have is not asked for again.
    assert sent(rps) == {("listDevices", 0): 1, ("deRegisterDevices", 1): 1, ("deRegisterDevice", 1): 20}


def test_moves_one_by_one(printed_only):
    rps = printed_only
    rps.holds(*rps.macs(20), server="paris")

    result = rps.device(*rps.macs(20), force=True)

    assert result["summary"]["moved"] == 20
    assert set(rps.urls.values()) == {rps.servers["berlin"]}
    calls = {("registerDevices", 3): 1, ("editDevice", 2): 1, ("registerDevice", 3): 20}
    assert sent(rps) == {("listDevices", 0): 1, **calls}


def test_devices_are_taken_over_one_by_one(printed_only):
    rps = printed_only
    rps.others(*rps.macs(20))

    result = rps.device(*rps.macs(20), override=True)

    assert result["summary"]["registered"] == 20
    assert rps.simulator.devices("other") == {}
    assert sent(rps) == {("listDevices", 0): 1, ("registerDevices", 3): 1, ("registerDevice", 3): 20}


def test_no_server_can_be_added(printed_only):
    result = printed_only.server(name="rome", url="https://rome.example/")

    assert result["servers"][0]["error"]["code"] == "unsupported"
    assert (result["failed"], result["changed"]) == (True, False)


@pytest.mark.parametrize("missing", [[], UNPRINTED])
@pytest.mark.parametrize("count", [1, 12])
def test_a_changed_server_is_carried_out_by_force(rps, knobs, missing, count):
    rps.simulator.settings(**knobs, missing_methods=missing)
    rps.holds(*rps.macs(count))
    rps.others(rps.mac(99))

    assert rps.device(*rps.macs(count), server="paris")["summary"]["unverified"] == count
    assert rps.writes == []

    result = rps.device(*rps.macs(count), server="paris", force=True)

    assert "failed" not in result
    assert result["summary"]["moved"] == count
    assert set(rps.urls.values()) == {rps.servers["paris"]}
    assert list(rps.simulator.devices("other")) == [rps.mac(99)]


@pytest.mark.parametrize("missing", [[], UNPRINTED])
@pytest.mark.parametrize("count", [3, 12])
@pytest.mark.parametrize("options", [{}, {"force": True}])
def test_nothing_is_taken_from_another_account_unless_that_is_asked_for(rps, knobs, missing, count, options):
    rps.simulator.settings(**knobs, missing_methods=missing)
    macs = rps.macs(count)
    foreign = macs[::2]
    rps.others(*foreign)
    rps.holds(macs[1])

    result = rps.device(*macs, **options)

    failed = {device["mac"]: device["error"]["code"] for device in result["devices"] if "error" in device}
    assert failed == dict.fromkeys(foreign, "needs_override")
    assert list(rps.simulator.devices("other")) == foreign
    assert sum(call.devices for call in rps.writes if call.what == "confirm") <= 1


@pytest.mark.parametrize("culprits", ["named", "first", "unnamed"])
def test_a_device_that_can_be_edited_is_not_released_to_be_moved(rps, culprits):
    rps.simulator.settings(own_again="refuse", culprits=culprits)
    rps.holds(*rps.macs(8), server="paris")

    result = rps.device(*rps.macs(8), force=True)

    assert result["summary"]["moved"] == 8
    assert set(rps.urls.values()) == {rps.servers["berlin"]}
    assert "remove" not in [call.what for call in rps.calls]
