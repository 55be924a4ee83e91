# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carry out a plan in batches, whether a refused batch was all or nothing or not, and an answer came or not."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Mapping, NamedTuple, Sequence

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError, unforeseen
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    ELSEWHERE,
    FAILED,
    MOVED,
    NONE,
    REGISTERED,
    REMOVED,
    Observation,
)
from ansible_collections.voip.rps.plugins.module_utils._reconcile.plan import Plan, Step, as_asked
from ansible_collections.voip.rps.plugins.module_utils._reconcile.runner import Runner

_WHOLE_BATCH = frozenset(("invalid_server", "invalid_server_name", "invalid_url", "invalid_input"))


class _Batch(NamedTuple):
    """A part of a step that goes into one call.

    C(sent): how often it was sent in vain; C(refused): some of it may have been carried out; C(looked): read back once.
    """

    step: Step
    sent: int = 0
    refused: bool = False
    looked: bool = False

    def only(self, macs: Sequence[str]) -> list[_Batch]:
        return [self._replace(step=self.step.only(macs))] if macs else []

    def split(self, size: int) -> list[_Batch]:
        return [self._replace(step=part) for part in self.step.split(size)]

    def halves(self) -> list[_Batch]:
        return self.split((len(self.step.macs) + 1) // 2)


class Applier:
    """Carries out the steps of C(plan) and mends its outcomes where they came out otherwise.

    C(look) asks the service about a step's devices, and raises RpsError where it cannot be read. C(uncertain) is true
    once a write may have been carried out of which nothing could be learnt afterwards.
    """

    def __init__(
        self, runner: Runner[Any], plan: Plan, batch_size: int, look: Callable[[Step], dict[str, Observation]]
    ) -> None:
        self.uncertain = False
        self._look = look
        self._runner = runner
        self._service = runner.service
        self._plan = plan
        self._batch_size = batch_size
        self._released: set[str] = set()

    def run(self) -> None:
        batches: list[_Batch] = []
        for step in self._plan.steps:
            batches += self._batches(step)
        self._runner.each(self._carry_out_or_end, batches)

    def _batches(self, step: Step) -> list[_Batch]:
        return [_Batch(part) for part in step.split(self._batch_size if self._service.in_bulk(step.target) else 1)]

    def _carry_out_or_end(self, batch: _Batch) -> None:
        """Carry out a batch; an error of ours that was not foreseen fails its devices, and ends the run."""
        try:
            self._carry_out(batch)
        except Exception as error:
            self._runner.stopped = unforeseen(error)
            self.uncertain = True
            self._fail([mac for mac in batch.step.macs if not self._plan.outcomes[mac].error], self._runner.stopped)

    def _carry_out(self, first: _Batch) -> None:
        todo = [first]
        while todo:
            batch = todo.pop()
            if self._runner.stopped:
                self._give_up(batch, self._runner.stopped)
                continue
            if batch.step.release and not batch.step.released:
                todo += self._release(batch.step)
                continue
            try:
                self._send(batch.step)
                self._runner.worked("write")
                todo += self._after_success(batch)
            except Refused as refusal:
                self._runner.worked("write")
                todo += self._after_refusal(batch, refusal)
            except RpsError as error:
                todo += self._after_fault(batch, error)

    def _send(self, step: Step) -> None:
        if step.target is None:
            self._service.remove(step.macs)
        elif step.moves:
            self._service.move(step.macs, step.target)
        else:
            self._service.register(step.macs, step.target, override=step.override)

    def _after_success(self, batch: _Batch) -> list[_Batch]:
        """Settle a batch, and return what it takes beyond it."""
        step = batch.step
        if step.moves and not self._service.can.rebind:
            return self._release(step.only(list(self._read_back(step))))
        for mac in step.macs:
            # Most are as planned, and to copy every outcome would be a fifth of the CPU of it all.
            if self._plan.outcomes[mac].action != step.action:
                self._set(mac, action=step.action)
        return []

    def _release(self, step: Step, sent: int = 0) -> list[_Batch]:
        """Release devices that the service does not bind again as they are, and return what is left to register."""
        if not step.macs:
            return []
        left: Sequence[str] = ()
        try:
            self._service.remove(step.macs)
        except Refused as refusal:
            if len(step.macs) > 1:
                return [batch for one in step.split(1) for batch in self._release(one)]
            if refusal.code != "not_registered":
                self._fail(step.macs, refusal)
                return []
        except RpsError as error:
            if not error.in_doubt:
                self._runner.failed(error, "write")
                self._fail(step.macs, error)
                return []
            left = list(self._read_back(step._replace(target=None)))
            if sent == self._service.client.retries:
                self._fail(left, error)
                left = ()
        gone = [mac for mac in step.macs if mac not in left and not self._plan.outcomes[mac].error]
        self._released.update(gone)
        return _Batch(step._replace(released=True)).only(gone) + self._release(step.only(left), sent + 1)

    def _after_refusal(self, batch: _Batch, refusal: Refused) -> list[_Batch]:
        """Return what is left to send of a batch that the service answered with no."""
        macs = batch.step.macs
        batch = batch._replace(refused=batch.refused or len(macs) > 1)
        named = [mac for mac in macs if mac in refusal.culprits]
        rest = batch.only([mac for mac in macs if mac not in refusal.culprits])
        # Where the good ones of a refused batch went through, to send one of them again is refused for that.
        asked = refusal.code == "needs_override" or (refusal.code == "override_failed" and batch.refused)
        if asked and batch.step.action == REGISTERED and not batch.looked:
            return self._after_question(batch, named, refusal)
        if refusal.code == "unsupported" and len(macs) > 1:
            return batch.split(1)
        if refusal.code == "needs_override" and batch.step.moves:
            if len(macs) == 1:
                return self._release(batch.step)
            if named:
                return rest + batch._replace(step=batch.step.only(named)).split(1)
        if batch.step.released and batch.sent < self._service.client.retries:
            return [batch._replace(sent=batch.sent + 1)]
        in_part = (refusal.code == "not_registered" and len(macs) > 1) or refusal.code == "service_error"
        if in_part and batch.step.target is None and not batch.looked:
            return self._after_removal(batch, named, refusal)
        if named:
            for mac in named:
                self._refuse(batch, mac, refusal.culprits[mac])
            return rest
        if len(macs) == 1 or refusal.code in _WHOLE_BATCH:
            for mac in macs:
                self._refuse(batch, mac, refusal)
            return []
        return batch.halves()

    def _after_question(self, batch: _Batch, named: list[str], refusal: Refused) -> list[_Batch]:
        """Sort a batch with devices that the service says are registered already: by this very batch, or elsewhere."""
        left = self._read_back(batch.step)
        ours = [mac for mac, one in left.items() if one.status == REGISTERED]
        others = [mac for mac in left if mac not in ours]
        alone = len(batch.step.macs) == 1 and refusal.code == "needs_override"
        refused = others if alone else [mac for mac in others if mac in named]
        for mac in refused:
            self._refuse(batch, mac, refusal)
        again = batch._replace(looked=not named).only([mac for mac in others if mac not in refused])
        return again + self._batches(batch.step.only(ours)._replace(action=MOVED))

    def _after_removal(self, batch: _Batch, named: list[str], refusal: Refused) -> list[_Batch]:
        """Sort a batch that the service did not release, or not as a whole."""
        left = list(self._read_back(batch.step))
        if refusal.code == "not_registered":
            # Where others were left, nothing was released, and those that are gone had been gone before.
            for mac in batch.step.macs if left else named:
                if mac not in left and not self._plan.outcomes[mac].error:
                    self._set(mac, action=_gone(batch))
        return batch._replace(looked=True).only(left)

    def _after_fault(self, batch: _Batch, error: RpsError) -> list[_Batch]:
        """Return what is left to send of a batch that no readable answer came to."""
        if not error.in_doubt:
            self._runner.failed(error, "write")
            self._give_up(batch, error)
            return []
        seen = self._read_back(batch.step)
        left = list(seen)
        # What is only late may yet be carried out.
        if left and (error.code == "timeout" or _untold(batch.step, seen)):
            self.uncertain = True
        if left and batch.sent < self._service.client.retries:
            self._service.client.rest(batch.sent)
            return batch._replace(sent=batch.sent + 1).only(left)
        if len(left) > 1:
            return batch._replace(step=batch.step.only(left)).halves()
        if left:
            self._runner.failed(error, "write")
            self._fail(left, error)
        return []

    def _read_back(self, step: Step) -> dict[str, Observation]:
        """Read devices back, settle those as asked and those that are unreadable, return what was seen of the rest."""
        try:
            seen = self._look(step)
        except RpsError as error:
            self._runner.stopped = error
            seen = {mac: Observation(None, error=error) for mac in step.macs}
        left: dict[str, Observation] = {}
        for mac, one in seen.items():
            if one.error:
                self.uncertain = True
                self._fail([mac], one.error)
            elif as_asked(step, mac, one):
                self._set(mac, action=step.action)
            else:
                left[mac] = one
        return left

    def _refuse(self, batch: _Batch, mac: str, error: RpsError) -> None:
        if error.code == "not_registered" and self._plan.outcomes[mac].target is None:
            self._set(mac, action=_gone(batch))
        elif error.code in ("owned_by_other_user", "needs_override"):
            code = error.code if self._service.can.takes_over else "owned_by_other_user"
            self._fail([mac], RpsError(code, error.message))
            self._set(mac, status=ELSEWHERE)
        else:
            self._fail([mac], error)

    def _give_up(self, batch: _Batch, error: RpsError) -> None:
        self.uncertain = self.uncertain or batch.refused
        self._fail(batch.step.macs, error)

    def _fail(self, macs: Iterable[str], error: RpsError) -> None:
        for mac in macs:
            told = error.to_keep()
            if mac in self._released:
                self.uncertain = True
                was = ", ".join(f"{key} {value}" for key, value in self._plan.outcomes[mac].was.place.items())
                told = RpsError(error.code, f"it was released, and had {was or 'nothing told'}: {error.message}")
            self._set(mac, action=FAILED, error=told)

    def _set(self, mac: str, **fields: Any) -> None:
        self._plan.outcomes[mac] = self._plan.outcomes[mac]._replace(**fields)


def _untold(step: Step, seen: Mapping[str, Observation]) -> bool:
    """Tell whether devices were to be moved, and what was seen of them does not tell where to."""
    target = step.target if step.moves else None
    return target is not None and any(target.met_by(mac, one) is None for mac, one in seen.items())


def _gone(batch: _Batch) -> str:
    """Return what became of a device that the service calls not ours, where it was to be removed."""
    return REMOVED if batch.sent else NONE
