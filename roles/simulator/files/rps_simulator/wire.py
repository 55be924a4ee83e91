# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP/1.1 on one connection, by hand: a test must be able to break it anywhere, and a benchmark not to notice it."""

from __future__ import annotations

import re
import socket
import struct
from dataclasses import dataclass
from http import HTTPStatus
from typing import NamedTuple

MAX_LINE = 16 * 1024
MAX_HEADERS = 100
MAX_BODY = 64 * 1024 * 1024
MAX_CHUNKS = 100_000
ONCE = frozenset({"host", "origin", "content-length", "transfer-encoding"})

_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")
_REASONS = {status.value: status.phrase for status in HTTPStatus}


class BadRequest(Exception):
    """The request cannot be parsed. `status`: the HTTP status of the answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Request(NamedTuple):
    verb: str
    path: str
    query: str
    headers: dict[str, str]
    """The headers, by lower-case name."""
    body: bytes
    keep_alive: bool


@dataclass(slots=True)
class Answer:
    status: int
    body: bytes = b""
    content_type: str = "text/xml"
    headers: tuple[tuple[str, str], ...] = ()

    def head(self, keep_alive: bool) -> bytes:
        lines = [
            f"HTTP/1.1 {self.status} {_REASONS.get(self.status, '')}",
            f"Content-Type: {self.content_type}",
            f"Content-Length: {len(self.body)}",
            *(f"{name}: {value}" for name, value in self.headers),
        ]
        if not keep_alive:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


class Wire:
    """A connection. Reading and sending raise OSError if it is closed."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._reader = connection.makefile("rb", 64 * 1024)
        self.peer = str(connection.getpeername()[0])

    def read(self) -> Request | None:
        """Return the next request, or None if there are no more. Raise BadRequest."""
        line = self._line()
        if not line:
            return None
        parts = line.decode("latin-1").split()
        if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
            raise BadRequest(400, "not an HTTP/1.1 request")
        verb, target, version = parts
        headers: dict[str, str] = {}
        while line := self._line().strip():
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon or len(headers) == MAX_HEADERS:
                raise BadRequest(431 if colon else 400, "bad headers")
            name = name.strip().lower()
            if name in headers and name in ONCE:
                raise BadRequest(400, f"more than one {name} header")
            headers[name] = value.strip()
        path, _mark, query = target.partition("?")
        connection = headers.get("connection", "").lower()
        keep_alive = "close" not in connection and (version != "HTTP/1.0" or "keep-alive" in connection)
        return Request(verb, path, query, headers, self._body(headers), keep_alive)

    def _line(self) -> bytes:
        line = self._reader.readline(MAX_LINE)
        if len(line) == MAX_LINE:
            raise BadRequest(431, "a line of the head is too long")
        return line

    def _body(self, headers: dict[str, str]) -> bytes:
        encoding = headers.get("transfer-encoding")
        if encoding is not None and (encoding.lower() != "chunked" or "content-length" in headers):
            raise BadRequest(400, "a body must be chunked or have a Content-Length, and not both")
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or len(length) > 18:
            raise BadRequest(400, "bad Content-Length")
        if int(length) > MAX_BODY:
            raise BadRequest(413, "the body is too large")
        if headers.get("expect", "").lower() == "100-continue":
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        return self._exactly(int(length)) if encoding is None else self._chunks()

    def _chunks(self) -> bytes:
        parts: list[bytes] = []
        left = MAX_BODY
        for _number in range(MAX_CHUNKS):
            digits = self._line().partition(b";")[0].strip()
            if not _CHUNK_SIZE.fullmatch(digits):
                raise BadRequest(400, "bad size of a chunk")
            size = int(digits, 16)
            left -= size
            if left < 0:
                raise BadRequest(413, "the body is too large")
            if size == 0:
                for _trailer in range(MAX_HEADERS):
                    if not self._line().strip():
                        return b"".join(parts)
                raise BadRequest(431, "too many trailers")
            parts.append(self._exactly(size))
            if self._line().strip():
                raise BadRequest(400, "a chunk is longer than its size")
        raise BadRequest(413, "too many chunks")

    def _exactly(self, size: int) -> bytes:
        data: bytes = self._reader.read(size)
        if len(data) < size:
            raise ConnectionResetError("the client left in the middle of a request")
        return data

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def reset(self) -> None:
        """Close the connection with a TCP RST."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        self._reader.close()
        self._connection.close()
