# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins and tokens of a PBX."""

from __future__ import annotations

import json

import pytest
from rps_simulator import Simulator

EXPIRED = {"errcode": 10004, "errmsg": "TOKEN EXPIRED"}
WRONG = {
    "errcode": -1,
    "errmsg": "FAILURE",
    "invalid_param_list": [{"field": "username or password", "value": "error"}],
}
FULL = {"errcode": 60002, "errmsg": "MAX LIMITATION EXCEEDED"}
BLOCKED = {"errcode": 70004, "errmsg": "ACCOUNT IP BLOCKED"}


@pytest.fixture
def provider():
    return "yeastar"


def required(name):
    return {
        "errcode": 40002,
        "errmsg": "PARAMETER ERROR",
        "invalid_param_list": [{"field": name, "validation_type": "required"}],
    }


def works(pbx):
    return pbx.get("phone/search")["errcode"] == 0


def test_get_token(simulator, connect_pbx):
    pbx = connect_pbx(simulator.url)

    answer = pbx.log_in()

    assert list(answer) == [
        "errcode",
        "errmsg",
        "access_token_expire_time",
        "access_token",
        "refresh_token_expire_time",
        "refresh_token",
    ]
    assert (answer["access_token_expire_time"], answer["refresh_token_expire_time"]) == (1800, 86400)
    assert len(answer["access_token"]) == len(answer["refresh_token"]) == 32
    assert works(pbx)


@pytest.mark.parametrize("provider", ["yeastar", "yealink"])
def test_wrong_login(simulator, provider, connect_pbx):
    answers = [
        connect_pbx(simulator.url, "nobody").log_in("our password"),
        connect_pbx(simulator.url).log_in("our passwort" if provider == "yeastar" else "our password"),
    ]

    assert answers == [WRONG, WRONG]
    assert [(entry.account, entry.method) for entry in simulator.log] == [(None, "get_token")] * 2


@pytest.mark.parametrize("name", ["username", "password"])
def test_login_without(simulator, name, connect_pbx):
    login = {"username": "ours", "password": "our password"}

    assert connect_pbx(simulator.url).post("get_token", **{**login, name: ""}) == required(name)
    assert connect_pbx(simulator.url).post("get_token", **{**login, name: 1})["errcode"] == 40002


@pytest.mark.parametrize("token", [None, "", "x", "x" * 32])
def test_no_token(simulator, pbx, token):
    pbx.token = token

    assert pbx.get("phone/search") == EXPIRED
    assert pbx.get("phone/get") == EXPIRED
    assert pbx.post("phone/batchdelete", batch_id_list=[1]) == EXPIRED
    assert pbx.get("del_token") == EXPIRED
    assert {entry.account for entry in simulator.log} == {None}
    assert [entry.carried_out for entry in simulator.log] == [None, None, False, None]


def test_a_login_that_is_no_text(simulator, connect_pbx):
    assert connect_pbx(simulator.url).post("get_token", username="ours", password="\ud800") == WRONG


def test_tokens_expire(simulator, pbx):
    simulator.settings(token_seconds=0)
    assert pbx.get("phone/search") == EXPIRED

    simulator.settings(token_seconds=60)
    assert works(pbx)
    assert pbx.log_in()["access_token_expire_time"] == 60


def test_eight_live_tokens(simulator, pbx, their_pbx, connect_pbx):
    others = [connect_pbx(simulator.url) for _number in range(7)]
    assert [other.log_in()["errcode"] for other in others] == [0] * 7

    ninth = connect_pbx(simulator.url)
    assert ninth.log_in() == FULL
    assert their_pbx.log_in()["errcode"] == 0
    assert pbx.get("del_token") == {"errcode": 0, "errmsg": "SUCCESS"}
    assert pbx.get("phone/search") == EXPIRED
    assert ninth.log_in()["errcode"] == 0
    assert pbx.log_in() == FULL
    simulator.settings(token_seconds=0)
    assert pbx.log_in()["errcode"] == 0


