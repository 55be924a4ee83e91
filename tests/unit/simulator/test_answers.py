# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forms in which other services, or other versions of them, may give the same answers: a setting for each."""

from __future__ import annotations

import xmlrpc.client

import pytest
from rps_simulator.dialects import DIALECTS
from rps_simulator.settings import CHOICES

MAC, OTHER, NEW = "001565000001", "001565000002", "0015650000ff"
SNOM, SNOM_OTHER = "000413900001", "000413900002"
URL = "https://own.example.com/x"
OWNED = "Error:owned_by_other_user"


@pytest.fixture(autouse=True)
def devices(simulator, provider):
    if provider == "snom":
        held = [
            {"account": "ours", "mac": SNOM, "url": URL},
            {"account": "theirs", "mac": SNOM_OTHER, "url": URL},
        ]
        simulator.seed({"devices": held})
    elif provider != "yeastar":
        held = [
            {"account": "ours", "mac": MAC, "server": "serverName"},
            {"account": "theirs", "mac": OTHER, "server": "their server"},
        ]
        simulator.seed({"devices": held})


@pytest.mark.parametrize("provider", ["yealink", "htek", "snom"])
def test_every_layout_and_wording_is_xml_rpc_with_the_same_values(simulator, client, provider):
    calls = {
        "snom": [("checkPhone", "x"), ("registerPhoneList", [SNOM, "x"], URL), ("listPhones", "snomD765")],
        "yealink": [("checkDeviceExt", MAC), ("registerDevices", ["x", NEW], "serverName"), ("listDevices",)],
        "htek": [("checkDevice", MAC), ("registerDevices", ["x", NEW], "serverName"), ("listDevices",)],
    }[provider]
    expected = [client.call(*call) for call in calls]

    for layout in CHOICES["layout"]:
        for boolean in CHOICES["boolean"]:
            simulator.settings(layout=layout, boolean=boolean)
            bodies = [client.send(xmlrpc.client.dumps(c[1:], f"redirect.{c[0]}")).body.decode() for c in calls]
            assert [read(body) for body in bodies] == expected
            assert any("<boolean>true</boolean>" in body for body in bodies) == (
                boolean == "true" and provider != "snom"
            )


def read(body):
    """The values of an answer, as a lenient client reads them."""
    lenient = body.replace("<boolean>true<", "<boolean>1<").replace("<boolean>false<", "<boolean>0<")
    return trimmed(xmlrpc.client.loads(lenient)[0][0])


def trimmed(value):
    return [trimmed(item) for item in value] if isinstance(value, list) else getattr(value, "strip", lambda: value)()


@pytest.mark.parametrize(
    ("wording", "text"),
    [
        ("clients", "Error:Invalid server"),
        ("printed", "Error: Invalid server"),
        ("spaced", "Error: Invalid server"),
        ("no_prefix", "Invalid server"),
    ],
)
def test_wordings(simulator, client, wording, text):
    simulator.settings(wording=wording)

    assert client.call("registerDevice", NEW, "nowhere") == [False, text]


@pytest.mark.parametrize(
    ("spelling", "named"),
    [("bare", MAC), ("given", "00:15:65:00:00:01"), ("dashed", "00-15-65-00-00-01")],
)
def test_spellings_of_named_macs(simulator, client, spelling, named):
    simulator.settings(named_macs=spelling)

    answer = client.call("registerDevices", ["00:15:65:00:00:01", NEW], "serverName")

    assert answer == [False, f"Are you sure you want to override MAC addresses:{named}"]


def test_the_two_ends_of_4_15(simulator, client):
    call = xmlrpc.client.dumps((NEW, "", URL, "1"), "redirect.registerDeviceWithUniqueUrl")
    once = client.send(call).body
    simulator.settings(yealink_end="twice")

    assert client.send(call).body == once + b" </params>\n</methodResponse>"


@pytest.mark.parametrize("nil", ["nil", "ex:nil"])
@pytest.mark.parametrize(
    ("provider", "call"),
    [
        ("yealink", ("listDevices",)),
        ("htek", ("listDevices",)),
        ("snom", ("listPhones", "snom710")),
        ("snom", ("getPhoneRedirection", SNOM)),
    ],
)
def test_nil(simulator, client, provider, call, nil):
    simulator.settings(nil=nil, snom_company="")
    if provider != "snom":
        client.call("deRegisterDevice", MAC)

    body = client.send(xmlrpc.client.dumps(call[1:], f"redirect.{call[0]}")).body

    assert f"<value><{nil}/></value>".encode() in body
    (values,) = xmlrpc.client.loads(body.replace(b"ex:nil", b"nil"))[0]
    assert values in (None, [True, None], [True, None, URL])


@pytest.mark.parametrize(
    ("wording", "code", "text"),
    [
        ("plain", 1, "no such method: redirect.editDevice"),
        ("apache_handler", 0, "No such handler: redirect.editDevice"),
        ("apache_arguments", 0, "No method matching arguments: java.lang.String, java.lang.String"),
        ("codeigniter", 1, "This is not a known method for this XML-RPC Server"),
        ("ixr", -32601, "server error. requested method redirect.editDevice does not exist."),
        ("perl", 301, "Unknown method: redirect.editDevice"),
        ("php", 1, "Unknown method"),
        ("python", 1, "<class 'Exception'>:method \"redirect.editDevice\" is not supported"),
        ("ruby", -99, "Method redirect.editDevice missing or wrong number of parameters!"),
        ("twisted", 8001, "procedure redirect.editDevice not found"),
        ("xmlrpc_c", -506, "Method 'redirect.editDevice' not defined"),
    ],
)
def test_missing_methods_in_the_words_of_servers(simulator, client, wording, code, text):
    simulator.settings(missing_methods=["editDevice"], missing_method_fault=wording)

    with pytest.raises(xmlrpc.client.Fault) as fault:
        client.call("editDevice", MAC, "second")

    assert (fault.value.faultCode, fault.value.faultString) == (code, text)
    assert client.call("checkDevice", MAC) == [True, "Registered"]


