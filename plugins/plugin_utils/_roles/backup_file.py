# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a backup, and validate every row, because somebody may have edited it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems
from ansible_collections.voip.rps.plugins.module_utils._pure.list_data import reader_of
from ansible_collections.voip.rps.plugins.module_utils._pure.list_file import opened
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import parse_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.model import REGISTERED, STATUSES
from ansible_collections.voip.rps.plugins.module_utils._pure.url import check_url
from ansible_collections.voip.rps.plugins.module_utils._pure.words import kind_of, shown

_TEXTS = ("provider", "account", "server", "current_url")
_MOST_TEXT = 2048


class Saved(NamedTuple):
    """One row of a backup, and its place for messages.

    ``server`` and ``url`` are empty if they were not known. ``own_url`` is None if it was not known whether the URL was
    the phone's own.
    """

    where: str
    mac: str
    provider: str
    account: str
    status: str
    server: str
    url: str
    own_url: bool | None

    @property
    def was_ours(self) -> bool:
        return self.status == REGISTERED


def read_backup(path: str, problems: Problems) -> list[Saved]:
    """Return the valid rows of a backup, and add every problem to ``problems``."""
    name = os.path.basename(path)
    reader = reader_of("backup.json")
    try:
        with opened(path) as file:
            rows = reader(file) if reader else []
    except ValueError as error:
        problems.append(Problem("invalid_input", path, f"{error}. Use a backup that a role of this collection wrote"))
        return []
    return list(_saved(name, rows, problems))


def _saved(name: str, rows: list[Any], problems: Problems) -> Iterator[Saved]:
    places: dict[str, str] = {}
    for position, row in enumerate(rows):
        where = f"{name}[{position}]"
        try:
            saved = _row(where, row)
        except _WrongRow as error:
            problems.append(Problem(error.code, where, str(error)))
            continue
        first = places.setdefault(saved.mac, where)
        if first == where:
            yield saved
        else:
            problems.append(Problem("repeated_mac", where, f"{saved.mac} is already in {first}"))


class _WrongRow(ValueError):
    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


def _row(where: str, row: Any) -> Saved:
    if not isinstance(row, Mapping):
        raise _WrongRow("invalid_input", f"is {kind_of(row)} instead of a row of a backup")
    try:
        mac = parse_mac(row.get("mac"))
    except ValueError as error:
        raise _WrongRow("invalid_mac", str(error)) from None
    provider, account, server, url = (_text(row, key) for key in _TEXTS)
    status = row.get("status")
    if not isinstance(status, str) or status not in STATUSES:
        words = shown(status) if isinstance(status, str) else kind_of(status)
        raise _WrongRow("invalid_input", f"status is {words} instead of {', '.join(STATUSES)}")
    own_url = row.get("own_url")
    if own_url is not None and not isinstance(own_url, bool):
        raise _WrongRow("invalid_input", f"own_url is {kind_of(own_url)} instead of true, false or null")
    if url:
        try:
            check_url(url)
        except ValueError as error:
            raise _WrongRow("invalid_url", f"current_url: {error}") from None
    return Saved(where, mac, provider, account, status, server, url, own_url)


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _WrongRow("invalid_input", f"{key} is {kind_of(value)} instead of text")
    if len(value) > _MOST_TEXT:
        raise _WrongRow("invalid_input", f"{key} has more than {_MOST_TEXT} characters")
    return value.strip()
