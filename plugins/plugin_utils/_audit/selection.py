# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Select the phones that an audit reads, the oldest readings first, within the limits of the user. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.model import REGISTERED, Device
from ansible_collections.voip.rps.plugins.plugin_utils._audit.states import Seen, met_by

HOUR = 3600


class Limits(NamedTuple):
    """The limits of the user.

    ``max_age``: hours for which a reading is valid, or None to read every phone. ``reads``: the maximum number of
    phones to read for each account and run, or None for no limit.
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

    ``listed``: the phones that the account lists, or None. ``past``: the readings of the history, by MAC address.
    Phones that left or entered the account's list since their last reading come first, then phones that were never
    read, then the oldest readings. Listed phones whose target cannot be verified are not read, because the list already
    says that they are registered.
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
    """Return whether reading a registered phone shows if it points to the target in the list."""
    return read_target and device.target is not None and device.target.url is not None


def contradicts_list(before: Seen, is_listed: bool) -> bool:
    """Return whether a phone left or entered the account's list since its last reading."""
    return (before.observation.status == REGISTERED) != is_listed


def _is_due(device: Device, before: Seen, limits: Limits, now: int) -> bool:
    if limits.max_age is None or before.seen_at is None or before.seen_at > now:
        return True
    if now - before.seen_at >= limits.max_age * HOUR:
        return True
    # The list may have another target now, and a rollout may have moved the phone there, so an old reading that differs
    # does not prove a drift.
    return before.observation.status == REGISTERED and met_by(device, before) is not True
