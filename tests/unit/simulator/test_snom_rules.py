# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Snom's service accepts, what it refuses, and in which words."""

from __future__ import annotations

import xmlrpc.client

import pytest

MAC, OTHER, FREE, UNBOUND, NEW = "000413610ff5", "000413610ff6", "000413610ff7", "000413610ff8", "0004136100ff"
URL, NEW_URL = "https://old.example.com/{mac}", "https://new.example.com/?mac={mac}&a=<b>"
OWNED, NO_SUCH = "Error:owned_by_other_user", "Error:no_such_mac"
BAD_MAC, BAD_URL, BAD_LIST = "Error:malformed_mac", "Error:malformed_url", "Error:malformed_mac_list"


@pytest.fixture
def provider():
    return "snom"


@pytest.fixture(autouse=True)
def devices(simulator):
    simulator.seed(
        {
            "devices": [
                {"account": "ours", "mac": MAC, "url": URL},
                {"account": "ours", "mac": UNBOUND},
                {"account": "theirs", "mac": OTHER, "url": "https://their.example.com/"},
                {"account": None, "mac": FREE},
            ]
        }
    )


def urls(simulator):
    return {mac: held["url"] for mac, held in simulator.devices("ours").items()}


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("mac", [MAC, UNBOUND, FREE, NEW, f" {NEW.upper()}\n"])
def test_register(simulator, client, mac, many):
    answer = client.call("registerPhoneList", [mac], NEW_URL) if many else client.call("registerPhone", mac, NEW_URL)

    assert answer == [True, "Ok"]
    assert urls(simulator)[mac.strip().lower()] == NEW_URL


@pytest.mark.parametrize(
    ("mac", "url", "error"),
    [
        ("x", NEW_URL, BAD_MAC),
        ("", "", BAD_MAC),
        ("00-04-13-61-0f-f5", NEW_URL, BAD_MAC),
        ("000413610ff", NEW_URL, BAD_MAC),
        (MAC, "", BAD_URL),
        (MAC, "gopher://example.com/", BAD_URL),
        (MAC, "example.com", BAD_URL),
        (MAC, "https:///path", BAD_URL),
        (MAC, "https://a b/", BAD_URL),
        (OTHER, "", BAD_URL),
        (OTHER, NEW_URL, OWNED),
    ],
)
def test_register_refused(simulator, client, mac, url, error):
    before = urls(simulator), simulator.devices("theirs")

    assert client.call("registerPhone", mac, url) == [False, error]
    assert client.call("registerPhoneList", [NEW, mac], url)[1][mac] == error
    assert (urls(simulator), simulator.devices("theirs")) == before
    assert [entry.carried_out for entry in simulator.log] == [False, False]


@pytest.mark.parametrize("scheme", ["http", "https", "ftp", "tftp", "HTTPS"])
def test_url_schemes(client, scheme):
    assert client.call("registerPhone", NEW, f"{scheme}://example.com") == [True, "Ok"]


@pytest.mark.parametrize("method", ["deregisterPhone", "checkPhone", "getPhoneRedirection"])
@pytest.mark.parametrize(("mac", "error"), [("x", BAD_MAC), (OTHER, OWNED), (FREE, NO_SUCH), (NEW, NO_SUCH)])
def test_refused(simulator, client, method, mac, error):
    before = urls(simulator), simulator.devices("theirs")

    assert client.call(method, mac) == [False, error]
    assert (urls(simulator), simulator.devices("theirs")) == before


def test_deregister(simulator, client):
    assert client.call("checkPhone", MAC.upper()) == [True, "Ok"]
    assert client.call("deregisterPhone", MAC.upper()) == [True, "Ok"]
    assert client.call("checkPhone", MAC) == [False, NO_SUCH]
    assert client.call("checkPhone", UNBOUND) == [True, "Ok"]
    assert client.call("deregisterPhoneList", [UNBOUND, UNBOUND]) == [True, "Ok"]
    assert simulator.devices("ours") == {}


@pytest.mark.parametrize("macs", [None, []])
def test_no_list(simulator, client, macs):
    assert client.call("registerPhoneList", macs, NEW_URL) == [False, BAD_LIST]
    assert client.call("deregisterPhoneList", macs) == [False, BAD_LIST]
    assert [(entry.devices, entry.carried_out) for entry in simulator.log] == [(0, False), (0, False)]


def test_lists_pair_every_culprit_with_its_error_and_change_nothing(simulator, client):
    before = urls(simulator), simulator.devices("theirs")

    assert client.call("registerPhoneList", [NEW, "X&<", OTHER.upper()], NEW_URL) == [
        False,
        {"X&<": BAD_MAC, OTHER: OWNED},
    ]
    assert client.call("registerPhoneList", [NEW, "x"], "nowhere") == [False, {NEW: BAD_URL, "x": BAD_MAC}]
    assert client.call("deregisterPhoneList", [MAC, OTHER, FREE, "x"]) == [
        False,
        {OTHER: OWNED, FREE: NO_SUCH, "x": BAD_MAC},
    ]
    assert (urls(simulator), simulator.devices("theirs")) == before


