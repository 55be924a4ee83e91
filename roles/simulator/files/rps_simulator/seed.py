# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills the simulator: `{"accounts": [...], "servers": [...], "devices": [...]}`."""

from __future__ import annotations

from typing import Any

from .dialects import DIALECTS
from .mac import bare
from .state import State

_ACCOUNT = """
INSERT INTO accounts (name, password, provider) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET password = excluded.password WHERE password <> excluded.password
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


def seed(state: State, data: object) -> bool:
    """Add or bring up to date what `data` names, and leave the rest; all of it or, on an error, nothing.

    `accounts`: `{name, password, provider}`; `servers`: `{account, name, url}`; `devices`: `{account, mac, server?,
    url?}`, and `provider` for those whose account is null (nobody's), if there are accounts of several providers.
    A device with neither server nor URL is known and bound to nothing.
    Returns whether anything changed. Raises ValueError where `data` is wrong, naming the place, never a password.
    """
    if not isinstance(data, dict) or set(data) - {"accounts", "servers", "devices"}:
        raise ValueError("a seed must be an object with accounts, servers and devices")
    rows = {part: _rows(data, part) for part in ("accounts", "servers", "devices")}
    with state.transaction(write=True):
        changed = _accounts(state, rows["accounts"])
        providers = {str(name): str(provider) for name, provider in state.query("SELECT name, provider FROM accounts")}
        changed += _servers(state, rows["servers"], providers)
        changed += _devices(state, rows["devices"], providers)
        state.reload_accounts()
    return changed > 0


def _rows(data: dict[str, Any], part: str) -> list[dict[str, Any]]:
    rows = data.get(part) or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"{part} must be a list of objects")
    return rows


def _read(row: dict[str, Any], place: str, needed: tuple[str, ...], optional: tuple[str, ...] = ()) -> list[str | None]:
    """The row's values, in that order; optional ones that are left out, empty or null are None."""
    extra = set(row) - set(needed) - set(optional)
    if extra:
        raise ValueError(f"{place}: unknown: {', '.join(sorted(map(str, extra)))}")
    for name in needed:
        if not isinstance(row.get(name), str) or not row[name]:
            raise ValueError(f"{place}: {name} must be a text")
    for name in optional:
        if not isinstance(row.get(name), (str, type(None))):
            raise ValueError(f"{place}: {name} must be a text or null")
    return [row[name] for name in needed] + [row.get(name) or None for name in optional]


def _accounts(state: State, rows: list[dict[str, Any]]) -> int:
    values: list[tuple[object, ...]] = []
    known = {account.name: account.provider for account in state.accounts()}
    for number, row in enumerate(rows):
        name, password, provider = _read(row, f"accounts[{number}]", ("name", "password", "provider"))
        if provider not in DIALECTS:
            raise ValueError(f"accounts[{number}]: provider must be one of {', '.join(DIALECTS)}")
        if known.setdefault(str(name), str(provider)) != provider:
            raise ValueError(f"accounts[{number}]: {name} is an account of another provider")
        values.append((name, password, provider))
    return state.write(_ACCOUNT, values)


def _provider(providers: dict[str, str], account: str | None, place: str) -> str:
    if account not in providers:
        raise ValueError(f"{place}: no such account: {account}")
    return providers[account]


def _servers(state: State, rows: list[dict[str, Any]], providers: dict[str, str]) -> int:
    values: list[tuple[object, ...]] = []
    owners = {(p, name): account for p, name, account in state.query("SELECT provider, name, account FROM servers")}
    for number, row in enumerate(rows):
        account, name, url = _read(row, f"servers[{number}]", ("account", "name", "url"))
        provider = _provider(providers, account, f"servers[{number}]")
        if not DIALECTS[provider].named_servers:
            raise ValueError(f"servers[{number}]: {provider} has no named servers")
        if owners.setdefault((provider, name), account) != account:
            raise ValueError(f"servers[{number}]: another account has a server {name}")
        values.append((provider, name, account, url))
    return state.write(_SERVER, values)


def _devices(state: State, rows: list[dict[str, Any]], providers: dict[str, str]) -> int:
    values: list[tuple[object, ...]] = []
    servers = set(state.query("SELECT provider, name, account FROM servers"))
    only = set(providers.values())
    for number, row in enumerate(rows):
        place = f"devices[{number}]"
        given, account, server, url, provider = _read(row, place, ("mac",), ("account", "server", "url", "provider"))
        mac = bare(str(given))
        if mac is None:
            raise ValueError(f"{place}: {given} is no MAC address")
        if account is not None:
            provider = _provider(providers, account, place)
        elif provider is None and len(only) == 1:
            (provider,) = only
        if provider not in DIALECTS:
            raise ValueError(f"{place}: provider must be one of {', '.join(DIALECTS)}")
        if account is None and (server or url):
            raise ValueError(f"{place}: nobody's device has neither server nor url")
        if server is not None and (provider, server, account) not in servers:
            raise ValueError(f"{place}: {account} has no server {server}")
        values.append((provider, mac, account, server, url))
    return state.write(_DEVICE, values)
