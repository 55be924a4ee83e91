# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Swaps in a rollout: a phone and the one that it replaces are one, in waves, in the backup and when it runs again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rps_simulator import Simulator

Accounts = dict[str, dict[str, Any]]
Role = Callable[..., dict[str, Any]]

BERLIN = "https://berlin.example/prov/"
LAB = "https://user:pa55word@lab.example/"


def old(number: int) -> str:
    return f"0015650000{number:02x}"


def new(number: int) -> str:
    return f"0015651100{number:02x}"


def swaps(count: int) -> list[dict[str, str]]:
    return [{"mac": new(number), "replaces": old(number)} for number in range(count)]


@pytest.fixture
def rollout(run: Role, accounts: Accounts) -> Role:
    """Roll out to the account office and the server berlin, unless it is told otherwise."""

    def rollout(**variables: Any) -> dict[str, Any]:
        defaults = {"accounts": {"office": accounts["office"]}, "servers": {"berlin": BERLIN}, "server": "berlin"}
        return run("rollout", **{**defaults, **variables})

    return rollout


def hold(simulator: Simulator, *macs: str, url: str = BERLIN, account: str = "office") -> None:
    simulator.seed({"devices": [{"account": account, "mac": mac, "url": url} for mac in macs]})


def held(simulator: Simulator) -> dict[str, Any]:
    return {mac: device["url"] for mac, device in simulator.devices("office").items()}


