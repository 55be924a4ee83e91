# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was asked of the simulator: one entry a request, the last 200,000 of them, without passwords and URLs."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

KEPT = 200_000


class Entry(NamedTuple):
    """A request to a provider's service, as it was dealt with."""

    at: float
    """When it was dealt with, seconds since the epoch."""
    account: str | None
    """The account that asked; None where the login failed."""
    method: str | None
    """The XML-RPC method, the endpoint of a PBX, or verb and path of a REST service, with names in braces for what
    varies, as `PATCH /v2/rps/devices/{id}`; None where the request did not get that far."""
    parameters: int
    """How many parameters the call had; of a REST call, how many of those that make it another call."""
    devices: int
    """How many devices a bulk call listed; 0 for any other call."""
    path: str
    """The path asked for, without its query."""
    status: int | None
    """The HTTP status of the answer; None where a fault kept it back."""
    fault: str | None
    """The kind of the fault rule that took the request, if one did."""
    carried_out: bool | None
    """Whether a write was kept, be it in part where a batch was refused in part; None for anything but a write."""
    retired: bool
    """Whether the call is of a form that the vendor's document calls no longer available."""


class Log:
    """The entries, oldest first. Safe to use from several threads."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)

    def add(self, entry: Entry) -> None:
        self._entries.append(entry)

    def entries(self) -> list[Entry]:
        return list(self._entries.copy())

    def clear(self) -> None:
        self._entries.clear()
