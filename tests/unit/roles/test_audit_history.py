# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The history of audits: what is read when, and a file that is safe to keep."""

from __future__ import annotations

import json
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rps_simulator import Simulator

Audit = Callable[..., dict[str, Any]]

BERLIN = "https://berlin.example/prov/"
OTHER = "https://somewhere-else.example/"
PASSWORD_URL = "https://prov:s3cret-of-url@berlin.example/prov/"
DAY = 24 * 3600


@pytest.fixture
def audit(run: Audit, accounts: dict[str, dict[str, Any]]) -> Audit:
    """Audit the account office with a history, unless it is told otherwise."""

    def audit(**variables: Any) -> dict[str, Any]:
        defaults = {"accounts": {"office": accounts["office"]}, "url": BERLIN, "history": "h.db", "json": "a.json"}
        return run("audit", **{**defaults, **variables})

    return audit


@pytest.fixture
def later(tmp_path: Path) -> Callable[[float], None]:
    """Let so many hours pass, for the history."""

    def pass_by(hours: float) -> None:
        with sqlite3.connect(tmp_path / "h.db") as database:
            database.execute("UPDATE phones SET seen_at = seen_at - ?", (int(hours * 3600),))
            database.execute("UPDATE runs SET at = at - ?", (int(hours * 3600),))
        database.close()

    return pass_by


def macs(count: int) -> list[str]:
    return [f"001565{number:06x}" for number in range(count)]


def phones(*those: str, **columns: str) -> list[dict[str, str]]:
    return [{"mac": mac, **columns} for mac in those]


def hold(simulator: Simulator, *those: str, url: str = BERLIN, account: str = "office") -> None:
    simulator.seed({"devices": [{"account": account, "mac": mac, "url": url} for mac in those]})


def found(task: dict[str, Any]) -> dict[str, int]:
    summary = task["ansible_facts"]["audit_result"]["summary"]
    return {state: count for state, count in summary.items() if count}


def rows(folder: Path) -> dict[str, dict[str, Any]]:
    return {row["mac"]: row for row in json.loads((folder / "a.json").read_text())["rows"]}


def reads(simulator: Simulator) -> int:
    """How many phones were read one by one since the last time."""
    count = sum("check" in str(entry.method) for entry in simulator.log)
    simulator.clear_log()
    return count


def test_a_phone_is_read_again_when_its_reading_is_too_old(
    audit: Audit, simulator: Simulator, later: Callable[[float], None], tmp_path: Path
) -> None:
    those = macs(10)
    hold(simulator, *those)
    audit(phones=phones(*those), max_age=20)
    assert reads(simulator) == 10
    # Behind our back.
    hold(simulator, those[0], url=OTHER)

    later(19.9)
    task = audit(phones=phones(*those), max_age=20)

    assert reads(simulator) == 0
    assert found(task) == {"right": 10}
    assert json.loads((tmp_path / "a.json").read_text())["totals"]["history"]["right"] == 10
    assert {row["source"] for row in rows(tmp_path).values()} == {"history"}

    later(0.2)
    task = audit(phones=phones(*those), max_age=20)

    assert reads(simulator) == 10
    assert found(task) == {"right": 9, "drifted": 1}
    assert {row["source"] for row in rows(tmp_path).values()} == {"read"}


def test_without_a_limit_every_target_is_read(audit: Audit, simulator: Simulator) -> None:
    hold(simulator, *macs(10))

    for _run in range(2):
        audit(phones=phones(*macs(10)))
        assert reads(simulator) == 10


def test_every_phone_is_read_within_thirty_nights_of_a_thirtieth_each(
    audit: Audit, simulator: Simulator, later: Callable[[float], None], tmp_path: Path
) -> None:
    those = macs(60)
    hold(simulator, *those)

    for night in range(1, 31):
        task = audit(phones=phones(*those), reads=2)
        assert reads(simulator) == 2
        assert found(task).get("right", 0) == 2 * night
        later(24)

    assert found(task) == {"right": 60}
    # And the next thirty nights it is the same, however the list is ordered.
    hold(simulator, *those, url=OTHER)
    for night in range(1, 31):
        task = audit(phones=phones(*reversed(those)), reads=2)
        assert found(task).get("drifted", 0) == 2 * night
        later(24)


def test_drifted_phones_do_not_keep_the_others_from_being_read(
    audit: Audit, simulator: Simulator, later: Callable[[float], None]
) -> None:
    those = macs(20)
    hold(simulator, *those[:10], url=OTHER)
    hold(simulator, *those[10:])
    for _night in range(5):
        task = audit(phones=phones(*those), reads=4, max_age=1)
        later(24)

    assert found(task) == {"drifted": 10, "right": 10}


