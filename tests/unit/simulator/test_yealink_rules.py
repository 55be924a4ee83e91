# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Yealink's service accepts, what it refuses, and in which words."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.usefixtures("as_printed")

MAC, OTHER, FREE = "001565000001", "001565000002", "001565000003"
ENTERPRISE = """Error: {0}
Please check the MAC address you entered
 If you need to continue adding this MAC, please create a ticket on https://ticket.yealink.com.
We will review your complaint. You need to provide:
(1)Device MAC and SN
(2)Enterprise Name
(3)Firmware Version
(4)Login Account
 MAC({0}) has been added to other enterprise."""
BAD_NAME = "Error: The server name can only contain 'A-z 0-9 - _ . '(include space)"
ONLY_0_OR_1 = "Only 0 or 1 can be used:1 to override, 0 to cancel"
URL = "https://own.example.com/x"

SINGLE = [
    ("registerDevice", "serverName"),
    ("registerDevice", "serverName", "1"),
    ("registerDeviceWithUniqueUrl", "serverName", URL),
    ("registerDeviceWithUniqueUrl", "serverName", URL, "1"),
]
BULK = [("registerDevices", "serverName"), ("registerDevices", "serverName", "1")]


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


def test_check_ext(simulator, client):
    simulator.seed(
        {"devices": [{"account": "ours", "mac": "0015650000aa"}, {"account": "ours", "mac": MAC, "url": URL}]}
    )

    assert client.call("checkDeviceExt", MAC) == [True, "Registered", URL]
    assert client.call("checkDeviceExt", OTHER) == [True, "Registered Elsewhere"]
    assert client.call("checkDeviceExt", FREE) == [True, "Unregistered"]
    assert client.call("checkDeviceExt", "0015650000aa") == [True, "Unregistered"]
    assert client.call("checkDeviceExt", "0015650000ff") == [True, "Unknown"]


@pytest.mark.parametrize("form", SINGLE)
def test_register(simulator, client, form):
    method, *arguments = form
    binding = {"server": "serverName", "url": URL, "own_url": URL}
    if "Url" not in method:
        binding = {"server": "serverName", "url": "http://www.test.com", "own_url": None}

    assert client.call(method, FREE, *arguments) == [True, "OK"]
    assert client.call(method, "0015650000ff", *arguments) == [True, "OK"]
    assert simulator.devices("ours")[FREE] == simulator.devices("ours")["0015650000ff"] == binding


@pytest.mark.parametrize("form", SINGLE + BULK)
def test_another_accounts_device(simulator, client, form):
    method, *arguments = form
    before = simulator.devices("theirs")
    given = ["00-15-65-00-00-02"] if method == "registerDevices" else "00-15-65-00-00-02"

    assert client.call(method, given, *arguments) == [False, ENTERPRISE.format("00-15-65-00-00-02")]
    assert simulator.devices("theirs") == before


@pytest.mark.parametrize(
    ("form", "override"), [(SINGLE[0], None), (SINGLE[1], "0"), (SINGLE[2], None), (SINGLE[3], "0")]
)
def test_own_registered_device_is_asked_about(simulator, client, form, override):
    method, *arguments = form
    if override is not None:
        arguments[-1] = override
    before = simulator.devices("ours")

    answer = client.call(method, MAC, *arguments)

    assert answer == [False, f"Are you sure you want to override MAC addresses:{MAC}"]
    assert simulator.devices("ours") == before


def test_own_registered_device_moves_with_override(simulator, client):
    assert client.call("registerDevice", MAC, "second", "1") == [True, "OK"]
    assert simulator.devices("ours")[MAC]["server"] == "second"


def test_server_alone_clears_the_own_url(simulator, client):
    assert client.call("registerDeviceWithUniqueUrl", MAC, "", URL, "1") == [True, "OK"]
    assert simulator.devices("ours")[MAC] == {"server": None, "url": URL, "own_url": URL}
    assert client.call("editDevice", MAC, "second") == [True, "OK"]
    assert simulator.devices("ours")[MAC]["own_url"] is None


