# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""yeastar_phone where the PBX, or the way to it, fails: nothing is lost, nothing is done twice."""

from __future__ import annotations

import json
from itertools import product

import pytest
from rps_simulator.settings import CHOICES

from .conftest import CLIENT, CP

KNOBS = ("batches", "culprits", "yeastar_partial")
LOST = ["reset_after", "half_answer", "cut_answer", "login_page_after", "http_error_after"]
NOT_DONE = ["reset_before", "login_page", "http_error"]


def fault(kind):
    return {"kind": kind, "times": 1, **({"status": 503} if kind.startswith("http") else {})}


def actions(result):
    return [device["action"] for device in result["devices"]]


def codes(result):
    """Return why it failed as a whole or, where each phone is read by itself, why those did."""
    if "failure" in result:
        return {result["failure"]["code"]}
    return {device["error"]["code"] for device in result["devices"] if "error" in device}


@pytest.fixture(params=product(*(CHOICES[knob] for knob in KNOBS)), ids="-".join)
def batches(request, pbx):
    """However a PBX may take a batch with phones that it refuses."""
    pbx.simulator.settings(**dict(zip(KNOBS, request.param, strict=True)))


@pytest.mark.few(30)
@pytest.mark.parametrize("kind", [*LOST, *NOT_DONE])
@pytest.mark.parametrize("count", [1, 3, 12])
@pytest.mark.parametrize("job", ["create", "update", "delete", "recreate"])
def test_a_lost_answer_is_neither_an_error_nor_done_twice(pbx, kind, count, job):
    asked = pbx.phones(count)
    options = {"delete": {"state": "absent"}, "recreate": {**CP, "recreate": True}}.get(job, {})
    if job != "create":
        pbx.holds(asked)
    if job == "update":
        asked = [{**phone, "extension": str(1020 + number)} for number, phone in enumerate(asked)]
    method = "phone/batchcreate" if job in ("create", "recreate") else f"phone/batch{job}"
    pbx.simulator.misbehave({**fault(kind), "methods": [method]})

    result = pbx.phone(asked, **options)

    assert "failed" not in result
    done = {"create": "registered", "update": "moved", "delete": "removed", "recreate": "moved"}[job]
    assert actions(result) == [done] * count
    assert pbx.extensions == ({} if job == "delete" else {phone["mac"]: phone["extension"] for phone in asked})
    assert [write for write, _count in pbx.writes].count(method) == (1 if kind in LOST else 2)
    assert pbx.phone(asked, **options)["changed"] is False


@pytest.mark.few(16)
@pytest.mark.parametrize("kind", [*LOST, *NOT_DONE])
@pytest.mark.parametrize("method", ["phone/search", "auto_provisioning/compatibility", "extension/search"])
@pytest.mark.parametrize("count", [2, 12])
def test_a_read_that_failed_is_tried_again_where_that_may_help(pbx, kind, method, count):
    pbx.simulator.misbehave({**fault(kind), "methods": [method]})

    result = pbx.phone(pbx.phones(count))

    if kind in ("login_page", "login_page_after"):
        assert codes(result) == {"protocol_error"}
        result = pbx.phone(pbx.phones(count))
    assert set(actions(result)) <= {"registered", "none"}
    assert len(pbx.extensions) == count


@pytest.mark.few(8)
@pytest.mark.parametrize("count", [3, 12])
def test_extensions_that_the_pbx_does_not_take(pbx, batches, count):
    good = pbx.phones(count)
    bad = [{"mac": f"805ec0ffff{number:02x}", "ext_id": 900 + number} for number in range(2)]

    result = pbx.phone([*good[:1], *bad, *good[1:]])

    assert actions(result) == ["registered", "failed", "failed", *["registered"] * (count - 1)]
    assert result["changed"] is True
    assert {device["error"]["code"] for device in result["devices"][1:3]} <= {"invalid_input", "service_error"}
    assert pbx.extensions == {phone["mac"]: phone["extension"] for phone in good}
    again = pbx.phone([*good[:1], *bad, *good[1:]])
    assert (again["changed"], again["summary"]["failed"]) == (False, 2)


@pytest.mark.few(8)
@pytest.mark.parametrize("count", [3, 12])
def test_extensions_that_have_phones_enough(pbx, batches, count):
    pbx.holds([{**phone, "extension": "1049"} for phone in pbx.phones(5, 30)])
    asked = [*pbx.phones(count), {**pbx.phones(1, 20)[0], "extension": "1049"}]

    result = pbx.phone(asked)

    assert actions(result) == [*["registered"] * count, "failed"]
    assert "MAX LIMITATION EXCEEDED" in result["devices"][-1]["error"]["message"]
    assert pbx.phone(asked)["changed"] is False


