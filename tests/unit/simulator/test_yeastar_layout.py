# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every request that Yeastar's documents print is answered with what they print, in the printed order."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

DOCUMENTS = Path(__file__).parents[1] / "fixtures" / "yeastar"
MORE = "..."


class Printed(NamedTuple):
    verb: str
    target: str
    headers: dict[str, str]
    body: str


def printed_request(name: str) -> Printed:
    """The request, whose headers the documents set apart from its first line."""
    head, brace, body = (DOCUMENTS / f"{name}-request.txt").read_text().partition("{")
    first, *headers = [line for line in head.splitlines() if line]
    verb, target, _version = first.split()
    return Printed(verb, target, dict(line.split(": ") for line in headers), brace + body)


def printed_answer(name: str) -> list[tuple[str, Any]]:
    """The answer's members in their order, without its comments and last commas; MORE where it leaves some out."""
    status, body = (DOCUMENTS / f"{name}-answer.txt").read_text().split("\n", 1)
    assert status == "HTTP/1.1 200 OK"
    body = re.sub(r"//.*", "", body).replace("... ...", f'"{MORE}",')
    return ordered(re.sub(r",(\s*[}\]])", r"\1", body))


def ordered(text: str | bytes) -> list[tuple[str, Any]]:
    members: list[tuple[str, Any]] = json.loads(text, object_pairs_hook=list)
    return members


@pytest.fixture
def provider():
    return "yeastar"


@pytest.fixture
def answer(simulator, pbx):
    """What the PBX answers to a printed request, whose token is replaced by ours."""
    extensions = [{"account": "ours", "number": "1001", "id": 3}, {"account": "ours", "number": "1002", "id": 4}]
    simulator.seed({"extensions": extensions})

    def send(name: str) -> list[tuple[str, Any]]:
        request = printed_request(name)
        target = re.sub(r"access_token=\w{32}\b", f"access_token={pbx.token}", request.target)
        assert pbx.token in target
        response = pbx.send(request.verb, target, request.body, request.headers)
        assert response.status == 200
        return ordered(response.body)

    return send


@pytest.mark.parametrize("name", ["batchcreate", "phone_template"])
def test_answer(answer, name):
    assert answer(name) == printed_answer(name)


@pytest.mark.parametrize(("name", "left_out"), [("phone_vendor", 1), ("phone_model", 2)])
def test_answer_that_is_printed_in_part(answer, name, left_out):
    *head, (data, printed) = printed_answer(name)
    *answered_head, (answered_data, answered) = answer(name)

    shown = [option for option in printed if option != MORE]
    assert (answered_head, answered_data) == (head, data)
    assert [option for option in answered if option in shown] == shown
    assert (answered[0], answered[-1]) == (shown[0], shown[-1])
    assert printed.count(MORE) == left_out


def test_provisioning_link(answer):
    """The end of the link is the PBX's own."""
    link = dict(answer("autop_method")[-1][1][0])["text"]
    own, theirs = link.rpartition("/")[2], "6gEzigLFhMGntjd8"

    assert re.fullmatch(r"\w{16}", own)
    assert json.dumps(answer("autop_method")).replace(own, theirs) == json.dumps(printed_answer("autop_method"))


def test_batchcreate_adds_the_printed_phones(simulator, answer):
    answer("batchcreate")

    phone = {
        "vendor": "Yealink",
        "model": "SIP-T53W",
        "template_name": "YSDP_YealinkT5",
        "rps_auth": True,
        "provisioning_method": "rps",
    }
    assert simulator.phones("ours") == {
        "100000000000": {"id": 1, "extension": "1001", **phone},
        "111111111111": {"id": 2, "extension": "1002", **phone},
    }
    (entry,) = simulator.log
    assert (entry.account, entry.method, entry.devices, entry.carried_out) == ("ours", "phone/batchcreate", 2, True)
