# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Strict CSV: a quote that is never closed is an error, so that it cannot hide the rows after it."""

from __future__ import annotations

import csv
import re
from itertools import chain
from typing import Iterator, Sequence

from ansible_collections.voip.rps.plugins.module_utils._pure.list_columns import column_of
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import is_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.words import shown

SEPARATORS = ",;\t"

_SEP_LINE = re.compile(r'"?sep=(\\t|.)"?[,;\t]*', re.IGNORECASE)
_MAC_SEPARATORS = str.maketrans("", "", "-:. ")
_HEX = frozenset("0123456789abcdefABCDEF")


class LineError(ValueError):
    """An error that makes a list unreadable, and the ``line`` that has it."""

    def __init__(self, line: int, words: str) -> None:
        super().__init__(words)
        self.line = line


def csv_rows(lines: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a CSV text, beginning with the header, each with the number of its first line.

    ``lines`` end in a line feed. Blank lines, comments (``#``) and Excel's ``sep=;`` may come before the header. The
    separator is the one that ``sep=`` names, or the comma, semicolon or tab that gives the best header.
    Raise LineError if quotes do not match, or if a cell of several lines seems to contain other rows.
    """
    above, header, separator = _header(lines)
    if not header:
        return
    swallowed = _Swallowed(header, separator)
    reader = csv.reader(chain([header], lines), delimiter=separator, skipinitialspace=True, strict=True)
    line = above + 1
    try:
        for cells in reader:
            end = above + reader.line_num
            if end != line and swallowed.within(cells):
                raise LineError(
                    line,
                    f"a quote is not closed: its cell goes on to line {end} and holds what looks like other rows. "
                    "Close the quote, or write the cell in one line",
                )
            yield line, cells
            line = end + 1
    except csv.Error:
        raise LineError(line, _why(line, above + reader.line_num)) from None


def _why(line: int, end: int) -> str:
    if line == end:
        return (
            "a quote is not closed, text follows a closing quote, or a cell is too long. In a quoted cell, write a "
            'quote twice, as in "19"" rack"'
        )
    return f"a quote is not closed: its cell goes on to line {end}. Close the quote"


def _header(lines: Iterator[str]) -> tuple[int, str, str]:
    """Return the number of lines above the header, the header's first line, and the separator."""
    separator = ""
    for above, line in enumerate(lines):
        text = line.strip()
        named = _SEP_LINE.fullmatch(line.rstrip("\n"))
        if named:
            separator = named[1].replace("\\t", "\t")
            if separator not in SEPARATORS:
                raise LineError(above + 1, f"separator {shown(separator)}: use a comma, a semicolon or a tab")
        elif text.strip(SEPARATORS + '" ') and not _is_comment(text):
            return above, line, separator or max(SEPARATORS, key=lambda one: _fitness(line, one))
    return 0, "", SEPARATORS[0]


def _is_comment(text: str) -> bool:
    """Return whether a line above the rows is a comment. The first column of a header may also be called ``#``."""
    if not text.lstrip('"').startswith("#"):
        return False
    return not any(_cells(text, one)[0] == "#" and _fitness(text, one)[0] for one in SEPARATORS)


def _fitness(header: str, separator: str) -> tuple[bool, int]:
    cells = _cells(header, separator)
    return any(column_of(cell) == "mac" for cell in cells), len(cells)


def _cells(line: str, separator: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator, skipinitialspace=True), [""])]


class _Swallowed:
    """Finds rows inside a row of several lines: those between an unclosed quote and the next quote.

    A line of a cell is such a row if one of its parts is a MAC address, if a misspelt one is in the column mac, or if
    it has exactly as many parts as the header, and at least four. The row with the next quote continues in the cells
    after it, with its MAC address in the column mac.
    """

    def __init__(self, header: str, separator: str) -> None:
        columns = [column_of(cell) for cell in _cells(header, separator)]
        self._separator = separator
        self._width = len(columns)
        self._mac = columns.index("mac") if "mac" in columns else -1

    def within(self, cells: Sequence[str]) -> bool:
        """Return whether a row of several lines contains other rows."""
        for place, cell in enumerate(cells):
            lines = [line.split(self._separator) for line in cell.split("\n")]
            if len(lines) == 1 or (place == self._mac and is_mac(cell)):
                continue
            if any(self._is_row(parts, 0 if number else place) for number, parts in enumerate(lines)):
                return True
            last = place + self._mac - (len(lines[-1]) - 1)
            if place < last < len(cells) and last != self._mac and _is_meant_as_mac(cells[last]):
                return True
        return False

    def _is_row(self, parts: Sequence[str], first: int) -> bool:
        if any(is_mac(part.strip('" ')) for part in parts) or (first == 0 and len(parts) == self._width >= 4):
            return True
        mac = self._mac - first
        return len(parts) > 1 and 0 <= mac < len(parts) and _is_meant_as_mac(parts[mac])


def _is_meant_as_mac(text: str) -> bool:
    """Return whether text is a MAC address, or nearly one: 8 to 16 characters, at least 8 of them hex digits."""
    digits = text.strip().translate(_MAC_SEPARATORS)
    return (
        8 <= len(digits) <= 16
        and digits.isalnum()
        and sum(map(_HEX.__contains__, digits)) >= 8
        and sum(map(str.isdigit, digits)) >= 4
    )
