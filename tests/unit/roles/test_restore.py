# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role restore: what a rollout changed is as it was, and a backup that was edited does no harm."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rps_simulator import Simulator

Accounts = dict[str, dict[str, Any]]
Role = Callable[..., dict[str, Any]]

SERVERS = {"berlin": "https://berlin.example/prov/", "paris": "https://paris.example/prov/"}
SECRET_URL = "https://site:pa55word@own.example/"
ON_SERVER, OWN, NEW = "001565000001", "001565000002", "001565000003"
SNOM = "000413900001"


@pytest.fixture
def before(run: Role, accounts: Accounts, simulator: Simulator) -> dict[str, Any]:
    """What the accounts held before a rollout, of which backup.json is the backup."""
    simulator.seed(
        {
            "servers": [{"account": "office", "name": name, "url": url} for name, url in SERVERS.items()],
            "devices": [
                {"account": "office", "mac": ON_SERVER, "server": "paris"},
                {"account": "office", "mac": OWN, "url": SECRET_URL},
                {"account": "desks", "mac": SNOM, "url": SECRET_URL},
            ],
        }
    )
    held = simulator.devices("office")
    task = run(
        "rollout",
        accounts={name: accounts[name] for name in ("office", "desks")},
        servers=SERVERS,
        server="berlin",
        phones=[{"mac": mac} for mac in (ON_SERVER, OWN, NEW, SNOM)],
        backup="backup.json",
    )
    assert not task["failed"]
    assert {one["url"] for one in simulator.devices("office").values()} == {SERVERS["berlin"]}
    simulator.clear_log()
    return held


@pytest.fixture
def restore(run: Role, accounts: Accounts) -> Role:
    def restore(**variables: Any) -> dict[str, Any]:
        defaults = {
            "accounts": {name: accounts[name] for name in ("office", "desks")},
            "servers": SERVERS,
            "from": "backup.json",
        }
        return run("restore", **{**defaults, **variables})

    return restore


def fact(task: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = task["ansible_facts"]["restore_result"]
    return result


@pytest.mark.parametrize("turned", [False, True])
def test_phones_are_as_they_were_before(
    restore: Role, before: dict[str, Any], simulator: Simulator, turned: bool, tmp_path: Path
) -> None:
    servers = {url: name for name, url in SERVERS.items()} if turned else SERVERS

    task = restore(release=True, servers=servers, backup="again.json")

    assert not task["failed"], task["msg"]
    assert {mac: one["url"] for mac, one in simulator.devices("office").items()} == {
        mac: one["url"] for mac, one in before.items()
    }
    assert simulator.devices("office")[ON_SERVER]["server"] == "paris"
    assert simulator.devices("desks")[SNOM]["url"] == SECRET_URL
    assert fact(task)["summary"] | {"moved": 3, "removed": 1} == fact(task)["summary"]
    assert fact(task)["backup"] == str(tmp_path / "again.json")
    assert "pa55word" not in json.dumps(task)
    assert any("1 phones have their own URL now" in words for words in task["warnings"])
    assert not restore(release=True, servers=servers)["changed"]


def test_check_mode_foresees_it(restore: Role, before: dict[str, Any], simulator: Simulator) -> None:
    checked = restore(release=True, check_mode=True)

    assert not any(entry.carried_out for entry in simulator.log)
    assert fact(checked)["summary"] == fact(restore(release=True))["summary"]


def test_new_phones_are_only_released_if_told_and_only_so_many(
    restore: Role, before: dict[str, Any], simulator: Simulator
) -> None:
    for check_mode in (True, False):
        refused = restore(release=True, limit=0, check_mode=check_mode)
        assert "more than restore_limit (0)" in refused["msg"]
        assert not any(entry.carried_out for entry in simulator.log if entry.method.startswith("redirect.deReg"))
    assert {one["url"] for one in simulator.devices("office").values()} == {SERVERS["berlin"]}

    task = restore()

    assert not task["failed"]
    assert NEW in simulator.devices("office")
    assert any("1 phones of the backup were not registered" in words for words in task["warnings"])


def test_a_url_without_a_server_becomes_the_phones_own_and_is_warned_of(
    restore: Role, before: dict[str, Any], simulator: Simulator
) -> None:
    task = restore(servers={})

    assert simulator.devices("office")[ON_SERVER]["url"] == SERVERS["paris"]
    assert any("2 phones have their own URL now" in words for words in task["warnings"])
    assert "https://paris.example/prov/" in str(task["warnings"])


def test_a_list_narrows_it(restore: Role, before: dict[str, Any], simulator: Simulator) -> None:
    task = restore(phones=[{"mac": ON_SERVER.upper()}, {"mac": "0015650000aa"}], release=True)

    assert fact(task)["summary"] | {"moved": 1, "removed": 0} == fact(task)["summary"]
    assert simulator.devices("office")[OWN]["url"] == SERVERS["berlin"]
    assert "1 phones of the list are not in the backup." in task["warnings"]


ROW = {"mac": ON_SERVER, "provider": "yealink", "account": "office", "status": "registered"}
URL = "https://paris.example/prov/"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("not json", "is not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("{}", "a dict of 0 keys"),
        ('{"rows": 5}', "a number"),
        ('{"rows": []}', "has no phone"),
        ('{"rows": [], "more": []}', "2 keys"),
        ("mac,server\n001565000001,berlin\n", "is not JSON"),
        ([5], "is a number instead of a row"),
        ([[1]], "is a list instead of a row"),
        ([{**ROW, "mac": 5}], "MAC"),
        ([{**ROW, "mac": None}], "MAC"),
        ([{**ROW, "status": "lost"}], "status is 'lost'"),
        ([{**ROW, "status": ["registered"]}], "status is a list"),
        ([{**ROW, "own_url": "yes", "current_url": URL}], "own_url is"),
        ([{**ROW, "current_url": "https://***@own.example/"}], "masked output"),
        ([{**ROW, "current_url": "gopher://own.example/"}], "does not begin with"),
        ([{**ROW, "current_url": {"a": 1}}], "current_url is a dict"),
        ([{**ROW, "current_url": f"https://x/{'y' * 5000}"}], "more than 2048 characters"),
        ([{**ROW, "account": "nobody", "current_url": URL}], "'nobody' is not one of this run"),
        ([{**ROW, "provider": "panasonc", "current_url": URL}], "is unknown"),
        ([{**ROW, "provider": "snom", "current_url": URL}], "another provider"),
        ([{**ROW, "current_url": URL}, {**ROW, "current_url": "https://b.example/"}], "is already in backup.json[0]"),
        ([{**ROW, "current_url": URL}, {**ROW, "status": "unknown"}], "is already in backup.json[0]"),
    ],
)
def test_what_is_no_backup_is_refused_in_words(
    restore: Role, before: dict[str, Any], simulator: Simulator, tmp_path: Path, content: Any, words: str
) -> None:
    text = content if isinstance(content, str) else json.dumps({"rows": content})
    (tmp_path / "backup.json").write_text(text)

    task = restore(release=True)

    assert task["failed"]
    assert words in json.dumps(task["problems"]).replace('\\"', '"'), task["problems"]
    assert len(json.dumps(task)) < 8000
    assert simulator.log == []


