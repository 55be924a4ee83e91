# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Named servers, and devices that are bound to them or to URLs: what redirection services hold, and its seed."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from .mac import bare
from .parts import Part, Row, read
from .state import Account, State

TABLES = """
CREATE TABLE IF NOT EXISTS servers (
    provider TEXT NOT NULL, name TEXT NOT NULL, account TEXT NOT NULL, url TEXT NOT NULL, PRIMARY KEY (provider, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS devices (
    provider TEXT NOT NULL, mac TEXT NOT NULL, account TEXT, server TEXT, url TEXT, PRIMARY KEY (provider, mac)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS registered ON devices (account, mac) WHERE server IS NOT NULL OR url IS NOT NULL;
"""
_SERVER = """
INSERT INTO servers (provider, name, account, url) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET url = excluded.url WHERE url <> excluded.url
"""
_DEVICE = """
INSERT INTO devices (provider, mac, account, server, url) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET account = excluded.account, server = excluded.server, url = excluded.url
WHERE (account, server, url) IS NOT (excluded.account, excluded.server, excluded.url)
"""


class Device(NamedTuple):
    """A device that a provider knows: its account and its binding."""

    account: str | None
    server: str | None
    url: str | None

    @property
    def bound(self) -> bool:
        return self.server is not None or self.url is not None


class Records:
    """The servers and devices of a provider, as one account sees them. MAC addresses have 12 lower-case hex digits.

    `vendors`: the providers of each vendor prefix, which may be none.
    """

    __slots__ = ("_state", "_vendors", "account", "provider")

    def __init__(self, state: State, account: Account, vendors: Mapping[str, Collection[str]] | None = None) -> None:
        self._state = state
        self._vendors = vendors or {}
        self.account = account.name
        self.provider = account.provider

    def foreign(self, mac: str) -> bool:
        """Return whether the vendor prefix of a MAC address is known to belong to another vendor."""
        known = [self._vendors[mac[:digits]] for digits in (6, 7, 9) if mac[:digits] in self._vendors]
        return bool(known) and not any(self.provider in providers for providers in known)

    def find(self, macs: Iterable[str]) -> dict[str, Device]:
        """Return the devices among `macs` that the provider knows, of any account."""
        rows = self._state.query(
            "SELECT mac, account, server, url FROM devices"
            " WHERE provider = ? AND mac IN (SELECT value FROM json_each(?))",
            (self.provider, json.dumps(list(macs))),
        )
        return {str(mac): Device(account, server, url) for mac, account, server, url in rows}

    def registered(self) -> list[str]:
        """Return the devices of the account that are bound to a server or URL, sorted."""
        rows = self._state.query(
            "SELECT mac FROM devices WHERE account = ? AND (server IS NOT NULL OR url IS NOT NULL) ORDER BY mac",
            (self.account,),
        )
        return [str(mac) for (mac,) in rows]

    def owned(self, url: str | None) -> list[str]:
        """Return the devices of the account, sorted. With a `url`, only those that have it as their own URL."""
        rows = self._state.query(
            "SELECT mac FROM devices WHERE provider = ? AND account = ? AND url IS coalesce(?, url) ORDER BY mac",
            (self.provider, self.account, url),
        )
        return [str(mac) for (mac,) in rows]

    def bind(self, macs: Iterable[str], server: str, url: str) -> None:
        """Register `macs` with the account, bound only to this server and URL. Either may be empty."""
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
        """Return the URL of the account's server with this name, or None if it does not exist."""
        rows = self._state.query(
            "SELECT url FROM servers WHERE provider = ? AND name = ? AND account = ?",
            (self.provider, name, self.account),
        )
        return rows[0][0] if rows else None

    def add_server(self, name: str, url: str) -> bool:
        """Add a server. Return False if any account of the provider has a server with this name."""
        added = self._state.write(
            "INSERT OR IGNORE INTO servers (provider, name, account, url) VALUES (?, ?, ?, ?)",
            [(self.provider, name, self.account, url)],
        )
        return added == 1

    def delete_server(self, name: str) -> None:
        """Delete the account's server with this name."""
        self._state.write(
            "DELETE FROM servers WHERE provider = ? AND name = ? AND account = ?", [(self.provider, name, self.account)]
        )

    def devices(self) -> dict[str, dict[str, str | None]]:
        """Return all devices of the account: `{mac: {"server", "url": the effective one, "own_url"}}`."""
        rows = self._state.query(
            "SELECT mac, server, coalesce(devices.url, servers.url), devices.url FROM devices"
            " LEFT JOIN servers ON servers.provider = devices.provider AND servers.name = server"
            " WHERE devices.provider = ? AND devices.account = ? ORDER BY mac",
            (self.provider, self.account),
        )
        return {str(mac): {"server": server, "url": url, "own_url": own_url} for mac, server, url, own_url in rows}

    def servers(self) -> dict[str, str | None]:
        """Return the URLs of the account's servers, by name."""
        rows = self._state.query(
            "SELECT name, url FROM servers WHERE provider = ? AND account = ? ORDER BY name",
            (self.provider, self.account),
        )
        return {str(name): url for name, url in rows}


def _put_servers(state: State, rows: Sequence[Row]) -> int:
    values: list[tuple[object, ...]] = []
    owners = {(p, name): account for p, name, account in state.query("SELECT provider, name, account FROM servers")}
    for row in rows:
        name, url = read(row, ("name", "url"))
        if owners.setdefault((row.provider, name), row.account) != row.account:
            raise ValueError(f"{row.place}: another account has a server {name}")
        values.append((row.provider, name, row.account, url))
    return state.write(_SERVER, values)


def _put_devices(state: State, rows: Sequence[Row]) -> int:
    values: list[tuple[object, ...]] = []
    servers = set(state.query("SELECT provider, name, account FROM servers"))
    for row in rows:
        given, server, url = read(row, ("mac",), ("server", "url"))
        mac = bare(str(given))
        if mac is None:
            raise ValueError(f"{row.place}: {given} is not a MAC address")
        if row.account is None and (server or url):
            raise ValueError(f"{row.place}: a device without an account must not have a server or url")
        if server is not None and (row.provider, server, row.account) not in servers:
            raise ValueError(f"{row.place}: {row.account} has no server {server}")
        values.append((row.provider, mac, row.account, server, url))
    return state.write(_DEVICE, values)


SERVERS = Part("named servers", _put_servers, lambda state, account: Records(state, account).servers())
"""Rows `{account, name, url}`."""
DEVICES = Part(
    "devices to redirect", _put_devices, lambda state, account: Records(state, account).devices(), nobodys=True
)
"""Rows `{account, mac, server?, url?}`, with `provider` if the account is null and accounts have several providers. A
device with neither server nor URL is known, but not registered."""
