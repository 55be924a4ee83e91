# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP answers that are whole within the read timeout, which C(requests) only holds each read against."""

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
except ImportError:  # Whoever would use this looks for it first.
    HTTPAdapter = HTTPConnectionPool = HTTPSConnectionPool = HTTPConnection = HTTPSConnection = object  # type: ignore[assignment,misc]


class DeadlineAdapter(HTTPAdapter):
    """Makes connections whose answers, head and body, may take as long as the read timeout, however they trickle in."""

    def pool(
        self,
        request: PreparedRequest,
        verify: bool | str,
        proxies: Mapping[str, str],
        certificate: tuple[str, str] | None = None,
    ) -> Any:
        """Return urllib3's pool of connections to where C(request) goes, with a client C(certificate) if one is given.

        Raises OSError where it cannot be had so.
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
"""No answer is longer, with its head, its chunks and all that a client may pass over."""


class _Trickle(io.RawIOBase):
    """The bytes of one answer.

    Raises TimeoutError once the socket's timeout has passed since it was asked for, and OSError where there are more
    than C(MOST_BYTES).
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
        super().__init__(_Source(sock), *args, **kwargs)  # type: ignore[arg-type]  # of which it calls makefile alone

    def _read_next_chunk_size(self) -> int:
        size: int = super()._read_next_chunk_size()  # type: ignore[misc]  # which is in no stub
        # To the standard library it is as many bytes as there are.
        if size < 0:
            raise ValueError("a chunk of less than nothing")
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
