# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carry out a plan in slices: first a canary that is read back, then waves, each with a check for failures."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Collection, Iterable, NamedTuple, Sequence

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import CHANGES
from ansible_collections.voip.rps.plugins.module_utils._reconcile.apply import Applier
from ansible_collections.voip.rps.plugins.module_utils._reconcile.bind import Binder
from ansible_collections.voip.rps.plugins.module_utils._reconcile.plan import Plan, Step, spare
from ansible_collections.voip.rps.plugins.module_utils._reconcile.read_back import not_as_requested, read_back
from ansible_collections.voip.rps.plugins.module_utils._reconcile.runner import Runner
from ansible_collections.voip.rps.plugins.module_utils._reconcile.swap import Swapper
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service


class Size(NamedTuple):
    """A number of devices: a fixed ``number``, or a ``share`` of all devices, rounded up."""

    number: int = 0
    share: Fraction | None = None

    def of(self, total: int) -> int:
        """Return the number of devices out of ``total``."""
        return min(total, self.number) if self.share is None else math.ceil(total * self.share)


class Waves(NamedTuple):
    """How a plan is divided into slices.

    ``canary``: the size of the first slice, or its devices; any failure in it ends the run. ``canary_only``: carry out
    nothing else. ``wave``: the size of the other slices. ``stop_at``: end the run after a slice if this share of all
    devices tried so far has failed.
    """

    canary: Size | Collection[str] | None = None
    canary_only: bool = False
    wave: Size | None = None
    stop_at: Fraction | None = None

    def canary_of(self, macs: Sequence[str]) -> list[str]:
        """Return the canary among the devices that will change."""
        if self.canary is None:
            return []
        if isinstance(self.canary, Size):
            return list(macs[: self.canary.of(len(macs))])
        return [mac for mac in macs if mac in self.canary]


WITHHELD = RpsError("not_sent", "not sent: only the canary was requested (canary_only)")
"""The error of devices that the user held back."""


def withhold(plan: Plan, waves: Waves) -> Plan:
    """Return the plan with only the canary, if nothing else was requested."""
    if not waves.canary_only:
        return plan
    macs = plan.to_change
    others = _without(macs, waves.canary_of(macs))
    # If the new phone of a swap is right already, only the release is held back.
    return spare(plan, {mac if plan.outcomes[mac].action in CHANGES else plan.swaps[mac]: WITHHELD for mac in others})


class WaveRun:
    """Carries out a plan with ``binder``, slice by slice. ``stopped``: why devices were held back, if any were."""

    def __init__(
        self, runner: Runner[Service], applier: Applier, binder: Binder, swapper: Swapper, waves: Waves
    ) -> None:
        self.stopped: RpsError | None = None
        self._runner = runner
        self._applier = applier
        self._binder = binder
        self._swapper = swapper
        self._waves = waves
        self._step_of: dict[str, Step] = {}
        self._tried = self._failed = 0

    def run(self, plan: Plan) -> None:
        """Carry out the plan until a failure ends the run."""
        self._add(plan.steps)
        todo = plan.to_change
        if not todo:
            # Servers may still have unknown URLs, and learning them can require more moves.
            todo = self._carry_out([])
        size = self._waves.wave.of(len(todo)) if self._waves.wave else len(todo)
        canary = self._waves.canary_of(todo)
        if canary:
            todo = _without(todo, canary) + self._carry_out(canary)
            self._read_back(canary)
            self._judge_canary(canary)
        if self._waves.canary_only and not self.stopped:
            self._hold_back(todo, WITHHELD)
            return
        while todo and not (self.stopped or self._runner.stopped):
            wave = todo[: size or len(todo)]
            todo = todo[len(wave) :] + self._carry_out(wave)
            self._judge(wave, todo)
        error = self._runner.stopped or self.stopped
        if error:
            self._hold_back(todo, error)

    def _add(self, steps: Iterable[Step]) -> list[str]:
        added = {mac: step for step in steps for mac in step.macs}
        self._step_of.update(added)
        return list(added)

    def _carry_out(self, macs: Sequence[str]) -> list[str]:
        """Carry out the steps of these devices, and return other devices that now need a move."""
        parts: dict[int, tuple[Step, list[str]]] = {}
        for mac in macs:
            step = self._step_of.get(mac)
            if step is not None:
                parts.setdefault(id(step), (step, []))[1].append(mac)
        more = self._add(self._binder.run_only([step.only(those) for step, those in parts.values()]))
        self._swapper.finish(macs)
        return more

    def _read_back(self, canary: Sequence[str]) -> None:
        """Fail the devices of the canary that are not in their desired state, even after pauses."""
        changed = [mac for mac in canary if mac in self._step_of and not self._applier.outcomes[mac].error]
        wrong = read_back(self._runner, {mac: self._step_of[mac].target for mac in changed})
        for mac, seen in wrong.items():
            self._applier.uncertain = True
            self._applier.fail([mac], not_as_requested(seen))

    def _judge_canary(self, canary: Sequence[str]) -> None:
        failed = self._count(canary)
        if failed:
            self._stop(f"{failed} of the {len(canary)} phones of the canary failed")

    def _judge(self, wave: Sequence[str], todo: Sequence[str]) -> None:
        self._count(wave)
        limit = self._waves.stop_at
        if todo and limit is not None and self._failed and self._failed >= limit * self._tried:
            share = f"{float(limit * 100):g}%"
            self._stop(f"{self._failed} of {self._tried} phones failed so far, which reaches the limit of {share}")

    def _count(self, macs: Sequence[str]) -> int:
        failed = sum(self._has_failed(mac) for mac in macs)
        self._tried += len(macs)
        self._failed += failed
        return failed

    def _stop(self, why: str) -> None:
        self.stopped = RpsError("not_sent", f"not sent: {why}")

    def _has_failed(self, mac: str) -> bool:
        old = self._swapper.swaps.get(mac)
        return any(one and self._applier.outcomes[one].error for one in (mac, old))

    def _hold_back(self, todo: Sequence[str], error: RpsError) -> None:
        self._applier.fail([mac for mac in todo if mac in self._step_of], error)
        self._swapper.hold_back(todo, error)


def _without(macs: Sequence[str], others: Sequence[str]) -> list[str]:
    left_out = frozenset(others)
    return [mac for mac in macs if mac not in left_out]
