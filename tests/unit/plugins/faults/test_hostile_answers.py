# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that are none, be it by accident or by intent: a coded error, in bounded time and memory, and no crash."""

from __future__ import annotations

import gzip
import time
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.dialect("redirect")

# Of a module's process, in MiB: itself (about 40), a list of 32 MiB, and what its texts can grow to in Python, which
# takes four bytes for a letter of one.
MEMORY = 300
# Seconds to wait for an answer, and those a list of 32 MiB may take on a busy machine to be told from nonsense.
TIMEOUT, PARSING = 5, 20
MIB = 1024 * 1024
CODES = {
    "invalid_mac",
    "repeated_mac",
    "invalid_server",
    "invalid_server_name",
    "server_exists",
    "invalid_url",
    "owned_by_other_user",
    "needs_override",
    "override_failed",
    "unknown_mac",
    "not_registered",
    "invalid_input",
    "unsupported",
    "auth_failed",
    "forbidden",
    "rate_limited",
    "unreachable",
    "timeout",
    "tls_error",
    "protocol_error",
    "service_error",
}


def document(content):
    return b"<methodResponse><params><param><value>%s</value></param></params></methodResponse>" % content


def array(*values):
    return b"<array><data>%s</data></array>" % b"".join(b"<value>%s</value>" % value for value in values)