def test_refresh_token(simulator, connect_pbx):
    pbx = connect_pbx(simulator.url)
    first = pbx.log_in()

    second = pbx.post("refresh_token", refresh_token=first["refresh_token"])

    assert second.keys() == first.keys()
    assert pbx.get("phone/search") == EXPIRED
    pbx.token = second["access_token"]
    assert works(pbx)
    assert pbx.post("refresh_token", refresh_token=first["refresh_token"]) == EXPIRED
    assert pbx.post("refresh_token", refresh_token=second["access_token"]) == EXPIRED
    assert pbx.post("refresh_token") == required("refresh_token")
    assert pbx.get("del_token")["errcode"] == 0
    assert pbx.post("refresh_token", refresh_token=second["refresh_token"]) == EXPIRED
    assert {entry.account for entry in simulator.log if entry.method == "refresh_token"} == {"ours", None}


def test_refresh_tokens_expire(simulator, connect_pbx):
    pbx = connect_pbx(simulator.url)
    refresh = pbx.log_in()["refresh_token"]
    simulator.settings(refresh_seconds=0)

    assert pbx.post("refresh_token", refresh_token=refresh) == EXPIRED


def test_refreshing_where_others_took_the_place(simulator, connect_pbx):
    pbx = connect_pbx(simulator.url)
    refresh = pbx.log_in()["refresh_token"]
    simulator.settings(token_seconds=0)
    for _number in range(8):
        connect_pbx(simulator.url).log_in()
    simulator.settings(token_seconds=1800)
    # All nine are live again, as if the first were renewed when the others hold all places.
    assert pbx.post("refresh_token", refresh_token=refresh) == FULL
    assert works(pbx)


def test_addresses_are_blocked(simulator, pbx, their_pbx):
    assert [pbx.log_in("wrong") for _number in range(4)] == [WRONG] * 4
    assert pbx.log_in()["errcode"] == 0
    assert [pbx.log_in("wrong") for _number in range(5)] == [WRONG] * 5

    assert pbx.log_in("wrong") == BLOCKED
    assert pbx.log_in() == BLOCKED
    assert their_pbx.log_in() == BLOCKED
    assert works(pbx)


@pytest.mark.parametrize("how", ["seed", "settings"])
def test_addresses_are_forgiven(simulator, pbx, how):
    simulator.settings(login_limit=1)
    assert [pbx.log_in("wrong"), pbx.log_in()] == [WRONG, BLOCKED]

    if how == "seed":
        simulator.seed({})
    else:
        simulator.settings(login_limit=2)
    assert pbx.log_in()["errcode"] == 0


def test_a_restart_ends_tokens_and_blocks(tmp_path, connect_pbx):
    database = tmp_path / "simulator.db"
    with Simulator(database=database) as simulator:
        simulator.seed({"accounts": [{"name": "ours", "password": "our password", "provider": "yeastar"}]})
        simulator.settings(login_limit=1)
        pbx = connect_pbx(simulator.url)
        pbx.log_in()
        pbx.log_in("wrong")
        assert works(pbx)

    with Simulator(database=database) as simulator:
        again = connect_pbx(simulator.url)
        again.token = pbx.token
        assert again.get("phone/search") == EXPIRED
        assert again.log_in()["errcode"] == 0


def test_tokens_and_secrets_are_in_no_log(simulator, connect_pbx):
    pbx = connect_pbx(simulator.url)
    tokens = [value for name, value in pbx.log_in().items() if name in ("access_token", "refresh_token")]
    pbx.get("phone/search")
    pbx.post("refresh_token", refresh_token=tokens[1])
    pbx.get("del_token")

    log = json.dumps([entry._asdict() for entry in simulator.log])
    assert not any(secret in log for secret in (*tokens, "our password"))
    assert len(simulator.log) == 4