def fact(task: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = task["ansible_facts"]["rollout_result"]
    return result


@pytest.mark.parametrize(
    ("variables", "sizes"),
    [({"canary": 2, "wave": 4}, [2, 4, 4]), ({"canary": "10%"}, [1, 9]), ({"wave": 100}, [10])],
)
def test_a_swap_counts_as_one_phone_of_a_wave_and_is_finished_in_it(
    rollout: Role, simulator: Simulator, variables: dict[str, Any], sizes: list[int]
) -> None:
    hold(simulator, *(old(number) for number in range(10)))

    task = rollout(phones=swaps(10), **variables)

    assert not task["failed"], task["failures"]
    writes = [(entry.method or "", entry.devices or 1) for entry in simulator.log]
    writes = [(method, devices) for method, devices in writes if "egisterDevice" in method]
    assert [devices for method, devices in writes if "deR" not in method] == sizes
    assert [devices for method, devices in writes if "deR" in method] == sizes
    assert ["deR" in method for method, _devices in writes] == [False, True] * len(sizes)
    assert held(simulator).keys() == {new(number) for number in range(10)}
    assert fact(task)["summary"] | {"registered": 10, "removed": 10, "failed": 0} == fact(task)["summary"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_only_the_canary_holds_the_other_swaps_back_as_a_whole(
    rollout: Role, simulator: Simulator, tmp_path: Path, check_mode: bool
) -> None:
    """One of those held back was begun by a run that was killed: its new phone is right, and the old one is there."""
    hold(simulator, *(old(number) for number in range(4)), new(3))

    task = rollout(phones=swaps(4), canary=1, canary_only=True, backup="backup.json", check_mode=check_mode)

    assert not task["failed"], task["failures"]
    expected = {"registered": 1, "removed": 1, "none": 1, "failed": 5}
    assert fact(task)["summary"] | expected == fact(task)["summary"]
    if not check_mode:
        assert held(simulator).keys() == {new(0), new(3), old(1), old(2), old(3)}
        rows = json.loads((tmp_path / "backup.json").read_text())["rows"]
        assert {row["mac"] for row in rows} == {new(0), old(0)}
        assert not rollout(phones=swaps(4), canary=1)["failed"]
        assert held(simulator).keys() == {new(number) for number in range(4)}


def test_a_swap_that_fails_is_a_failure_of_the_canary(rollout: Role, simulator: Simulator) -> None:
    hold(simulator, *(old(number) for number in range(8)))
    hold(simulator, new(0), account="other")

    task = rollout(phones=swaps(8), canary=1)

    assert fact(task)["accounts"]["office"]["failure"]["code"] == "not_sent"
    assert fact(task)["summary"]["failed"] == 16
    assert held(simulator).keys() == {old(number) for number in range(8)}


def test_the_backup_has_both_phones_and_restores_the_old_one(
    rollout: Role, run: Role, accounts: Accounts, simulator: Simulator, tmp_path: Path
) -> None:
    hold(simulator, old(0), url=LAB)

    task = rollout(phones=swaps(1), backup="backup.json")

    assert held(simulator) == {new(0): LAB}
    assert "pa55word" not in json.dumps(task)
    rows = {row["mac"]: row for row in json.loads((tmp_path / "backup.json").read_text())["rows"]}
    assert rows[old(0)]["current_url"] == LAB
    assert rows[new(0)]["status"] != "registered"
    back = {"from": "backup.json", "release": True, "backup": False}
    assert not run("restore", accounts={"office": accounts["office"]}, **back)["failed"]
    assert held(simulator) == {old(0): LAB}


@pytest.mark.parametrize("broken", [["registerDevice", "registerDeviceWithUniqueUrl"], ["deRegisterDevice"], None])
@pytest.mark.parametrize("url", [BERLIN, LAB])
def test_the_file_of_outcomes_is_a_list_that_finishes_what_failed(
    rollout: Role, simulator: Simulator, broken: list[str] | None, url: str
) -> None:
    """Whether the new phones were refused, the old ones, or the login."""
    hold(simulator, *(old(number) for number in range(3)), url=url)
    methods = broken and [*broken, *(f"{method}s" for method in broken)]
    simulator.misbehave({"kind": "http_error", "status": 403, "methods": methods})

    assert rollout(phones=swaps(3), dest="out.csv")["failed"]
    simulator.misbehave()
    task = rollout(src="out.csv", only="failed")

    assert not task["failed"], task["failures"]
    assert held(simulator) == {new(number): url for number in range(3)}


def test_a_masked_url_of_the_row_is_not_taken_for_that_of_the_old_phone(rollout: Role, simulator: Simulator) -> None:
    hold(simulator, old(0), url="https://elsewhere.example/")
    simulator.misbehave({"kind": "http_error", "status": 403, "methods": ["deRegisterDevice", "deRegisterDevices"]})
    rollout(phones=[{**swaps(1)[0], "url": LAB}], dest="out.csv")
    simulator.misbehave()

    task = rollout(src="out.csv", only="failed")

    assert "masked" in task["msg"]
    assert held(simulator) == {new(0): LAB, old(0): "https://elsewhere.example/"}


def test_pruning_does_not_count_phones_that_are_replaced(rollout: Role, simulator: Simulator) -> None:
    hold(simulator, *(old(number) for number in range(5)), old(9))

    task = rollout(phones=swaps(5), prune=True, prune_limit=1)

    assert not task["failed"], task["failures"]
    assert held(simulator).keys() == {new(number) for number in range(5)}
    assert fact(task)["summary"]["removed"] == 6


def test_a_list_with_swaps_is_one_that_audit_and_preflight_take(
    run: Role, accounts: Accounts, simulator: Simulator, tmp_path: Path
) -> None:
    """Where a row does not say where the phone shall point, nobody can call it drifted."""
    hold(simulator, new(0), old(1))
    of_all = {"accounts": {"office": accounts["office"]}, "servers": {"berlin": BERLIN}, "phones": swaps(2)}

    audit = run("audit", **of_all, json="audit.json")
    preflight = run("preflight", **of_all)

    states = {row["mac"]: row for row in json.loads((tmp_path / "audit.json").read_text())["rows"]}
    assert not audit["failed"], audit["msg"]
    assert {mac: row["state"] for mac, row in states.items()} == {
        new(0): "unverifiable",
        new(1): "missing",
        old(1): "extra",
    }
    assert "replaces" in states[new(0)]["advice"]
    assert not preflight["failed"], preflight["msg"]
    assert run("decommission", accounts=of_all["accounts"], phones=swaps(1))["changed"]
    assert held(simulator).keys() == {old(1)}


@pytest.mark.parametrize("count", [3, 12])
@pytest.mark.parametrize(("name", "prefix"), [("office", "001565"), ("desks", "00041390"), ("shop", "001fc1")])
def test_preflight_reckons_with_swaps(
    run: Role, accounts: Accounts, simulator: Simulator, name: str, prefix: str, count: int
) -> None:
    """The old phones are there at first, and gone when it is run again."""
    rest = 12 - len(prefix)
    rows = [
        {"mac": f"{prefix}{number:0{rest}x}", "replaces": f"{prefix}{number + 64:0{rest}x}"} for number in range(count)
    ]
    hold(simulator, *(row["replaces"] for row in rows), account=name)
    variables = {
        "accounts": {name: {**accounts[name], "batch_size": 5}},
        "phones": [{**row, "server": "berlin"} for row in rows],
        "servers": {"berlin": BERLIN},
    }

    told = run("preflight", **variables)["ansible_facts"]["preflight_result"]["accounts"][name]["rollout"]

    taken = [fact(run("rollout", **variables))["accounts"][name]["requests"] for _run in range(2)]
    assert [told["fresh"]["requests"], told["rerun"]["requests"]] == taken