def filled(unit, size=32 * MIB):
    """Return a list that is made of this all over, of so many bytes."""
    return document(array(b"1", b"</value>" + unit * ((size - 200) // len(unit)) + b"<value>"))


GARBAGE = {
    "a login page": b"<!DOCTYPE html>\n<html><head><title>Log in</title></head><body><form></form></body></html>",
    "nothing": b"",
    "text": b"Service temporarily unavailable",
    "unfinished": b"<?xml version='1.0'?><methodResponse><params>",
    "html": b"<html><body>Please log in</body></html>",
    "binary": bytes(range(256)),
    "json": b'{"ok": true}',
    "another document": b"<?xml version='1.0'?><soap><body/></soap>",
    "no value": b"<methodResponse><params></params></methodResponse>",
    "two values": b"<methodResponse><params>" + b"<param><value>1</value></param>" * 2 + b"</params></methodResponse>",
    "a text": b"<methodResponse><params><param><value>OK</value></param></params></methodResponse>",
    "an empty list": b"<methodResponse><params><param><value><array><data></data></array></value></param></params>"
    b"</methodResponse>",
    "a number for a code": b"<methodResponse><params><param><value><array><data><value><int>7</int></value></data>"
    b"</array></value></param></params></methodResponse>",
    "a bad boolean": b"<methodResponse><params><param><value><array><data><value><boolean>maybe</boolean></value>"
    b"</data></array></value></param></params></methodResponse>",
    "a document type": b"<!DOCTYPE methodResponse><methodResponse><params><param><value>OK</value></param></params>"
    b"</methodResponse>",
    "an entity bomb": b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9))
    + b"]><methodResponse><params><param><value>&j;</value></param></params></methodResponse>",
    "a file's content": b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><methodResponse><params><param><value>'
    b"&f;</value></param></params></methodResponse>",
    "a deep nest": b"<methodResponse><params><param>"
    + b"<value><array><data>" * 5000
    + b"</data></array></value>" * 5000
    + b"</param></params></methodResponse>",
    "a fault that is none": b"<methodResponse><fault><value>no</value></fault></methodResponse>",
}


# That no phone is of a model is an answer.
@pytest.mark.few(10)
@pytest.mark.parametrize(("garbage", "count"), sorted({*product(GARBAGE, [1, 8])} - {("an empty list", 8)}))
def test_answers_that_are_none(rps, garbage, count):
    rps.simulator.misbehave({"kind": "answer", "body": GARBAGE[garbage]})

    result = rps.device(*rps.macs(count), retries=1)

    codes = {device["error"]["code"] for device in result.get("devices", [])} or {result["failure"]["code"]}
    assert codes == {"protocol_error"}
    assert (result["failed"], result["changed"]) == (True, False)
    assert rps.requests <= 2
    assert "root:" not in str(result)


@pytest.mark.few(8)
@pytest.mark.parametrize("garbage", GARBAGE)
def test_answers_to_writes_that_are_none(rps, garbage):
    rps.misbehaves("answer", "register", body=GARBAGE[garbage])

    result = rps.device(rps.mac(1), retries=1)

    assert result["summary"]["failed"] == 1
    assert result["devices"][0]["error"]["code"] == "protocol_error"
    assert not result["changed"]
    assert rps.calls == [(what, 1) for what in (rps.look, "register", rps.look, "register", rps.look)]


STRANGE = {
    "a number for a status": [True, 5],
    "a list for a status": [True, ["Registered"]],
    "no status": [True],
    "a number for a url": [True, "Registered", 7],
}


@pytest.mark.parametrize("strange", STRANGE)
def test_checks_that_no_document_knows(rps, strange):
    rps.answers(rps.look, *STRANGE[strange])

    result = rps.device(rps.mac(1))

    assert result["failed"]
    assert "protocol_error" in (result["msg"] + result.get("failure", {}).get("code", ""))


@pytest.mark.needs("list_account")
@pytest.mark.parametrize("values", [(), (True,)])
def test_lists_without_a_list(rps, values):
    rps.answers("list", *values)

    result = rps.device(*rps.macs(8))

    assert result["failure"]["code"] == "protocol_error"
    assert rps.requests == 1


@pytest.mark.parametrize("values", [(True, "macs"), (True, [5]), (True, ["no mac"]), (True, [], []), (True, 7)])
def test_lists_that_no_document_knows(rps, values):
    rps.answers("list", *values)

    result = rps.device(*rps.macs(8))

    assert result["failure"]["code"] == "protocol_error"
    assert rps.requests == 1


@pytest.mark.needs("named_servers")
def test_a_device_of_an_unknown_status_does_not_keep_the_others_back(rps):
    rps.answers(rps.look, True, "Reserved", times=1, skip=1)

    result = rps.device(*rps.macs(4), concurrency=1)

    assert [device["action"] for device in result["devices"]] == ["registered", "failed", "registered", "registered"]
    assert result["devices"][1]["error"]["message"] == "an answer that no documentation describes: 'Reserved'"


@pytest.mark.parametrize(
    "mac",
    ["", "00156500000", "00:15:65:00:00:00:01", "0015650000zz", "é", "001565000001 001565000002", "\u0660" * 12],
)
def test_lists_of_macs_that_are_none(rps, mac):
    rps.holds(rps.mac(1))
    rps.answers("list", True, [rps.mac(1), mac, rps.mac(1)])

    result = rps.device(*rps.macs(8))

    assert "failed" not in result
    assert result["summary"][rps.left_alone] == 1
    # Yealink's page shows a list with an empty value in it.
    warned = [warning for warning in result.get("warnings", ()) if "1 rows that are no MAC address" in warning]
    assert len(warned) == (1 if mac else 0)


@pytest.mark.parametrize("values", [(True, ["x" * 10_000, "\n", 5]), (True, [["https://u:hunter2@a/"], {"a": ["b"]}])])
def test_lists_without_any_mac(rps, values):
    rps.answers("list", *values)

    result = rps.device(*rps.macs(8))

    assert result["failure"]["code"] == "protocol_error"
    assert "hunter2" not in str(result)
    assert len(result["msg"]) < 300


SPOILS = (
    b"",
    b"<",
    b"<value>",
    b"</value>",
    b"<value><array><data>",
    b"<struct><member><name>faultCode</name>",
    b"<boolean>0</boolean>",
    b"<int>99999999999999999999</int>",
    b"<double>nan</double>",
    b"<nil/>",
    b"<base64>/</base64>",
    b"<dateTime.iso8601>0</dateTime.iso8601>",
    b"<![CDATA[",
    b"<!DOCTYPE x>",
    b"&#0;",
    b"&#55296;",
    b"&undefined;",
    b"\x00",
    b"\xff\xfe",
    b"0015650000zz",
    b"Error:",
    b"Registered Elsewhere",
    b"fault",
    b"x" * 10_000,
    b"<array>" * 50,
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_documented_answers_that_are_spoiled(rps, fixtures, data):
    """Cut off, with parts of another type, too deep, badly encoded or worse, to whatever is asked."""
    printed = sorted((fixtures / rps.provider).glob("*answer.xml"))
    answer = data.draw(st.sampled_from(printed)).read_bytes()
    for _spot in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(answer)))
        end = data.draw(st.one_of(st.just(len(answer)), st.integers(start, min(start + 40, len(answer)))))
        answer = answer[:start] + data.draw(st.sampled_from(SPOILS)) + answer[end:]
    rps.simulator.misbehave({"kind": "answer", "body": answer})

    results = [
        rps.device(*rps.macs(2), retries=0),
        rps.device(*rps.macs(7), retries=0),
        rps.device(*rps.macs(2), state="absent", retries=0),
        rps.info(retries=0, **({"models": ["snomD765"]} if rps.can.list_models else {})),
        rps.info(macs=rps.macs(2), retries=0),
        *([rps.server(name="berlin", url="https://berlin.example/", retries=0)] if rps.can.named_servers else []),
    ]

    for result in results:
        told = [result.get("failure"), *(one.get("error") for one in result.get("devices", result.get("servers", ())))]
        assert bool(result.get("failed")) == any(told)
        assert {error["code"] for error in told if error} <= CODES


