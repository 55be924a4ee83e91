# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists that come in pages: all of their rows, the pages after the first at once, and never more than there can be."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Hashable, Iterable, NamedTuple, Sequence

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError

MOST_PAGES = 4000


class Page(NamedTuple):
    """The rows of one page, and how many the whole list has; None where the service does not say that."""

    rows: Sequence[Any]
    total: int | None


def all_rows(page: Callable[[int], Page], key: Callable[[Any], Hashable], workers: int) -> list[Any]:
    """Return the rows of all pages, each once.

    C(page) reads the one that begins after so many rows; C(key) tells rows apart; C(workers): the most pages that are
    read at once. Raises RpsError C(protocol_error) where a page repeats another or the list does not end, and what
    C(page) raises.
    """
    first = page(0)
    size = len(first.rows)
    rows = {key(row): row for row in first.rows}
    if first.total is None:
        _read_on(page, key, rows, size)
    elif size < first.total and size:
        if first.total > size * MOST_PAGES:
            raise RpsError("protocol_error", f"a list of {first.total} rows, {size} on a page, is too long")
        for one in _at_once(page, range(size, first.total, size), workers):
            _add(rows, key, one)
    elif not size and first.total:
        raise RpsError("protocol_error", f"a list of {first.total} rows has none on its first page")
    return list(rows.values())


def _read_on(page: Callable[[int], Page], key: Callable[[Any], Hashable], rows: dict[Hashable, Any], size: int) -> None:
    """Read page after page until one has fewer rows than the first."""
    last = skip = size
    while last and last >= size:
        if skip >= size * MOST_PAGES:
            raise RpsError("protocol_error", f"a list that does not end: it has more than {MOST_PAGES} pages")
        last = _add(rows, key, page(skip))
        skip += last


def _add(rows: dict[Hashable, Any], key: Callable[[Any], Hashable], page: Page) -> int:
    """Add the rows of a page, and return how many it has."""
    before = len(rows)
    for row in page.rows:
        rows.setdefault(key(row), row)
    if page.rows and len(rows) == before:
        raise RpsError("protocol_error", "a page of the list repeats what others have")
    return len(page.rows)


def _at_once(page: Callable[[int], Page], skips: Iterable[int], workers: int) -> list[Page]:
    places = list(skips)
    try:
        with ThreadPoolExecutor(min(workers, len(places))) as pool:
            return list(pool.map(page, places))
    except RuntimeError:
        # This machine may have no more threads.
        return [page(skip) for skip in places]
