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
    """The database. Run every query inside `transaction()`, which only one thread at a time can enter."""

    def __init__(self, database: str, tables: Iterable[str]) -> None:
        """Open `database`, a path or `:memory:`. If the file does not exist, create it for its owner only.

        `tables`: SQL that creates the tables of the dialects if they do not exist. Raise OSError or sqlite3.Error.
        """
        if database != ":memory:":
            for companion in ("-journal", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    refuse_link(Path(database + companion))
            os.close(open_own(Path(database), os.O_CREAT | os.O_RDWR))
        self._lock = threading.Lock()
        self._database = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
        # With NORMAL, a killed process loses no commits, and commits do not wait for the disk.
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
        """Run a transaction without other threads. It is rolled back if an exception occurs."""
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
        """Run one statement for each row. Return the number of changed rows of the table."""
        before = self._database.total_changes
        self._database.executemany(sql, rows)
        return self._database.total_changes - before

    def reload_accounts(self) -> None:
        rows = self._database.execute("SELECT name, password, provider FROM accounts").fetchall()
        self._accounts = {row[0]: Account(*row) for row in rows}

    def account(self, name: str) -> Account | None:
        """Return the account with this name, or None. This needs no transaction."""
        return self._accounts.get(name)

    def accounts(self) -> list[Account]:
        return list(self._accounts.values())


def accounts_in(database: str) -> list[Account]:
    """Return the accounts in the database at this path, sorted by name, or none if it does not exist.

    Raise OSError or sqlite3.Error if it cannot be read.
    """
    try:
        refuse_link(Path(database))
    except FileNotFoundError:
        return []
    with closing(sqlite3.connect(f"{Path(database).absolute().as_uri()}?mode=ro", uri=True)) as connection:
        return [Account(*row) for row in connection.execute("SELECT name, password, provider FROM accounts")]
