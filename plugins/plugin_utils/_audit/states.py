# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The states of an audit. Pure: from the requested target and the reading of a phone to its row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import ELSEWHERE as IS_ELSEWHERE
from ansible_collections.voip.rps.plugins.module_utils._pure.model import INHERITED, Device, Observation, Target
from ansible_collections.voip.rps.plugins.module_utils._pure.model import REGISTERED as IS_REGISTERED
from ansible_collections.voip.rps.plugins.module_utils._pure.url import without_userinfo

RIGHT = "right"
MISSING = "missing"
DRIFTED = "drifted"
EXTRA = "extra"
ELSEWHERE = "elsewhere"
UNVERIFIABLE = "unverifiable"
STATES = (RIGHT, MISSING, DRIFTED, EXTRA, ELSEWHERE, UNVERIFIABLE)
EXCEPTIONS = STATES[1:]

READ = "read"
HISTORY = "history"
SOURCES = (READ, HISTORY)

NO_URL = "no_url"
NOT_TOLD = "not_told"
NOT_SHOWN = "not_shown"
NOT_YET = "not_yet"
FAILED = "failed"


class Seen(NamedTuple):
    """A reading of a phone.

    ``seen_at``: seconds since 1970, or None if the phone was never read. ``source``: ``read`` in this run, or
    ``history``. The history does not store a URL that contains a password. For such a URL, ``met`` is whether it was
    the URL of the target, and ``shown`` is the URL without the password.
    """

    observation: Observation
    seen_at: int | None
    source: str
    met: bool | None = None
    shown: str | None = None

    @property
    def current_url(self) -> str | None:
        """The URL to which the phone points, without a password."""
        return without_userinfo(self.observation.url) if self.observation.url else self.shown


class Row(NamedTuple):
    """A phone in the audit.

    ``reason``: why it is ``unverifiable``. ``held_by``: the account of the user that has registered it instead.
    ``columns``: the other columns of its row in the phone list.
    """

    mac: str
    provider: str
    account: str
    state: str
    target: Target | None
    seen: Seen
    reason: str = ""
    held_by: str = ""
    columns: Mapping[str, str] = {}

    @property
    def error(self) -> RpsError | None:
        return self.seen.observation.error


def state_of(device: Device, seen: Seen, *, read_target: bool) -> tuple[str, str]:
    """Return the state of a phone of the list, and the reason if it is ``unverifiable``.

    ``read_target``: whether the service reports where a phone points.
    """
    observation = seen.observation
    if observation.error:
        return UNVERIFIABLE, FAILED
    if observation.status is None:
        return UNVERIFIABLE, NOT_YET
    if observation.status == IS_ELSEWHERE:
        return ELSEWHERE, ""
    if observation.status != IS_REGISTERED:
        return MISSING, ""
    met = met_by(device, seen)
    if met is not None:
        return (RIGHT if met else DRIFTED), ""
    if not read_target:
        return UNVERIFIABLE, NOT_SHOWN
    if device.target is INHERITED:
        return UNVERIFIABLE, NOT_TOLD
    if device.target is not None and device.target.url is None:
        return UNVERIFIABLE, NO_URL
    return UNVERIFIABLE, NOT_YET if observation.url is None and seen.source == HISTORY else NOT_SHOWN


def met_by(device: Device, seen: Seen) -> bool | None:
    """Return whether a registered phone points to the target in the list, or None if that is not known."""
    if seen.met is not None or device.target is None:
        return seen.met
    return device.target.met_by(device.mac, seen.observation)


def totals(rows: Iterable[Row]) -> dict[str, dict[str, int]]:
    """Return the number of phones for each state, by source."""
    counts = Counter((row.seen.source, row.state) for row in rows)
    return {source: {state: counts[source, state] for state in STATES} for source in SOURCES}


def summary(rows: Iterable[Row]) -> dict[str, int]:
    """Return the number of phones for each state."""
    counts = Counter(row.state for row in rows)
    return {state: counts[state] for state in STATES}
