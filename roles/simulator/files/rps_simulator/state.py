# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the simulated services know, in SQLite: accounts and what is theirs. One transaction a request."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from .files import open_own, refuse_link

SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
    name TEXT PRIMARY KEY, password TEXT NOT NULL, provider TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS servers (
    provider TEXT NOT NULL, name TEXT NOT NULL, account TEXT NOT NULL, url TEXT NOT NULL, PRIMARY KEY (provider, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS devices (
    provider TEXT NOT NULL, mac TEXT NOT NULL, account TEXT, server TEXT, url TEXT, PRIMARY KEY (provider, mac)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS extensions (
    account TEXT NOT NULL, id INTEGER NOT NULL, number TEXT NOT NULL, name TEXT NOT NULL,
    PRIMARY KEY (account, id), UNIQUE (account, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS phones (
    id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, mac TEXT NOT NULL, vendor TEXT NOT NULL,
    model TEXT NOT NULL, template_name TEXT NOT NULL, provisioning_method TEXT NOT NULL, rps_auth INTEGER NOT NULL,
    extension INTEGER, UNIQUE (account, mac)
);
CREATE INDEX IF NOT EXISTS assigned ON phones (account, extension);
CREATE INDEX IF NOT EXISTS registered ON devices (account, mac) WHERE server IS NOT NULL OR url IS NOT NULL;
"""


class Account(NamedTuple):
    name: str
    password: str
    provider: str


class Device(NamedTuple):
    """A device that a provider knows: whose it is, and its binding."""

    account: str | None
    server: str | None
    url: str | None

    @property
    def bound(self) -> bool:
        return self.server is not None or self.url is not None


class State:
    """The database. Every query must run inside `transaction()`, which threads enter one at a time."""

    def __init__(self, database: str) -> None:
        """Open `database` (a path, or `:memory:`), and create it, readable by its owner alone, where it is new.

        Raises OSError or sqlite3.Error when that cannot be done.
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
        self._database.executescript(SCHEMA)
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

    def records(self, account: Account) -> Records:
        """The provider's records as this account sees and changes them."""
        return Records(self, account)


def accounts_in(database: str) -> list[Account]:
    """The accounts in the database of this path, in the order of their names; none where there is no database.

    Raises OSError or sqlite3.Error where it cannot be read.
    """
    try:
        refuse_link(Path(database))
    except FileNotFoundError:
        return []
    with closing(sqlite3.connect(f"{Path(database).absolute().as_uri()}?mode=ro", uri=True)) as connection:
        return [Account(*row) for row in connection.execute("SELECT name, password, provider FROM accounts")]


class Records:
    """A provider's servers and devices in the hands of one account. MAC addresses are bare, in lower case."""

    __slots__ = ("_state", "account", "provider")

    def __init__(self, state: State, account: Account) -> None:
        self._state = state
        self.account = account.name
        self.provider = account.provider

    def find(self, macs: Iterable[str]) -> dict[str, Device]:
        """The devices among `macs` that the provider knows, whosever they are."""
        rows = self._state.query(
            "SELECT mac, account, server, url FROM devices"
            " WHERE provider = ? AND mac IN (SELECT value FROM json_each(?))",
            (self.provider, json.dumps(list(macs))),
        )
        return {str(mac): Device(account, server, url) for mac, account, server, url in rows}

    def registered(self) -> list[str]:
        """The account's devices that are bound to something, in order."""
        rows = self._state.query(
            "SELECT mac FROM devices WHERE account = ? AND (server IS NOT NULL OR url IS NOT NULL) ORDER BY mac",
            (self.account,),
        )
        return [str(mac) for (mac,) in rows]

    def owned(self, url: str | None) -> list[str]:
        """The account's devices, bound or not, in order; with a `url` those alone whose own URL it is."""
        rows = self._state.query(
            "SELECT mac FROM devices WHERE provider = ? AND account = ? AND url IS coalesce(?, url) ORDER BY mac",
            (self.provider, self.account, url),
        )
        return [str(mac) for (mac,) in rows]

    def bind(self, macs: Iterable[str], server: str, url: str) -> None:
        """Make `macs` the account's, bound to this server and URL (either may be empty) and nothing else."""
        self._state.write(
            "INSERT OR REPLACE INTO devices (provider, mac, account, server, url)"
            " SELECT ?, value, ?, ?, ? FROM json_each(?)",
            [(self.provider, self.account, server or None, url or None, json.dumps(list(macs)))],
        )

    def forget(self, macs: Iterable[str]) -> None:
        """Make `macs` unknown to the provider."""
        self._state.write(
            "DELETE FROM devices WHERE provider = ? AND mac IN (SELECT value FROM json_each(?))",
            [(self.provider, json.dumps(list(macs)))],
        )

    def server_url(self, name: str) -> str | None:
        """The URL of the account's own server of that name; None where it has none."""
        rows = self._state.query(
            "SELECT url FROM servers WHERE provider = ? AND name = ? AND account = ?",
            (self.provider, name, self.account),
        )
        return rows[0][0] if rows else None

    def add_server(self, name: str, url: str) -> bool:
        """Returns False where an account of the provider, this or another, has a server of that name."""
        added = self._state.write(
            "INSERT OR IGNORE INTO servers (provider, name, account, url) VALUES (?, ?, ?, ?)",
            [(self.provider, name, self.account, url)],
        )
        return added == 1

    def devices(self) -> dict[str, dict[str, str | None]]:
        """All of the account's devices: `{mac: {"server", "url": the one in force, "own_url"}}`."""
        rows = self._state.query(
            "SELECT mac, server, coalesce(devices.url, servers.url), devices.url FROM devices"
            " LEFT JOIN servers ON servers.provider = devices.provider AND servers.name = server"
            " WHERE devices.provider = ? AND devices.account = ? ORDER BY mac",
            (self.provider, self.account),
        )
        return {str(mac): {"server": server, "url": url, "own_url": own_url} for mac, server, url, own_url in rows}

    def servers(self) -> dict[str, str | None]:
        """All of the account's servers: name -> URL."""
        rows = self._state.query(
            "SELECT name, url FROM servers WHERE provider = ? AND account = ? ORDER BY name",
            (self.provider, self.account),
        )
        return {str(name): url for name, url in rows}
