# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shapes that answers have, beyond those that the documents print: each is read for what it says."""

from __future__ import annotations

import xmlrpc.client

import pytest

pytestmark = pytest.mark.dialect("redirect")

ENVELOPE = "<methodResponse><params><param><value>{}</value></param></params></methodResponse>"
FAULT = """<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>1</int></value></member>
<member><name>faultString</name><value>{}</value></member></struct></value></fault></methodResponse>"""


def array(*values):
    return "<array><data>{}</data></array>".format("".join(f"<value>{value}</value>" for value in values))


def actions(result):
    return [device["action"] for device in result["devices"]]


def codes(result):
    return {device["mac"]: device["error"]["code"] for device in result["devices"] if "error" in device}


def dumped(value):
    return xmlrpc.client.dumps((value,), methodresponse=True, allow_none=True)


NIL = ["<nil/>", "<ex:nil xmlns:ex='http://ws.apache.org/xmlrpc/namespaces/extensions'/>", "", "<string/>"]


@pytest.mark.parametrize("nil", NIL)
def test_a_list_that_is_nil_is_empty(rps, nil):
    answers = [array("<boolean>1</boolean>", nil)] + ([nil] if rps.can.list_models else [])
    for answer in answers:
        rps.misbehaves("answer", "list", body=ENVELOPE.format(answer))
        assert rps.info()["devices"] == []


@pytest.mark.parametrize("nil", NIL)
def test_a_text_that_is_nil_is_empty(rps, nil):
    rps.misbehaves("answer_after", "register", body=ENVELOPE.format(array("<boolean>1</boolean>", nil)))
    assert actions(rps.device(rps.mac(1))) == ["registered"]
    rps.misbehaves("answer", "register", body=ENVELOPE.format(array("<boolean>0</boolean>", nil)))
    assert codes(rps.device(rps.mac(2))) == {rps.mac(2): "service_error"}


@pytest.mark.needs("read_target")
@pytest.mark.parametrize("nil", NIL)
def test_a_url_that_is_nil_is_none(rps, nil):
    rps.holds(rps.mac(1))
    told = "Acme" if rps.provider == "snom" else "Registered"
    rps.misbehaves("answer", "locate", body=ENVELOPE.format(array("<boolean>1</boolean>", told, nil)))

    (device,) = rps.info(macs=[rps.mac(1)])["devices"]

    assert (device["status"], device["current_url"] or None) == ("registered", None)


@pytest.mark.parametrize("code", ["<boolean>true</boolean>", "<boolean> TRUE\n</boolean>", "<i4>1</i4>", "<i8>1</i8>"])
def test_result_codes(rps, code):
    rps.misbehaves("answer_after", "register", body=ENVELOPE.format(array(code, "OK")))
    assert actions(rps.device(rps.mac(1))) == ["registered"]

    no = code.replace("true", "false").replace("TRUE", "FALSE").replace(">1<", ">0<")
    rps.misbehaves("answer", "register", body=ENVELOPE.format(array(no, "closed for today")))
    assert codes(rps.device(rps.mac(2))) == {rps.mac(2): "service_error"}


@pytest.mark.needs("named_servers")
@pytest.mark.parametrize(
    "words", ["Registered\n Elsewhere", "Registered  Elsewhere", "registered_elsewhere", " REGISTERED\tELSEWHERE\n"]
)
def test_a_status_in_every_spelling(rps, words):
    rps.answers("check", True, words)
    rps.answers(rps.look, True, words)

    assert rps.info(macs=[rps.mac(1)])["devices"][0]["status"] == "registered_elsewhere"


@pytest.mark.needs("named_servers", "read_target")
@pytest.mark.parametrize("more", [["{}"], ["berlin", "{}"], ["{}", "berlin"], ["berlin", "", "{}"]])
def test_a_url_beside_a_server(rps, more):
    url = rps.servers["berlin"]
    rps.answers("locate", True, "Registered", *[value.format(url) for value in more])

    assert rps.info(macs=[rps.mac(1)])["devices"][0]["current_url"] == url


def colon(mac):
    return ":".join(mac[i : i + 2] for i in range(0, 12, 2))


