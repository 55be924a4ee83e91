# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Htek's service does unlike Yealink's, and in which words."""

from __future__ import annotations

import xmlrpc.client

import pytest

pytestmark = pytest.mark.usefixtures("as_printed")

MAC, OTHER, FREE, NEW = "001fc1000001", "001fc1000002", "001fc1000003", "001fc10000ff"
ASK = "Are you sure you want to override MAC addresses:"
EXISTING = "Existing MAC(s):"
FAILED = "MAC address(es) overriding failed"


@pytest.fixture
def provider():
    return "htek"


@pytest.fixture(autouse=True)
def devices(simulator):
    simulator.seed(
        {
            "devices": [
                {"account": "ours", "mac": MAC, "server": "serverName"},
                {"account": "theirs", "mac": OTHER, "server": "their server"},
                {"account": None, "mac": FREE},
            ]
        }
    )


def register(client, mac, *arguments, bulk):
    return client.call("registerDevices", [mac], *arguments) if bulk else client.call("registerDevice", mac, *arguments)


@pytest.mark.parametrize("override", [(), ("0",)])
@pytest.mark.parametrize("bulk", [False, True])
def test_held_devices_without_override(simulator, client, override, bulk):
    before = simulator.devices("ours"), simulator.devices("theirs")

    assert register(client, MAC, "second", *override, bulk=bulk) == [False, EXISTING + MAC]
    assert register(client, "00-1F-C1-00-00-02", "second", *override, bulk=bulk) == [False, ASK + "00-1F-C1-00-00-02"]
    assert (simulator.devices("ours"), simulator.devices("theirs")) == before


@pytest.mark.parametrize("bulk", [False, True])
def test_override_moves_own_devices_and_takes_those_of_others(simulator, client, bulk):
    assert register(client, MAC, "second", "1", bulk=bulk) == [True, "OK"]
    assert register(client, OTHER, "second", "1", bulk=bulk) == [True, "OK"]

    assert {mac: held["server"] for mac, held in simulator.devices("ours").items()} == {MAC: "second", OTHER: "second"}
    assert simulator.devices("theirs") == {}


@pytest.mark.parametrize("bulk", [False, True])
def test_overriding_fails(simulator, client, bulk):
    simulator.settings(htek_override="fails")

    assert register(client, OTHER, "second", "1", bulk=bulk) == [False, FAILED]
    assert register(client, OTHER, "second", "0", bulk=bulk) == [False, ASK + OTHER]
    assert register(client, MAC, "second", "1", bulk=bulk) == [True, "OK"]
    assert OTHER in simulator.devices("theirs")


def test_registering_own_devices_again(simulator, client):
    simulator.settings(own_again="refuse")
    assert client.call("registerDevice", MAC, "second", "1") == [False, EXISTING + MAC]

    simulator.settings(own_again="ok")
    assert client.call("registerDevice", MAC, "second") == [True, "OK"]
    assert simulator.devices("ours")[MAC]["server"] == "second"


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("registerDevice/2", "Error: Invalid server"),
        ("registerDevice/3", "Error: Invalid server"),
        ("registerDevices/2", "Error:Invalid server"),
        ("registerDevices/3", "Error:Invalid server"),
    ],
)
@pytest.mark.parametrize("server", ["nowhere", "their server", "bad*name", ""])
def test_bad_server(client, form, text, server):
    override = ("1",) if form.endswith("3") else ()

    assert register(client, NEW, server, *override, bulk="Devices" in form) == [False, text]


def test_bulk_refusals_name_every_culprit_and_change_nothing(simulator, client):
    simulator.seed({"devices": [{"account": "theirs", "mac": "001fc10000bb", "server": "their server"}]})
    before = simulator.devices("ours"), simulator.devices("theirs")

    for macs, text in (
        ([NEW, "x", "y&<z", MAC, OTHER], "Error:Invalid MAC(s):x,y&<z"),
        ([NEW, OTHER, MAC], EXISTING + MAC),
        ([NEW, OTHER, "001FC10000BB"], f"{ASK}{OTHER},001FC10000BB"),
        ([], "Error:Invalid MAC(s):"),
    ):
        assert client.call("registerDevices", macs, "serverName") == [False, text]
    assert client.call("deRegisterDevices", [MAC, OTHER, FREE]) == [False, f"Error:Invalid MAC(s):{OTHER},{FREE}"]
    assert (simulator.devices("ours"), simulator.devices("theirs")) == before


def test_a_list_may_name_a_device_twice(simulator, client):
    assert client.call("registerDevices", [NEW, "00:1f:c1:00:00:ff", NEW], "second") == [True, "OK"]
    assert simulator.devices("ours")[NEW]["server"] == "second"


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("checkDeviceExt", (MAC,)),
        ("registerDeviceWithUniqueUrl", (MAC, "", "https://own.example.com/")),
        ("editDeviceWithUniqueUrl", (MAC, "", "https://own.example.com/")),
    ],
)
def test_no_own_urls(client, method, parameters):
    with pytest.raises(xmlrpc.client.Fault, match=f"no such method: redirect.{method}"):
        client.call(method, *parameters)
