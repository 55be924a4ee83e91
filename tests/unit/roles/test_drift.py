# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source drift, on histories that audits wrote."""

from __future__ import annotations

import asyncio
import json
import runpy
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rps_simulator import Simulator

import ansible_collections.voip.rps as collection

SOURCE = runpy.run_path(f"{collection.__path__[0]}/extensions/eda/plugins/event_source/drift.py")

BERLIN = "https://berlin.example/prov/"
OTHER = "https://somewhere-else.example/"
FIRST, SECOND, THIRD, FOURTH = (f"00156500000{number}" for number in range(1, 5))
THEIRS = "001565ffffff"

Audit = Callable[..., dict[str, Any]]


@pytest.fixture
def audit(run: Audit, accounts: dict[str, dict[str, Any]]) -> Audit:
    """Audit the account office, and keep a history."""

    def audit(*macs: str, password: str | None = None, **variables: Any) -> dict[str, Any]:
        account = {**accounts["office"], **({"password": password} if password else {})}
        defaults = {"accounts": {"office": account}, "url": BERLIN, "history": "h.db"}
        return run("audit", **{**defaults, "phones": [{"mac": mac} for mac in macs], **variables})

    return audit


@pytest.fixture
def look(tmp_path: Path) -> Callable[[], list[dict[str, Any]]]:
    """Return what the events since the last time say."""
    watch = SOURCE["Watch"](str(tmp_path / "h.db"))
    return lambda: [event["rps_drift"] for event in watch.look()]


def hold(simulator: Simulator, *macs: str, url: str = BERLIN) -> None:
    simulator.seed({"devices": [{"account": "office", "mac": mac, "url": url} for mac in macs]})


def kinds(event: dict[str, Any]) -> dict[str, str]:
    return {device["mac"]: device["kind"] for device in event["devices"]}


def test_each_kind_of_drift_is_sent_once(
    audit: Audit, simulator: Simulator, look: Callable[[], list[dict[str, Any]]]
) -> None:
    assert look() == []
    hold(simulator, FIRST, FOURTH)
    hold(simulator, SECOND, url=OTHER)
    listed = (FIRST, SECOND, THIRD, THEIRS)

    audit(*listed)
    (event,) = look()

    assert kinds(event) == {SECOND: "moved", THIRD: "gone", FOURTH: "new", THEIRS: "taken"}
    assert [device["kind"] in ("gone", "moved") for device in event["devices"]] == [True, True, False, False]
    assert (event["account"], event["count"], event["fixable"]) == ("office", 4, 2)
    assert event["counts"] == {"gone": 1, "moved": 1, "new": 1, "taken": 1}
    assert all(mac in event["message"] for mac in (SECOND, THIRD, FOURTH, THEIRS))

    audit(*listed)
    assert look() == []
    hold(simulator, SECOND, THIRD)
    audit(*listed)
    assert look() == []

    hold(simulator, FIRST, url=OTHER)
    audit(*listed)
    (later,) = look()
    assert kinds(later) == {FIRST: "moved", FOURTH: "new", THEIRS: "taken"}
    assert later["id"] != event["id"]

    # Elsewhere again is another drift of the same phone.
    hold(simulator, FIRST, url=f"{OTHER}again/")
    audit(*listed)
    assert [one["devices"][0]["current_url"] for one in look()] == [f"{OTHER}again/"]


def test_what_could_not_be_read_has_not_come_back(
    audit: Audit, simulator: Simulator, look: Callable[[], list[dict[str, Any]]]
) -> None:
    hold(simulator, FIRST, SECOND, url=OTHER)
    audit(FIRST, SECOND)
    assert len(look()) == 1

    assert audit(FIRST, SECOND, password="wrong")["failed"]
    assert audit(FIRST, SECOND, check_mode=True)["failed"] is False
    audit(FIRST, SECOND, reads=1)
    audit(FIRST, SECOND)
    assert look() == []

    # A part of the list says nothing of the others.
    hold(simulator, FIRST)
    audit(FIRST, complete=False)
    audit(FIRST, SECOND)
    assert look() == []
    hold(simulator, FIRST, url=OTHER)
    audit(FIRST, complete=False)
    assert [kinds(event) for event in look()] == [{FIRST: "moved", SECOND: "moved"}]


