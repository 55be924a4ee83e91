# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan: from desired and observed devices to outcomes and steps. Pure, without I/O."""

from __future__ import annotations

from types import MappingProxyType
from typing import Iterable, Iterator, Mapping, NamedTuple, Sequence

from ansible_collections.voip.rps.plugins.module_utils._pure.capabilities import Capabilities
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    CHANGES,
    ELSEWHERE,
    FAILED,
    INHERITED,
    MOVED,
    NONE,
    REGISTERED,
    REMOVED,
    UNVERIFIED,
    Device,
    Goal,
    Observation,
    Outcome,
    Target,
)


class Policy(NamedTuple):
    """The user's decisions for all devices, named like the options."""

    check_target: bool = True
    override: bool = False
    force: bool = False
    force_limit: int = 10
    check_foreign: bool = True


class Step(NamedTuple):
    """Devices that need the same change; ``action`` is their action once it succeeds.

    ``release``: the devices must be released before they can be moved. ``released``: they were, and are registered now.
    """

    action: str
    target: Goal | None
    override: bool
    macs: tuple[str, ...]
    release: bool = False
    released: bool = False

    @property
    def moves(self) -> bool:
        """Whether the account's devices are bound to another target directly, without being released."""
        return self.action == MOVED and self.target is not None and not self.released

    def only(self, macs: Sequence[str]) -> Step:
        return self._replace(macs=tuple(macs))

    def split(self, size: int) -> Iterator[Step]:
        for start in range(0, len(self.macs), size):
            yield self.only(self.macs[start : start + size])


class Plan(NamedTuple):
    """The ``outcomes`` by MAC if nothing fails, and the ``steps`` to reach them.

    ``forced``: the number of devices that are moved although their target cannot be verified. ``swaps``: new devices
    and the account's devices that they replace, which are released later.
    """

    outcomes: dict[str, Outcome]
    steps: list[Step]
    forced: int = 0
    swaps: Mapping[str, str] = MappingProxyType({})

    @property
    def to_change(self) -> list[str]:
        """The devices that will change, in the requested order; a device and the one it replaces count once."""
        replaced = frozenset(self.swaps.values())
        return [
            mac
            for mac, outcome in self.outcomes.items()
            if mac in self.swaps or (outcome.action in CHANGES and mac not in replaced)
        ]


def wants_target(device: Device, policy: Policy, can: Capabilities) -> bool:
    """Return whether the plan needs to know where a registered device points.

    This includes devices of a named server whose URL is not known yet; they are compared once it is.
    """
    if device.target is None or device.target is INHERITED or not (policy.check_target and can.read_target):
        return False
    return device.target.url is not None or not policy.force


def make_plan(
    devices: Sequence[Device], observations: Mapping[str, Observation], policy: Policy, can: Capabilities
) -> Plan:
    """Return the plan for ``devices``, which were all observed, at a service with the capabilities ``can``."""
    outcomes: dict[str, Outcome] = {}
    forced = 0
    for mac, target, _attributes in devices:
        seen = observations[mac]
        outcome = outcomes[mac] = decide(mac, target, seen, policy, can)
        forced += outcome.action == MOVED and target is not None and target.met_by(mac, seen) is None
    return Plan(outcomes, steps_to(outcomes.values(), override=policy.override), forced)


def steps_to(outcomes: Iterable[Outcome], *, override: bool = False) -> list[Step]:
    """Return the steps for these outcomes; devices with the same change share a step."""
    macs: dict[tuple[str, Goal | None], list[str]] = {}
    for outcome in outcomes:
        if outcome.action in CHANGES:
            macs.setdefault((outcome.action, outcome.target), []).append(outcome.mac)
    return [
        Step(action, target, override and action == REGISTERED, tuple(those))
        for (action, target), those in macs.items()
    ]


def spare(plan: Plan, errors: Mapping[str, RpsError]) -> Plan:
    """Return the plan without devices that have ``errors``, which fail, and without their partners of a swap."""
    if not errors:
        return plan
    errors = {**_errors_of_partners(plan, errors), **errors}
    outcomes = dict(plan.outcomes)
    for mac, error in errors.items():
        outcomes[mac] = outcomes[mac]._replace(action=FAILED, error=error.without_traceback())
    steps = [step.only([mac for mac in step.macs if mac not in errors]) for step in plan.steps]
    swaps = {new: old for new, old in plan.swaps.items() if old not in errors}
    return plan._replace(outcomes=outcomes, steps=[step for step in steps if step.macs], swaps=swaps)


def _errors_of_partners(plan: Plan, errors: Mapping[str, RpsError]) -> dict[str, RpsError]:
    partners: dict[str, RpsError] = {}
    for new, old in plan.swaps.items():
        if new in errors:
            partners[old] = not_released(new, errors[new])
        elif old in errors and plan.outcomes[new].action in CHANGES:
            words = f"not changed, because of {old}, which it replaces: {errors[old].message}"
            partners[new] = errors[old] if errors[old].code == "not_sent" else RpsError(errors[old].code, words)
    return partners


def not_released(new: str, error: RpsError) -> RpsError:
    """Return the error of a device that is kept, because ``new``, which replaces it, failed with ``error``."""
    if error.code == "not_sent":
        return error
    return RpsError("not_sent", f"not released, because {new}, which replaces it, failed ({error.code})")


def decide(mac: str, target: Goal | None, seen: Observation, policy: Policy, can: Capabilities) -> Outcome:
    """Return the planned outcome of an observed device."""
    error = seen.error
    if target and seen.status == ELSEWHERE and not (policy.override and can.takes_over):
        error = elsewhere_error(can)
    action = FAILED if error else _action(mac, target, seen, policy, can)
    return Outcome(mac, action, seen.status, target, seen, error)


def _action(mac: str, target: Goal | None, seen: Observation, policy: Policy, can: Capabilities) -> str:
    if target is None:
        return REMOVED if seen.status == REGISTERED else NONE
    if target is INHERITED:
        # The target is unknown, so there is nothing to bind to.
        return NONE
    if seen.status != REGISTERED:
        return REGISTERED
    met = target.met_by(mac, seen) if policy.check_target else None
    if met is not None:
        return NONE if met else MOVED
    if policy.check_target:
        return MOVED if policy.force else UNVERIFIED
    could_be_read = can.read_target and isinstance(target, Target) and target.url is not None
    return MOVED if policy.force and not could_be_read else NONE


def is_as_requested(step: Step, mac: str, seen: Observation) -> bool:
    """Return whether a device matches the step, by an observation after a doubtful answer."""
    if step.target is None:
        return seen.status != REGISTERED
    if seen.status != REGISTERED:
        return False
    met = step.target.met_by(mac, seen)
    # A device that is ours now, and was not, was registered by us. A move cannot be recognised like this.
    return met if met is not None else step.action == REGISTERED or step.released


def elsewhere_error(can: Capabilities) -> RpsError:
    """Return the error of a device that the service says is another account's, and that must not be taken over."""
    return RpsError("needs_override" if can.takes_over else "owned_by_other_user", "Registered Elsewhere")
