# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The history of audits: the last reading of each phone and its time, in an SQLite file with one writer."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.model import REGISTERED, Device, Observation
from ansible_collections.voip.rps.plugins.module_utils._pure.url import without_userinfo
from ansible_collections.voip.rps.plugins.plugin_utils._audit.drift import Drift
from ansible_collections.voip.rps.plugins.plugin_utils._audit.states import HISTORY, STATES, Seen

APPLICATION_ID = 0x52505341
VERSION = 1
DAY = 24 * 3600
KEPT_DAYS = 400
"""Number of days for which runs, and phones that no list names, are kept."""

_HEADER = b"SQLite format 3\0"
_WAIT = 2.0
"""Seconds to wait for another audit that is just about to end."""

_SCHEMA = f"""
CREATE TABLE salt (value BLOB NOT NULL);
CREATE TABLE phones (
  provider TEXT NOT NULL, account TEXT NOT NULL, mac TEXT NOT NULL,
  status TEXT NOT NULL, url TEXT, digest BLOB, seen_at INTEGER NOT NULL,
  PRIMARY KEY (provider, account, mac)
) WITHOUT ROWID;
CREATE TABLE runs (at INTEGER PRIMARY KEY, {", ".join(f"{state} INTEGER NOT NULL" for state in STATES)});
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
"""
# The event source reads this table. The next audit adds it to a file that does not have it.
_DRIFT = """
CREATE TABLE IF NOT EXISTS drift (
  serial INTEGER PRIMARY KEY AUTOINCREMENT,
  provider TEXT NOT NULL, account TEXT NOT NULL, mac TEXT NOT NULL,
  kind TEXT NOT NULL, url TEXT, since INTEGER NOT NULL, seen_at INTEGER NOT NULL,
  UNIQUE (provider, account, mac)
)
"""


class HistoryError(ValueError):
    """The history cannot be used. The message for the user follows the name of the file."""


class Run(NamedTuple):
    """An audit: its start in seconds since 1970, and the number of phones for each state."""

    at: int
    counts: Mapping[str, int]


class Keyed:
    """Compare URLs that contain a password without storing them.

    The digests are keyed by the salt of the file and the login of the account, so the file alone does not help to guess
    a password. ``login``: the secrets of the account.
    """

    def __init__(self, salt: bytes, login: Collection[str]) -> None:
        self._salt = salt
        self._login = "\n".join(sorted(login)).encode("utf-8", "surrogatepass")
        self._key: bytes | None = None

    def digest(self, url: str) -> bytes:
        """Return the digest of a URL."""
        if self._key is None:
            self._key = hashlib.scrypt(self._login, salt=self._salt, n=2**14, r=8, p=1)
        return hmac.digest(self._key, url.encode("utf-8", "surrogatepass"), "sha256")