@pytest.mark.parametrize("shape", ["one text", "texts", "nested", "spellings", "repeated"])
def test_lists_in_every_shape(rps, shape):
    one, other = rps.macs(2)
    shapes = {
        "one text": ([True, one], [one]),
        "texts": ([True, one, other], [one, other]),
        "nested": ([True, [[one], [other]]], [one, other]),
        "spellings": ([True, [one.upper(), colon(other), f" {one[:4]}.{one[4:8]}.{one[8:]}\n"]], [one, other]),
        "repeated": ([True, [one, other, colon(one), one]], [one, other]),
    }
    values, macs = shapes[shape]
    rps.answers("list", *values)

    result = rps.info()

    assert [device["mac"] for device in result["devices"]] == macs
    assert result["summary"]["registered"] == len(macs)
    assert "warnings" not in result


def test_rows_that_are_no_mac_are_warned_of_without_secrets(rps):
    rps.answers("list", True, [rps.mac(1), "https://u:s3cret@a.example/\n" + "x" * 5000, 7, None, ["Total: 3"]])

    result = rps.info()

    assert [device["mac"] for device in result["devices"]] == [rps.mac(1)]
    (warning,) = result["warnings"]
    assert "3 rows" in warning
    assert "s3cret" not in warning
    assert "\n" not in warning
    assert len(warning) <= 500


REFUSED_LOGINS = ["Authentication failed", "Error:Access denied", "Invalid username or password", "Login failed"]


@pytest.mark.parametrize("count", [1, 4, 30])
@pytest.mark.parametrize("words", REFUSED_LOGINS)
@pytest.mark.parametrize("shape", ["text", "fault"])
def test_a_login_that_is_refused_with_status_200_is_tried_once(rps, count, words, shape):
    body = FAULT.format(words) if shape == "fault" else dumped([False, words])
    rps.simulator.misbehave({"kind": "answer", "body": body})

    result = rps.device(*rps.macs(count))

    assert result["failure"]["code"] == "auth_failed"
    assert words in result["failure"]["message"]
    assert "devices" not in result
    assert rps.requests == 1


NOT_OK = {
    "an error": "{error}: {bad}",
    "no meaning": "Bonjour",
    "a struct": {"{bad}": "{error}"},
    "a struct with all": {"{good}": "OK", "{bad}": "{error}"},
    "the devices' names": "{good},{bad}",
}


def filled(value, **parts):
    if isinstance(value, dict):
        return {key.format(**parts): words.format(**parts) for key, words in value.items()}
    return value.format(**parts)


@pytest.mark.parametrize("shape", NOT_OK)
def test_true_with_a_text_that_is_not_ok_is_no_success(rps, shape):
    """The service did nothing, whatever it says: in the end each device is what it is."""
    good, bad = rps.macs(2)
    error = "Error:malformed_mac" if rps.provider == "snom" else "Error:Invalid MAC(s)"
    said = filled(NOT_OK[shape], good=good, bad=bad, error=error)
    rps.misbehaves("answer", "register", times=1, body=dumped([True, said]))

    result = rps.device(good, bad)

    blamed = "error" in str(NOT_OK[shape])
    assert actions(result)[1] == ("failed" if blamed else "registered")
    # Of the good one the service said itself that all went well, which a look at one device shows where there is one.
    believed = "OK" in str(NOT_OK[shape])
    unbound = {good: "protocol_error"} if believed and rps.canary else {}
    assert codes(result) == ({bad: "invalid_mac", **unbound} if blamed else {})
    assert set(rps.urls) == ({bad, good} if not blamed else set() if believed else {good})


@pytest.mark.parametrize(
    "text", ["OK", "ok", "Success", "", 1, None, True, "Registered", "The MAC address is registered successfully."]
)
def test_true_with_any_text_like_ok_is_success_and_costs_nothing(rps, text):
    rps.answers("register", True, text, kind="answer_after")

    result = rps.device(*rps.macs(2))

    assert actions(result) == ["registered"] * 2
    assert rps.writes == [("register", 2)]
    assert rps.calls[-1 - len(rps.canary)] == ("register", 2)


@pytest.mark.needs("named_servers")
@pytest.mark.parametrize("words", ["Error: {} \nPlease check the MAC address you entered\n (1)Device MAC and SN"])
@pytest.mark.parametrize("separator", [",", ", ", "\n", " ", ";"])
def test_each_phone_of_a_refused_batch_has_the_reason_without_its_neighbours(rps, words, separator):
    macs = rps.macs(60)
    rps.answers("register", False, words.format(separator.join(macs)))

    result = rps.device(*macs)

    assert result["summary"]["failed"] == 60
    for device in result["devices"]:
        message = device["error"]["message"]
        assert message == f"Error: {device['mac']} Please check the MAC address you entered (1)Device MAC and SN"


