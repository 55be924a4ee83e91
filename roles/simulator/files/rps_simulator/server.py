# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The listening socket, and a thread for each connection."""

from __future__ import annotations

import errno
import logging
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress

from .wire import Answer, BadRequest, Request, Wire

MAX_CONNECTIONS = 512
IDLE_SECONDS = 120
JOIN_SECONDS = 5


class Stopping(OSError):
    """The server stops while a connection waits because of a simulated fault."""


def _taken(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.EADDRINUSE, errno.EACCES)


class Server:
    """An HTTP(S) server for `handle(wire, request)`, which returns whether the connection stays open."""

    def __init__(
        self, handle: Callable[[Wire, Request], bool], host: str, port: int, certificate: str | None, key: str | None
    ) -> None:
        """Listen, with TLS if there is a `certificate`. `key`: its key, if that is in another file.

        Raise OSError if the address is not available or the certificate cannot be read.
        """
        self._handle = handle
        self._tls: ssl.SSLContext | None = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            try:
                self._tls.load_cert_chain(certificate, key)
            except OSError as error:
                raise OSError(f"cannot use the certificate {certificate}: {error.strerror or error}") from None
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            self._listener = socket.create_server((host, port), family=family, backlog=128)
        except (OSError, OverflowError) as error:
            reason = str(getattr(error, "strerror", None) or error).partition(" (while")[0]
            advice = "; choose another port, or 0 for any free one" if _taken(error) else ""
            raise OSError(f"cannot listen on {host}:{port}: {reason}{advice}") from None
        self.port = int(self._listener.getsockname()[1])
        local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
        self.host = f"[{local}]" if ":" in local else local
        self._local = (local, self.port)
        self.url = f"{'https' if self._tls else 'http'}://{self.host}:{self.port}"
        self._stopping = threading.Event()
        self._connections: dict[threading.Thread, socket.socket] = {}
        self._lock = threading.Lock()
        self._acceptor = threading.Thread(target=self._accept, name="rps-accept", daemon=True)

    def start(self) -> None:
        self._acceptor.start()

    def stop(self) -> None:
        """Close all connections immediately, including waiting ones, and return when the last thread has ended."""
        self._stopping.set()
        with suppress(OSError):  # wakes accept()
            socket.create_connection(self._local, timeout=1).close()
        self._acceptor.join(JOIN_SECONDS)
        self._listener.close()
        with self._lock:
            connections = dict(self._connections)
        for thread, connection in connections.items():
            with suppress(OSError):  # not SSLSocket's, which cannot be called from another thread
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
            thread.join(JOIN_SECONDS)

    def pause(self, seconds: float) -> None:
        """Wait for this number of seconds. Raise Stopping if the server stops in the meantime."""
        if seconds > 0 and self._stopping.wait(seconds):
            raise Stopping

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection = self._listener.accept()[0]
            except OSError:  # the client has left, or there are no file descriptors left
                self._stopping.wait(0.01)
                continue
            thread = threading.Thread(target=self._converse, args=(connection,), name="rps-connection", daemon=True)
            with self._lock:
                full = self._stopping.is_set() or len(self._connections) >= MAX_CONNECTIONS
                if not full:
                    self._connections[thread] = connection
            if full:
                connection.close()
            else:
                thread.start()

    def _converse(self, connection: socket.socket) -> None:
        try:
            with suppress(OSError):
                connection.settimeout(IDLE_SECONDS)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self._tls is not None:
                    tls = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                    connection = tls
                    with self._lock:
                        self._connections[threading.current_thread()] = tls
                    tls.do_handshake()
                self._serve(Wire(connection))
        finally:
            connection.close()
            with self._lock:
                del self._connections[threading.current_thread()]

    def _serve(self, wire: Wire) -> None:
        try:
            while not self._stopping.is_set():
                request = wire.read()
                if request is None or not self._handle(wire, request):
                    return
        except BadRequest as error:
            answer = Answer(error.status, f"{error}\n".encode(), "text/plain")
            wire.send(answer.head(keep_alive=False) + answer.body)
        except OSError:
            raise
        except Exception:
            logging.getLogger(__name__).exception("a request could not be dealt with")
            answer = Answer(500, b"the simulator failed; its log says how\n", "text/plain")
            wire.send(answer.head(keep_alive=False) + answer.body)
        finally:
            wire.close()
