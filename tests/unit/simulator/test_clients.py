# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What public clients of the live services send, and what they look for in the answers, byte by byte."""

from __future__ import annotations

import base64
import json
import re
import xmlrpc.client

import pytest

MAC, OTHER = "001565000001", "001565000002"
SNOM, SNOM_OTHER = "000413900001", "000413900002"
URL = "https://own.example.com/x"
# nethesis/falconieri matches answers by these, over the whole body.
FALCONIERI = (
    r"(?s)<params><param><value><array><data><value><boolean>(.*)</boolean></value>"
    r"<value>(.*)</value></data></array></value></param></params>"
)
FALCONIERI_SNOM = (
    r"<params><param><value><array><data><value><boolean>(.*)</boolean></value>"
    r"<value><string>(.*)</string></value></data></array></value></param></params>"
)


@pytest.fixture(autouse=True)
def devices(simulator, provider):
    if provider == "yealink":
        held = {"account": "theirs", "mac": OTHER, "server": "their server"}
    else:
        held = {"account": "theirs", "mac": SNOM_OTHER, "url": URL}
    simulator.seed({"devices": [held] if provider in ("yealink", "snom") else []})


def ask(client, method, *parameters):
    """The body of the answer, and its values as a decoder sees them: no decoder strips white space."""
    body = client.send(xmlrpc.client.dumps(parameters, f"redirect.{method}", allow_none=True)).body
    return body.decode(), xmlrpc.client.loads(body)[0][0]


@pytest.mark.parametrize("provider", ["yealink", "htek"])
def test_texts_are_exact_and_tags_have_nothing_in_between(client):
    for method, *parameters in (
        ("checkDevice", "0015650000ff"),
        ("registerDevice", "0015650000ff", "serverName"),
        ("checkDevice", "0015650000ff"),
        ("listDevices",),
        ("registerDevices", ["x"], "serverName"),
        ("deRegisterDevice", "0015650000ff"),
        ("listDevices",),
    ):
        body, values = ask(client, method, *parameters)
        assert not re.search(r">\s+<", body)
        assert all(value == value.strip() for value in values if isinstance(value, str))


def test_falconieri_at_yealink(client):
    def register(mac, url=URL):
        body, _values = ask(client, "registerDeviceWithUniqueUrl", mac, "serverName", url, "1")
        return re.search(FALCONIERI, body).groups()

    assert register("00-15-65-00-00-01") == ("1", "OK")
    answer = register("00-15-65-00-00-02")
    assert answer[0] == "0"
    assert re.search(r"^Error:[a-z0-9]{10}", answer[1])
    bad_url = "Error:The url can only begin with 'http://' or 'https://' or 'ftp://' or 'tftp://'"
    assert register("00-15-65-00-00-01", "gopher://x") == ("0", bad_url)


@pytest.mark.parametrize("provider", ["snom"])
def test_falconieri_at_snom(client):
    def register(mac, url=URL):
        return re.search(FALCONIERI_SNOM, ask(client, "registerPhone", mac, url)[0]).groups()

    assert register(SNOM) == ("1", "Ok")
    assert register(SNOM_OTHER) == ("0", "Error:owned_by_other_user")
    assert register("x") == ("0", "Error:malformed_mac")
    assert register(SNOM, "x") == ("0", "Error:malformed_url")


def test_peoplefone_at_yealink(client):
    client.path = "/xmlrpc/"
    for expected, method, *parameters in (
        ("unknown", "checkDevice", MAC),
        ("registered elsewhere", "checkDevice", OTHER),
        ("ok", "registerDevice", MAC, "serverName", "1"),
        ("registered", "checkDevice", MAC),
        ("error:invalid server", "registerDevice", MAC, "nowhere", "1"),
        (
            "error:the server name can only contain 'a-z 0-9 - _ . '(include space)",
            "registerDevice",
            MAC,
            "https://x/",
            "1",
        ),
        ("ok", "deRegisterDevice", MAC),
        (f"error:invalid mac(s):{MAC}", "deRegisterDevice", MAC),
    ):
        assert ask(client, method, *parameters)[1][1].lower() == expected