def test_a_phone_that_left_or_joined_the_account_is_read_anew_before_all_others(
    audit: Audit, simulator: Simulator, tmp_path: Path
) -> None:
    those = macs(12)
    hold(simulator, *those[:10])
    audit(phones=phones(*those), max_age=20)
    reads(simulator)
    simulator.seed({"devices": [{"account": "other", "mac": those[3], "url": OTHER}]})
    hold(simulator, those[11])

    task = audit(phones=phones(*those), max_age=20, reads=2)

    assert reads(simulator) == 2
    assert found(task) == {"right": 10, "elsewhere": 1, "missing": 1}
    assert rows(tmp_path)[those[3]]["state"] == "elsewhere"
    assert rows(tmp_path)[those[11]]["state"] == "right"


def test_a_target_that_the_list_changed_is_read_and_not_held_against_the_phone(
    audit: Audit, simulator: Simulator
) -> None:
    hold(simulator, *macs(10))
    audit(phones=phones(*macs(10)), max_age=20)
    hold(simulator, *macs(10), url=OTHER)
    reads(simulator)

    task = audit(phones=phones(*macs(10)), url=OTHER, max_age=20)

    assert found(task) == {"right": 10}
    assert reads(simulator) == 10


def test_a_phone_that_was_never_read_is_not_called_right(audit: Audit, simulator: Simulator, tmp_path: Path) -> None:
    hold(simulator, *macs(10))

    task = audit(phones=phones(*macs(10)), reads=4)

    assert found(task) == {"right": 4, "unverifiable": 6}
    last = rows(tmp_path)[macs(10)[9]]
    assert (last["seen_at"], last["source"]) == (None, "history")
    assert "audit_reads" in last["advice"]


def test_a_url_with_a_password_is_compared_and_is_in_no_file(
    audit: Audit, simulator: Simulator, tmp_path: Path
) -> None:
    those = macs(10)
    hold(simulator, *those, url=PASSWORD_URL)
    files = {"csv": "a.csv", "html": "a.html", "metrics": "a.prom", "claims": "c.csv"}
    task = audit(phones=phones(*those), url=PASSWORD_URL, max_age=20, **files)
    assert found(task) == {"right": 10}
    reads(simulator)

    again = audit(phones=phones(*those), url=PASSWORD_URL, max_age=20, **files)

    assert found(again) == {"right": 10}
    assert reads(simulator) == 0
    # The list has another password now: what the history has does not tell.
    changed = audit(phones=phones(*those), url=PASSWORD_URL.replace("s3cret", "s3cret-2"), max_age=20, **files)
    assert reads(simulator) == 10
    assert found(changed) == {"drifted": 10}
    for path in tmp_path.iterdir():
        assert b"s3cret" not in path.read_bytes(), path
    assert "s3cret" not in json.dumps([task, again, changed])
    assert "https://***@berlin.example/prov/" in (tmp_path / "a.json").read_text()


def test_check_mode_writes_the_files_and_not_the_history(audit: Audit, simulator: Simulator, tmp_path: Path) -> None:
    hold(simulator, *macs(10))

    assert found(audit(phones=phones(*macs(10)), check_mode=True)) == {"right": 10}
    assert not (tmp_path / "h.db").exists()
    assert len(rows(tmp_path)) == 10
    audit(phones=phones(*macs(5)))
    before = (tmp_path / "h.db").read_bytes()
    task = audit(phones=phones(*macs(10)), max_age=20, check_mode=True)
    assert {row["source"] for row in rows(tmp_path).values()} == {"read", "history"}
    assert found(task) == {"right": 10}
    assert (tmp_path / "h.db").read_bytes() == before


def test_only_the_owner_may_read_the_history(audit: Audit, simulator: Simulator, tmp_path: Path) -> None:
    audit(phones=phones(*macs(1)))
    assert stat.S_IMODE((tmp_path / "h.db").stat().st_mode) == 0o600
    (tmp_path / "h.db").chmod(0o644)
    audit(phones=phones(*macs(1)))
    assert stat.S_IMODE((tmp_path / "h.db").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob("h.db*")] == ["h.db"]


