# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Event source: report phones that drifted from the phone list, read from the history of the role audit."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sqlite3
from collections.abc import Iterator
from typing import Any

DOCUMENTATION = r"""
---
short_description: Sends an event when phones drift from the phone list.
description:
  - Reads the history of the role P(voip.rps.audit#role), its C(audit_history), and sends one event for each account in
    which an audit found new drift. It never writes to the history.
  - A further event for an account is sent only if another phone drifts, or if the kind of drift of a phone changes.
    Each event contains all phones of the account that currently drift.
  - At the start, the source sends the drift that the last audit found.
  - The event has one key, C(rps_drift), a dict with these keys.
  - C(account) and C(provider).
  - C(id), unique for each drift.
  - C(counts), the number of phones of each kind, and C(count), their sum.
  - C(fixable), the number of phones that a rollout can correct, which are C(gone) or C(moved).
  - C(devices), at most 1,000 phones, first those that a rollout can correct. Each has C(mac), C(kind), C(current_url)
    and C(since), in seconds since 1970.
  - C(message), a summary for people, and C(history), the path of the file.
  - The kinds are C(gone), no longer registered; C(moved), with another target; C(new), not in the list; and C(taken),
    registered in another account.
options:
  history:
    description: Absolute path of the history of audits. The file does not have to exist yet.
    type: path
    required: true
  delay:
    description: Seconds between two reads of the file.
    type: float
    default: 30
"""

EXAMPLES = r"""
- voip.rps.drift:
    history: /var/lib/rps/audit.db
"""

APPLICATION_ID = 0x52505341
MOST_DEVICES = 1000
MOST_SHOWN = 10
FIXABLE = ("gone", "moved")
KINDS = (*FIXABLE, "new", "taken")
WORDS = {
    "gone": "no longer registered",
    "moved": "pointing elsewhere",
    "new": "not in the list",
    "taken": "registered in another account",
}

_WAIT = 5.0
"""Seconds to wait for an audit that is writing its results."""

logger = logging.getLogger(__name__)


class Watch:
    """Reads a history repeatedly. ``look`` returns the events since the last read."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._sent = 0

    def look(self) -> list[dict[str, Any]]:
        """Return the events since the last call. If the file is locked, return none, and the next call returns them.

        Raise ValueError, with a message for the user, if the file is not a history of audits.
        """
        if not os.path.exists(self._path) or os.path.getsize(self._path) == 0:
            return []
        try:
            with contextlib.closing(_opened(self._path)) as database:
                return self._new(database)
        except sqlite3.OperationalError as error:
            # An audit is writing, or was killed while it wrote: the next audit recovers the file.
            logger.warning("%s cannot be read now: %s", self._path, error)
        except sqlite3.DatabaseError as error:
            raise ValueError(f"{self._path} is not a history of audits, or is damaged: {error}") from None
        return []

    def _new(self, database: sqlite3.Connection) -> list[dict[str, Any]]:
        database.execute("BEGIN")
        if database.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise ValueError(f"{self._path} is a database of another program, not a history of audits")
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'drift'").fetchone():
            return []
        last = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'drift'").fetchone()
        if last is None or last[0] < self._sent:
            # The file was replaced.
            self._sent = 0
        accounts = database.execute(
            "SELECT provider, account, max(serial) FROM drift GROUP BY provider, account HAVING max(serial) > ?"
            " ORDER BY provider, account",
            (self._sent,),
        ).fetchall()
        events = [_event(self._path, database, *one) for one in accounts]
        if last is not None:
            self._sent = last[0]
        return events


def _opened(path: str) -> sqlite3.Connection:
    quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return sqlite3.connect(f"file:{quoted}?mode=ro", uri=True, timeout=_WAIT, isolation_level=None)


def _event(path: str, database: sqlite3.Connection, provider: str, account: str, serial: int) -> dict[str, Any]:
    """Return the event of an account. ``serial``: the number of its last drift."""
    owner = (provider, account)
    rows = database.execute(
        "SELECT kind, count(*) FROM drift WHERE provider = ? AND account = ? GROUP BY kind", owner
    ).fetchall()
    counts = {**dict.fromkeys(KINDS, 0), **dict(rows)}
    devices = [
        {"mac": mac, "kind": kind, "current_url": plain(url) if url else None, "since": since}
        for mac, kind, url, since in database.execute(
            "SELECT mac, kind, url, since FROM drift WHERE provider = ? AND account = ?"
            " ORDER BY kind NOT IN ('gone', 'moved'), serial DESC LIMIT ?",
            (*owner, MOST_DEVICES),
        )
    ]
    count = sum(counts.values())
    found = ", ".join(f"{counts[kind]} {WORDS[kind]}" for kind in KINDS if counts[kind])
    shown = ", ".join(f"{one['mac']} ({one['kind']})" for one in devices[:MOST_SHOWN])
    more = f" and {count - MOST_SHOWN} more" if count > MOST_SHOWN else ""
    return {
        "rps_drift": {
            "id": f"{provider}/{plain(account)}/{serial}",
            "provider": provider,
            "account": plain(account),
            "counts": counts,
            "count": count,
            "fixable": sum(counts[kind] for kind in FIXABLE),
            "devices": devices,
            "message": f"{plain(account)}: {found}. Phones: {shown}{more}.",
            "history": path,
        }
    }


def plain(text: str) -> str:
    """Return a text with braces and control characters percent-encoded, at most its first 2,048 characters.

    A playbook that gets the event must never evaluate text of a service as a template.
    """
    return "".join(_plain(text))


def _plain(text: str) -> Iterator[str]:
    for character in text[:2048]:
        if character in "{}" or not character.isprintable():
            yield "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))
        else:
            yield character


def options(args: dict[str, Any]) -> tuple[str, float]:
    """Return the path of the history and the seconds between two reads. Raise ValueError with a message for users."""
    history = args.get("history")
    if not isinstance(history, str) or not os.path.isabs(history):
        raise ValueError("voip.rps.drift: history must be the absolute path of the audit's history (audit_history)")
    try:
        delay = float(args.get("delay", 30))
    except (TypeError, ValueError):
        delay = -1.0
    if not 0 < delay <= 86400:
        raise ValueError("voip.rps.drift: delay must be a number of seconds above 0, at most 86400")
    return history, delay


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Send events until cancelled. Raise ValueError if an argument or the file is invalid."""
    history, delay = options(args)
    watch = Watch(history)
    while True:
        for event in await asyncio.to_thread(watch.look):
            await queue.put(event)
        await asyncio.sleep(delay)
