# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role decommission: it releases the phones that it is told to, as many as it may, and no others."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rps_simulator import Simulator

Accounts = dict[str, dict[str, Any]]
Decommission = Callable[..., dict[str, Any]]

BERLIN, SECRET_URL = "https://berlin.example/prov/", "https://site:pa55word@old.example/"
SERVERS = {"berlin": BERLIN}
PHONES = [f"00156500000{n}" for n in range(1, 8)]
SNOM, HTEK, OTHERS = "000413900001", "001fc1000001", "001565ffffff"


@pytest.fixture
def decommission(run: Decommission, accounts: Accounts, simulator: Simulator) -> Decommission:
    """Decommission phones of three accounts; office has four at berlin, one by a URL of its own, and two others."""
    berlin = [{"account": name, "name": "berlin", "url": BERLIN} for name in ("office", "shop")]
    own = {PHONES[3]: BERLIN.rstrip("/") + "/", PHONES[4]: SECRET_URL, PHONES[5]: BERLIN + "sub/"}
    simulator.seed(
        {
            "servers": berlin,
            "devices": [
                *({"account": "office", "mac": mac, "server": "berlin"} for mac in PHONES[:3]),
                *({"account": "office", "mac": mac, "url": url} for mac, url in own.items()),
                {"account": "desks", "mac": SNOM, "url": BERLIN},
                {"account": "shop", "mac": HTEK, "server": "berlin"},
            ],
        }
    )

    def decommission(*names: str, **variables: Any) -> dict[str, Any]:
        chosen = {name: accounts[name] for name in names or ("office", "desks", "shop")}
        return run("decommission", **{"accounts": chosen, **variables})

    return decommission


def phones(*macs: str) -> list[dict[str, str]]:
    return [{"mac": mac} for mac in macs]


def summary(task: dict[str, Any]) -> dict[str, int]:
    counts: dict[str, int] = task["ansible_facts"]["decommission_result"]["summary"]
    return {action: count for action, count in counts.items() if count}


def test_phones_of_several_vendors_are_released_once(
    decommission: Decommission, simulator: Simulator, tmp_path: Path
) -> None:
    named = phones(PHONES[0], PHONES[4], SNOM, HTEK, OTHERS, "001565aaaaaa")

    checked = decommission(phones=named, check_mode=True, dest="out.csv")
    assert not any(entry.carried_out for entry in simulator.log)
    assert [path.name for path in tmp_path.iterdir()] == ["out.check.csv"]
    done = decommission(phones=named, dest="out.csv")
    again = decommission(phones=named)

    for task in (checked, done):
        assert (task["failed"], task["changed"], summary(task)) == (False, True, {"removed": 4, "none": 2})
        assert "pa55word" not in json.dumps(task)
    assert set(simulator.devices("office")) == {*PHONES[1:4], PHONES[5]}
    assert simulator.devices("desks") == simulator.devices("shop") == {}
    assert OTHERS in simulator.devices("other")
    assert (again["failed"], again["changed"], summary(again)) == (False, False, {"none": 6})
    with (tmp_path / "out.csv").open(newline="") as file:
        assert {row["mac"]: row["action"] for row in csv.DictReader(file)}[SNOM] == "removed"
    (backup,) = tmp_path.glob("rps-backup-decommission-*.json")
    rows = {row["mac"]: row["current_url"] for row in json.loads(backup.read_text())["rows"]}
    assert rows == {PHONES[0]: BERLIN, PHONES[4]: SECRET_URL, SNOM: BERLIN, HTEK: None}


def test_all_that_point_to_a_server_are_released(decommission: Decommission, simulator: Simulator) -> None:
    done = decommission("office", "desks", server="berlin", servers=SERVERS)
    again = decommission("office", "desks", server="berlin", servers=SERVERS)

    assert (done["failed"], summary(done)) == (False, {"removed": 5})
    assert set(simulator.devices("office")) == set(PHONES[4:6])
    assert (again["failed"], again["changed"], summary(again)) == (False, False, {})


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(("limit", "right"), [(4, False), (5, True), (0, False)])
def test_more_than_the_limit_over_all_accounts_is_refused_before_anything_is_written(
    decommission: Decommission, simulator: Simulator, limit: int, right: bool, check_mode: bool
) -> None:
    named = phones(*PHONES[:3], SNOM, HTEK, OTHERS)

    done = decommission(phones=named, limit=limit, check_mode=check_mode)

    assert done["failed"] is not right
    if not right:
        assert f"would release 5 phones, more than decommission_limit ({limit})" in done["msg"]
        assert not done["changed"]
        assert summary(done) == {"failed": 5, "none": 1}
    assert any(entry.carried_out for entry in simulator.log) is (right and not check_mode)


def test_the_limit_is_ten_unless_it_is_told_otherwise(decommission: Decommission, simulator: Simulator) -> None:
    more = [f"0015650001{n:02d}" for n in range(11)]
    simulator.seed({"devices": [{"account": "office", "mac": mac, "url": BERLIN} for mac in more]})

    assert "more than decommission_limit (10)" in decommission("office", phones=phones(*more))["msg"]
    assert not decommission("office", phones=phones(*more[:10]))["failed"]


def test_an_account_that_fails_does_not_stop_the_others(
    decommission: Decommission, simulator: Simulator, accounts: Accounts
) -> None:
    accounts["desks"] = {**accounts["desks"], "password": "wrong-password"}

    done = decommission(phones=phones(PHONES[0], SNOM))

    result = done["ansible_facts"]["decommission_result"]
    assert result["accounts"]["desks"]["failure"]["code"] == "auth_failed"
    assert summary(done) == {"removed": 1, "failed": 1}
    assert PHONES[0] not in simulator.devices("office")


@pytest.mark.parametrize("kind", ["reset_after", "reset_before", "http_error_after"])
def test_a_lost_answer_is_no_failure_of_what_was_done(
    decommission: Decommission, simulator: Simulator, accounts: Accounts, kind: str
) -> None:
    accounts["office"] = {**accounts["office"], "retries": 1}
    status = {"status": 502} if kind == "http_error_after" else {}
    simulator.misbehave({"kind": kind, "methods": ["deRegisterDevices", "deRegisterDevice"], "times": 1, **status})

    done = decommission(phones=phones(*PHONES[:6]))

    assert (done["failed"], summary(done)) == (False, {"removed": 6})
    assert simulator.devices("office") == {}


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "Exactly one of"),
        ({"phones": [], "server": "berlin"}, "Exactly one of"),
        ({"server": "berlin", "servers": SERVERS}, "htek cannot report where a phone points"),
        ({"server": "berln", "servers": SERVERS}, "did you mean berlin?"),
        ({"server": "berlin"}, "URL is required"),
        ({"server": "berlin", "servers": {"berlin": "gopher://x/"}}, "gopher"),
        ({"server": "berlin", "servers": SERVERS, "only": "failed"}, "decommission_only"),
        ({"phones": [{"mac": "0015"}]}, "0015"),
        ({"phones": [{"mac": PHONES[0]}], "limit": -1}, "must be 0 or more"),
        ({"phones": [{"mac": PHONES[0]}], "limits": 100}, "did you mean decommission_limit?"),
        ({"src": "nowhere.csv"}, "nowhere.csv was not found"),
    ],
)
def test_wrong_variables_are_named_and_nothing_is_sent(
    decommission: Decommission, simulator: Simulator, variables: dict[str, Any], words: str
) -> None:
    names = tuple(f"decommission_{name}" for name in variables)

    done = decommission(names=names, **variables)

    assert done["failed"]
    assert words in json.dumps(done["failures"]), done["failures"]
    assert simulator.log == []
