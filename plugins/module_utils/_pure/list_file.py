# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file of a phone list: open it safely, recognise its content, and decode its lines."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import re
import stat
from typing import BinaryIO, Iterator

from ansible_collections.voip.rps.plugins.module_utils._pure.words import without_invisible

MAX_BYTES = 100_000_000
MAX_LINE = 65_536
MAX_LINES = 2_000_000
_CHUNK = 65_536

CSV_ADVICE = "In the spreadsheet, save it as CSV UTF-8"

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_BINARY = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "is an Excel workbook of the old kind (.xls) or one with a password. "
    f"{CSV_ADVICE}",
    b"%PDF": "is a PDF document, not a CSV file",
    b"{\\rtf": "is an RTF document, not a CSV file",
    b"\x1f\x8b": "is compressed (gzip). Unpack it first",
    b"7z\xbc\xaf\x27\x1c": "is compressed (7-Zip). Unpack it first",
    b"Rar!": "is compressed (RAR). Unpack it first",
}
_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x19\x7f]")


@contextlib.contextmanager
def opened(path: str) -> Iterator[BinaryIO]:
    """Open ``path`` for reading if it is a regular file that is not too large for a phone list.

    Raise ValueError, in words for the user, if it is not. Never block, as opening a FIFO would.
    """
    try:
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}{_looked_in(path)}") from None
    except ValueError:
        raise ValueError("is not a valid path") from None
    with file:
        status = os.fstat(file.fileno())
        if stat.S_ISDIR(status.st_mode):
            raise ValueError("cannot be read: it is a folder")
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("cannot be read: it is a device or a pipe, not a regular file")
        if status.st_size > MAX_BYTES:
            raise _too_large()
        yield file


def is_zip(file: BinaryIO) -> bool:
    """Return whether the file is a ZIP archive, as .xlsx workbooks are; rewind the file."""
    start = file.read(4)
    file.seek(0)
    return start == b"PK\x03\x04"


def lines_of(file: BinaryIO) -> Iterator[str]:
    """Yield the lines of a file; each ends in a line feed, whatever line ends the file has.

    Only CR, LF and CR LF end a line. Read UTF-8, UTF-16 with a byte order mark, and Windows-1252 if the text is not
    UTF-8. Drop characters without a width, which come with copied text. Raise ValueError, in words for the user: before
    the first line if the file is not text, and at a line that is too long.
    """
    encoding = _encoding(file)
    file.seek(0)
    rest, count, size = "", 0, 0
    with io.TextIOWrapper(file, encoding) as text:
        for chunk in iter(lambda: text.read(_CHUNK), ""):
            size += len(chunk)
            if size > MAX_BYTES:
                raise _too_large()
            if "\0" in chunk:
                raise _no_text()
            # str.splitlines() would also split at other characters, such as form feeds.
            lines = list(io.StringIO(rest + without_invisible(chunk), newline="\n"))
            rest = lines.pop() if lines and not lines[-1].endswith("\n") else ""
            count += len(lines)
            if len(rest) > MAX_LINE:
                raise ValueError(f"line {count + 1} has more than {MAX_LINE:,} characters: this is not a phone list")
            if count > MAX_LINES:
                raise ValueError(f"has more than {MAX_LINES:,} lines: this is not a phone list")
            yield from lines
    if rest:
        yield rest


def _encoding(file: BinaryIO) -> str:
    """Return the encoding of the whole file."""
    start = file.read(_CHUNK)
    _refuse_documents(start)
    marked = next((encoding for bom, encoding in _BOMS if start.startswith(bom)), None)
    utf8 = codecs.getincrementaldecoder(marked or "utf-8")()
    is_utf8, is_ascii, size, chunk = True, marked is None, 0, start
    while chunk:
        size += len(chunk)
        if size > MAX_BYTES:
            raise _too_large()
        if marked != "utf-16" and b"\0" in chunk:
            raise _no_text()
        if is_ascii and not chunk.isascii():
            is_ascii = False
        if is_utf8 and not is_ascii:
            is_utf8 = _decodes(utf8, chunk)
        chunk = file.read(_CHUNK)
    if is_ascii:
        return "utf-8"
    if is_utf8 and _decodes(utf8, b"", final=True):
        return marked or "utf-8"
    if marked:
        raise ValueError(f"is damaged: it begins as {marked.replace('-sig', '').upper()}, but has bytes that are not")
    return "cp1252"


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_documents(start: bytes) -> None:
    """Raise ValueError if the beginning ``start`` of a file shows that it is not CSV."""
    for magic, words in _BINARY.items():
        if start.startswith(magic):
            raise ValueError(words)
    text = start[:1000].replace(codecs.BOM_UTF8, b"").lstrip()
    if text.startswith(b"<"):
        raise ValueError("is a web page or an XML document, not a CSV file. Was a login page saved instead?")
    if text.startswith((b"{", b"[")):
        raise ValueError("is JSON, not a CSV file. If it is a phone list, give its name the ending .json")
    if not start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and _CONTROLS.search(start):
        raise _no_text()


def _no_text() -> ValueError:
    return ValueError(f"is a binary file, not a CSV file: it has NUL bytes or control characters. {CSV_ADVICE}")


def _too_large() -> ValueError:
    return ValueError(f"has more than {MAX_BYTES // 1_000_000} MB: this is not a phone list")


def _looked_in(path: str) -> str:
    if os.path.isabs(path):
        return ""
    try:
        return f" (a relative path; the working directory is {os.getcwd()})"
    except OSError:
        return ""
