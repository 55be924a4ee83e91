# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rollout of a list costs: requests, and the time that they take at a latency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.model import INHERITED, Device, Target
from ansible_collections.voip.rps.plugins.module_utils._reconcile.plan import Policy, wants_target
from ansible_collections.voip.rps.plugins.module_utils._reconcile.runner import HANDFUL
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service


class Cost(NamedTuple):
    """Requests by how they go: C(alone) one after the other, C(reads) and C(writes) several at a time."""

    alone: int
    reads: int
    writes: int

    @property
    def requests(self) -> int:
        return sum(self)

    def seconds(self, latency: float, params: Mapping[str, Any]) -> float:
        """Return how long the requests take where each takes C(latency) seconds; C(params): the account's options."""
        at_once: int = params["concurrency"]
        turns = self.alone + -(-self.reads // at_once) + -(-self.writes // at_once)
        rate: float | None = params["rate_limit"]
        return float(max(turns * latency, self.requests / rate if rate else 0))


def fresh_cost(
    service: Service,
    devices: Sequence[Device],
    servers: Mapping[str, str],
    policy: Policy,
    batch_size: int,
    swaps: int = 0,
) -> Cost:
    """Return what it costs to bind devices of which none is the account's; C(servers): those that may be added.

    That is one list, the bulk calls, one call to add each server and one read of it. So many of the devices, C(swaps),
    replace others, which are released then.
    """
    alone, reads = _observing(service, devices, policy, listed=False)
    bound = Counter(device.target for device in devices if device.target)
    writes = sum(-(-count // min(batch_size, service.most(target, moves=False))) for target, count in bound.items())
    named = {target.server for target in bound if _is_named(service, target)}
    alone += len(named.intersection(servers)) + (len(named) if service.can.read_target else 0)
    # Where an old phone points is read for its new one, or for the backup.
    old = swaps if service.can.read_target and not service.can.list_targets else 0
    if not _lists(service, devices):
        inherit = sum(device.target is INHERITED for device in devices)
        old = swaps + (swaps - inherit if service.can.read_target else 0)
    releases = -(-swaps // min(batch_size, service.most(None, moves=False)))
    # Each new phone is read back.
    return Cost(alone, reads + old + swaps, writes + releases)


def rerun_cost(service: Service, devices: Sequence[Device], policy: Policy, swaps: int = 0) -> Cost:
    """Return what it costs to find that all devices are the account's and point where they shall."""
    alone, reads = _observing(service, devices, policy, listed=True)
    return Cost(alone, reads + (0 if _lists(service, devices) else swaps), 0)


def _lists(service: Service, devices: Sequence[Device]) -> bool:
    return service.can.list_account and len(devices) > HANDFUL


def _is_named(service: Service, target: Target) -> bool:
    return service.can.named_servers and not target.own and target.server is not None


def _observing(service: Service, devices: Sequence[Device], policy: Policy, *, listed: bool) -> tuple[int, int]:
    """Return how many lists and how many reads it takes to know the devices; C(listed): they are the account's."""
    can = service.can
    if not devices:
        return 0, 0
    if len(devices) <= HANDFUL:
        return 0, -(-len(devices) // can.bulk.check)
    wanted = [device for device in devices if wants_target(device, policy, can)]
    if can.list_account:
        return 1, len(wanted) if listed else 0
    if can.list_models:
        return _by_model(service, devices, wanted, listed=listed)
    return 0, -(-len(devices) // can.bulk.check)


def _by_model(
    service: Service, devices: Sequence[Device], wanted: Sequence[Device], *, listed: bool
) -> tuple[int, int]:
    """Return the lists, by model and URL and by model, and the reads of what is in none."""
    pointing = Counter((service.model(one.mac), one.target.url) for one in wanted if one.target)
    there = {key for key, count in pointing.items() if key[0] is not None and count > HANDFUL}
    lists = len(there)
    rest = [
        device
        for device in devices
        if not (listed and device.target and (service.model(device.mac), device.target.url) in there)
    ]
    models = Counter(service.model(device.mac) for device in rest)
    many = {model for model, count in models.items() if model is not None and count > HANDFUL}
    lists += len(many)
    unknown = sum(count for model, count in models.items() if model not in many)
    # Of a list that is empty one phone is read: the service may call the model otherwise.
    reads = unknown + (0 if listed else len(many))
    if listed:
        wanted_macs = {device.mac for device in wanted}
        reads += sum(service.model(device.mac) in many and device.mac in wanted_macs for device in rest)
    return lists, reads