def test_errors_as_text(simulator, client):
    simulator.settings(snom_errors="text")
    macs = ["000413250c25x", "000413250c26"]
    simulator.seed({"devices": [{"account": "theirs", "mac": "000413250c26"}]})

    assert client.call("registerPhoneList", macs, NEW_URL) == [
        False,
        "{000413250c25x: Error:malformed_mac, 000413250c26: Error:owned_by_other_user}",
    ]


def test_list_by_model(simulator, client, rival):
    simulator.seed(
        {
            "devices": [
                {"account": "ours", "mac": mac, "url": URL}
                for mac in ("000413790001", "000413791001", "00087b080001", "0004137f0001", "0015650000ff")
            ]
        }
    )

    assert client.call("listPhones", "snomM700") == [MAC, UNBOUND, "00087b080001"]
    assert client.call("listPhones", "snomM700", None) == [MAC, UNBOUND, "00087b080001"]
    assert client.call("listPhones", "snomM700", URL) == [MAC, "00087b080001"]
    assert client.call("listPhones", "snomM700", NEW_URL) == []
    assert client.call("listPhones", "snomD765") == ["000413790001"]
    assert client.call("listPhones", "snomD745") == ["000413791001"]
    assert client.call("listPhones", "snom715") == ["0004137f0001"]
    assert client.call("listPhones", "yealink") == []
    assert rival.call("listPhones", "snomM700") == [OTHER]


@pytest.mark.parametrize("rebind", ["ok", "ignored"])
@pytest.mark.parametrize("many", [False, True])
def test_registering_an_own_phone_again(simulator, client, rebind, many):
    simulator.settings(snom_rebind=rebind)

    for mac in (MAC, UNBOUND, NEW):
        answer = (
            client.call("registerPhoneList", [mac], NEW_URL) if many else client.call("registerPhone", mac, NEW_URL)
        )
        assert answer == [True, "Ok"]
    assert urls(simulator) == {MAC: NEW_URL if rebind == "ok" else URL, UNBOUND: NEW_URL, NEW: NEW_URL}
    assert [entry.carried_out for entry in simulator.log] == [rebind == "ok", True, True]


@pytest.mark.parametrize("company", ["Snom Technology GmbH", ""])
@pytest.mark.parametrize(("mac", "url"), [(MAC, URL), (UNBOUND, "")])
def test_redirection(simulator, client, mac, url, company):
    simulator.settings(snom_company=company)

    assert client.call("getPhoneRedirection", mac) == [True, company, url]
    simulator.settings(snom_redirection="company_url")
    assert client.call("getPhoneRedirection", mac) == [company, url]
    simulator.settings(snom_redirection="true_url")
    assert client.call("getPhoneRedirection", mac) == [True, url]
    assert client.call("getPhoneRedirection", NEW) == [False, NO_SUCH]


def test_echo(client):
    body = client.send(xmlrpc.client.dumps(("ping <&>",), "network.echo")).body

    assert xmlrpc.client.loads(body)[0] == ("ping <&>",)


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("noSuch", ()),
        ("registerPhone", (MAC,)),
        ("registerPhone", (MAC, None)),
        ("registerPhoneList", (MAC, URL)),
        ("registerPhoneList", ([1], URL)),
        ("listPhones", (None,)),
        ("addServer", ("x", URL)),
    ],
)
def test_no_such_method(client, method, parameters):
    with pytest.raises(xmlrpc.client.Fault, match=f"no such method: redirect.{method}"):
        client.call(method, *parameters)


@pytest.mark.parametrize("content_type", [None, "application/xml", "text/xmlx", ""])
def test_content_type_is_mandatory(simulator, client, content_type):
    response = client.send(xmlrpc.client.dumps((NEW, URL), "redirect.registerPhone"), Content_Type=content_type)

    assert response.status == 415
    assert NEW not in simulator.devices("ours")


def test_content_type_with_parameters(client):
    body = xmlrpc.client.dumps((MAC,), "redirect.checkPhone")

    assert client.send(body, Content_Type="Text/XML; charset=utf-8").status == 200


@pytest.mark.parametrize(
    ("mac", "model"),
    [
        ("000413a0ffff", "snomC520"),
        ("000413840016", "snomD305"),
        ("000413840079", "snomD305"),
        ("00041384007a", "snomD315"),
        ("00041394b420", "snomD765"),
        ("00041394b421", "snom715"),
        ("00041394bf03", "snom715"),
        ("00041394bf04", "snomD765"),
    ],
)
def test_ranges_within_others(simulator, client, mac, model):
    simulator.seed({"devices": [{"account": "ours", "mac": mac, "url": "https://our.example.com/"}]})

    models = ("snomC520", "snomD305", "snomD315", "snomD765", "snom715")
    assert [name for name in models if mac in client.call("listPhones", name)] == [model]
