# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The knobs for what the documents leave open."""

from __future__ import annotations

import time
import xmlrpc.client
from pathlib import Path

import pytest
import rps_simulator

MAC, OTHER, GOOD = "001565000001", "001565000002", "0015650000ff"
ASK = "Are you sure you want to override MAC addresses:"


@pytest.fixture(autouse=True)
def devices(simulator, provider):
    ours = {"url": "https://our.example.com/"} if provider == "snom" else {"server": "serverName"}
    theirs = {"url": "https://their.example.com/"} if provider == "snom" else {"server": "their server"}
    simulator.seed(
        {"devices": [{"account": "ours", "mac": MAC, **ours}, {"account": "theirs", "mac": OTHER, **theirs}]}
    )


@pytest.mark.parametrize("provider", ["yealink", "htek"])
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


@pytest.mark.parametrize("provider", ["snom"])
def test_good_phones_go_through(simulator, client):
    simulator.settings(batches="good_ones")

    errors = {"x": "Error:malformed_mac", OTHER: "Error:owned_by_other_user"}
    assert client.call("registerPhoneList", [GOOD, "x", OTHER], "https://new.example.com/") == [False, errors]
    assert simulator.devices("ours")[GOOD]["url"] == "https://new.example.com/"
    assert OTHER in simulator.devices("theirs")
    errors = {OTHER: "Error:owned_by_other_user"}
    assert client.call("deregisterPhoneList", [OTHER, GOOD]) == [False, errors]
    assert GOOD not in simulator.devices("ours")
    assert client.call("deregisterPhoneList", [OTHER]) == [False, errors]
    assert [entry.carried_out for entry in simulator.log] == [True, True, False]


@pytest.mark.parametrize("provider", ["yealink", "htek"])
@pytest.mark.parametrize(("culprits", "named"), [("named", "x,y"), ("first", "x"), ("unnamed", "")])
def test_culprits(simulator, client, culprits, named):
    simulator.settings(culprits=culprits)

    assert client.call("registerDevices", ["x", "y"], "second") == [False, f"Error:Invalid MAC(s):{named}"]
    assert client.call("deRegisterDevices", ["x", "y"]) == [False, f"Error:Invalid MAC(s):{named}"]
    assert client.call("registerDevice", "x", "second") == [False, "Error:Invalid MAC(s):x"]


@pytest.mark.parametrize("provider", ["snom"])
@pytest.mark.parametrize("errors", ["struct", "text"])
def test_culprits_among_phones(simulator, client, errors):
    bad = "Error:malformed_mac"
    named = {"x": bad, "y": bad} if errors == "struct" else f"{{x: {bad}, y: {bad}}}"
    first = {"x": bad} if errors == "struct" else f"{{x: {bad}}}"
    simulator.settings(snom_errors=errors)

    for culprits, refusal in (("named", named), ("first", first), ("unnamed", "Error:malformed_mac_list")):
        simulator.settings(culprits=culprits)
        assert client.call("registerPhoneList", ["x", "y"], "https://new.example.com/") == [False, refusal]
        assert client.call("deregisterPhoneList", ["x", "y"]) == [False, refusal]
        assert client.call("checkPhone", "x") == [False, bad]


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


@pytest.mark.parametrize(("override", "text"), [("0", ASK + MAC), ("1", "MAC address(es) overriding failed")])
def test_own_devices_are_never_bound_again(simulator, client, override, text):
    simulator.settings(own_again="refuse")

    assert client.call("registerDevices", [MAC], "second", override) == [False, text]
    assert simulator.devices("ours")[MAC]["server"] == "serverName"


@pytest.mark.parametrize("provider", ["yealink"])
@pytest.mark.parametrize("own_urls", ["cleared", "kept"])
def test_own_urls(simulator, client, own_urls):
    own = "https://own.example.com/"
    expected = own if own_urls == "kept" else "https://second.example.com/"
    simulator.settings(own_urls=own_urls)
    for call in (("editDevice", MAC, "second"), ("registerDevices", [MAC], "second", "1")):
        client.call("editDeviceWithUniqueUrl", MAC, "serverName", own)

        assert client.call(*call) == [True, "OK"]
        assert client.call("checkDeviceExt", MAC) == [True, "Registered", expected]
        assert simulator.devices("ours")[MAC]["server"] == "second"


