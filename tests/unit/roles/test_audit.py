# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role audit: it says of each phone what is true, in every file, and writes to no service."""

from __future__ import annotations

import csv
import json
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rps_simulator import Simulator

from ansible_collections.voip.rps.plugins.plugin_utils._audit.states import STATES

Accounts = dict[str, dict[str, Any]]
Audit = Callable[..., dict[str, Any]]

BERLIN = "https://berlin.example/prov/"
ELSEWHERE = "https://somewhere-else.example/"
FILES = {"json": "a.json", "csv": "a.csv", "html": "a.html", "metrics": "a.prom", "claims": "claims.csv"}


@pytest.fixture
def audit(run: Audit, accounts: Accounts) -> Audit:
    """Audit the account office, where phones must point to berlin, unless it is told otherwise."""

    def audit(**variables: Any) -> dict[str, Any]:
        defaults = {"accounts": {"office": accounts["office"]}, "url": BERLIN}
        given = {**defaults, **variables}
        return run("audit", **{name: value for name, value in given.items() if value is not ...})

    return audit


def phones(*macs: str, **columns: str) -> list[dict[str, str]]:
    return [{"mac": mac, **columns} for mac in macs]


def mac(number: int, prefix: str = "001565") -> str:
    return f"{prefix}{number:0{12 - len(prefix)}x}"


def hold(simulator: Simulator, account: str, *macs: str, url: str = BERLIN) -> None:
    simulator.seed({"devices": [{"account": account, "mac": mac, "url": url} for mac in macs]})


def fact(task: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = task["ansible_facts"]["audit_result"]
    return result


def found(task: dict[str, Any]) -> dict[str, int]:
    return {state: count for state, count in fact(task)["summary"].items() if count}


def rows(path: Path) -> dict[str, dict[str, Any]]:
    return {row["mac"]: row for row in json.loads(path.read_text())["rows"]}


def reads(simulator: Simulator) -> int:
    """How many phones were asked for one by one since the last time."""
    count = sum("check" in entry.method for entry in simulator.log)
    simulator.clear_log()
    return count


def test_every_state_is_told_in_every_file_and_nothing_is_written_to_the_service(
    audit: Audit, simulator: Simulator, tmp_path: Path
) -> None:
    hold(simulator, "office", "001565000001", "001565000009")
    hold(simulator, "office", "001565000002", url=ELSEWHERE)
    before = simulator.devices("office")

    task = audit(phones=phones("001565000001", "001565000002", "001565000003", "001565ffffff"), **FILES)

    assert not task["failed"], task["msg"]
    assert not task["changed"]
    assert found(task) == {"right": 1, "drifted": 1, "missing": 1, "elsewhere": 1, "extra": 1}
    states = {mac: row["state"] for mac, row in rows(tmp_path / "a.json").items()}
    assert states == {
        "001565000001": "right",
        "001565000002": "drifted",
        "001565000003": "missing",
        "001565ffffff": "elsewhere",
        "001565000009": "extra",
    }
    with (tmp_path / "a.csv").open() as file:
        assert {row["mac"]: row["state"] for row in csv.DictReader(file)} == states
    page = json.loads(re.search(r'id="data">(.*?)</script>', (tmp_path / "a.html").read_text())[1])  # type: ignore[index]
    assert {row[0]: row[1] for row in page["rows"]} == {mac: one for mac, one in states.items() if one != "right"}
    for state in found(task):
        sample = f'voip_rps_audit_phones{{account="office",provider="yealink",state="{state}",source="read"}} 1\n'
        assert sample in (tmp_path / "a.prom").read_text()
    assert simulator.devices("office") == before
    assert not any(entry.carried_out for entry in simulator.log)
