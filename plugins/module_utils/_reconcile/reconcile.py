# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make a service agree with a list of devices: observe, plan, apply. Knows no vendor."""

from __future__ import annotations

import functools
from typing import Any, Callable, Collection, NamedTuple, Sequence

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    Device,
    Observation,
    Outcome,
)
from ansible_collections.voip.rps.plugins.module_utils._reconcile.apply import Applier
from ansible_collections.voip.rps.plugins.module_utils._reconcile.observe import look_again, observe
from ansible_collections.voip.rps.plugins.module_utils._reconcile.plan import Plan, Policy, Step, make_plan
from ansible_collections.voip.rps.plugins.module_utils._reconcile.runner import HANDFUL, Runner
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service


class Prune(NamedTuple):
    """Remove what the account holds beside the devices C(named), but never more than C(limit)."""

    named: Collection[str]
    limit: int


class Report(NamedTuple):
    """The outcomes in the order asked, then those of pruned devices; what is not certain; why the run was given up."""

    outcomes: list[Outcome]
    unverified: int
    uncertain: bool
    stopped: RpsError | None


def reconcile(
    service: Service,
    devices: Sequence[Device],
    policy: Policy,
    *,
    batch_size: int,
    prune: Prune | None = None,
    check_mode: bool = False,
) -> Report:
    """Carry out what C(devices) ask for; in check mode, only read and return what would become of them.

    Raises RpsError where nothing could be done: the service could not be read, or pruning was refused.
    """
    runner = Runner(service)
    account: list[str] | None = None
    if prune or (len(devices) > HANDFUL and service.can.list_account):
        account = service.list_devices()
    if prune and account is not None:
        devices = [*devices, *_extra(account, prune)]
    observations = observe(runner, devices, policy, None if account is None else frozenset(account), check_mode)
    plan = make_plan(devices, observations, policy, service.can)
    if check_mode:
        return Report(list(plan.outcomes.values()), plan.unverified, False, None)
    return carry_out(runner, plan, batch_size, functools.partial(look_again, runner))


def carry_out(
    runner: Runner[Any], plan: Plan, batch_size: int, look: Callable[[Step], dict[str, Observation]]
) -> Report:
    """Apply a plan and report; C(look) is the Applier's."""
    applier = Applier(runner, plan, batch_size, look)
    applier.run()
    return Report(list(plan.outcomes.values()), plan.unverified, applier.uncertain, runner.stopped)


def _extra(account: Sequence[str], prune: Prune) -> list[Device]:
    extra = [Device(mac, None) for mac in account if mac not in prune.named]
    if len(extra) > prune.limit:
        words = f"prune would remove {len(extra)} devices, more than prune_limit ({prune.limit}): nothing was changed"
        raise RpsError("invalid_input", words)
    return extra