class History:
    """An open history, as a context manager. Writes are only kept if ``commit`` is called before its end.

    Everything raises HistoryError, with a message for the user.
    """

    def __init__(self, path: str | None, *, check_mode: bool = False) -> None:
        """Open the file, or create it. With ``check_mode``, or without ``path``, nothing is written.

        From here on no other audit can write to it.
        """
        self._path = path
        self._database: sqlite3.Connection | None = None
        self._is_kept = not check_mode
        self._salt = b""
        if path is None:
            return
        with _history_errors():
            new = not os.path.exists(path) or os.path.getsize(path) == 0
            if new and check_mode:
                return
            if not new:
                _check_header(path)
            self._database = _opened(path, check_mode)
            try:
                self._begin(self._database, new, check_mode)
            except BaseException:
                self._database.close()
                raise

    def __enter__(self) -> History:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._database is not None:
            self._database.close()

    def _begin(self, database: sqlite3.Connection, new: bool, check_mode: bool) -> None:
        database.execute("BEGIN" if check_mode else "BEGIN IMMEDIATE")
        # Another audit may have begun it while this one waited.
        if new and _number(database, "user_version") == 0:
            for statement in filter(None, map(str.strip, _SCHEMA.split(";"))):
                database.execute(statement)
            database.execute("INSERT INTO salt VALUES (?)", (secrets.token_bytes(16),))
        if _number(database, "application_id") != APPLICATION_ID:
            raise HistoryError("is a database of another program, not a history of audits: set another file")
        version = _number(database, "user_version")
        if version != VERSION:
            raise HistoryError(f"has version {version} of the history, and this collection reads version {VERSION}")
        (self._salt,) = database.execute("SELECT value FROM salt").fetchone()
        if not check_mode:
            database.execute(_DRIFT)

    def keyed(self, login: Collection[str]) -> Keyed:
        """Return the comparison of URLs with passwords for the account with this login."""
        return Keyed(self._salt, login)

    def past(self, provider: str, account: str, devices: Iterable[Device], keyed: Keyed) -> dict[str, Seen]:
        """Return the earlier readings of the phones of an account, by MAC address."""
        if self._database is None:
            return {}
        with _history_errors():
            rows = self._database.execute(
                "SELECT mac, status, url, digest, seen_at FROM phones WHERE provider = ? AND account = ?",
                (provider, account),
            ).fetchall()
        stored = {mac: rest for mac, *rest in rows}
        found: dict[str, Seen] = {}
        for device in devices:
            if device.mac not in stored:
                continue
            status, url, digest, seen_at = stored[device.mac]
            if digest is None:
                found[device.mac] = Seen(Observation(status, url), seen_at, HISTORY)
                continue
            wanted = device.target.url if device.target else None
            met = wanted is not None and hmac.compare_digest(keyed.digest(wanted), digest)
            found[device.mac] = Seen(Observation(status), seen_at, HISTORY, met or None, url)
        return found

    def remember(
        self, provider: str, account: str, readings: Iterable[tuple[Device, Seen, bool | None]], keyed: Keyed
    ) -> None:
        """Store readings: the device, what was seen, and whether it points to the target in the list."""
        if self._database is None or not self._is_kept:
            return
        with _history_errors():
            self._database.executemany(
                "INSERT OR REPLACE INTO phones VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    (provider, account, device.mac, *_kept(device, seen.observation, met, keyed), seen.seen_at)
                    for device, seen, met in readings
                ),
            )

    def remember_drift(self, provider: str, account: str, drift: Drift, at: int) -> None:
        """Store the phones of an account that drifted at the time ``at``. Earlier ones keep their serial number."""
        if self._database is None or not self._is_kept:
            return
        with _history_errors():
            rows = self._database.execute(
                "SELECT mac, kind, url FROM drift WHERE provider = ? AND account = ?", (provider, account)
            )
            stored = {mac: (kind, url) for mac, kind, url in rows}
            left = [mac for mac in stored if drift.ended(mac)]
            same = [mac for mac, what in drift.phones.items() if stored.get(mac) == what]
            new = [(mac, *what) for mac, what in drift.phones.items() if stored.get(mac) != what]
            one = "provider = ? AND account = ? AND mac = ?"
            self._database.executemany(f"DELETE FROM drift WHERE {one}", ((provider, account, mac) for mac in left))
            self._database.executemany(
                f"UPDATE drift SET seen_at = ? WHERE {one}", ((at, provider, account, mac) for mac in same)
            )
            self._database.executemany(
                "INSERT OR REPLACE INTO drift (provider, account, mac, kind, url, since, seen_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                ((provider, account, *what, at, at) for what in new),
            )

    def runs(self, most: int) -> list[Run]:
        """Return at most ``most`` last runs, the oldest first."""
        if self._database is None:
            return []
        with _history_errors():
            columns = ", ".join(STATES)
            rows = self._database.execute(
                f"SELECT at, {columns} FROM runs ORDER BY at DESC LIMIT ?", (most,)
            ).fetchall()
        return [Run(at, dict(zip(STATES, counts, strict=True))) for at, *counts in reversed(rows)]

    def commit(self, run: Run) -> None:
        """Store this run and its readings, and delete everything older than ``KEPT_DAYS``."""
        if self._database is None or not self._is_kept:
            return
        with _history_errors():
            marks = ", ".join("?" * (len(STATES) + 1))
            values = (run.at, *(run.counts[state] for state in STATES))
            self._database.execute(f"INSERT OR REPLACE INTO runs VALUES ({marks})", values)
            oldest = run.at - KEPT_DAYS * DAY
            self._database.execute("DELETE FROM runs WHERE at < ?", (oldest,))
            self._database.execute("DELETE FROM phones WHERE seen_at < ?", (oldest,))
            self._database.execute("DELETE FROM drift WHERE seen_at < ?", (oldest,))
            self._database.execute("COMMIT")


def _kept(
    device: Device, seen: Observation, met: bool | None, keyed: Keyed
) -> tuple[str | None, str | None, bytes | None]:
    """Return what is stored of a reading: the status, the URL without a password, and the digest of a full URL."""
    if seen.status != REGISTERED or seen.url is None:
        return seen.status, None, None
    shown = without_userinfo(seen.url)
    if shown == seen.url:
        return seen.status, seen.url, None
    # Services normalize URLs in their own way, so the next audit compares the spelling of the list.
    wanted = device.target.url if met and device.target else None
    return seen.status, shown, keyed.digest(wanted or seen.url)


def _opened(path: str, check_mode: bool) -> sqlite3.Connection:
    if not check_mode:
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with contextlib.suppress(PermissionError):
            os.chmod(path, 0o600)
    address = f"file:{_quoted(os.path.abspath(path))}?mode={'ro' if check_mode else 'rw'}"
    return sqlite3.connect(address, uri=True, timeout=_WAIT, isolation_level=None)


def _quoted(path: str) -> str:
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _check_header(path: str) -> None:
    with open(path, "rb") as file:
        if file.read(len(_HEADER)) != _HEADER:
            raise HistoryError("is not a history of audits: set another file")


def _number(database: sqlite3.Connection, pragma: str) -> int:
    return int(database.execute(f"PRAGMA {pragma}").fetchone()[0])


@contextlib.contextmanager
def _history_errors() -> Iterator[None]:
    """Turn the errors of SQLite and the system into HistoryError."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise HistoryError("is in use by another audit: run again when that audit has ended") from None
        raise HistoryError(f"cannot be used: {error}") from None
    except sqlite3.Error as error:
        raise HistoryError(f"is damaged ({error}): restore it from a backup, or set another file") from None
    except OSError as error:
        raise HistoryError(f"cannot be used: {error.strerror or error}") from None
