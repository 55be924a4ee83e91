# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the services with named servers have in common."""

from __future__ import annotations

import xmlrpc.client

import pytest

pytestmark = pytest.mark.usefixtures("as_printed")

MAC, OTHER, FREE, OURS_UNBOUND = "001565000001", "001565000002", "001565000003", "0015650000aa"
ONLY_0_OR_1 = "Only 0 or 1 can be used:1 to override, 0 to cancel"


@pytest.fixture(params=["yealink", "htek"])
def provider(request):
    return request.param


@pytest.fixture(autouse=True)
def devices(simulator):
    simulator.seed(
        {
            "devices": [
                {"account": "ours", "mac": MAC, "server": "serverName"},
                {"account": "ours", "mac": OURS_UNBOUND},
                {"account": "theirs", "mac": OTHER, "server": "their server"},
                {"account": None, "mac": FREE},
            ]
        }
    )


@pytest.mark.parametrize("spelling", ["00156500aaBB", "00-15-65-00-AA-BB", "00 15 65 00 aa bb", "00:15:65:00:AA:bb"])
def test_spellings(simulator, client, spelling):
    assert client.call("registerDevice", f" {spelling}\n", "serverName") == [True, "OK"]
    assert "00156500aabb" in simulator.devices("ours")


@pytest.mark.parametrize(
    "text", ["", "00:15:65:00:00:00:01", "00-15:65-00:00-01", "0015.6500.0001", "00156500000", "0015650000g1"]
)
def test_no_mac_address(client, text):
    assert client.call("registerDevice", text, "serverName") == [False, f"Error:Invalid MAC(s):{text}"]
    assert client.call("checkDevice", text) == [False, "Error:Invalid MAC(s)"]


def test_check(client):
    assert client.call("checkDevice", MAC) == [True, "Registered"]
    assert client.call("checkDevice", OTHER) == [True, "Registered Elsewhere"]
    assert client.call("checkDevice", FREE) == [True, "Unregistered"]
    assert client.call("checkDevice", OURS_UNBOUND) == [True, "Unregistered"]
    assert client.call("checkDevice", "0015650000ff") == [True, "Unknown"]


def test_list_holds_what_is_bound_and_ours(client, rival):
    def listed(client):
        return [mac.strip().replace("-", "") for mac in client.call("listDevices")[1]]

    assert listed(client) == [MAC]
    assert listed(rival) == [OTHER]


@pytest.mark.parametrize("override", [(), ("0",), ("1",)])
@pytest.mark.parametrize("mac", [FREE, OURS_UNBOUND, "0015650000ff"])
def test_register(simulator, client, mac, override):
    assert client.call("registerDevice", mac, "second", *override) == [True, "OK"]
    assert simulator.devices("ours")[mac]["server"] == "second"
    assert client.call("registerDevices", [mac], "serverName", "1") == [True, "OK"]
    assert simulator.devices("ours")[mac]["server"] == "serverName"


@pytest.mark.parametrize("override", ["", "2", "true", "0/1"])
def test_bad_override(client, override):
    assert client.call("registerDevice", FREE, "serverName", override) == [False, ONLY_0_OR_1]
    assert client.call("registerDevices", [FREE], "serverName", override) == [False, ONLY_0_OR_1]
    assert client.call("editDevice", MAC, "serverName", override) == [False, ONLY_0_OR_1]


@pytest.mark.parametrize("many", [False, True])
def test_deregister(client, many):
    def deregister(mac):
        return client.call("deRegisterDevices", [mac]) if many else client.call("deRegisterDevice", mac)

    assert deregister(MAC) == [True, "OK"]
    assert client.call("checkDevice", MAC) == [True, "Unknown"]
    for mac in (MAC, OTHER, FREE, "x"):
        assert deregister(mac) == [False, f"Error:Invalid MAC(s):{mac}"]


def test_edit(simulator, client):
    assert client.call("editDevice", MAC, "second") == [True, "OK"]
    assert simulator.devices("ours")[MAC]["server"] == "second"
    assert client.call("editDevice", OTHER, "second") == [False, f"Error:Invalid MAC(s):{OTHER}"]
    assert client.call("editDevice", FREE, "second") == [False, f"Error:Invalid MAC(s):{FREE}"]
    assert client.call("editDevice", "0015650000ff", "second") == [False, "The MAC is unknown"]
    assert client.call("editDevice", "x", "second") == [False, "Error:Invalid MAC(s):x"]
    assert client.call("editDevice", MAC, "nowhere") == [False, "Error: Invalid server"]
    assert client.call("editDevice", MAC, "serverName", "1") == [True, "OK"]
    assert simulator.devices("ours")[MAC]["server"] == "serverName"


@pytest.mark.parametrize(
    ("name", "url", "text"),
    [
        ("", "http://x/", "The server name can not be empty."),
        ("new", "", "The server url can not be empty"),
        ("new", "gopher://x", "The url can only begin with 'http://' or 'https://' or 'ftp://' or 'tftp://'"),
        ("n/w", "http://x/", "The server name can only contain 'A-z 0-9 - _ . '(include space)"),
        ("serverName", "http://x/", "Error:The server name has been used"),
        ("their server", "http://x/", "Error:The server name has been used"),
    ],
)
def test_add_server_refused(simulator, client, name, url, text):
    before = simulator.servers("ours")

    assert client.call("addServer", name, url) == [False, text]
    assert simulator.servers("ours") == before


def test_add_server(simulator, client):
    assert client.call("addServer", "A-z 0_9.", "tftp://x/") == [True, "OK"]
    assert simulator.servers("ours")["A-z 0_9."] == "tftp://x/"


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("noSuch", ()),
        ("listDevices", ("x",)),
        ("registerDevice", (MAC, "serverName", 1)),
        ("registerDevices", (MAC, "serverName")),
        ("registerDevices", ([1], "serverName")),
        ("checkDevice", ([MAC],)),
    ],
)
def test_no_such_method(simulator, client, method, parameters):
    with pytest.raises(xmlrpc.client.Fault, match=f"no such method: redirect.{method}"):
        client.call(method, *parameters)
    assert simulator.log[-1].carried_out is None
