# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token of a task: taken once, refreshed when it expires, given back always, and never shown."""

from __future__ import annotations

import http.client
import json
import signal
from urllib.parse import quote, urlsplit

import pytest

from ansible_collections.voip.rps.plugins.module_utils._pbx import pbx as yeastar

from .conftest import CLIENT, SECRET, T5

TAKEN_AND_GIVEN_BACK = ["get_token", "del_token"]


@pytest.mark.parametrize("count", [1, 12])
@pytest.mark.parametrize("check", [False, True])
def test_a_task_takes_one_and_gives_it_back(pbx, count, check):
    pbx.phone(pbx.phones(count), check=check)

    assert pbx.tokens == TAKEN_AND_GIVEN_BACK
    assert pbx.simulator.log[0].method == "get_token"
    assert pbx.simulator.log[-1].method == "del_token"


def test_more_tasks_than_the_pbx_has_tokens(pbx):
    for _task in range(10):
        assert "failed" not in pbx.menu("phone_vendor")


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "http_error", "status": 500},
        {"kind": "http_error", "status": 403},
        {"kind": "login_page"},
        {"kind": "reset_before"},
        {"kind": "answer", "body": "[]"},
        {"kind": "fault", "code": 10005, "message": "ACCESS DENIED"},
    ],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
@pytest.mark.parametrize("method", ["phone/search", "auto_provisioning/compatibility", "phone/batchcreate"])
def test_it_is_given_back_after_a_failure_too(pbx, fault, method):
    pbx.simulator.misbehave({"methods": [method], **fault})

    result = pbx.phone(pbx.phones(2), retries=1)

    assert result["failed"] is True
    assert pbx.tokens == TAKEN_AND_GIVEN_BACK


def test_it_is_given_back_where_the_input_is_wrong(pbx):
    assert pbx.phone(pbx.phones(1, model="X"))["failed"] is True
    assert pbx.tokens == TAKEN_AND_GIVEN_BACK


@pytest.mark.parametrize("kind", ["http_error", "reset_before", "login_page"])
def test_that_it_cannot_be_given_back_fails_nothing(pbx, kind):
    more = {"status": 500} if kind == "http_error" else {}
    pbx.misbehaves(kind, "del_token", **more)

    result = pbx.phone(pbx.phones(1))

    assert "failed" not in result
    # Over a new connection it is tried once more.
    assert pbx.tokens == TAKEN_AND_GIVEN_BACK + ["del_token"] * (kind == "reset_before")


@pytest.mark.parametrize("kind", ["reset_before", "half_answer", "cut_answer"])
def test_a_connection_that_the_pbx_closed_is_not_the_end_of_it(pbx, kind):
    pbx.misbehaves(kind, "del_token", times=1)

    for _task in range(10):
        assert "failed" not in pbx.menu("phone_vendor")


