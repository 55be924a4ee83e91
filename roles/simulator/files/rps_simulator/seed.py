# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills the simulator: an object with lists of `accounts`, `servers`, `devices`, `extensions` and `phones`."""

from __future__ import annotations

from itertools import count
from typing import Any

from .dialects import DIALECTS
from .dialects.yeastar import PHONES_PER_EXTENSION
from .dialects.yeastar_models import VENDORS
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
_EXTENSION = """
INSERT INTO extensions (account, id, number, name) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET name = excluded.name WHERE name <> excluded.name
"""
_PHONE = """
INSERT INTO phones (account, mac, vendor, model, template_name, provisioning_method, rps_auth, extension)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET vendor = excluded.vendor, model = excluded.model, template_name = excluded.template_name,
    provisioning_method = excluded.provisioning_method, rps_auth = excluded.rps_auth, extension = excluded.extension
WHERE (vendor, model, template_name, provisioning_method, rps_auth, extension) IS NOT (excluded.vendor, excluded.model,
    excluded.template_name, excluded.provisioning_method, excluded.rps_auth, excluded.extension)
"""
_CROWDED = """
SELECT number FROM phones JOIN extensions ON extensions.account = phones.account AND extensions.id = extension
GROUP BY phones.account, extension HAVING count(*) > ?
"""
_PARTS = {
    "accounts": "accounts",
    "servers": "named servers",
    "devices": "devices to redirect",
    "extensions": "extensions",
    "phones": "phones of a PBX",
}


def seed(state: State, data: object) -> bool:
    """Add or bring up to date what `data` names, and leave the rest; all of it or, on an error, nothing.

    `accounts`: `{name, password, provider}`; `servers`: `{account, name, url}`; `devices`: `{account, mac, server?,
    url?}`, and `provider` for those whose account is null (nobody's), if there are accounts of several providers.
    A device with neither server nor URL is known and bound to nothing.
    Of a PBX, `extensions`: `{account, number, name?, id?}`, where the id of one that is there cannot be changed, and
    `phones`: `{account, mac, vendor, model, template_name, extension?: a number, rps_auth?: a boolean}`.
    Returns whether anything changed. Raises ValueError where `data` is wrong, naming the place, never a password.
    """
    if not isinstance(data, dict) or set(data) - set(_PARTS):
        raise ValueError(f"a seed must be an object with some of {', '.join(_PARTS)}")
    rows = {part: _rows(data, part) for part in _PARTS}
    with state.transaction(write=True):
        changed = _accounts(state, rows["accounts"])
        providers = {str(name): str(provider) for name, provider in state.query("SELECT name, provider FROM accounts")}
        changed += _servers(state, rows["servers"], providers)
        changed += _devices(state, rows["devices"], providers)
        changed += _extensions(state, rows["extensions"], providers)
        changed += _phones(state, rows["phones"], providers)
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
    """The account's provider. Raises ValueError where its accounts have no such part as `place` begins with."""
    if account not in providers:
        raise ValueError(f"{place}: no such account: {account}")
    provider = providers[account]
    part = place.partition("[")[0]
    if part not in DIALECTS[provider].seeds:
        raise ValueError(f"{place}: {provider} has no {_PARTS[part]}")
    return provider


def _servers(state: State, rows: list[dict[str, Any]], providers: dict[str, str]) -> int:
    values: list[tuple[object, ...]] = []
    owners = {(p, name): account for p, name, account in state.query("SELECT provider, name, account FROM servers")}
    for number, row in enumerate(rows):
        account, name, url = _read(row, f"servers[{number}]", ("account", "name", "url"))
        provider = _provider(providers, account, f"servers[{number}]")
        if owners.setdefault((provider, name), account) != account:
            raise ValueError(f"servers[{number}]: another account has a server {name}")
        values.append((provider, name, account, url))
    return state.write(_SERVER, values)