@pytest.mark.parametrize("provider", ["snom"])
def test_snoms_own_client(simulator, client):
    company = simulator.settings()["snom_company"]

    assert ask(client, "checkPhone", SNOM)[1] == [False, "Error:no_such_mac"]
    assert ask(client, "registerPhone", SNOM, URL)[1] == [True, "Ok"]
    assert ask(client, "listPhones", "snomD765", None)[1] == [SNOM]
    assert ask(client, "getPhoneRedirection", SNOM)[1] == [True, company, URL]
    assert ask(client, "listPhones", "snomD765", "https://elsewhere.example.com/")[1] == []


@pytest.mark.parametrize("provider", ["snom"])
def test_snomcli_reads_targets_where_phones_do(simulator, client):
    m9 = "000413300001"
    simulator.seed({"devices": [{"account": "ours", "mac": mac, "url": URL} for mac in (SNOM, m9)]})

    def lines(model, mac):
        response = client.send(verb="GET", path=f"/{model}/{model}.php?mac={mac}", Authorization=None)
        assert response.status == 200
        return response.body.decode().splitlines()

    assert re.match(r"setting_server.?: (.*)", lines("snomD765", SNOM.upper())[3]).group(1) == URL
    assert re.match(r"setting_server.?: (.*)", lines("snom300", "000413250001")[3]).group(1) == ""
    assert re.match(r'\s*<file url="(.*)"\s/*>', lines("snomm9", m9)[2]).group(1) == URL
    for path in ("/snom300/snom300.php", "/snom300/x.php?mac=000413250001", "/snom300/snom300.php?mac=x"):
        assert client.send(verb="GET", path=path, Authorization=None).status == 404


@pytest.mark.parametrize("mac", ["000413230001", "0004132a0001", "000413430001", "000413630001"])
@pytest.mark.parametrize("provider", ["snom"])
def test_models_of_snoms_clients(simulator, client, mac):
    models = {"23": "snom360", "2a": "snomM3", "43": "snom870E", "63": "snomM700"}
    simulator.seed({"devices": [{"account": "ours", "mac": mac, "url": URL}]})

    assert ask(client, "listPhones", models[mac[6:8]])[1] == [mac]


def test_ngcp_panel_at_yealink(simulator, client):
    login = base64.b64encode(b"ours:our password").decode() + "="
    url = "http%3A%2F%2Fprov.example.com%2F%7BMAC%7D"
    body = f"""<?xml version='1.0' encoding='UTF-8'?>
<methodCall>
<methodName>redirect.addServer</methodName>
<params>
<param>
<value>
<string><![CDATA[0f343b0931126a20f133]]></string>
</value>
</param>
<param>
<value>
<string><![CDATA[{url}]]></string>
</value>
</param>
</params>
</methodCall>"""

    answer = client.send(body, "/xmlrpc", Authorization=f"Basic {login}")

    assert xmlrpc.client.loads(answer.body)[0] == ([True, "OK"],)
    assert simulator.servers("ours")["0f343b0931126a20f133"] == url


@pytest.mark.parametrize("provider", ["snom"])
def test_ngcp_panel_at_snom(simulator, client):
    url = "http%3A%2F%2Fprov.example.com%2F%7BMAC%7D"
    client.path = "/xmlrpc"

    assert ask(client, "registerPhone", SNOM.upper(), url)[1] == [True, "Ok"]
    assert simulator.devices("ours")[SNOM]["url"] == url


@pytest.mark.parametrize("provider", ["yeastar"])
def test_a_yeastar_client_with_a_user_agent_of_its_own(simulator, connect_pbx):
    pbx = connect_pbx(simulator.url)
    pbx.log_in()
    headers = {"User-Agent": "yeastar-mcp/0.1", "Accept": "application/json", "Content-Type": "application/json"}

    answer = json.loads(pbx.send("GET", pbx.target("extension/search", page=1, page_size=10), headers=headers).body)

    assert (answer["errcode"], answer["total_number"]) == (0, 0)
