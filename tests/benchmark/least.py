# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The least requests that the API of each service allows, for work that is done right."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

BATCH = 100
"""Phones in one call where a service names no limit: the option batch_size."""
MANY = 10**9
"""There is no limit."""
MOST = 1.3
"""The goal: at most this many times the least requests and the least time."""


class Requests(NamedTuple):
    """Numbers of requests: each of ``in_a_row`` waits for the one before, the others are sent several at a time."""

    in_a_row: int
    at_once: int

    @property
    def total(self) -> int:
        return sum(self)

    def seconds(self, latency: float, concurrency: int, rate: float | None = None) -> float:
        """Return the least seconds that they take, with at most ``rate`` requests a second."""
        by_latency = (self.in_a_row + ceil(self.at_once / concurrency)) * latency
        return max(by_latency, self.total / rate if rate else 0)


class Api(NamedTuple):
    """What calls a service has, to count its requests.

    ``page``, ``look``, ``bind`` and ``move`` are numbers of phones; 0 means that the service cannot. ``why``: the
    reasons, for the docs.
    """

    why: str
    start: int = 0
    """Requests before all others: for a token, or for what the answers refer to by ids."""
    ids: int = 0
    """Requests before phones are bound: for the ids of servers."""
    page: int = 0
    """Phones in a page of the account's list; the pages follow each other."""
    list_shows: bool = False
    """The list tells where each phone points."""
    look: int = 0
    """Phones that a call reads, if the list does not tell enough."""
    looks_show: bool = True
    """Such a call tells where a phone points. If nothing does, the moved phones alone are listed, with force."""
    elsewhere: int = 0
    """Calls to read a phone that the list does not show at its target."""
    missing: int = 0
    """Requests to make sure that a list without any of the phones is complete."""
    bind: int = 1
    move: int = 1
    """Phones that a call moves."""
    move_calls: int = 1
    """Calls to move those: 2 where a phone is released first, or read afterwards."""
    canary: int = 0
    """Reads after the first call to a named server, before the others follow: does it have the right URL?"""
    confirm: int = 0
    """Lists of the account after all writes, where answers prove nothing."""
    confirm_moves: int = 0
    """The same after moves alone."""
    rate: float | None = None
    """The most requests a second that the service takes."""

    @property
    def shows(self) -> bool:
        """Whether anything tells where a phone points."""
        return self.list_shows or (self.look > 0 and self.looks_show)

    def fresh(self, phones: int) -> Requests:
        """To bind phones that are not the account's, all to one target."""
        in_a_row = self.start + self.ids + min(self.page, 1) + self.missing + self.canary + self.confirm
        looks = 0 if self.page else ceil(phones / self.look)
        return Requests(in_a_row, looks + ceil(phones / self.bind))

    def again(self, phones: int) -> Requests:
        """To find that all of them point there, if the service tells that."""
        pages = ceil(phones / self.page) if self.page else 0
        looks = ceil(phones / self.look) if self.look and not self.list_shows else 0
        return Requests(self.start + pages, looks)

    def moved(self, phones: int, moved: int) -> Requests:
        """Return the requests that move ``moved`` of these phones."""
        seen = self.again(phones if self.shows else moved)
        after = self.canary + self.confirm + self.confirm_moves
        moves = ceil(moved / self.move) * self.move_calls
        return Requests(seen.in_a_row + self.ids + after, seen.at_once + self.elsewhere * moved + moves)


_HTEK = Api("Nothing tells where a phone points.", page=MANY, bind=BATCH, move=BATCH)
_SRAPS = Api(
    "The key's company, its links and the id of the setting come first. The list may leave settings out, so each phone "
    "is read. One PUT a phone.",
    start=3,
    page=1000,
    look=1,
)
_CHECKED = (
    "It has no list, so each phone is checked first: only that tells a registration from a move, and a register call "
    "may overwrite. A move is a release and a registration."
)

APIS = {
    "yealink": Api(
        "The list does not tell where phones point, so each is read.",
        page=MANY,
        look=1,
        bind=BATCH,
        move=BATCH,
        canary=1,
    ),
    "htek": _HTEK,
    "snom": Api(
        "Lists by model and URL tell which phones point there; the others are read. That a model's list is empty is "
        "confirmed by reading one phone, and moves by a list.",
        page=MANY,
        list_shows=True,
        elsewhere=1,
        missing=1,
        bind=BATCH,
        move=BATCH,
        confirm_moves=1,
    ),
    "yealink_ymcs": Api(
        "A token, pages of 500, the ids of servers, calls with 100 phones to add, one call a phone to move. At most 50 "
        "requests a second.",
        start=1,
        ids=1,
        page=500,
        list_shows=True,
        bind=100,
        canary=1,
        rate=50.0,
    ),
    "panasonic": Api(
        "The list does not tell where phones point, so each is read. A move is read back, as it is not known to "
        "replace the old URL.",
        page=MANY,
        look=1,
        move_calls=2,
    ),
    "snom_sraps": _SRAPS,
    "gigaset_grape": _SRAPS,
    "gigaset": Api(_CHECKED, look=1, looks_show=False, move_calls=2),
    "fanvil": Api(
        "Nothing tells where a phone points. No bulk call is known. A move is a release and a registration.",
        page=MANY,
        move_calls=2,
    ),
    "poly": Api(
        "Profiles are listed first, phones in pages of 50. The list may leave profiles out, so each phone is read. A "
        "move is a release and a registration.",
        start=1,
        page=50,
        look=1,
        move_calls=2,
        canary=1,
    ),
    "ale": Api(
        "A token, servers and profiles come first, and the account is listed again at the end, as answers prove "
        "nothing. A phone that is released for a move is registered at once, in a call of its own.",
        start=3,
        page=MANY,
        list_shows=True,
        bind=BATCH,
        move_calls=2,
        canary=1,
        confirm=1,
    ),
    "unify": Api("It has no list: 100 phones are read in a call. One PUT a phone.", look=100),
    "auerswald": Api(_CHECKED, look=1, looks_show=False, move_calls=2),
    "yealink_v1": Api(
        "Pages of 500, the ids of servers, calls with 100 phones.",
        ids=1,
        page=500,
        list_shows=True,
        bind=BATCH,
        move=BATCH,
        canary=1,
    ),
    "akuvox": _HTEK,
}