HUGE = {
    "100 MB": lambda: b"x" * 100_000_000,
    "a text": lambda: document(b"x" * (32 * MIB - 200)),
    "a comment": lambda: b"<!--" + b"x" * (32 * MIB - 10),
    "white space": lambda: b" " * (32 * MIB),
    "an attribute": lambda: b"<methodResponse a='%s'/>" % (b"x" * (32 * MIB - 50)),
    "attributes": lambda: b"<methodResponse %s/>" % b"".join(b" a%x=''" % number for number in range(3_000_000)),
    "elements": lambda: filled(b"<array/>"),
    "structs": lambda: filled(b"<struct><name/><value/></struct>"),
    "devices": lambda: filled(b"<value>0015650000zz</value>"),
    # All but too many values, each letter of which takes four bytes.
    "wide letters": lambda: filled(b"<value>%s\xf0\x9f\x98\x80</value>" % (b"x" * 49)),
    "words of blame": lambda: document(array(b"0", *[b"001565000001 " * 80_000] * 30)),
    "culprits": lambda: document(
        b"<array><data><value>0</value><struct>%s</struct></data></array>"
        % b"".join(b"<member><name>%012x</name><value>Error:x%x</value></member>" % (n, n) for n in range(160_000))
    ),
    "a catastrophic pattern": lambda: document(array(b"0", b"001565000001" + b":" * 1_000_000)),
    "a fault": lambda: (
        b"<methodResponse><fault><struct><member><name>faultCode</name>%s</member><member>"
        b"<name>faultString</name><value>%s</value></member></struct></fault></methodResponse>"
        % (array(*[b"x" * 50] * 400_000), b"method " * 140_000)
    ),
}


def within_bounds(process, requests):
    """Expect that a module ends with a coded error, in the time and memory that so many requests may take."""
    begin = time.monotonic()
    result, peak = process.end()
    assert time.monotonic() - begin < requests * (TIMEOUT + PARSING)
    assert result["failed"]
    told = [result.get("failure"), *(device.get("error") for device in result.get("devices", ()))]
    assert {error["code"] for error in told if error} <= CODES
    assert peak < MEMORY


@pytest.mark.few(1)
@pytest.mark.needs("list_account", "read_target")
@pytest.mark.parametrize("huge", HUGE)
def test_huge_lists(rps, launch, huge):
    rps.misbehaves("answer", "list", body=HUGE[huge]())

    within_bounds(
        launch(
            "rps_device",
            **rps.options,
            devices=[{"mac": mac} for mac in rps.macs(12)],
            server="berlin",
            servers=rps.servers,
            retries=0,
        ),
        1,
    )


@pytest.mark.few(1)
@pytest.mark.parametrize("huge", ["attributes", "wide letters", "words of blame"])
def test_huge_answers_to_many_requests_at_once(rps, launch, huge):
    rps.misbehaves("answer", "locate", "check", body=HUGE[huge]())

    within_bounds(launch("rps_device_info", **rps.options, macs=rps.macs(24), concurrency=8, retries=0), 24)


@pytest.mark.few(1)
@pytest.mark.parametrize("refusal", ["a catastrophic pattern", "a fault", "culprits"])
def test_huge_refusals(rps, launch, refusal):
    rps.misbehaves("answer", "register", body=HUGE[refusal]())
    options = {**rps.options, "server": "berlin", "servers": rps.servers, "retries": 0}

    within_bounds(launch("rps_device", **options, devices=[{"mac": mac} for mac in rps.macs(12)]), 20)


@pytest.mark.needs("list_models")
def test_huge_lists_of_all_models_at_once(rps, launch):
    rps.misbehaves("answer", "list", body=HUGE["wide letters"]())

    within_bounds(launch("rps_device_info", **{**rps.options, "timeout": 30}, concurrency=8, retries=0), 8)


def test_a_gzip_bomb(rps, web, launch):
    """10 MB of which 10 GB would be made."""
    web.headers["Content-Encoding"] = "gzip"
    web.answer = gzip.compress(bytes(100_000_000)) * 100

    within_bounds(launch("rps_device_info", **{**rps.options, "api_url": web.url}, macs=rps.macs(24), retries=0), 24)