@pytest.mark.parametrize("count", [2, 12])
def test_phones_that_came_in_between(pbx, batches, count):
    """The list does not tell of phones which are there when they are to be added."""
    pbx.holds([{**phone, "extension": "1049"} for phone in pbx.phones(2, 1)])
    nothing = '{"errcode": 0, "errmsg": "SUCCESS", "total_number": 0, "data": []}'
    looks = 2 * count if count <= 5 else 1
    pbx.misbehaves("answer", "phone/search", body=nothing, times=looks)

    result = pbx.phone(pbx.phones(count))

    assert "failed" not in result
    assert actions(result) == ["registered", "moved", *(["moved"] + ["registered"] * (count - 3) if count > 2 else [])]
    assert pbx.extensions == {
        **{phone["mac"]: phone["extension"] for phone in pbx.phones(count)},
        **({"805ec0000002": "1049"} if count == 2 else {}),
    }


@pytest.mark.parametrize("knobs", [{}, {"batches": "good_ones"}, {"culprits": "first"}])
def test_phones_that_went_in_between(pbx, knobs):
    """The list still tells of phones which are gone when they are to be removed."""
    pbx.simulator.settings(**knobs)
    pbx.holds(pbx.phones(8))
    rows = [
        {"id": 900 + number, "mac": phone["mac"], "vendor": "Yealink", "model": "SIP-T53W", "template_name": "x"}
        for number, phone in enumerate(pbx.phones(10))
    ]
    known = {mac: phone["id"] for mac, phone in pbx.simulator.phones(CLIENT).items()}
    for row in rows:
        row["id"] = known.get(row["mac"], row["id"])
    body = json.dumps({"errcode": 0, "errmsg": "SUCCESS", "total_number": 10, "data": rows})
    pbx.misbehaves("answer", "phone/search", body=body, times=1)

    result = pbx.phone([{"mac": row["mac"]} for row in rows], state="absent")

    assert actions(result) == ["removed"] * 8 + ["none"] * 2
    assert pbx.extensions == {}


@pytest.mark.parametrize("number", [-2, 1, 2, 70082])
def test_a_pbx_that_is_busy_or_not_done(pbx, number):
    pbx.misbehaves("fault", "phone/batchcreate", code=number, message="SOME WORDS", times=1)

    assert actions(pbx.phone(pbx.phones(3))) == ["registered"] * 3


@pytest.mark.parametrize("number", [-2, 1, 2, 70082, 10005, 10009, 12345])
@pytest.mark.parametrize("count", [1, 12])
def test_what_goes_on_failing_is_told_in_the_pbxs_words(pbx, number, count):
    pbx.misbehaves("fault", "phone/batchcreate", code=number, message="SOME WORDS")

    result = pbx.phone(pbx.phones(count), retries=1)

    assert actions(result) == ["failed"] * count
    assert result["changed"] is False
    for device in result["devices"]:
        assert device["error"] == {
            "code": "forbidden" if number == 10005 else "service_error",
            "message": f"SOME WORDS (errcode {number})",
        }


def test_what_was_done_is_told_where_the_rest_failed(pbx):
    pbx.misbehaves("http_error", "phone/batchcreate", status=500, skip=1)

    result = pbx.phone([*pbx.phones(3), *pbx.phones(3, 3, **CP)], retries=0)

    assert result["failed"] is result["changed"] is True
    assert sorted(actions(result)) == ["failed"] * 3 + ["registered"] * 3
    for device in result["devices"]:
        assert (device["action"] == "registered") is (device["mac"] in pbx.extensions)


def test_a_recreated_phone_that_is_not_taken_again_is_told_with_what_it_was(pbx):
    pbx.holds(pbx.phones(1))
    pbx.misbehaves("fault", "phone/batchcreate", code=-1, message="FAILURE")

    result = pbx.phone(pbx.phones(1), **CP, recreate=True)

    assert actions(result) == ["failed"]
    assert result["changed"] is True
    assert result["devices"][0]["error"]["message"] == (
        "it was released, and had vendor Yealink, model SIP-T53W, template_name YSDP_YealinkT5, extension 1000; "
        "registering it again failed (service_error): FAILURE (errcode -1)"
    )


@pytest.mark.parametrize("times", [1, 2])
def test_several_answers_lost(pbx, times):
    pbx.simulator.misbehave(
        {"kind": "reset_after", "methods": ["phone/batchcreate"], "times": times},
        {"kind": "reset_after", "methods": ["phone/search"], "skip": 1, "times": 1},
    )

    result = pbx.phone([*pbx.phones(12), *pbx.phones(6, 20, **CP)])

    assert actions(result) == ["registered"] * 18
    assert sorted(pbx.writes) == [("phone/batchcreate", 6), ("phone/batchcreate", 12)]


