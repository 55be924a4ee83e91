# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A phone list: a CSV file or workbook with a header, as spreadsheets, portals and scripts write it."""

from __future__ import annotations

import os
from typing import Any, Iterator, Mapping

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems
from ansible_collections.voip.rps.plugins.module_utils._pure.list_columns import Row, columns_of, row_of
from ansible_collections.voip.rps.plugins.module_utils._pure.list_csv import LineError, csv_rows
from ansible_collections.voip.rps.plugins.module_utils._pure.list_data import reader_of
from ansible_collections.voip.rps.plugins.module_utils._pure.list_file import is_zip, lines_of, opened
from ansible_collections.voip.rps.plugins.module_utils._pure.words import shown
from ansible_collections.voip.rps.plugins.module_utils._pure.workbook import rows_of

EXTRA = "extra cells"


def phones_of(path: str | None, problems: Problems) -> Iterator[tuple[str, Row]]:
    """Yield each phone of a list with a description of its place; add to ``problems`` why a list cannot be read."""
    if path is None:
        problems.append(Problem("invalid_input", "", "neither a phone nor a phone list is given"))
        return
    name = os.path.basename(path)
    read_data = reader_of(path)
    try:
        if read_data is not None:
            with opened(path) as file:
                phones = read_data(file)
            for place, phone in enumerate(phones):
                where = f"{name}[{place}]"
                yield where, row_of(where, phone, problems)
            return
        for line, row in read_phone_list(path):
            yield f"{name} line {line}", row
    except LineError as error:
        problems.append(Problem("invalid_input", f"{name} line {error.line}", str(error)))
    except ValueError as error:
        problems.append(Problem("invalid_input", path, str(error)))


def read_phone_list(path: str) -> Iterator[tuple[int, Row]]:
    """Yield the line number of each phone, and its cells by our column names without surrounding space.

    Each row has all of our columns that the header has; lines without a filled cell are skipped. Filled cells beyond
    the header's columns are under ``EXTRA``. Raise ValueError, in words for the user, if the file cannot be read or is
    not a phone list; raise LineError if one of its lines is the cause.
    """
    with opened(path) as file:
        records = enumerate(rows_of(file), 1) if is_zip(file) else csv_rows(lines_of(file))
        try:
            yield from _phones(records)
        except OSError as error:
            raise ValueError(f"cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise ValueError("is text in an unknown encoding. In the spreadsheet, save it as CSV UTF-8") from None


def extra_problems(where: str, row: Mapping[str, Any]) -> Problems:
    """Return the error of a line that has filled cells beyond the header's columns, if it has any."""
    return [Problem("invalid_input", where, f"{row[EXTRA]} is beyond the header's columns")] if EXTRA in row else []


def _phones(records: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, Row]]:
    """Yield the phones of a list with their lines; ``records`` begin at the header, or at lines above it."""
    header = next((cells for _line, cells in records if _is_header(cells)), None)
    if header is None:
        raise ValueError("is empty. A phone list has a header, for example mac,server, and a line for each phone")
    columns = columns_of(header)
    width = len(columns)
    ours = [(column, place) for place, column in enumerate(columns) if column is not None]
    needed = ours[-1][1] + 1
    for line, cells in records:
        if len(cells) < needed:
            cells += [""] * (needed - len(cells))
        row: Row = {column: cells[place].strip() for column, place in ours}
        if not row["mac"] and not any(map(str.strip, cells)):
            continue
        if len(cells) > width:
            extra = [cell for cell in map(str.strip, cells[width:]) if cell]
            if extra:
                row[EXTRA] = ", ".join(map(shown, extra[:5]))
        yield line, row


def _is_header(cells: list[str]) -> bool:
    """Return whether cells are a header, and not a blank line or a comment above it."""
    filled = [cell for cell in map(str.strip, cells) if cell]
    return bool(filled) and (filled[0] == "#" or not filled[0].startswith("#"))
