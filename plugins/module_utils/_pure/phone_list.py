# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A phone list: a CSV file with a header, as spreadsheets and scripts write it."""

from __future__ import annotations

import csv
import os
from typing import Any, Iterator, Mapping

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems

SEPARATORS = ",;\t"
EXTRA = "extra cells"


def read_phone_list(path: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each phone's line number and its cells by column name, both without the space around them.

    Separators are comma, semicolon or tab, whichever the header has most of; lines with no cell filled are passed over.
    Filled cells beyond the header's columns are under C(EXTRA).
    Raises ValueError, in words for the user, where the file cannot be read or is no phone list.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            header = file.readline()
            columns = _columns(header)
            separator = _separator(header)
            for cells in (reader := csv.reader(file, delimiter=separator)):
                values = [cell.strip() for cell in cells]
                if not any(values):
                    continue
                line = reader.line_num + 1
                row = {**dict.fromkeys(columns, ""), **dict(zip(columns, values))}
                if any(values[len(columns) :]):
                    row[EXTRA] = ", ".join(values[len(columns) :])
                yield line, row
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8 text") from None
    except csv.Error as error:
        raise ValueError(f"is not CSV: {error}") from None


def phones_of(path: str | None, problems: Problems) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each phone of a list, and in words where it stands; adds to C(problems) why the list cannot be read."""
    if path is None:
        problems.append(Problem("invalid_input", "", "neither a phone nor a phone list is named"))
        return
    name = os.path.basename(path)
    try:
        for line, row in read_phone_list(path):
            yield f"{name} line {line}", row
    except ValueError as error:
        problems.append(Problem("invalid_input", path, str(error)))


def extra_problems(where: str, row: Mapping[str, Any]) -> Problems:
    """Return what is wrong with a phone's line that has filled cells beyond the header's columns."""
    return [Problem("invalid_input", where, f"{row[EXTRA]!r} is beyond the header's columns")] if EXTRA in row else []


def _separator(header: str) -> str:
    return max(SEPARATORS, key=header.count)


def _columns(header: str) -> list[str]:
    columns = [name.strip().lower() for name in next(csv.reader([header], delimiter=_separator(header)), [])]
    if "mac" not in columns:
        raise ValueError("has no column mac in its first line")
    repeated = {name for name in columns if name and columns.count(name) > 1}
    if repeated:
        raise ValueError(f"has more than one column {', '.join(sorted(repeated))}")
    return columns
