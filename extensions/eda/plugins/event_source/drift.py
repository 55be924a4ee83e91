# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An event source: phones that drifted from the list, as the history of the role audit has them."""

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
  - Reads the history of the role P(voip.rps.audit#role), its C(audit_history), and sends one event for each account of
    which an audit found phones that drifted since. It never writes to the history.
  - An account has another event only when another phone drifts, or one of them in another way. The event then has all
    of its phones that are still adrift.
  - At the start, the phones that the last audit found are sent.
  - The event has all under the key C(rps_drift). C(account) and C(provider). C(id), which no other drift has.
    C(counts), how many phones there are by kind. C(count), how many there are. C(fixable), how many a rollout can
    correct, which are those C(gone) or C(moved). C(devices), the first 1,000 of them, each with C(mac), C(kind),
    C(current_url), and C(since) in seconds since 1970, those that a rollout can correct first. C(message), all of it in
    words. C(history), the path of the file.
  - The kinds are C(gone), no longer registered; C(moved), pointing elsewhere; C(new), in no row of the list; and
    C(taken), registered in another account.
options:
  history:
    description: Absolute path of the history of audits. It may begin to exist later.
    type: path
    required: true
  delay:
    description: Seconds between two looks at the file.
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
"""Seconds to wait for an audit that just writes its results."""

logger = logging.getLogger(__name__)


class Watch:
    """Looks at a history again and again. C(look) returns the events since the last time."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._sent = 0

    def look(self) -> list[dict[str, Any]]:
        """Return the events since the last look; what cannot be read now is read at the next look.

        Raises ValueError, in words for the user, if the file is no history of audits.
        """
        if not os.path.exists(self._path) or os.path.getsize(self._path) == 0:
            return []
        try:
            with contextlib.closing(_opened(self._path)) as database:
                return self._new(database)
        except sqlite3.OperationalError as error:
            # An audit is about to write, or was killed then: the next one clears up.
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
            # Another file took its place.
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
    """Return the event of an account; C(serial): of its phone that drifted last."""
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
    """Return a text in which nothing is a template or a control character: such characters as in a URL.

    What a service says must never be run as a template by a playbook that the event reaches.
    """
    return "".join(_plain(text))


def _plain(text: str) -> Iterator[str]:
    for character in text[:2048]:
        if character in "{}" or not character.isprintable():
            yield "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))
        else:
            yield character


def options(args: dict[str, Any]) -> tuple[str, float]:
    """Return the path of the history and the seconds between two looks. Raises ValueError, in words for the user."""
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
    """Send events until it is cancelled. Raises ValueError if an argument or the file is wrong."""
    history, delay = options(args)
    watch = Watch(history)
    while True:
        for event in await asyncio.to_thread(watch.look):
            await queue.put(event)
        await asyncio.sleep(delay)
