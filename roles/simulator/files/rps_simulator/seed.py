# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What accounts have before the first call: a JSON object with lists of them and of each part that a dialect has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .dialect import Dialect
from .parts import Part, Row, texts
from .state import State

_ACCOUNTS = "accounts"
_ACCOUNT = """
INSERT INTO accounts (name, password, provider) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET password = excluded.password WHERE password <> excluded.password
"""


def seed(state: State, dialects: Mapping[str, Dialect], data: object) -> bool:
    """Add or update everything in `data`, and keep everything else. If there is an error, change nothing.

    `accounts`: `{name, password, provider}`. The rows of other parts name their `account`. Return whether anything
    changed. Raise ValueError if `data` is wrong, with the place but without passwords.
    """
    parts = part_names(dialects)
    if not isinstance(data, dict) or set(data) - {_ACCOUNTS, *parts}:
        raise ValueError(f"a seed must be an object with some of {', '.join([_ACCOUNTS, *parts])}")
    rows = {name: _rows(data, name) for name in [_ACCOUNTS, *parts]}
    with state.transaction(write=True):
        changed = _put_accounts(state, dialects, rows[_ACCOUNTS])
        providers = {str(name): str(provider) for name, provider in state.query("SELECT name, provider FROM accounts")}
        for name in parts:
            groups: dict[Part, list[Row]] = {}
            for number, values in enumerate(rows[name]):
                row = _row(f"{name}[{number}]", name, values, providers, dialects)
                groups.setdefault(dialects[row.provider].parts[name], []).append(row)
            changed += sum(part.put(state, group) for part, group in groups.items())
        state.reload_accounts()
    return changed > 0


def part_names(dialects: Mapping[str, Dialect]) -> list[str]:
    """Return the names of the parts of the dialects, each once."""
    return list(dict.fromkeys(name for dialect in dialects.values() for name in dialect.parts))


def _rows(data: dict[str, Any], part: str) -> list[dict[str, Any]]:
    rows = data.get(part) or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"{part} must be a list of objects")
    return rows


def _put_accounts(state: State, dialects: Mapping[str, Dialect], rows: list[dict[str, Any]]) -> int:
    values: list[tuple[object, ...]] = []
    known = {account.name: account.provider for account in state.accounts()}
    for number, row in enumerate(rows):
        name, password, provider = texts(row, f"{_ACCOUNTS}[{number}]", ("name", "password", "provider"))
        if provider not in dialects:
            raise ValueError(f"{_ACCOUNTS}[{number}]: provider must be one of {', '.join(dialects)}")
        if known.setdefault(str(name), str(provider)) != provider:
            raise ValueError(f"{_ACCOUNTS}[{number}]: {name} is an account of another provider")
        values.append((name, password, provider))
    return state.write(_ACCOUNT, values)


def _row(
    place: str, part: str, values: dict[str, Any], providers: Mapping[str, str], dialects: Mapping[str, Dialect]
) -> Row:
    """Return a row of a part with its account. Raise ValueError if accounts of its provider do not have this part."""
    free = [name for name, dialect in dialects.items() if part in dialect.parts and dialect.parts[part].nobodys]
    account = values.get("account") or None
    if not isinstance(account, str) and (account is not None or not free):
        raise ValueError(f"{place}: account must be a text{' or null' if free else ''}")
    if account is not None:
        if account not in providers:
            raise ValueError(f"{place}: no such account: {account}")
        provider = providers[account]
        if part not in dialects[provider].parts:
            words = next(dialect.parts[part].words for dialect in dialects.values() if part in dialect.parts)
            raise ValueError(f"{place}: {provider} has no {words}")
    else:
        provider = str(values.get("provider") or _only(set(providers.values()).intersection(free)))
        if provider not in free:
            raise ValueError(f"{place}: provider must be one of {', '.join(free)}")
    return Row(place, account, provider, dict(values))


def _only(values: set[str]) -> str | None:
    return next(iter(values)) if len(values) == 1 else None