ODD = [
    "",
    "[]",
    "null",
    '{"errcode": "0"}',
    '{"errcode": true}',
    '{"errmsg": "SUCCESS"}',
    '{"errcode": 0, "data": 7, "total_number": 1}',
    '{"errcode": 0, "data": [7], "total_number": 1}',
    '{"errcode": 0, "data": [{}], "total_number": 1}',
    '{"errcode": 0, "data": [{"mac": 7, "id": 1}], "total_number": 1}',
    '{"errcode": 0, "data": [{"mac": "80:5e:c0:00:00:00", "id": []}], "total_number": 1}',
    '{"errcode": 0, "data": [], "total_number": "many"}',
    '{"errcode": 0, "data": []}',
    "[" * 100_000,
    '{"errcode": 0, "data": ' + "[" * 100_000,
    "\xff\xfe",
    '{"errcode": ' + "9" * 5000 + "}",
    '{"errcode": NaN}',
]


@pytest.mark.few(20)
@pytest.mark.parametrize("body", ODD, ids=lambda body: body[:60] or "nothing")
@pytest.mark.parametrize("method", ["get_token", "phone/search", "auto_provisioning/compatibility", "extension/search"])
def test_an_answer_that_no_document_knows_is_a_coded_error(pbx, method, body):
    pbx.misbehaves("answer", method, body=body)

    result = pbx.phone(pbx.phones(2))

    assert result["failed"] is True
    assert codes(result) <= {"protocol_error", "invalid_input"}
    assert pbx.extensions == {}


@pytest.mark.parametrize("body", ODD, ids=lambda body: body[:60] or "nothing")
def test_an_odd_answer_to_a_write_is_looked_into(pbx, body):
    pbx.misbehaves("answer", "phone/batchcreate", body=body, times=1)

    result = pbx.phone(pbx.phones(12))

    accepted = body.startswith('{"errcode": 0') and "[[" not in body
    assert actions(result) == ["registered"] * 12
    assert (len(pbx.extensions) == 12) is not accepted


@pytest.mark.few(12)
@pytest.mark.parametrize("number", ["1e999", "NaN", "9" * 5000, "1" + "0" * 40])
@pytest.mark.parametrize("key", ["id", "errcode", "total_number"])
@pytest.mark.parametrize("method", ["phone/search", "extension/search", "phone/batchcreate"])
def test_numbers_that_are_none(pbx, number, key, method):
    row = {"id": 1, "mac": "80:5e:c0:00:00:00", "number": "1000", **{"vendor": "", "model": "", "template_name": ""}}
    body = json.dumps({"errcode": 0, "total_number": 1, "data": [{**row, key: "HERE"}], key: "HERE"})
    pbx.misbehaves("answer", method, body=body.replace('"HERE"', number))

    result = pbx.phone(pbx.phones(6), retries=1)

    assert codes(result) <= {"protocol_error"}
    assert result["failed"] or method == "phone/batchcreate"


@pytest.mark.parametrize("data", [[{"id": 1, "number": "1000"}], [{"id": n, "number": str(n)} for n in range(100)], []])
def test_pages_that_repeat(pbx, data):
    page = json.dumps({"errcode": 0, "total_number": 1_000_000_000, "data": data})
    pbx.misbehaves("answer", "extension/search", body=page)

    result = pbx.phone(pbx.phones(6))

    assert result["failed"]
    assert len(pbx.calls) < 15
    if data:
        words = "extension/search returned earlier rows again on page 2"
        assert result["failure"] == {"code": "protocol_error", "message": words}
    assert CLIENT not in result["msg"]


STEERING = "\x1b\x07\x7f\x9b\u202e\u2066\u200f\u2028\ud800"


def test_what_a_pbx_tells_steers_no_terminal(pbx):
    row = {"text": f"a{STEERING}", "value": f"b{STEERING}", "type": f"c{STEERING}"}
    pbx.misbehaves("answer", "auto_provisioning/compatibility", body=json.dumps({"errcode": 0, "data": [row]}))

    options = pbx.menu("phone_vendor")["options"]

    assert options[0]["text"].startswith("a\\x1b")
    assert not set(STEERING) & set("".join(options[0].values()))
    assert not set(STEERING) & set(pbx.phone(pbx.phones(1, vendor="c"))["msg"])


def test_errmsg_steers_no_terminal(pbx):
    pbx.misbehaves("answer", "phone/search", body=json.dumps({"errcode": 40002, "errmsg": f"no{STEERING}"}))

    assert not set(STEERING) & set(pbx.phone(pbx.phones(1))["msg"])
