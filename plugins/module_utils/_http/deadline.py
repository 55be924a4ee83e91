# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Apply the read timeout to the whole HTTP answer; ``requests`` only applies it to each read of the socket."""

from __future__ import annotations

import io
import socket
import time
from http.client import HTTPResponse
from typing import Any, Mapping

try:
    from requests import PreparedRequest
    from requests.adapters import HTTPAdapter
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.connection import HTTPConnection, HTTPSConnection
except ImportError:  # Users of this module check first whether requests is installed.
    HTTPAdapter = HTTPConnectionPool = HTTPSConnectionPool = HTTPConnection = HTTPSConnection = object  # type: ignore[assignment,misc]


class DeadlineAdapter(HTTPAdapter):
    """Makes connections that must deliver a whole answer, head and body, within the read timeout."""

    def pool(
        self,
        request: PreparedRequest,
        verify: bool | str,
        proxies: Mapping[str, str],
        certificate: tuple[str, str] | None = None,
    ) -> Any:
        """Return urllib3's connection pool for ``request``, with a client ``certificate`` if one is given.

        Raise OSError if the CA bundle or the certificate cannot be read.
        """
        if hasattr(self, "get_connection_with_tls_context"):
            return self.get_connection_with_tls_context(request, verify, dict(proxies), certificate)
        # Before requests 2.32.
        pool = self.get_connection(request.url, proxies)  # type: ignore[arg-type]
        self.cert_verify(pool, request.url, verify, certificate)  # type: ignore[no-untyped-call]
        return pool

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


MOST_BYTES = 64 * 1024 * 1024
"""The limit for an answer, including its head, its chunk sizes and all content that the client skips."""


class _Trickle(io.RawIOBase):
    """The bytes of one answer.

    Raise TimeoutError once the socket's timeout has passed since the request, and OSError after ``MOST_BYTES``.
    """

    def __init__(self, sock: socket.socket) -> None:
        super().__init__()
        self._sock = sock
        self._bytes = sock.makefile("rb", buffering=0)
        self._timeout = sock.gettimeout()
        self._left = MOST_BYTES
        self._end = None if self._timeout is None else time.monotonic() + self._timeout

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._end is not None:
            left = self._end - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            self._sock.settimeout(left)
        count = self._bytes.readinto(buffer)
        self._left -= count or 0
        if self._left < 0:
            raise OSError(f"the answer is longer than {MOST_BYTES} bytes")
        return count

    def close(self) -> None:
        if not self.closed:
            self._sock.settimeout(self._timeout)
            self._bytes.close()
        super().close()


class _Source:
    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Trickle(self._sock))


class _Answer(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(_Source(sock), *args, **kwargs)  # type: ignore[arg-type]  # only makefile is called

    def _read_next_chunk_size(self) -> int:
        size: int = super()._read_next_chunk_size()  # type: ignore[misc]  # not in the stubs
        # The standard library would read a negative number as "all bytes".
        if size < 0:
            raise ValueError("a negative chunk size")
        return size


class _HTTPConnection(HTTPConnection):
    response_class = _Answer


class _HTTPSConnection(HTTPSConnection):
    response_class = _Answer


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


_POOLS = {"http": _HTTPPool, "https": _HTTPSPool}
