# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which phones are read now: pure, the oldest first, within what the user allows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.model import REGISTERED, Device
from ansible_collections.voip.rps.plugins.plugin_utils._audit.states import Seen, met_by

HOUR = 3600


class Limits(NamedTuple):
    """What the user allows.

    C(max_age): hours for which a reading counts, None: every phone is read; C(reads): the most phones that are read, of
    an account and in a run, None: no limit.
    """

    max_age: float | None = None
    reads: int | None = None


def to_read(
    devices: Sequence[Device],
    listed: Collection[str] | None,
    past: Mapping[str, Seen],
    limits: Limits,
    now: int,
    *,
    read_target: bool,
) -> list[str]:
    """Return the MAC addresses of the phones to read now, the most urgent first.

    C(listed): the account's own list, None where there is none; C(past): what the history knows. A phone that left the
    list since, or came into it, is read before all others; then those never read, then the oldest. A phone of the list
    whose target nothing can tell is not read: the list has said all there is.
    """
    ranked: list[tuple[bool, int, int, str]] = []
    for position, device in enumerate(devices):
        is_listed = listed is not None and device.mac in listed
        if is_listed and not shows_target(device, read_target=read_target):
            continue
        before = past.get(device.mac)
        contradicts = before is not None and listed is not None and contradicts_list(before, is_listed)
        if contradicts or before is None or _is_due(device, before, limits, now):
            age = (before.seen_at or 0) if before else 0
            ranked.append((not contradicts, age, position, device.mac))
    ranked.sort()
    return [mac for *_rank, mac in ranked[: limits.reads]]


def shows_target(device: Device, *, read_target: bool) -> bool:
    """Tell whether reading a registered phone tells if it points where the list says."""
    return read_target and device.target is not None and device.target.url is not None


def contradicts_list(before: Seen, is_listed: bool) -> bool:
    """Tell whether a phone left the account's list since it was read, or came into it."""
    return (before.observation.status == REGISTERED) != is_listed


def _is_due(device: Device, before: Seen, limits: Limits, now: int) -> bool:
    if limits.max_age is None or before.seen_at is None or before.seen_at > now:
        return True
    if now - before.seen_at >= limits.max_age * HOUR:
        return True
    # The list may say another target since, and a rollout may have moved the phone there: an old reading that
    # differs accuses nobody.
    return before.observation.status == REGISTERED and met_by(device, before) is not True
