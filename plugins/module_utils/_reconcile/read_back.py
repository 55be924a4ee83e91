# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read devices back after a change, again after pauses, because reads may lag behind writes."""

from __future__ import annotations

from typing import Any, Mapping

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import REGISTERED, Goal, Observation
from ansible_collections.voip.rps.plugins.module_utils._reconcile.runner import Runner


def read_back(runner: Runner[Any], goals: Mapping[str, Goal | None]) -> dict[str, Observation]:
    """Return the last observations of devices that do not match their goals, by MAC; None means released.

    A device that could not be read has its error.
    """
    client = runner.service.client
    left = list(goals)
    seen: dict[str, Observation] = {}
    for attempt in range(client.retries + 1):
        if attempt:
            client.back_off(attempt - 1)
        try:
            seen = runner.read(left, frozenset(left))
        except RpsError as error:
            seen = {mac: Observation(None, error=error) for mac in left}
        left = [mac for mac in left if not _is_as_requested(goals[mac], mac, seen[mac])]
        if not left or runner.stopped:
            break
    return {mac: seen[mac] for mac in left}


def not_as_requested(seen: Observation) -> RpsError:
    """Return the error of a device that was changed but is then observed in another state."""
    if seen.error:
        return RpsError(seen.error.code, f"it was changed, but could not be read back: {seen.error.message}")
    shown = seen.url if seen.status == REGISTERED else seen.status
    return RpsError("protocol_error", f"the service accepted the change, but then shows {shown or 'nothing'}")


def _is_as_requested(goal: Goal | None, mac: str, seen: Observation) -> bool:
    if seen.error:
        return False
    is_ours = seen.status == REGISTERED
    if goal is None or not is_ours:
        return is_ours == (goal is not None)
    # If the target is unknown, being registered must suffice.
    return goal.met_by(mac, seen) is not False
