# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waves: a canary that is read back, then slices of one plan, each of which is judged."""

from __future__ import annotations

import xmlrpc.client
from collections.abc import Callable
from typing import Any

import pytest
from rps_simulator import Simulator

Accounts = dict[str, dict[str, Any]]
Rollout = Callable[..., dict[str, Any]]

BERLIN = "https://berlin.example/prov/"
FOREIGN = "001565ffffff"
REGISTERING = ("redirect.registerDevices", "redirect.registerDevice")


@pytest.fixture
def rollout(run: Rollout, accounts: Accounts) -> Rollout:
    """Roll out to the account office and the server berlin, unless it is told otherwise."""

    def rollout(**variables: Any) -> dict[str, Any]:
        defaults = {"accounts": {"office": accounts["office"]}, "servers": {"berlin": BERLIN}, "server": "berlin"}
        return run("rollout", **{**defaults, **variables})

    return rollout


def phones(count: int, **columns: str) -> list[dict[str, str]]:
    return [{"mac": f"0015650000{number:02x}", **columns} for number in range(count)]


def fact(task: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = task["ansible_facts"]["rollout_result"]
    return result


def sizes(simulator: Simulator) -> list[int]:
    """How many phones each registering call named."""
    return [entry.devices or 1 for entry in simulator.log if entry.method in REGISTERING]


def lists(simulator: Simulator) -> int:
    return [entry.method for entry in simulator.log].count("redirect.listDevices")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"canary": 2}, [2, 18]),
        ({"canary": "2"}, [2, 18]),
        ({"canary": "1%"}, [1, 19]),
        ({"canary": "10.5%"}, [3, 17]),
        ({"wave": 8}, [8, 8, 4]),
        ({"wave": "33%"}, [7, 7, 6]),
        ({"canary": 1, "wave": "50%"}, [1, 10, 9]),
        ({"canary": 50}, [20]),
        ({"canary": "100%"}, [20]),
        ({"canary": "group:Lab"}, [3, 17]),
        ({"canary": "group: lab ", "wave": 10}, [3, 10, 7]),
    ],
)
def test_phones_are_changed_in_slices_of_one_plan(
    rollout: Rollout, simulator: Simulator, variables: dict[str, Any], expected: list[int]
) -> None:
    rows = phones(20)
    for row in rows[5:8]:
        row["group"] = "Lab"

    task = rollout(phones=rows, **variables)

    assert not task["failed"], task["msg"]
    assert sizes(simulator) == expected
    assert lists(simulator) == 1
    assert [entry.method for entry in simulator.log].count("redirect.addServer") == 1
    assert fact(task)["summary"]["registered"] == 20
    assert len(simulator.devices("office")) == 20


def test_phones_that_are_right_do_not_count(rollout: Rollout, simulator: Simulator) -> None:
    rollout(phones=phones(10))
    simulator.clear_log()

    rollout(phones=phones(20), canary="10%")

    assert sizes(simulator) == [1, 9]


def test_a_canary_that_fails_ends_its_account_and_no_other(
    rollout: Rollout, accounts: Accounts, simulator: Simulator
) -> None:
    both = {name: accounts[name] for name in ("office", "desks")}
    rows = [{"mac": FOREIGN}, *phones(9), {"mac": "000413900001"}]

    task = rollout(accounts=both, phones=rows, canary=2)

    assert task["failed"]
    assert simulator.devices("office").keys() == {"001565000000"}
    assert simulator.devices("desks").keys() == {"000413900001"}
    assert fact(task)["accounts"]["office"]["failure"]["code"] == "not_sent"
    assert "1 of the 2 phones of the canary failed" in task["msg"]
    assert [one["error"]["code"] for one in fact(task)["devices"]] == ["owned_by_other_user"] + ["not_sent"] * 8
    assert fact(task)["accounts"]["desks"]["failure"] is None


def test_the_canary_is_read_back(rollout: Rollout, accounts: Accounts, simulator: Simulator) -> None:
    """The service accepts the registration, and then shows the phone elsewhere."""
    answer = xmlrpc.client.dumps(([True, "Registered", "https://wrong.example/"],), methodresponse=True)
    rule = {"kind": "answer", "body": answer, "methods": ["redirect.checkDeviceExt"]}
    simulator.misbehave(rule)

    task = rollout(phones=phones(10, url="https://labs.example/"), canary=2)

    assert task["failed"]
    assert task["changed"]
    assert len(simulator.devices("office")) == 2
    assert "then shows https://wrong.example/" in str(task["failures"])
    assert fact(task)["summary"]["failed"] == 10


