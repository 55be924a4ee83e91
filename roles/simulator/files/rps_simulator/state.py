# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the simulated services know, in SQLite: accounts and what is theirs. One transaction a request."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from .files import open_own, refuse_link

_ACCOUNTS = """
CREATE TABLE IF NOT EXISTS accounts (
    name TEXT PRIMARY KEY, password TEXT NOT NULL, provider TEXT NOT NULL
) WITHOUT ROWID;
"""


class Account(NamedTuple):
    name: str
    password: str
    provider: str


class State:
    """The database. Every query must run inside `transaction()`, which threads enter one at a time."""

    def __init__(self, database: str, tables: Iterable[str]) -> None:
        """Open `database` (a path, or `:memory:`), and create it, readable by its owner alone, where it is new.

        `tables`: SQL that creates the tables beside that of the accounts, where they are not there.
        Raise OSError or sqlite3.Error when that cannot be done.
        """
        if database != ":memory:":
            for companion in ("-journal", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    refuse_link(Path(database + companion))
            os.close(open_own(Path(database), os.O_CREAT | os.O_RDWR))
        self._lock = threading.Lock()
        self._database = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
        # NORMAL: a killed process loses nothing that was committed, and commits wait for no disk.
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.executescript("\n".join(dict.fromkeys([_ACCOUNTS, *tables])))
        self._accounts: dict[str, Account] = {}
        self.reload_accounts()

    def close(self) -> None:
        with self._lock:
            self._database.close()

    @contextmanager
    def transaction(self, write: bool) -> Iterator[None]:
        """Nothing else happens meanwhile; what is written is kept whole, or, if an exception passes, not at all."""
        with self._lock:
            if not write:
                yield
                return
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def query(self, sql: str, values: Iterable[object] = ()) -> list[tuple[Any, ...]]:
        return self._database.execute(sql, tuple(values)).fetchall()

    def write(self, sql: str, rows: Iterable[tuple[object, ...]]) -> int:
        """Run one statement for each row. Returns how many rows of the table it changed."""
        before = self._database.total_changes
        self._database.executemany(sql, rows)
        return self._database.total_changes - before

    def reload_accounts(self) -> None:
        rows = self._database.execute("SELECT name, password, provider FROM accounts").fetchall()
        self._accounts = {row[0]: Account(*row) for row in rows}

    def account(self, name: str) -> Account | None:
        """The account of that name; needs no transaction."""
        return self._accounts.get(name)

    def accounts(self) -> list[Account]:
        return list(self._accounts.values())


def accounts_in(database: str) -> list[Account]:
    """The accounts in the database of this path, in the order of their names; none where there is no database.

    Raise OSError or sqlite3.Error where it cannot be read.
    """
    try:
        refuse_link(Path(database))
    except FileNotFoundError:
        return []
    with closing(sqlite3.connect(f"{Path(database).absolute().as_uri()}?mode=ro", uri=True)) as connection:
        return [Account(*row) for row in connection.execute("SELECT name, password, provider FROM accounts")]
