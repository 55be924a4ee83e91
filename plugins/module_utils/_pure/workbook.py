# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A phone list in a workbook: read it if the Python library openpyxl is installed, else say what it is."""

from __future__ import annotations

import warnings
import zipfile
from itertools import islice
from typing import Any, BinaryIO, Iterator

from ansible_collections.voip.rps.plugins.module_utils._pure.list_file import CSV_ADVICE
from ansible_collections.voip.rps.plugins.module_utils._pure.words import without_invisible

MAX_UNPACKED = 200_000_000
MAX_COLUMNS = 256


def rows_of(file: BinaryIO) -> Iterator[list[str]]:
    """Yield the rows of the first sheet of an Excel workbook (.xlsx), from the top, each cell as text.

    Formulas have the value that Excel saved with them. Raise ValueError, in words for the user, if the file is not such
    a workbook, is damaged or needs too much memory, or if openpyxl is missing.
    """
    _check(file)
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise ValueError(
            f"is an Excel workbook (.xlsx). {CSV_ADVICE}, or install the Python library openpyxl where it is read"
        ) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sheet = load_workbook(file, read_only=True, data_only=True).worksheets[0]
        sheet.reset_dimensions()
        for cells in sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True):
            yield [_text(cell) for cell in cells] if any(cells) else []
    # For a damaged workbook, openpyxl may raise any exception.
    except Exception:
        raise ValueError(f"is an Excel workbook that cannot be read. {CSV_ADVICE}") from None


def _check(file: BinaryIO) -> None:
    """Raise ValueError unless the archive is a workbook of a size that can be read."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            names = {part.filename for part in islice(parts, 10_000)}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise ValueError("is a damaged ZIP archive or workbook") from None
    file.seek(0)
    if "content.xml" in names:
        raise ValueError(f"is an OpenDocument file (.ods). {CSV_ADVICE}")
    if any(name.startswith("Index/") or name == "Index.zip" for name in names):
        raise ValueError("is a Numbers document. In Numbers, export it to CSV with the encoding UTF-8")
    if "xl/workbook.bin" in names:
        raise ValueError(f"is a binary Excel workbook (.xlsb). {CSV_ADVICE}")
    if "xl/workbook.xml" not in names:
        raise ValueError("is a ZIP archive, not a CSV file. Unpack it first")
    if sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise ValueError(
            f"is a workbook of more than {MAX_UNPACKED // 1_000_000} MB unpacked: this is not a phone list"
        )


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 10**15:
        return str(int(cell))
    return without_invisible(str(cell))
