# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a seed: what a dialect's accounts have, how it is put into the tables, and how it is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from .state import Account, State


class Row(NamedTuple):
    """A row of a part: where it stands in the seed, whose it is (None: nobody's), of which provider, and all of it."""

    place: str
    account: str | None
    provider: str
    values: dict[str, Any]


class Part(NamedTuple):
    """`put(state, rows)` adds rows or brings them up to date, inside a transaction, and returns how many it changed.

    It raises ValueError, naming the place, where one is wrong.
    """

    words: str
    """What the rows are, as in "snom has no named servers"."""
    put: Callable[[State, Sequence[Row]], int]
    show: Callable[[State, Account], dict[str, Any]] | None = None
    """`show(state, account)` returns what the account has of it, by name or bare MAC address, inside a transaction."""
    nobodys: bool = False
    """Whether a row may be nobody's: with an account of null."""


def read(row: Row, needed: tuple[str, ...], optional: tuple[str, ...] = ()) -> list[str | None]:
    """The row's values, in that order; optional ones that are left out, empty or null are None. Raise ValueError.

    `account` and `provider` need not be named.
    """
    return texts(row.values, row.place, needed, optional, also=("account", "provider"))


def texts(
    values: dict[str, Any],
    place: str,
    needed: tuple[str, ...],
    optional: tuple[str, ...] = (),
    also: tuple[str, ...] = (),
) -> list[str | None]:
    """As `read`, of an object of which nothing is known; keys `also` may be there."""
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
