# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observe a client's traffic: each request with its answer, and each connection."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple


class Exchange(NamedTuple):
    """A request and its answer, without headers.

    ``path`` includes the query; ``body`` is None if there was none; ``status`` is None if the answer was incomplete;
    ``answer``: the first bytes that were read; ``seconds``: from before sending until after reading.
    """

    verb: str
    path: str
    body: bytes | None
    status: int | None
    answer: bytes
    seconds: float


Exchanged = Callable[[Exchange], None]
Connected = Callable[[Any], None]


def watched(kind: type[Any], connected: Connected) -> type[Any]:
    """Return a subclass of the connection class ``kind`` that passes each new socket to ``connected``."""

    class Watched(kind):  # type: ignore[misc]  # the base class is dynamic
        def connect(self) -> None:
            super().connect()
            connected(self.sock)

    return Watched
