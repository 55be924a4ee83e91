# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read lists that have several pages: concurrently after the first page, and within a limit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Hashable, Iterable, NamedTuple, Sequence

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError

MOST_PAGES = 4000


class Page(NamedTuple):
    """The rows of one page, and the length of the whole list; None if the service does not report it."""

    rows: Sequence[Any]
    total: int | None


def all_rows(page: Callable[[int], Page], key: Callable[[Any], Hashable], workers: int) -> list[Any]:
    """Return the rows of all pages, once each.

    ``page`` reads the page after the given number of rows; ``key`` identifies a row; ``workers``: the most pages
    to read at once. Raise RpsError ``protocol_error`` if a page repeats another or the list does not end, and raise the
    errors of ``page``.
    """
    first = page(0)
    size = len(first.rows)
    rows = {key(row): row for row in first.rows}
    if first.total is None:
        _read_on(page, key, rows, size)
    elif size < first.total and size:
        if first.total > size * MOST_PAGES:
            raise RpsError("protocol_error", f"a list of {first.total} rows with {size} on each page is too long")
        for one in _at_once(page, range(size, first.total, size), workers):
            _add(rows, key, one)
    elif not size and first.total:
        raise RpsError("protocol_error", f"a list of {first.total} rows has no rows on its first page")
    return list(rows.values())


def _read_on(page: Callable[[int], Page], key: Callable[[Any], Hashable], rows: dict[Hashable, Any], size: int) -> None:
    """Read pages one after the other until one has fewer rows than the first."""
    last = skip = size
    while last and last >= size:
        if skip >= size * MOST_PAGES:
            raise RpsError("protocol_error", f"a list that does not end: it has more than {MOST_PAGES} pages")
        last = _add(rows, key, page(skip))
        skip += last


def _add(rows: dict[Hashable, Any], key: Callable[[Any], Hashable], page: Page) -> int:
    """Add the rows of a page, and return their number."""
    before = len(rows)
    for row in page.rows:
        rows.setdefault(key(row), row)
    if page.rows and len(rows) == before:
        raise RpsError("protocol_error", "a page of the list repeats rows of other pages")
    return len(page.rows)


def _at_once(page: Callable[[int], Page], skips: Iterable[int], workers: int) -> list[Page]:
    places = list(skips)
    try:
        with ThreadPoolExecutor(min(workers, len(places))) as pool:
            return list(pool.map(page, places))
    except RuntimeError:
        # This machine may not allow more threads.
        return [page(skip) for skip in places]
