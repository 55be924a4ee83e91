# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which phones of an account drifted from the list: pure, from the rows of an audit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
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
    """C(phones): what is known to have drifted, by MAC address: the kind, and where it points, without a password.

    C(undecided): the phones of which this audit read nothing. What an earlier one said of them stays.
    """

    phones: Mapping[str, tuple[str, str | None]]
    undecided: Collection[str]


def drift_of(rows: Iterable[Row]) -> Drift:
    """Return which phones of an account drifted."""
    phones: dict[str, tuple[str, str | None]] = {}
    undecided = set()
    for row in rows:
        kind = KINDS.get(row.state)
        if kind is not None and row.seen.source == READ:
            phones[row.mac] = (kind, row.seen.current_url)
        elif row.state != RIGHT:
            undecided.add(row.mac)
    return Drift(phones, undecided)
