# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make a service match a list of devices: observe, plan, apply. Knows no vendor."""

from __future__ import annotations

import functools
from typing import Callable, Collection, Mapping, NamedTuple, Sequence

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    INHERITED,
    Device,
    Observation,
    Outcome,
    Target,
)
from ansible_collections.voip.rps.plugins.module_utils._reconcile.add_servers import ADDED, ServerOutcome
from ansible_collections.voip.rps.plugins.module_utils._reconcile.apply import Applier
from ansible_collections.voip.rps.plugins.module_utils._reconcile.bind import Binder
from ansible_collections.voip.rps.plugins.module_utils._reconcile.manage_servers import foresee_server
from ansible_collections.voip.rps.plugins.module_utils._reconcile.observe import look_again, observe
from ansible_collections.voip.rps.plugins.module_utils._reconcile.plan import Plan, Policy, make_plan, spare
from ansible_collections.voip.rps.plugins.module_utils._reconcile.progress import CHANGED, Progress
from ansible_collections.voip.rps.plugins.module_utils._reconcile.runner import HANDFUL, Runner
from ansible_collections.voip.rps.plugins.module_utils._reconcile.swap import Replaced, Swapper, Swaps
from ansible_collections.voip.rps.plugins.module_utils._reconcile.waves import WaveRun, Waves, withhold
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service


class Prune(NamedTuple):
    """Remove the account's devices that are not in ``named``, but never more than ``limit``."""

    named: Collection[str]
    limit: int


BeforeWriting = Callable[["Runner[Service]", Plan], Mapping[str, RpsError]]
"""Called with the plan, before anything is written. Return the devices that must not be changed, with their errors.

Raise RpsError if nothing may be changed.
"""


CheckPlan = Callable[[Plan], None]
"""Called with the plan, also in check mode. Raise RpsError if nothing may be changed."""


class Report(NamedTuple):
    """The outcomes in the requested order, then those of pruned devices.

    ``uncertain``: a write may have been carried out, and its result is unknown. ``stopped``: why the run was given up.
    ``servers``: the outcomes of added servers.
    """

    outcomes: list[Outcome]
    uncertain: bool = False
    stopped: RpsError | None = None
    servers: Sequence[ServerOutcome] = ()


def reconcile(
    service: Service,
    devices: Sequence[Device],
    policy: Policy,
    *,
    batch_size: int,
    prune: Prune | None = None,
    add_servers: Mapping[str, str] | None = None,
    check_mode: bool = False,
    check_plan: CheckPlan | None = None,
    before_writing: BeforeWriting | None = None,
    waves: Waves | None = None,
    seen: Mapping[str, Observation] | None = None,
    progress: Progress | None = None,
    swaps: Swaps | None = None,
) -> Report:
    """Carry out what ``devices`` ask for; in check mode, only read and return the predicted outcomes.

    ``add_servers``: named servers with their URLs, each added before the first device is bound to it, if any is.
    ``waves``: the slices to work in; without it, everything is done at once. ``before_writing`` is not called in check
    mode. ``seen``: the observations of all devices, so that nothing is read before the plan. ``swaps``: the devices
    that replace others, which are then released.

    Raise RpsError if nothing could be done: the service could not be read, pruning or force was refused, or
    ``check_plan`` or ``before_writing`` raised it.
    """
    runner = Runner(service, devices, progress)
    account: Mapping[str, Observation] | None = None
    if prune or (seen is None and len(devices) > HANDFUL and service.can.list_account):
        account = service.list_devices()
    if prune and account is not None:
        devices = [*devices, *_extra(account, prune)]
    replaced = Replaced(runner, devices, swaps, account) if swaps and swaps.replaced else None
    inherits: Collection[str] = ()
    if replaced is not None:
        inherits = {one.mac for one in devices if one.target is INHERITED}
        devices = replaced.devices
    if seen is None:
        seen = observe(runner, devices, policy, account, check_mode)
    plan = make_plan(devices, seen, policy, service.can)
    if replaced is not None:
        plan = replaced.add_to(plan)
    _check_forced(plan, policy, service)
    if check_plan is not None:
        check_plan(plan)
    if waves is not None:
        plan = withhold(plan, waves)
    to_add = add_servers or {}
    if check_mode:
        added = _foresee_servers(service, {name: to_add[name] for name in _bound_servers(plan) if name in to_add})
        return Report(_outcomes(plan, swaps, inherits), servers=added)
    if before_writing is not None:
        plan = spare(plan, before_writing(runner, plan))
    look = functools.partial(look_again, runner)
    applier = Applier(runner, plan, policy, batch_size, look, release_size=service.client.concurrency)
    binder = Binder(runner, applier, to_add)
    stopped = None
    swapper = Swapper(runner, applier, plan.swaps)
    runner.progress.begin(CHANGED, sum(len(step.macs) for step in plan.steps) + len(plan.swaps))
    if waves is None:
        binder.run(plan.steps)
        swapper.finish(plan.swaps)
    else:
        wave_run = WaveRun(runner, applier, binder, swapper, waves)
        wave_run.run(plan)
        stopped = wave_run.stopped
    if service.can.confirm_by_list:
        applier.confirm()
    outcomes = _outcomes(plan, swaps, inherits)
    return Report(outcomes, applier.uncertain, runner.stopped or stopped, list(binder.added.values()))


def _outcomes(plan: Plan, swaps: Swaps | None, inherits: Collection[str]) -> list[Outcome]:
    outcomes = list(plan.outcomes.values())
    return swaps.marked(outcomes, inherits) if swaps else outcomes


def _extra(account: Collection[str], prune: Prune) -> list[Device]:
    extra = [Device(mac, None) for mac in account if mac not in prune.named]
    if len(extra) > prune.limit:
        words = f"prune would remove {len(extra)} devices, more than prune_limit ({prune.limit}): nothing was changed"
        raise RpsError("invalid_input", words)
    return extra


def _check_forced(plan: Plan, policy: Policy, service: Service) -> None:
    if plan.forced > policy.force_limit and not service.can.rebind:
        words = (
            f"force may have to release {plan.forced} devices to bind them again, more than force_limit "
            f"({policy.force_limit}): nothing was changed"
        )
        raise RpsError("invalid_input", words)


def _foresee_servers(service: Service, to_add: Mapping[str, str]) -> list[ServerOutcome]:
    if not to_add or not service.lists_servers:
        return [ServerOutcome(name, url, ADDED) for name, url in to_add.items()]
    there = service.list_servers()
    return [foresee_server(name, url, there, service) for name, url in to_add.items()]


def _bound_servers(plan: Plan) -> list[str]:
    """Return the named servers that devices will be bound to, once each."""
    targets = (step.target for step in plan.steps)
    return list(dict.fromkeys(one.server for one in targets if isinstance(one, Target) and one.server is not None))
