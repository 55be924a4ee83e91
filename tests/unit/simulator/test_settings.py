# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The knobs for what the documents leave open."""

from __future__ import annotations

import time

import pytest

MAC, OTHER, GOOD = "001565000001", "001565000002", "0015650000ff"
ASK = "Are you sure you want to override MAC addresses:"


@pytest.fixture(autouse=True)
def devices(simulator):
    simulator.seed(
        {
            "devices": [
                {"account": "ours", "mac": MAC, "server": "serverName"},
                {"account": "theirs", "mac": OTHER, "server": "their server"},
            ]
        }
    )


def test_good_ones_go_through(simulator, client):
    simulator.settings(batches="good_ones")

    answer = client.call("registerDevices", [GOOD, "x", OTHER, MAC], "second")
    assert answer == [False, "Error:Invalid MAC(s):x"]
    assert simulator.devices("ours")[GOOD]["server"] == "second"
    assert simulator.devices("ours")[MAC]["server"] == "serverName"
    assert OTHER in simulator.devices("theirs")
    assert client.call("deRegisterDevices", [OTHER, GOOD]) == [False, f"Error:Invalid MAC(s):{OTHER}"]
    assert GOOD not in simulator.devices("ours")
    assert client.call("registerDevices", [OTHER], "second")[0] is False
    assert [entry.carried_out for entry in simulator.log] == [True, True, False]


@pytest.mark.parametrize(("culprits", "named"), [("named", "x,y"), ("first", "x"), ("unnamed", "")])
def test_culprits(simulator, client, culprits, named):
    simulator.settings(culprits=culprits)

    assert client.call("registerDevices", ["x", "y"], "second") == [False, f"Error:Invalid MAC(s):{named}"]
    assert client.call("deRegisterDevices", ["x", "y"]) == [False, f"Error:Invalid MAC(s):{named}"]
    assert client.call("registerDevice", "x", "second") == [False, "Error:Invalid MAC(s):x"]


def test_unnamed_enterprise(simulator, client):
    simulator.settings(culprits="unnamed")

    assert client.call("registerDevices", [OTHER], "second") == [False, "MAC address(es) overriding failed"]
    assert OTHER in client.call("registerDevice", OTHER, "second")[1]


def test_foreign_devices_are_asked_about(simulator, client):
    simulator.settings(foreign="ask")

    assert client.call("registerDevice", OTHER, "second") == [False, ASK + OTHER]
    assert client.call("registerDevices", [OTHER, GOOD, MAC], "second", "0") == [False, f"{ASK}{OTHER},{MAC}"]
    assert "other enterprise" in client.call("registerDevice", OTHER, "second", "1")[1]


def test_own_devices_are_bound_again(simulator, client):
    simulator.settings(own_again="ok")

    assert client.call("registerDevices", [MAC], "second", "0") == [True, "OK"]
    assert simulator.devices("ours")[MAC]["server"] == "second"


def test_latency(simulator, client):
    simulator.settings(latency=0.05)

    start = time.monotonic()
    client.call("checkDevice", MAC)
    assert time.monotonic() - start > 0.04


@pytest.mark.parametrize("knobs", [{"batches": "x"}, {"nothing": 1}, {"latency": -1}, {"latency": "1"}])
def test_bad_knobs_change_nothing(simulator, knobs):
    before = simulator.settings()
    with pytest.raises(ValueError, match=r"batches|nothing|latency"):
        simulator.settings(own_again="ok", **knobs)
    assert simulator.settings() == before
