# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was asked of the simulator: one entry a request, the last 200,000 of them, without passwords and URLs."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

KEPT = 200_000


class Entry(NamedTuple):
    """A request to the service of a provider."""

    at: float
    """The time at which it was processed, in seconds since the epoch."""
    account: str | None
    """The account of the request, or None if the login failed."""
    method: str | None
    """The XML-RPC method, the endpoint of a PBX, or the verb and path of a REST service, with names in braces for the
    variable parts, such as `PATCH /v2/rps/devices/{id}`. None if the request failed before that was known."""
    parameters: int
    """The number of parameters of the call. For a REST call, only those that make it another call."""
    devices: int
    """The number of devices of a bulk call, or 0 for other calls."""
    path: str
    """The path without its query."""
    status: int | None
    """The HTTP status of the answer, or None if a fault suppressed it."""
    fault: str | None
    """The kind of the fault rule that matched the request, or None."""
    carried_out: bool | None
    """Whether a write was carried out, also in part. None for reads."""
    retired: bool
    """Whether the vendor's document marks this form of the call as no longer available."""


class Log:
    """The entries, the oldest first. Thread-safe."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)

    def add(self, entry: Entry) -> None:
        self._entries.append(entry)

    def entries(self) -> list[Entry]:
        return list(self._entries.copy())

    def clear(self) -> None:
        self._entries.clear()