@pytest.mark.parametrize("provider", ["yealink", "htek", "snom"])
def test_a_refused_login(simulator, connect, client):
    stranger = connect(simulator.url, "nobody", path=client.path)
    call = xmlrpc.client.dumps((MAC,), "redirect.checkDevice")

    assert stranger.send(call).status == 401
    simulator.settings(login_refusal="fault")
    with pytest.raises(xmlrpc.client.Fault, match="Authentication failed"):
        stranger.call("checkDevice", MAC)
    simulator.settings(login_refusal="false_text")
    assert stranger.call("checkDevice", MAC) == [False, "Error:Invalid username or password"]
    assert {entry.account for entry in simulator.log} == {None}


@pytest.mark.parametrize("provider", ["yealink", "htek", "snom"])
def test_untidy_lists(simulator, client, provider):
    call, mac = (("listPhones", "snomD765"), SNOM) if provider == "snom" else (("listDevices",), MAC)
    tidy = client.call(*call)
    tidy = tidy if provider == "snom" else tidy[1]
    simulator.settings(list_rows="untidy")

    untidy = client.call(*call)
    untidy = untidy if provider == "snom" else untidy[1]

    assert (len(tidy), [untidy.count(row) for row in tidy]) == (1, [2])
    assert mac == tidy[0].replace("-", "").lower()
    assert sorted(set(untidy) - set(tidy)) == ["", "Total: 1"]


def test_a_cut_list_of_culprits(simulator, client):
    macs = [f"0015650001{number:02x}" for number in range(30)]
    simulator.seed({"devices": [{"account": "ours", "mac": mac, "server": "serverName"} for mac in macs]})
    simulator.settings(most_culprits=20)

    text = client.call("registerDevices", macs, "serverName")[1]

    assert text.partition(":")[2].split(",") == macs[:20]


@pytest.mark.parametrize("provider", ["snom"])
@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("struct", {SNOM_OTHER: OWNED}),
        ("text", f"{{{SNOM_OTHER}: {OWNED}}}"),
        ("python_text", f"{{'{SNOM_OTHER}': '{OWNED}'}}"),
        ("pairs", [[SNOM_OTHER, OWNED]]),
        ("alternating", [SNOM_OTHER, OWNED]),
    ],
)
def test_errors_of_phones(simulator, client, form, expected):
    simulator.settings(snom_errors=form)

    assert client.call("registerPhoneList", [SNOM, SNOM_OTHER], URL) == [False, expected]


@pytest.mark.parametrize("provider", ["snom"])
def test_ok_among_the_errors_of_phones(simulator, client):
    simulator.settings(snom_ok="named")

    assert client.call("registerPhoneList", [SNOM, SNOM_OTHER], URL) == [False, {SNOM: "Ok", SNOM_OTHER: OWNED}]


@pytest.mark.parametrize("provider", ["snom"])
def test_a_refused_model(simulator, client):
    assert client.call("listPhones", "snom1") == []
    simulator.settings(snom_unknown_model="refused")

    assert client.call("listPhones", "snom1") == [False, "Error:unknown_phone_type"]
    assert client.call("listPhones", "snom710") == []


@pytest.mark.parametrize(
    ("provider", "register", "others", "own", "refusal"),
    [
        (
            "yealink",
            ("registerDevice", "serverName"),
            ["000413900009", "001fc1000001", "0004f2000001"],
            ["001565000003", "1a6f654d839b"],
            "Error:Invalid MAC(s):{}",
        ),
        (
            "htek",
            ("registerDevice", "serverName"),
            ["000413900009", "001565000003"],
            ["001fc1000001"],
            "Error:Invalid MAC(s):{}",
        ),
        (
            "snom",
            ("registerPhone", URL),
            ["001565000003", "001fc1000001"],
            ["000413900009", "00087b080001"],
            "Error:malformed_mac",
        ),
    ],
)
def test_other_vendors_macs(simulator, client, register, others, own, refusal):
    method, target = register
    simulator.settings(foreign_macs="refuse")

    for mac in others:
        assert client.call(method, mac, target) == [False, refusal.format(mac)]
    for mac in own:
        assert client.call(method, mac, target)[0] is True
    simulator.settings(foreign_macs="take")
    for mac in others:
        assert client.call(method, mac, target)[0] is True


def test_prefixes_are_those_that_the_modules_know():
    services = pytest.importorskip("ansible_collections.voip.rps.plugins.module_utils._services")

    for provider, service in services.SERVICES.items():
        known = DIALECTS[provider].mac_prefixes
        assert [prefix for prefix in service.mac_prefixes if not prefix.startswith(known)] == []


@pytest.mark.parametrize("provider", ["yeastar"])
@pytest.mark.parametrize(("setting", "code"), [("syntax_error", 40001), ("minus_two", -2)])
def test_a_body_that_is_no_json(simulator, pbx, setting, code):
    simulator.settings(yeastar_not_json=setting)

    assert b'"errcode": %d,' % code in pbx.send("POST", pbx.target("phone/batchdelete"), "{").body


@pytest.mark.parametrize("provider", ["yeastar"])
def test_a_cut_list_of_a_pbx(simulator, pbx):
    simulator.settings(most_culprits=2)

    answer = pbx.post("phone/batchdelete", batch_id_list=[7, 8, 9])

    assert [row["value"] for row in answer["invalid_param_list"]] == [7, 8]