@pytest.mark.parametrize("provider", ["yealink"])
def test_reads_lag(simulator, client):
    simulator.settings(read_lag=2)

    assert client.call("registerDevice", GOOD, "second") == [True, "OK"]
    assert [client.call("checkDevice", GOOD)[1] for _time in range(3)] == ["Unknown", "Unknown", "Registered"]
    assert client.call("editDevice", MAC, "second") == [True, "OK"]
    urls = [client.call("checkDeviceExt", MAC)[2] for _time in range(3)]
    assert urls == ["http://www.test.com", "http://www.test.com", "https://second.example.com/"]
    assert client.call("deRegisterDevice", MAC) == [True, "OK"]
    assert [len(client.call("listDevices")[1]) for _time in range(3)] == [2, 2, 1]


@pytest.mark.parametrize("provider", ["snom"])
def test_reads_of_lists_lag(simulator, client):
    simulator.settings(read_lag=1)
    phone = "000413a30001"

    assert client.call("registerPhone", phone, "https://new.example.com/") == [True, "Ok"]
    assert [client.call("listPhones", "snomD735") for _time in range(2)] == [[], [phone]]


@pytest.mark.parametrize(
    ("provider", "missing", "call", "other"),
    [
        ("yealink", "redirect.checkDeviceExt", ("checkDeviceExt", MAC), ("checkDevice", MAC)),
        ("htek", "editDevice", ("editDevice", MAC, "second", "1"), ("registerDevice", MAC, "second", "1")),
        (
            "htek",
            "registerDevices/3",
            ("registerDevices", [GOOD], "second", "1"),
            ("registerDevices", [GOOD], "second"),
        ),
        ("snom", "registerPhoneList", ("registerPhoneList", [MAC], "https://x.example.com/"), ("checkPhone", MAC)),
    ],
)
def test_missing_methods(simulator, client, missing, call, other):
    before = simulator.devices("ours")
    simulator.settings(missing_methods=[missing])

    with pytest.raises(xmlrpc.client.Fault, match=f"no such method: redirect.{call[0]}"):
        client.call(*call)
    assert simulator.devices("ours") == before
    assert client.call(*other)[0] is True
    simulator.settings(missing_methods=[])
    assert client.call(*call)[0] is True


def test_latency(simulator, client):
    simulator.settings(latency=0.05)

    start = time.monotonic()
    client.call("checkDevice", MAC)
    assert time.monotonic() - start > 0.04


@pytest.mark.parametrize(
    "knobs",
    [
        {"batches": "x"},
        {"nothing": 1},
        {"latency": -1},
        {"latency": "1"},
        {"snom_company": None},
        {"snom_redirection": "url"},
        {"missing_methods": "editDevice"},
        {"missing_methods": [1]},
        {"token_seconds": -1},
        {"token_seconds": 1.5},
        {"refresh_seconds": True},
        {"login_limit": 0},
        {"page_size_limit": 1001},
        {"yeastar_macs": "Upper"},
    ],
)
def test_bad_knobs_change_nothing(simulator, knobs):
    before = simulator.settings()
    with pytest.raises(ValueError, match="|".join(knobs)):
        simulator.settings(own_again="ok", **knobs)
    assert simulator.settings() == before


def test_the_readme_has_every_setting_and_value(simulator):
    readme = (Path(rps_simulator.__file__).parents[2] / "README.md").read_text()
    rows = readme.partition("| Setting | Services |")[2].splitlines()

    for name in simulator.settings():
        (row,) = (line for line in rows if line.startswith("|") and f"`{name}`" in line.split("|")[1])
        assert [value for value in rps_simulator.settings.CHOICES.get(name, ()) if f"`{value}`" not in row] == []