def database(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.write_text("mac,server\n"), "is not a history of audits"),
        (lambda path: path.write_bytes(b"SQLite format 3\0" + b"x" * 4096), "is damaged"),
        (lambda path: database(path, "CREATE TABLE contacts (name)"), "is a database of another program"),
        (
            lambda path: database(path, "PRAGMA application_id = 1381000001", "PRAGMA user_version = 1"),
            "is a database of another program",
        ),
        (
            lambda path: database(path, f"PRAGMA application_id = {0x52505341}", "PRAGMA user_version = 2"),
            "has version 2 of the history",
        ),
        (lambda path: path.mkdir(), "is a folder"),
    ],
)
def test_a_file_that_is_no_history_is_refused_and_stays_as_it_is(
    audit: Audit,
    simulator: Simulator,
    tmp_path: Path,
    make: Callable[[Path], object],
    words: str,
    check_mode: bool,
) -> None:
    path = tmp_path / "h.db"
    make(path)
    before = path.read_bytes() if path.is_file() else b""

    task = audit(phones=phones(*macs(1)), check_mode=check_mode)

    assert task["failed"]
    assert words in task["msg"], task["msg"]
    assert "audit_history" in task["msg"]
    assert simulator.log == []
    assert not path.is_file() or path.read_bytes() == before


def test_a_second_audit_at_once_says_that_the_history_is_in_use(
    audit: Audit, simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit(phones=phones(*macs(1)))
    simulator.clear_log()
    monkeypatch.setattr("ansible_collections.voip.rps.plugins.plugin_utils._audit.history._WAIT", 0.1)
    other = sqlite3.connect(tmp_path / "h.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    task = audit(phones=phones(*macs(1)))
    other.close()

    assert "is in use by another audit" in task["msg"]
    assert simulator.log == []
    assert not audit(phones=phones(*macs(1)))["failed"]


def test_what_is_old_is_forgotten(
    audit: Audit, simulator: Simulator, later: Callable[[float], None], tmp_path: Path
) -> None:
    hold(simulator, *macs(10))
    audit(phones=phones(*macs(10)))
    later(401 * 24)

    audit(phones=phones(macs(10)[0]))

    connection = sqlite3.connect(tmp_path / "h.db")
    assert connection.execute("SELECT mac FROM phones").fetchall() == [(macs(10)[0],)]
    assert connection.execute("SELECT count(*) FROM runs").fetchone() == (1,)
    connection.close()


def test_a_slice_of_the_list_does_not_forget_the_others(audit: Audit, simulator: Simulator) -> None:
    hold(simulator, *macs(10))
    audit(phones=phones(*macs(10)))
    audit(phones=phones(macs(10)[0]), max_age=20)
    reads(simulator)

    assert found(audit(phones=phones(*macs(10)), max_age=20)) == {"right": 10}
    assert reads(simulator) == 0


def test_two_accounts_with_the_same_phone_numbers_do_not_share_readings(
    audit: Audit, accounts: dict[str, dict[str, Any]], simulator: Simulator
) -> None:
    hold(simulator, *macs(6))
    audit(phones=phones(*macs(6)))

    moved = audit(accounts={"labs": accounts["labs"]}, phones=phones(*macs(6)), max_age=20)

    assert found(moved) == {"elsewhere": 6}


def test_limits_without_a_history_are_warned_of(
    run: Audit, accounts: dict[str, dict[str, Any]], simulator: Simulator
) -> None:
    hold(simulator, *macs(10))
    given = {"accounts": {"office": accounts["office"]}, "url": BERLIN, "phones": phones(*macs(10))}

    assert "require audit_history" in run("audit", **given, reads=2)["warnings"][0]
    assert reads(simulator) == 2
    assert "require audit_history" in run("audit", **given, max_age=2)["warnings"][0]
    assert run("audit", **given)["warnings"] == []


def test_a_history_that_cannot_be_written_fails_the_run_and_the_files_are_written(
    audit: Audit, simulator: Simulator, tmp_path: Path
) -> None:
    hold(simulator, *macs(10))
    audit(phones=phones(*macs(2)))
    with sqlite3.connect(tmp_path / "h.db") as history:
        history.execute("CREATE TRIGGER full BEFORE INSERT ON runs BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    history.close()

    task = audit(phones=phones(*macs(10)))

    assert task["failed"]
    assert "audit_history" in task["msg"]
    assert "disk is full" in task["msg"]
    assert found(task) == {"right": 10}
    assert len(rows(tmp_path)) == 10
    assert task["ansible_facts"]["audit_result"]["failed"]


def test_a_run_that_was_killed_leaves_the_history_as_it_was(audit: Audit, simulator: Simulator, tmp_path: Path) -> None:
    hold(simulator, *macs(10))
    audit(phones=phones(*macs(10)))
    # A killed run leaves the file that was begun, or a transaction that nobody committed.
    killed = sqlite3.connect(tmp_path / "h.db", isolation_level=None)
    killed.execute("BEGIN IMMEDIATE")
    killed.execute("DELETE FROM phones")
    killed.close()
    reads(simulator)

    assert found(audit(phones=phones(*macs(10)), max_age=20)) == {"right": 10}
    assert reads(simulator) == 0
    (tmp_path / "new.db").touch()
    assert not audit(phones=phones(*macs(1)), history="new.db")["failed"]