def _devices(state: State, rows: list[dict[str, Any]], providers: dict[str, str]) -> int:
    values: list[tuple[object, ...]] = []
    servers = set(state.query("SELECT provider, name, account FROM servers"))
    only = {provider for provider in providers.values() if "devices" in DIALECTS[provider].seeds}
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
        if provider not in DIALECTS or "devices" not in DIALECTS[provider].seeds:
            redirecting = [name for name, dialect in DIALECTS.items() if "devices" in dialect.seeds]
            raise ValueError(f"{place}: provider must be one of {', '.join(redirecting)}")
        if account is None and (server or url):
            raise ValueError(f"{place}: nobody's device has neither server nor url")
        if server is not None and (provider, server, account) not in servers:
            raise ValueError(f"{place}: {account} has no server {server}")
        values.append((provider, mac, account, server, url))
    return state.write(_DEVICE, values)


def _extensions(state: State, rows: list[dict[str, Any]], providers: dict[str, str]) -> int:
    values: list[tuple[object, ...]] = []
    keys = _extension_ids(state)
    free: dict[str | None, count[int]] = {account: count(1) for account in providers}
    used = {(account, key) for (account, _number), key in keys.items()}
    for index, row in enumerate(rows):
        place = f"extensions[{index}]"
        wanted = row.get("id")
        whole = isinstance(wanted, int) and not isinstance(wanted, bool)
        if wanted is not None and not (whole and 0 < wanted < 2**31):
            raise ValueError(f"{place}: id must be a whole number from 1 up, or null")
        texts = {name: value for name, value in row.items() if name != "id"}
        account, number, name = _read(texts, place, ("account", "number"), ("name",))
        _provider(providers, account, place)
        if (account, number) not in keys:
            if (account, wanted) in used:
                raise ValueError(f"{place}: another extension has the id {wanted}")
            keys[account, number] = wanted or next(key for key in free[account] if (account, key) not in used)
            used.add((account, keys[account, number]))
        key = keys[account, number]
        if wanted not in (None, key):
            raise ValueError(f"{place}: {number} has the id {key}")
        values.append((account, key, number, name or number))
    return state.write(_EXTENSION, values)


def _extension_ids(state: State) -> dict[tuple[str | None, str | None], int]:
    """By account and number."""
    rows = state.query("SELECT account, number, id FROM extensions")
    return {(account, number): key for account, number, key in rows}


def _phones(state: State, rows: list[dict[str, Any]], providers: dict[str, str]) -> int:
    values: list[tuple[object, ...]] = []
    extensions = _extension_ids(state)
    for index, row in enumerate(rows):
        place = f"phones[{index}]"
        auth = row.get("rps_auth", False)
        if not isinstance(auth, bool):
            raise ValueError(f"{place}: rps_auth must be true or false")
        texts = {key: value for key, value in row.items() if key != "rps_auth"}
        account, given, vendor, model, template, extension = _read(
            texts, place, ("account", "mac", "vendor", "model", "template_name"), ("extension",)
        )
        _provider(providers, account, place)
        mac = bare(str(given))
        if mac is None:
            raise ValueError(f"{place}: {given} is no MAC address")
        if vendor not in VENDORS or model not in VENDORS[vendor].models:
            raise ValueError(f"{place}: no such vendor and model: {vendor} {model}")
        if template not in VENDORS[vendor].models[model].templates:
            raise ValueError(f"{place}: {model} has no template {template}")
        if extension is not None and (account, extension) not in extensions:
            raise ValueError(f"{place}: {account} has no extension {extension}")
        method = VENDORS[vendor].methods[0]
        values.append((account, mac, vendor, model, template, method, auth, extensions.get((account, extension))))
    changed = state.write(_PHONE, values)
    for (number,) in state.query(_CROWDED, (PHONES_PER_EXTENSION,)):
        raise ValueError(f"phones: extension {number} has more than {PHONES_PER_EXTENSION} phones")
    return changed
