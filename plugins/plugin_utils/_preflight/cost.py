# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Estimate the cost of a rollout: the number of requests, and their duration at a given latency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.model import INHERITED, Device, Target
from ansible_collections.voip.rps.plugins.module_utils._reconcile.plan import Policy, wants_target
from ansible_collections.voip.rps.plugins.module_utils._reconcile.runner import HANDFUL
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service


class Cost(NamedTuple):
    """Numbers of requests: ``alone`` are sent one by one, ``reads`` and ``writes`` several at the same time."""

    alone: int
    reads: int
    writes: int

    @property
    def requests(self) -> int:
        return sum(self)

    def seconds(self, latency: float, params: Mapping[str, Any]) -> float:
        """Return the duration in seconds if each request takes ``latency`` seconds.

        ``params``: the options of the account.
        """
        concurrency: int = params["concurrency"]
        turns = self.alone + -(-self.reads // concurrency) + -(-self.writes // concurrency)
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
    """Return the cost of registering devices that the account has not registered yet.

    The cost is one list, the bulk calls, and for each server one call to add it and one read. ``servers``: those that
    may be added. ``swaps``: the number of devices that replace others, which are then released.
    """
    alone, reads = _observing(service, devices, policy, listed=False)
    bound = Counter(device.target for device in devices if device.target)
    writes = sum(-(-count // min(batch_size, service.most(target, moves=False))) for target, count in bound.items())
    named = {target.server for target in bound if _is_named(service, target)}
    alone += len(named.intersection(servers)) + (len(named) if service.can.read_target else 0)
    # The target of an old phone is read for the new phone, or for the backup.
    old = swaps if service.can.read_target and not service.can.list_targets else 0
    if not _lists(service, devices):
        inherit = sum(device.target is INHERITED for device in devices)
        old = swaps + (swaps - inherit if service.can.read_target else 0)
    releases = -(-swaps // min(batch_size, service.most(None, moves=False)))
    # Each new phone is read back.
    return Cost(alone, reads + old + swaps, writes + releases)


def rerun_cost(service: Service, devices: Sequence[Device], policy: Policy, swaps: int = 0) -> Cost:
    """Return the cost of a run that finds all devices registered with the right target."""
    alone, reads = _observing(service, devices, policy, listed=True)
    return Cost(alone, reads + (0 if _lists(service, devices) else swaps), 0)


def _lists(service: Service, devices: Sequence[Device]) -> bool:
    return service.can.list_account and len(devices) > HANDFUL


def _is_named(service: Service, target: Target) -> bool:
    return service.can.named_servers and not target.own and target.server is not None


def _observing(service: Service, devices: Sequence[Device], policy: Policy, *, listed: bool) -> tuple[int, int]:
    """Return the numbers of lists and reads to observe the devices. ``listed``: the account has registered them."""
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
    """Return the number of lists, by model and URL or by model, and of reads of the devices that are in no list."""
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
    # If a list is empty, one phone is read, because the service may use another name for the model.
    reads = unknown + (0 if listed else len(many))
    if listed:
        wanted_macs = {device.mac for device in wanted}
        reads += sum(service.model(device.mac) in many and device.mac in wanted_macs for device in rest)
    return lists, reads
