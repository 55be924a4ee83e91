# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a seed: what a dialect's accounts have, how it is put into the tables, and how it is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from .state import Account, State


class Row(NamedTuple):
    """A row of a part: its place in the seed, its account (None if it has no owner), its provider, and its values."""

    place: str
    account: str | None
    provider: str
    values: dict[str, Any]


class Part(NamedTuple):
    """A part of a seed.

    `put(state, rows)` adds or updates rows inside a transaction, and returns the number of changed rows. It raises
    ValueError with the place of a wrong row.
    """

    words: str
    """The name of the rows in messages, as in "snom has no named servers"."""
    put: Callable[[State, Sequence[Row]], int]
    show: Callable[[State, Account], dict[str, Any]] | None = None
    """`show(state, account)` returns the rows of the account, by name or MAC address, inside a transaction."""
    nobodys: bool = False
    """Whether a row may have no owner, with an account of null."""


def read(row: Row, needed: tuple[str, ...], optional: tuple[str, ...] = ()) -> list[str | None]:
    """Return the values of the row, in the order of the names. Missing, empty and null values are None.

    `account` and `provider` are always allowed. Raise ValueError.
    """
    return texts(row.values, row.place, needed, optional, also=("account", "provider"))


def texts(
    values: dict[str, Any],
    place: str,
    needed: tuple[str, ...],
    optional: tuple[str, ...] = (),
    also: tuple[str, ...] = (),
) -> list[str | None]:
    """Do the same as `read` for any object. `also`: further keys that are allowed."""
    extra = set(values) - set(needed) - set(optional) - set(also)
    if extra:
        raise ValueError(f"{place}: unknown: {', '.join(sorted(map(str, extra)))}")
    for name in needed:
        if not isinstance(values.get(name), str) or not values[name]:
            raise ValueError(f"{place}: {name} must be a text")
    for name in optional:
        if not isinstance(values.get(name), (str, type(None))):
            raise ValueError(f"{place}: {name} must be a text or null")
    return [values[name] for name in needed] + [values.get(name) or None for name in optional]
