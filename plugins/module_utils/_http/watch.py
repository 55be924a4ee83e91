# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a client's traffic can be watched: each request with its answer, and each connection."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple


class Exchange(NamedTuple):
    """A request and its answer, without their headers.

    C(path) has the query; C(body) is None where there was none; C(status) is None where no whole answer came;
    C(answer): its first bytes, as far as they were read; C(seconds): from before it was sent until after it was read.
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
    """Return the class of connections C(kind), of which each shows its socket to C(connected) once it is there."""

    class Watched(kind):  # type: ignore[misc]  # of no known type
        def connect(self) -> None:
            super().connect()
            connected(self.sock)

    return Watched