METHODS = ["phone/search", "auto_provisioning/compatibility", "extension/search", "phone/batchcreate"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("skip", [0, 1])
def test_it_is_refreshed_when_it_expires_in_the_middle(pbx, method, skip):
    pbx.misbehaves("token_expired", method, times=1, skip=skip)

    result = pbx.phone([*pbx.phones(2), *pbx.phones(1, 2, model="SIP-T54W")])

    assert result["summary"]["registered"] == 3
    assert pbx.tokens == ["get_token", "refresh_token", "del_token"]
    assert len(pbx.extensions) == 3


def test_all_calls_at_once_refresh_it_once(pbx):
    phones = [phone for number in range(5) for phone in pbx.phones(1, number)]
    pbx.misbehaves("token_expired", "phone/search", skip=1, times=1)

    assert pbx.phone(phones)["summary"]["registered"] == 5
    assert pbx.tokens == ["get_token", "refresh_token", "del_token"]


def test_one_that_is_never_taken_is_an_error(pbx):
    pbx.misbehaves("token_expired", "phone/search")

    result = pbx.phone(pbx.phones(1))

    assert result["failure"]["code"] == "auth_failed"
    assert len(pbx.simulator.log) < 8


def test_a_refresh_that_is_refused(pbx):
    pbx.simulator.misbehave(
        {"kind": "token_expired", "methods": ["phone/search"], "times": 1},
        {"kind": "fault", "code": 10004, "message": "TOKEN EXPIRED", "methods": ["refresh_token"]},
    )

    result = pbx.phone(pbx.phones(1))

    assert result["failure"]["code"] == "auth_failed"
    assert "TOKEN EXPIRED" in result["msg"]


@pytest.fixture
def token(simulator):
    """Return a function that takes a token as a user would, by hand."""

    def take():
        connection = http.client.HTTPConnection(urlsplit(simulator.url).netloc, timeout=10)
        body = json.dumps({"username": CLIENT, "password": SECRET})
        connection.request("POST", "/openapi/v1.0/get_token", body, {"User-Agent": "OpenAPI"})
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer["access_token"]

    return take


def with_token(pbx, token, **options):
    own = {key: value for key, value in pbx.options.items() if not key.startswith("client")}
    named = {"phones": pbx.phones(2), **T5}
    return pbx._run("yeastar_phone", **{**own, **named, "access_token": token, **options})


def test_the_users_own_is_neither_taken_nor_given_back(pbx, token):
    own = token()
    pbx.simulator.clear_log()

    assert with_token(pbx, own)["summary"]["registered"] == 2
    assert with_token(pbx, own)["changed"] is False
    assert pbx.tokens == []


def test_the_users_own_is_not_refreshed(pbx, token):
    own = token()
    pbx.simulator.clear_log()
    pbx.simulator.settings(token_seconds=0)

    result = with_token(pbx, own)

    assert result["failure"] == {
        "code": "auth_failed",
        "message": "the PBX does not accept this access_token, or no longer",
    }
    assert pbx.tokens == []


def test_a_wrong_secret_is_tried_once(pbx):
    result = pbx.phone(pbx.phones(12), client_secret="wrong-secret", retries=5)

    assert result["failure"]["code"] == "auth_failed"
    assert "username or password error" in result["msg"]
    assert len(pbx.simulator.log) == result["requests"] == 1


def test_an_address_that_is_blocked(pbx):
    for _time in range(5):
        pbx.phone(pbx.phones(1), client_secret="wrong-secret")

    result = pbx.phone(pbx.phones(1))

    assert result["failure"] == {"code": "forbidden", "message": "ACCOUNT IP BLOCKED (errcode 70004)"}


def test_a_pbx_without_a_token_left(pbx, token):
    for _time in range(8):
        token()

    result = pbx.phone(pbx.phones(1))

    assert result["failure"]["code"] == "rate_limited"
    assert result["msg"].startswith("the PBX has no free token until one is released or expires: MAX LIMITATION")


@pytest.mark.parametrize("kind", ["reset_after", "half_answer", "login_page_after", "http_error_after"])
def test_a_login_whose_answer_is_lost_is_not_tried_again(pbx, kind):
    more = {"status": 502} if kind == "http_error_after" else {}
    pbx.misbehaves(kind, "get_token", times=1, **more)

    result = pbx.phone(pbx.phones(1), retries=3)

    assert result["failed"] is True
    assert pbx.tokens == ["get_token"]


SPREADING = [
    {"kind": "redirect", "location": "https://elsewhere.example/?access_token={token}"},
    {"kind": "answer", "status": 404, "body": "<p>/openapi/v1.0/phone/search?access_token={token}&amp;page=1"},
    {"kind": "answer", "body": '{{"access_token": "{token}"'},
    {"kind": "answer", "body": '{{"errcode": 40002, "errmsg": "access_token: {token}"}}'},
    {"kind": "answer", "body": '{{"errcode": 0, "data": "access_token={token}"}}'},
    {"kind": "answer", "body": '{{"errcode": 0, "data": [{{"id": "access_token={token}"}}]}}'},
]


@pytest.mark.parametrize("number", range(len(SPREADING)))
@pytest.mark.parametrize("where", ["phone/search", "phone/batchcreate", "extension/search", "refresh_token"])
def test_no_token_is_shown_whatever_the_pbx_answers(pbx, token, number, where):
    own = token()
    fault = {
        key: value.format(token=own) if isinstance(value, str) else value for key, value in SPREADING[number].items()
    }
    expired = {"kind": "token_expired", "methods": ["phone/search"], "times": 1}
    rules = [{**fault, "methods": [where]}]
    pbx.simulator.misbehave(*([expired] if where == "refresh_token" else []), *rules)

    result = with_token(pbx, own) if where != "refresh_token" else pbx.phone(pbx.phones(2))

    shown = json.dumps(result)
    assert own not in shown
    assert own[:8] not in shown
    assert SECRET not in shown


@pytest.mark.parametrize("own", ["2", "a", "12", "abc", "x/+=%y z", "ab+/==%", "{{ x }}"])
@pytest.mark.parametrize("fault", range(len(SPREADING)))
def test_a_strange_token_of_the_users(pbx, own, fault):
    """A short one is a part of many words, which stay; one with strange characters is hidden as a whole."""
    in_json, in_url = json.dumps(own)[1:-1], quote(own, safe="")
    kinds = {
        key: value.format(token=in_url if "?" in value else in_json) if isinstance(value, str) else value
        for key, value in SPREADING[fault].items()
    }
    pbx.simulator.misbehave({**kinds, "methods": ["phone/search"]})

    result = with_token(pbx, own, phones=[{"mac": "805ec0222222", "extension": "1022"}])

    assert result["failed"]
    # No mask of Ansible, which would be put anywhere.
    text = json.dumps(result, ensure_ascii=False)
    assert "VALUE_SPECIFIED" not in text
    assert result["invocation"]["module_args"]["access_token"] == "***"
    assert result["invocation"]["module_args"]["phones"][0]["mac"] == "805ec0222222"
    if len(own) > 3:
        for spelled in (own, in_json, in_url):
            assert spelled not in text
    else:
        assert f"token={own}" not in text
        assert f'token": "{own}"' not in text.replace("\\", "")
        assert f"token: {own} " not in text


def test_a_short_token_mangles_no_result(pbx):
    """The simulator gives out long ones: this PBX is one of those that count."""
    pbx.simulator.misbehave(
        {
            "kind": "answer",
            "methods": ["get_token"],
            "body": '{"errcode": 0, "access_token": "2", "refresh_token": "a"}',
        },
        {"kind": "answer", "methods": ["phone/search"], "body": '{"errcode": 0, "total_number": 0, "data": []}'},
    )

    result = pbx.phone([{"mac": "805ec0222222"}], state="absent")

    assert result["devices"][0]["mac"] == "805ec0222222"
    assert result["devices"][0]["action"] == "none"
    assert "***" not in json.dumps({**result, "invocation": None})


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("method", ["phone/search", "extension/search", "phone/batchcreate"])
def test_a_signal_gives_it_back(pbx, launch, number, method):
    pbx.misbehaves("latency", method, seconds=0.7)
    process = launch("yeastar_phone", **{**pbx.options, **T5, "phones": pbx.phones(12)})
    while not pbx.tokens:
        assert process.runs_for(0.005)
    assert process.runs_for(0.1)

    process.signal(number)
    result = process.end(20).result

    assert pbx.tokens == TAKEN_AND_GIVEN_BACK
    assert result.get("failure", {}).get("code") == "interrupted" or len(pbx.extensions) == 12
    assert bool(result.get("changed")) == bool(pbx.extensions)


@pytest.mark.parametrize("where", ["Pbx.list_phones", "Pbx.register", "Pbx.menu"])
def test_an_error_of_ours_gives_it_back(pbx, monkeypatch, where):
    def broken(*_args, **_kwargs):
        raise KeyError(SECRET)

    monkeypatch.setattr(yeastar.Pbx, where.partition(".")[2], broken)

    result = pbx.phone(pbx.phones(12))

    assert result["failure"]["code"] == "internal_error"
    assert result["changed"] == (where == "Pbx.register")
    assert SECRET not in json.dumps(result)
    assert pbx.tokens == TAKEN_AND_GIVEN_BACK
