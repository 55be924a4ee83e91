# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observe phones of an account, or all of them, with their redirect targets if the service can report these."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.voip.rps.plugins.module_utils._pure.model import REGISTERED, UNKNOWN, Observation
from ansible_collections.voip.rps.plugins.module_utils._reconcile.look_up import look_up
from ansible_collections.voip.rps.plugins.module_utils._reconcile.progress import Progress
from ansible_collections.voip.rps.plugins.module_utils._reconcile.runner import HANDFUL, Runner
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service


def can_list(service: type[Service]) -> bool:
    """Return whether the service can list all phones of an account."""
    return service.can.list_account or service.can.list_models


def look(service: Service, macs: Sequence[str] | None, progress: Progress | None = None) -> dict[str, Observation]:
    """Return the observations of these phones, or of all phones of the account if ``macs`` is None.

    List the account if that saves requests, then read each registered phone. A phone that could not be read has its
    error. Raise RpsError if the service could not be read at all.
    """
    if macs is None and service.can.list_models:
        return look_up(service, None, None, None, True, progress)
    runner = Runner(service, progress=progress)
    if macs is not None and (len(macs) <= HANDFUL or not service.can.list_account):
        return runner.read(macs, frozenset(macs))
    listed = service.list_devices()
    asked = list(listed) if macs is None else macs
    seen = {mac: listed.get(mac, Observation(UNKNOWN)) for mac in asked}
    if service.can.read_target:
        unread = [mac for mac, one in seen.items() if one.status == REGISTERED and one.url is None]
        seen.update(runner.read(unread, frozenset(unread)))
    return seen