@pytest.mark.parametrize("variables", [{"from": "none.json"}, {"from": "."}, {"from": "/dev/zero"}, {"from": None}])
def test_a_backup_that_cannot_be_read_is_named(restore: Role, simulator: Simulator, variables: dict[str, Any]) -> None:
    task = restore(**variables)

    assert task["failed"]
    assert simulator.log == []


def test_it_is_required(run: Role, accounts: Accounts) -> None:
    task = run("restore", accounts={"office": accounts["office"]})

    assert task["problems"][0]["where"] == "restore_from"


def test_a_phone_whose_target_nobody_knew_is_left_alone(
    restore: Role, before: dict[str, Any], simulator: Simulator, tmp_path: Path
) -> None:
    (tmp_path / "backup.json").write_text(json.dumps({"rows": [{**ROW, "current_url": None}]}))

    task = restore(release=True, limit=0)

    assert not task["changed"]
    assert not task["failed"]
    assert any("the backup does not know their redirect target" in words for words in task["warnings"])


@pytest.mark.parametrize("url", ["https://own.example/{mac}", "https://own.example/%MACD/{MAC}/$MAC/<MACADR>"])
def test_placeholders_go_back_as_the_service_showed_them(
    restore: Role, run: Role, accounts: Accounts, simulator: Simulator, url: str
) -> None:
    phones = [{"mac": mac} for mac in (OWN, SNOM)]
    devices = [{"account": name, "mac": mac, "url": url} for name, mac in (("office", OWN), ("desks", SNOM))]
    simulator.seed({"devices": devices})
    both = {name: accounts[name] for name in ("office", "desks")}

    moved = run("rollout", accounts=both, url="https://new.example/{mac}", phones=phones, backup="backup.json")
    assert fact_of(moved, "rollout")["summary"]["moved"] == 2
    assert simulator.devices("office")[OWN]["url"] == f"https://new.example/{OWN}"
    assert simulator.devices("desks")[SNOM]["url"] == "https://new.example/{mac}"

    assert fact(restore())["summary"]["moved"] == 2
    assert simulator.devices("office")[OWN]["url"] == simulator.devices("desks")[SNOM]["url"] == url


def fact_of(task: dict[str, Any], role: str) -> dict[str, Any]:
    result: dict[str, Any] = task["ansible_facts"][f"{role}_result"]
    return result