@pytest.mark.parametrize(
    ("method", "text"),
    [
        ("registerDevice/2", "Error: Invalid server"),
        ("registerDevice/3", "Error:Invalid server"),
        ("registerDevices/2", "Error:Invalid server"),
        ("registerDevices/3", "Error:Invalid server"),
        ("editDevice/2", "Error: Invalid server"),
        ("registerDeviceWithUniqueUrl/3", "Error:Invalid server"),
        ("registerDeviceWithUniqueUrl/4", "Invalid server"),
        ("editDeviceWithUniqueUrl/3", "Invalid server"),
    ],
)
@pytest.mark.parametrize("server", ["nowhere", "their server", "bad*name", ""])
def test_bad_server(client, method, text, server):
    name, count = method.split("/")
    url = "" if server == "" else URL
    arguments = [[MAC] if name == "registerDevices" else MAC, server]
    arguments += [url] * name.endswith("Url")
    arguments += ["1"] * (int(count) - len(arguments))
    if server == "bad*name" and name.startswith("register"):
        text = BAD_NAME

    assert client.call(name, *arguments) == [False, text]


@pytest.mark.parametrize("override", ["", "2", "true", "0/1"])
def test_bad_override_with_an_own_url(client, override):
    assert client.call("registerDeviceWithUniqueUrl", FREE, "", URL, override) == [False, ONLY_0_OR_1]


@pytest.mark.parametrize("method", ["registerDeviceWithUniqueUrl", "editDeviceWithUniqueUrl"])
@pytest.mark.parametrize("url", ["gopher://x/", "example.com", "//example.com"])
def test_bad_url(client, method, url):
    assert client.call(method, MAC, "serverName", url) == [False, "Invalid server url"]


@pytest.mark.parametrize("scheme", ["http", "https", "ftp", "tftp", "HTTPS"])
def test_url_schemes(client, scheme):
    assert client.call("editDeviceWithUniqueUrl", MAC, "", f"{scheme}://example.com/") == [True, "OK"]


def test_bulk_refusals_name_every_culprit_and_change_nothing(simulator, client):
    simulator.seed({"devices": [{"account": "theirs", "mac": "0015650000bb", "url": URL}]})
    before = simulator.devices("ours"), simulator.devices("theirs")
    good = ["0015650000f1", "0015650000f2"]

    for arguments, text in (
        (([*good, "x", "y&<z"], "serverName"), "Error:Invalid MAC(s):x,y&<z"),
        (([*good, "00-15-65-00-00-f1"], "serverName", "1"), "Error:Repeated MAC(s):00-15-65-00-00-f1"),
        (([*good, OTHER, MAC, "0015650000BB"], "serverName"), ENTERPRISE.format(f"{OTHER},0015650000BB")),
        (([*good, MAC], "serverName", "0"), f"Are you sure you want to override MAC addresses:{MAC}"),
        (([], "serverName"), "Error:Invalid MAC(s):"),
    ):
        assert client.call("registerDevices", *arguments) == [False, text]
    assert client.call("deRegisterDevices", [MAC, OTHER, FREE]) == [False, f"Error:Invalid MAC(s):{OTHER},{FREE}"]
    assert (simulator.devices("ours"), simulator.devices("theirs")) == before


def test_edit_with_an_own_url(simulator, client):
    method, *arguments = "editDeviceWithUniqueUrl", "serverName", URL

    assert client.call(method, MAC, *arguments) == [True, "OK"]
    assert simulator.devices("ours")[MAC]["own_url"] == URL
    assert client.call(method, OTHER, *arguments) == [False, f"Error:Invalid MAC(s):{OTHER}"]
    assert client.call(method, FREE, *arguments) == [False, f"Error:Invalid MAC(s):{FREE}"]
    assert client.call(method, "0015650000ff", *arguments) == [False, "The MAC is unknown"]


def test_retired_forms_answer_and_are_told_apart(simulator, client):
    assert client.call("editDevice", MAC, "second", "2") == [False, ONLY_0_OR_1]
    assert client.call("editDevice", MAC, "second", "0") == [True, "OK"]
    assert client.call("editDeviceWithUniqueUrl", MAC, "", URL, "2") == [True, "OK"]
    assert client.call("editDevice", MAC, "second") == [True, "OK"]

    assert [entry.retired for entry in simulator.log] == [True, True, True, False]