@pytest.mark.needs("named_servers")
def test_a_paragraph_for_each_phone_is_told_once(rps):
    macs = rps.macs(9)
    paragraph = "Error: {0}(MAC address)\nPlease check it.\nMAC({0}) has been added to other enterprise."
    rps.answers("register", False, "\n".join(paragraph.format(mac) for mac in macs))

    for device in rps.device(*macs)["devices"]:
        assert device["error"]["message"] == " ".join(paragraph.format(device["mac"]).split())


BULK = ["registerDevices", "deRegisterDevices", "registerPhoneList", "deregisterPhoneList"]


@pytest.mark.parametrize("words", ["No such handler: x", "Incorrect parameters were passed to method"])
@pytest.mark.parametrize("shape", ["text", "fault"])
def test_a_service_without_bulk_calls_is_asked_for_each_phone(rps, words, shape):
    body = FAULT.format(words) if shape == "fault" else dumped([False, words])
    rps.simulator.misbehave({"kind": "answer", "methods": BULK, "body": body})
    macs = rps.macs(12)

    for options, action in (
        ({}, "registered"),
        ({"server": "paris", **rps.moving}, "moved"),
        ({"state": "absent"}, "removed"),
    ):
        rps.simulator.clear_log()
        result = rps.device(*macs, **options)
        assert actions(result) == [action] * 12
        assert "failed" not in result
        bulk = [entry.method for entry in rps.simulator.log if entry.method.removeprefix("redirect.") in BULK]
        assert len(bulk) == len(set(bulk)) == 1

    assert rps.urls == {}


@pytest.mark.needs("override")
def test_overriding_without_a_bulk_call_is_asked_for_each_phone(rps):
    rps.simulator.settings(missing_methods=["registerDevices/3"])
    macs = rps.macs(8)

    assert actions(rps.device(*macs, override=True)) == ["registered"] * 8


@pytest.mark.needs("named_servers", "own_url")
@pytest.mark.parametrize("target", [{"server": "paris"}, {"url": "https://own.example/"}])
def test_a_service_without_edit_moves_by_overriding_its_own(rps, target):
    rps.simulator.settings(missing_methods=["editDevice", "editDeviceWithUniqueUrl"])
    rps.holds(*rps.macs(2))

    result = rps.device(*rps.macs(2), **target, batch_size=1, concurrency=1)

    assert actions(result) == ["moved", "moved"]
    assert [call.what for call in rps.writes] == ["move", "confirm", "confirm"]


@pytest.mark.needs("read_target")
def test_a_service_that_does_not_tell_targets_is_asked_for_the_status(rps):
    rps.simulator.settings(missing_methods=["checkDeviceExt", "getPhoneRedirection"])
    rps.holds(*rps.macs(3))

    result = rps.info(macs=rps.macs(4), concurrency=1)

    assert result["summary"] == {"registered": 3, "unregistered": 0, "registered_elsewhere": 0, "unknown": 1}
    assert [device["current_url"] for device in result["devices"]] == [None] * 4
    assert [call.what for call in rps.calls].count("locate") == 1


@pytest.mark.needs("named_servers")
def test_a_list_of_phones_as_python_writes_it_is_none_of_the_reason(rps):
    macs = rps.macs(40)
    rps.answers("register", False, f"Error:Invalid MAC(s):{[colon(mac) for mac in macs]}")

    for device in rps.device(*macs)["devices"]:
        assert device["error"] == {"code": "invalid_mac", "message": f"Error:Invalid MAC(s):['{colon(device['mac'])}']"}


def test_a_reason_that_only_some_are_named_in_is_told_to_the_others_without_their_names(rps):
    """Of a batch that is refused for its server or URL as a whole."""
    macs = rps.macs(4)
    words = "malformed_url" if rps.provider == "snom" else "Invalid server"
    rps.answers("register", False, f"Error:{words} ({macs[0]}, {macs[1]})")

    for device in rps.device(*macs)["devices"]:
        for mac in set(macs) - {device["mac"]}:
            assert mac not in device["error"]["message"]
