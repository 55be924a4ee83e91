# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PBX's extensions and phones in the hands of its API client. MAC addresses are bare, in lower case."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from .state import Account, State

TABLES = """
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
"""
_PHONES = """
SELECT phones.id, mac, vendor, model, template_name, provisioning_method, rps_auth, extension, number, name
FROM phones LEFT JOIN extensions ON extensions.account = phones.account AND extensions.id = extension
WHERE phones.account = ?
"""
_WRITTEN = " || ':' || ".join(f"substr(mac, {start}, 2)" for start in range(1, 13, 2))
_PHONE_HAS = f"""
AND instr(lower({_WRITTEN} || char(10) || vendor || char(10) || model || char(10) || coalesce(number, 'Unassigned')
|| char(10) || coalesce(name, 'Unassigned')), lower(?)) > 0
"""
_EXTENSIONS = "SELECT id, number, name FROM extensions WHERE account = ? "
_EXTENSION_HAS = "AND instr(lower(number || char(10) || name), lower(?)) > 0 "


class Extension(NamedTuple):
    id: int
    number: str
    name: str


class Phone(NamedTuple):
    id: int
    mac: str
    vendor: str
    model: str
    template_name: str
    provisioning_method: str
    rps_auth: bool
    extension: Extension | None


class Page(NamedTuple):
    """A page of a list: its number, beginning with 1, its size in rows, and the column of its order."""

    number: int
    size: int
    order: str
    descending: bool


class Pbx:
    """The extensions and phones of a PBX. Call every method inside `State.transaction()`."""

    __slots__ = ("_account", "_state")

    def __init__(self, state: State, account: Account) -> None:
        self._state = state
        self._account = account.name

    def extensions(self, ids: Iterable[int]) -> dict[int, Extension]:
        """Return the existing extensions with these IDs, by ID."""
        rows = self._state.query(
            _EXTENSIONS + "AND id IN (SELECT value FROM json_each(?))", (self._account, json.dumps(list(ids)))
        )
        return {row[0]: Extension(*row) for row in rows}

    def search_extensions(self, text: str, page: Page) -> tuple[int, list[Extension]]:
        """Return how many extensions have this text in their number or name, in either case, and a page of them."""
        total, rows = self._search(_EXTENSIONS, _EXTENSION_HAS, text, page)
        return total, [Extension(*row) for row in rows]

    def search_phones(self, text: str, page: Page) -> tuple[int, list[Phone]]:
        """Return how many phones have this text in a column of the list, in either case, and a page of them."""
        total, rows = self._search(_PHONES, _PHONE_HAS, text, page)
        return total, [_phone(row) for row in rows]

    def _search(self, sql: str, has: str, text: str, page: Page) -> tuple[int, list[tuple[Any, ...]]]:
        values = (self._account, text) if text else (self._account,)
        sql += has if text else ""
        ((total,),) = self._state.query(f"SELECT count(*) FROM ({sql})", values)
        order = f"{page.order} {'DESC' if page.descending else 'ASC'}, 1"
        rows = self._state.query(
            f"{sql} ORDER BY {order} LIMIT ? OFFSET ?", (*values, page.size, (page.number - 1) * page.size)
        )
        return total, rows

    def phones(self) -> list[Phone]:
        """Return all phones, in the order of their IDs."""
        return [_phone(row) for row in self._state.query(_PHONES + "ORDER BY phones.id", (self._account,))]

    def find(self, ids: Iterable[int]) -> dict[int, Phone]:
        """Return the existing phones with these IDs, by ID."""
        rows = self._state.query(
            _PHONES + "AND phones.id IN (SELECT value FROM json_each(?))", (self._account, json.dumps(list(ids)))
        )
        return {row[0]: _phone(row) for row in rows}

    def known(self, macs: Iterable[str]) -> set[str]:
        """Return those of these MAC addresses that the PBX has."""
        rows = self._state.query(
            "SELECT mac FROM phones WHERE account = ? AND mac IN (SELECT value FROM json_each(?))",
            (self._account, json.dumps(list(macs))),
        )
        return {mac for (mac,) in rows}

    def phones_per_extension(self) -> dict[int, int]:
        """Return the number of phones of each extension that has phones, by its ID."""
        rows = self._state.query(
            "SELECT extension, count(*) FROM phones WHERE account = ? AND extension IS NOT NULL GROUP BY extension",
            (self._account,),
        )
        return dict(rows)

    def add(
        self, phones: Iterable[tuple[str, int]], vendor: str, model: str, template: str, method: str, auth: bool
    ) -> None:
        """Add phones, each a pair of a MAC address and the ID of its extension."""
        self._state.write(
            "INSERT INTO phones (account, mac, vendor, model, template_name, provisioning_method, rps_auth, extension)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            ((self._account, mac, vendor, model, template, method, auth, extension) for mac, extension in phones),
        )

    def assign(self, phones: Iterable[tuple[int, int]]) -> None:
        """Assign other extensions. Each pair has the ID of a phone and the ID of an extension."""
        self._state.write(
            "UPDATE phones SET extension = ? WHERE account = ? AND id = ?",
            ((extension, self._account, phone) for phone, extension in phones),
        )

    def remove(self, ids: Iterable[int]) -> None:
        self._state.write("DELETE FROM phones WHERE account = ? AND id = ?", ((self._account, phone) for phone in ids))


def _phone(row: tuple[Any, ...]) -> Phone:
    extension = None if row[8] is None else Extension(*row[7:])
    return Phone._make([*row[:6], bool(row[6]), extension])
