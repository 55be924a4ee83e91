# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Behind the playbook find: which account has a phone, asked with as few reads as it takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from rps_simulator import Simulator

Accounts = dict[str, dict[str, Any]]
Find = Callable[..., dict[str, Any]]

SECRET_URL = "https://site:pa55word@berlin.example/"


@pytest.fixture
def find(run: Find, accounts: Accounts, simulator: Simulator) -> Find:
    simulator.seed(
        {
            "servers": [{"account": "shop", "name": "berlin", "url": "https://berlin.example/"}],
            "devices": [
                {"account": "labs", "mac": "001565000001", "url": SECRET_URL},
                {"account": "shop", "mac": "001565000002", "server": "berlin"},
                {"account": "desks", "mac": "000413900001", "url": "https://snom.example/"},
            ],
        }
    )

    def find(**variables: Any) -> dict[str, Any]:
        return run("find", **{"accounts": accounts, **variables})

    return find


def places(task: dict[str, Any]) -> list[tuple[str, str, str | None, str | None]]:
    rows = task["ansible_facts"]["find_result"]["phones"]
    return [(row["mac"], row["account"], row["status"], row["current_url"]) for row in rows]


def test_each_account_of_the_vendor_is_asked_once_and_only_read(find: Find, simulator: Simulator) -> None:
    task = find(mac="00:15:65:00:00:01")

    assert not task["failed"]
    assert not task["changed"]
    assert places(task) == [
        ("001565000001", "office", "registered_elsewhere", None),
        ("001565000001", "labs", "registered", "https://***@berlin.example/"),
    ]
    assert task["lines"] == ["001565000001: labs (yealink): registered, https://***@berlin.example/"]
    assert len(simulator.log) == 2
    assert "pa55word" not in json.dumps(task)


def test_every_account_is_asked_if_told_so_or_if_the_vendor_is_unknown(find: Find) -> None:
    assert {place[1] for place in places(find(mac="aabbccddeeff"))} == {"office", "labs", "desks", "shop"}
    assert find(mac="001565ffffff")["lines"][0].endswith("(in none of these accounts)")
    assert find(mac="001565000002", all=True)["lines"] == ["001565000002: shop (htek): registered, target not reported"]


@pytest.mark.parametrize(
    "macs",
    [
        ["001565000001", "00-04-13-90-00-01"],
        "001565000001,000413900001",
        "0015.6500.0001 ; 0004.1390.0001\n",
        "00:15:65:00:00:01 00:04:13:90:00:01",
        "00 15 65 00 00 01, 00 04 13 90 00 01",
        ["001565000001 000413900001", "00:15:65:00:00:01"],
    ],
)
def test_several_may_be_asked_for_in_one_text(find: Find, macs: Any) -> None:
    assert {place[0] for place in places(find(mac=macs))} == {"001565000001", "000413900001"}


@pytest.mark.parametrize(
    ("mac", "words"),
    [
        (1565000001, "quotes"),
        (1.5, "quotes"),
        ([1565000001], "quotes"),
        ({"mac": "001565000001"}, "instead of text"),
        (True, "instead of text"),
        (None, "null"),
        ("", "empty"),
        (" , ", "names no phone"),
        ([], "names no phone"),
        ("00:15:65:00:00:00:01", "not a MAC address"),
        (",".join(f"{n:012x}" for n in range(1001)), "1001 phones"),
    ],
)
def test_what_is_no_mac_address_is_explained(find: Find, simulator: Simulator, mac: Any, words: str) -> None:
    task = find(mac=mac)

    assert task["failed"]
    assert words in task["msg"]
    assert simulator.log == []


def test_no_phone_at_all_is_an_error_too(find: Find) -> None:
    assert "find_mac: is required" in find()["msg"]


def test_an_account_that_cannot_be_asked_fails_and_the_others_answer(find: Find, accounts: Accounts) -> None:
    accounts["office"] = {**accounts["office"], "password": "wrong-password"}

    task = find(mac="001565000001")

    assert task["failed"]
    assert task["ansible_facts"]["find_result"]["accounts"]["office"]["failure"]["code"] == "auth_failed"
    assert task["lines"] == ["001565000001: labs (yealink): registered, https://***@berlin.example/"]
