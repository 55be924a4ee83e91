# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the phones of an account that drifted from the list. Pure: the input is the rows of an audit."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from ansible_collections.voip.rps.plugins.plugin_utils._audit.states import (
    DRIFTED,
    ELSEWHERE,
    EXTRA,
    MISSING,
    READ,
    RIGHT,
    Row,
)

GONE = "gone"
MOVED = "moved"
NEW = "new"
TAKEN = "taken"

KINDS = {MISSING: GONE, DRIFTED: MOVED, EXTRA: NEW, ELSEWHERE: TAKEN}


class Drift(NamedTuple):
    """The drift of an account, as an audit found it.

    ``phones``: the kind of drift and the current URL without a password, by MAC address. ``undecided``: the phones that
    this audit did not read. ``named``: all of its phones. ``is_complete``: whether it looked for extra phones, too.
    """

    phones: Mapping[str, tuple[str, str | None]]
    undecided: Collection[str]
    named: Collection[str]
    is_complete: bool

    def ended(self, mac: str) -> bool:
        """Return whether a phone that had drifted does so no longer. What an audit did not look at stays as it was."""
        if mac in self.phones or mac in self.undecided:
            return False
        return self.is_complete or mac in self.named


def drift_of(rows: Sequence[Row], *, is_complete: bool) -> Drift:
    """Return the drift of an account from the rows of its audit."""
    phones: dict[str, tuple[str, str | None]] = {}
    undecided = set()
    for row in rows:
        kind = KINDS.get(row.state)
        if kind is not None and row.seen.source == READ:
            phones[row.mac] = (kind, row.seen.current_url)
        elif row.state != RIGHT:
            undecided.add(row.mac)
    return Drift(phones, undecided, () if is_complete else {row.mac for row in rows}, is_complete)