def test_nothing_that_a_service_says_is_a_template_or_a_secret(
    audit: Audit, simulator: Simulator, look: Callable[[], list[dict[str, Any]]]
) -> None:
    hold(simulator, FIRST, url="https://user:s3cret-in-url@evil.example/{{ lookup('pipe', 'id') }}{% raw %}{# a #}")

    audit(FIRST)
    (event,) = look()

    text = json.dumps(event)
    assert "evil.example/%7B%7B" in text
    assert not any(sign in text for sign in ("{{", "{%", "{#", "s3cret"))


def test_texts_have_no_control_characters() -> None:
    assert SOURCE["plain"]("a\x1b[2J\n\u202e\ud800é{") == "a%1B[2J%0A%E2%80%AE%ED%A0%80é%7B"


def test_a_restart_sends_what_is_adrift(audit: Audit, simulator: Simulator, tmp_path: Path) -> None:
    hold(simulator, FIRST, url=OTHER)
    audit(FIRST)

    async def first_event() -> dict[str, Any]:
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        task = asyncio.create_task(SOURCE["main"](queue, {"history": str(tmp_path / "h.db"), "delay": "0.01"}))
        event = await asyncio.wait_for(queue.get(), 10)
        task.cancel()
        return event

    events = [asyncio.run(first_event())["rps_drift"] for _start in range(2)]

    assert kinds(events[0]) == {FIRST: "moved"}
    assert events[0] == events[1]


def test_another_history_in_its_place_is_read_from_its_beginning(
    audit: Audit, simulator: Simulator, look: Callable[[], list[dict[str, Any]]], tmp_path: Path
) -> None:
    hold(simulator, FIRST, SECOND, url=OTHER)
    audit(FIRST, SECOND)
    assert len(look()) == 1
    (tmp_path / "h.db").unlink()
    assert look() == []

    hold(simulator, SECOND)
    audit(FIRST, SECOND)

    assert [kinds(event) for event in look()] == [{FIRST: "moved"}]


def test_a_history_of_before_has_no_drift_until_the_next_audit(
    audit: Audit, simulator: Simulator, look: Callable[[], list[dict[str, Any]]], tmp_path: Path
) -> None:
    hold(simulator, FIRST, url=OTHER)
    audit(FIRST)
    with sqlite3.connect(tmp_path / "h.db") as database:
        database.execute("DROP TABLE drift")
    database.close()
    assert look() == []

    audit(FIRST)

    assert len(look()) == 1


def test_a_look_while_an_audit_writes_is_made_up_for(
    audit: Audit, simulator: Simulator, look: Callable[[], list[dict[str, Any]]], tmp_path: Path
) -> None:
    hold(simulator, FIRST, url=OTHER)
    audit(FIRST)
    SOURCE["_opened"].__globals__["_WAIT"] = 0.01
    database = sqlite3.connect(tmp_path / "h.db", isolation_level=None)
    database.execute("BEGIN EXCLUSIVE")
    assert look() == []
    database.close()

    assert len(look()) == 1


@pytest.mark.parametrize("content", [b"mac,server\n" * 100, b"SQLite format 3\0" + b"\1" * 500])
def test_a_file_that_is_no_history_ends_the_source_in_words(
    look: Callable[[], list[dict[str, Any]]], tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "h.db").write_bytes(content)

    with pytest.raises(ValueError, match=r"h\.db is not a history of audits, or is damaged"):
        look()


def test_a_database_of_another_program_ends_the_source_in_words(
    look: Callable[[], list[dict[str, Any]]], tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "h.db") as database:
        database.execute("CREATE TABLE drift (serial)")
    database.close()

    with pytest.raises(ValueError, match="database of another program"):
        look()


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"history": "h.db"},
        {"history": 7},
        *({"history": "/h.db", "delay": delay} for delay in (0, "x", "nan", 1e9)),
    ],
)
def test_wrong_arguments_are_named(args: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"voip\.rps\.drift: (history|delay) must"):
        asyncio.run(SOURCE["main"](asyncio.Queue(), args))
