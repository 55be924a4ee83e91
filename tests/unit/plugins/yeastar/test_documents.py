# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the PBX's documents print: the requests that are sent, and what the answers mean."""

from __future__ import annotations

import json
import re

import pytest

from ansible_collections.voip.rps.plugins.module_utils._http.client import Client
from ansible_collections.voip.rps.plugins.module_utils._pbx.assignment import Assignment, Extension, Option
from ansible_collections.voip.rps.plugins.module_utils._pbx.pbx import API_PATH, Pbx, PbxLogin
from ansible_collections.voip.rps.plugins.module_utils._pbx.pbx_answers import read_answer
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import Device

MACS = ["100000000000", "111111111111"]
MENUS = {
    "phone_vendor": {},
    "phone_model": {"vendor": "Yealink"},
    "phone_template": {"model": "CP920"},
    "autop_method": {"vendor": "Yealink", "model": "CP920"},
}
OPTIONS = {
    "phone_vendor": [
        {"text": "Alcatel-Lucent Enterprise", "value": "Ale", "type": "Deskphone"},
        {"text": "Yealink", "value": "Yealink", "type": "Deskphone"},
    ],
    "phone_model": [
        {"text": "CP920", "value": "CP920", "type": "Conferencephone"},
        {"text": "SIP-W80DM", "value": "SIP-W80DM", "type": "DECT"},
        {"text": "VP59", "value": "VP59", "type": "Deskphone"},
    ],
    "phone_template": [{"text": "YSDP_YealinkCP", "value": "24", "type": None}],
    "autop_method": [
        {
            "text": "yeastardocs.example.yeastarcloud.com:443/api/autoprovision/6gEzigLFhMGntjd8",
            "value": "rps",
            "type": "full",
        }
    ],
}


@pytest.fixture
def printed(fixtures):
    """Return a function that gives a printed request: its first line, its headers and its body."""

    def read(name):
        head, brace, body = (fixtures / "yeastar" / f"{name}-request.txt").read_text().partition("{")
        first, *headers = [line for line in head.splitlines() if line]
        return first.removesuffix(" HTTP/1.1"), dict(line.split(": ") for line in headers), brace + body

    return read


@pytest.fixture
def answer(fixtures):
    """Return a function that gives a printed answer without its comments and what it leaves out."""

    def read(name):
        body = (fixtures / "yeastar" / f"{name}-answer.txt").read_text().partition("\n")[2]
        return re.sub(r"\s//.*|\.\.\. \.\.\.", "", body).encode()

    return read


@pytest.fixture
def enter(web):
    """Return a function that enters the PBX with a token, as a user who took it by hand."""

    def with_token(request):
        token = re.search(r"access_token=(\w+)", request).group(1)
        login = PbxLogin(None, None, token, hide=lambda _token: None)
        return Pbx(Client(web.url.replace("/xmlrpc", API_PATH), Pbx.headers, login=login, retries=0), login)

    return with_token


@pytest.mark.parametrize("menu", MENUS)
def test_the_menus(web, printed, answer, enter, menu):
    request, headers, _body = printed(menu)
    web.answer = answer(menu)

    with enter(request) as pbx:
        options = pbx.menu(menu, **MENUS[menu])

    assert web.paths == [request]
    assert web.heads[0]["User-Agent"] == headers["User-Agent"]
    assert options == OPTIONS[menu]


def test_phones_are_added(web, printed, answer, enter):
    request, headers, body = printed("batchcreate")
    web.answer = answer("batchcreate")
    model = Option("SIP-T53W", "SIP-T53W")
    goal = Assignment(Option("Yealink", "Yealink"), model, "YSDP_YealinkT5", rps_auth=True)
    goal.extensions = {MACS[0]: Extension(None, 3), MACS[1]: Extension(None, 4)}

    with enter(request) as pbx:
        pbx.register([Device(mac) for mac in MACS], goal, override=False)

    assert web.paths == [request]
    assert {name: web.heads[0][name] for name in ("Content-Type", "User-Agent")} == {
        name: headers[name] for name in ("Content-Type", "User-Agent")
    }
    assert json.loads(web.bodies[0]) == json.loads(body)


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ('{"errcode": -1, "errmsg": "FAILURE"}', "service_error"),
        ('{"errcode": 40002, "errmsg": "PARAMETER ERROR"}', "service_error"),
        ('{"errcode": 40002, "errmsg": "x", "invalid_param_list": [{"field": "mac", "value": "1"}]}', "invalid_input"),
        (
            '{"errcode": -1, "errmsg": "x", "duplicate_field_list": [{"field": "mac", "value": 1}]}',
            "owned_by_other_user",
        ),
        ('{"errcode": 40003, "errmsg": "DUPLICATE KEY VALUE"}', "owned_by_other_user"),
        ('{"errcode": 40003, "errmsg": "DUPLICATE KEY VALUE", "duplicate_field_list": ["mac"]}', "owned_by_other_user"),
        ('{"errcode": 60001, "errmsg": "DATA NOT FOUND"}', "unknown_mac"),
        ('{"errcode": 10001, "errmsg": "INTERFACE NOT EXISTED"}', "unsupported"),
        ('{"errcode": 99999, "errmsg": "NEWS"}', "service_error"),
        ('{"errcode": 99999}', "service_error"),
        ('{"errcode": 40002, "errmsg": ["x"], "invalid_param_list": {"field": 1}}', "service_error"),
    ],
)
def test_what_a_refusal_means(told, code):
    with pytest.raises(Refused) as caught:
        read_answer(told.encode())

    assert caught.value.code == code
    assert f"errcode {json.loads(told)['errcode']}" in caught.value.message


@pytest.mark.parametrize(
    ("number", "code", "transient", "in_doubt"),
    [
        (-2, "service_error", True, True),
        (1, "service_error", False, True),
        (2, "service_error", False, True),
        (10004, "auth_failed", False, False),
        (10005, "forbidden", False, False),
        (70004, "forbidden", False, False),
        (70082, "service_error", True, False),
        (70087, "forbidden", False, False),
        (70123, "forbidden", False, False),
    ],
)
def test_what_an_error_means(number, code, transient, in_doubt):
    with pytest.raises(RpsError) as caught:
        read_answer(f'{{"errcode": {number}, "errmsg": "WORDS"}}'.encode())

    error = caught.value
    assert not isinstance(error, Refused)
    assert (error.code, error.transient, error.in_doubt) == (code, transient, in_doubt)
    assert "WORDS" in error.message