def test_only_the_canary_is_a_run_that_went_well(rollout: Rollout, simulator: Simulator) -> None:
    for check_mode in (True, False):
        task = rollout(phones=phones(10), canary=2, canary_only=True, check_mode=check_mode, prune=True)

        assert not task["failed"]
        assert fact(task)["summary"] | {"registered": 2, "failed": 8} == fact(task)["summary"]
        assert {one["error"]["code"] for one in fact(task)["devices"]} == {"not_sent"}
        assert "8 not sent" in task["lines"][0]
    assert len(simulator.devices("office")) == 2
    assert not rollout(phones=phones(10), canary=2)["failed"]
    assert len(simulator.devices("office")) == 10


def test_the_backup_has_no_phone_that_is_held_back_on_purpose(rollout: Rollout, tmp_path: Any) -> None:
    rollout(phones=phones(10), canary=2, canary_only=True, backup="backup.json")

    assert (tmp_path / "backup.json").read_text().count('"mac"') == 2


@pytest.mark.parametrize(("stop_at", "waves"), [("100%", 4), ("10%", 2), ("5%", 1), ("0%", 1), ("5.1%", 2), (None, 4)])
def test_the_run_stops_once_so_many_of_the_attempts_failed(
    rollout: Rollout, simulator: Simulator, stop_at: str | None, waves: int
) -> None:
    """Of each wave of 20, the first fails; in the second wave, three do."""
    rows = phones(80)
    taken = {rows[number]["mac"] for number in (0, 20, 21, 22, 40, 60)}
    simulator.seed({"devices": [{"account": "other", "mac": mac, "url": "https://o.example/"} for mac in taken]})
    given = {} if stop_at is None else {"stop_at": stop_at}

    task = rollout(phones=rows, wave=20, **given)

    done = {row["mac"] for row in rows[: waves * 20]} - taken
    assert simulator.devices("office").keys() == done
    assert task["failed"]
    if waves < 4:
        assert fact(task)["accounts"]["office"]["failure"]["code"] == "not_sent"
        assert "phones failed so far" in task["msg"] + str(task["failures"])


def test_phones_that_turn_out_to_point_elsewhere_are_in_waves_too(rollout: Rollout, simulator: Simulator) -> None:
    """The URL of the server is only learnt from the canary, and then most of the others are to be moved."""
    simulator.seed(
        {
            "servers": [{"account": "office", "name": "berlin", "url": BERLIN}],
            "devices": [
                {"account": "office", "mac": row["mac"], "url": "https://old.example/"} for row in phones(12)[1:]
            ],
        }
    )

    task = rollout(phones=phones(12), servers={}, canary=1, wave=4)

    assert not task["failed"], task["failures"]
    assert fact(task)["summary"]["moved"] == 11
    assert {held["url"] for held in simulator.devices("office").values()} == {BERLIN}
    assert max(sizes(simulator)) <= 4


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("canary", 0),
        ("canary", -1),
        ("canary", "0%"),
        ("canary", "101%"),
        ("canary", "five"),
        ("canary", "group:"),
        ("canary", "group:Laab"),
        ("canary", True),
        ("canary", 1.5),
        ("canary", None),
        ("canary", ""),
        ("canary", "1/3%"),
        ("canary", "nan%"),
        ("wave", "group:Lab"),
        ("wave", 0),
        ("stop_at", 5),
        ("stop_at", "5"),
        ("stop_at", "-5%"),
        ("stop_at", "9" * 5000 + "%"),
        ("canary_only", True),
    ],
)
def test_what_makes_no_waves_is_refused_before_anything_is_sent(
    rollout: Rollout, simulator: Simulator, name: str, value: Any
) -> None:
    task = rollout(phones=phones(2, group="Lab"), **{name: value})

    assert task["problems"][0]["where"] == f"rollout_{name}"
    assert simulator.log == []


def test_snom_and_htek_have_canaries_too(rollout: Rollout, accounts: Accounts, simulator: Simulator) -> None:
    both = {name: accounts[name] for name in ("desks", "shop")}
    rows = [{"mac": f"0004139000{number:02x}"} for number in range(8)]
    rows += [{"mac": f"001fc10000{number:02x}"} for number in range(8)]

    task = rollout(accounts=both, phones=rows, canary="25%", wave=3)

    assert not task["failed"], task["failures"]
    assert fact(task)["summary"]["registered"] == 16
