# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file of outcomes (``dest``): a CSV file that is written completely or not at all."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import stat
import tempfile
from typing import Any, Iterable, Iterator, Mapping, Sequence

from ansible.module_utils.common.parameters import remove_values

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems

COLUMNS = ("mac", "action", "status", "server", "url", "code", "message")

REPLACES = "replaces"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def outcome_path(dest: str, check_mode: bool) -> str:
    """Return the path of the outcomes: ``NAME.check.EXT`` in check mode, so that a real run's file is kept."""
    if not check_mode:
        return dest
    name, extension = os.path.splitext(dest)
    return f"{name}.check{extension}"


def dest_problems(dest: str | None, src: str | None) -> Problems:
    """Return why ``dest`` cannot be written. It must not be ``src``, the phone list."""
    if dest is None:
        return []
    words = _unwritable(dest, src)
    return [Problem("invalid_input", "dest", f"{dest} {words}")] if words else []


def _unwritable(dest: str, src: str | None) -> str | None:
    folder = os.path.dirname(os.path.realpath(dest))
    if not dest.strip() or os.path.isdir(dest) or dest.endswith(os.sep):
        return "is a folder" if dest.strip() else "is empty"
    if os.path.exists(dest) and not stat.S_ISREG(os.stat(dest).st_mode):
        return "is not a regular file"
    if not os.path.isdir(folder):
        return f"cannot be written: there is no folder {folder}"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"cannot be written: no permission to write to the folder {folder}"
    with contextlib.suppress(OSError):
        if src is not None and os.path.samefile(dest, src):
            return "is the phone list itself"
    return None


def outcome_rows(devices: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the cells of devices from a task's result."""
    for device in devices:
        yield {**device, **device.get("error", {})}


def problem_rows(problems: Problems) -> Iterator[dict[str, Any]]:
    """Yield the cells of input errors, which have no device."""
    for problem in problems:
        yield {"action": "failed", "code": problem.code, "message": str(problem)}


def save_outcomes(dest: str, rows: Iterable[Mapping[str, Any]], secrets: set[str], result: dict[str, Any]) -> None:
    """Write the rows, and add the path to a task's result; mark the result as failed if that is not possible."""
    try:
        write_outcomes(dest, rows, secrets)
        result["dest"] = dest
    except OSError as error:
        words = f"dest: {dest} could not be written: {error.strerror or error}"
        result["failed"] = True
        result["msg"] = f"{result['msg']}. {words}" if result.get("msg") else words
        result.setdefault("failure", {"code": "invalid_input", "message": words})


def write_outcomes(
    dest: str, rows: Iterable[Mapping[str, Any]], secrets: set[str], columns: Sequence[str] = COLUMNS
) -> None:
    """Write the rows as CSV with a header. An existing file keeps its mode and owner. Raise OSError.

    The column ``REPLACES`` is only written if a phone replaces another.
    """
    rows = list(rows)
    if any(REPLACES in row for row in rows):
        columns = [*columns, REPLACES]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: safe_cell(row.get(name)) for name in columns})
    replace_file(dest, remove_values(text.getvalue(), secrets))


def replace_file(path: str, text: str) -> None:
    """Write a text file completely or not at all. Follow links; keep mode and owner. Raise OSError."""
    path = os.path.realpath(path)
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".voip.rps-")
    try:
        with open(handle, "w", encoding="utf-8", errors="replace", newline="") as file:
            file.write(text)
            _take_after(path, file.fileno())
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _take_after(path: str, handle: int) -> None:
    try:
        there = os.stat(path)
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        os.fchmod(handle, 0o666 & ~umask)
        return
    with contextlib.suppress(PermissionError):
        os.fchown(handle, there.st_uid, there.st_gid)
    os.fchmod(handle, stat.S_IMODE(there.st_mode))


def safe_cell(value: Any) -> Any:
    """Return a cell's value in a form that spreadsheets do not run as a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
