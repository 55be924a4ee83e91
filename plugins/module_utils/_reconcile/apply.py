# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


"""Carry out steps in batches, whether or not a service applies part of a refused batch, and if answers are lost."""

from __future__ import annotations

import threading
from contextlib import nullcontext
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
    Outcome,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict
from ansible_collections.voip.rps.plugins.module_utils._reconcile.plan import (
    Plan,
    Policy,
    Step,
    decide,
    is_as_requested,
)
from ansible_collections.voip.rps.plugins.module_utils._reconcile.progress import CHANGED
from ansible_collections.voip.rps.plugins.module_utils._reconcile.runner import HANDFUL, Runner

_WHOLE_BATCH = frozenset((Verdict.SERVER, Verdict.BATCH))
_CALLED_REGISTERED = frozenset((Verdict.ELSEWHERE, Verdict.REGISTERED, Verdict.NOT_OVERRIDDEN))
"""With these verdicts, the refused device may have been registered by an earlier call of this run."""


class Batch(NamedTuple):
    """A part of a step that goes into one call.

    ``sent``: the number of attempts without success. ``refused``: part of it may have been carried out. ``looked``: the
    number of devices when it was last read back, 0 if never.
    """

    step: Step
    sent: int = 0
    refused: bool = False
    looked: int = 0

    def only(self, macs: Sequence[str]) -> list[Batch]:
        return [self._replace(step=self.step.only(macs))] if macs else []

    def split(self, size: int) -> list[Batch]:
        return [self._replace(step=part) for part in self.step.split(size)]

    def halves(self) -> list[Batch]:
        return self.split((len(self.step.macs) + 1) // 2)


class Applier:
    """Carries out the steps of a plan, and corrects the planned outcomes when reality differs.

    ``look`` asks the service about a step's devices, and raises RpsError if they cannot be read. ``uncertain`` is set
    once a write may have been carried out and nothing could be learnt about it afterwards. ``release_size``: the limit
    of devices that are released at a time to be registered again.
    """

    def __init__(
        self,
        runner: Runner[Any],
        plan: Plan,
        policy: Policy,
        batch_size: int,
        look: Callable[[Step], dict[str, Observation]],
        *,
        release_size: int,
    ) -> None:
        self.uncertain = False
        self.outcomes: dict[str, Outcome] = plan.outcomes
        self._look = look
        self._runner = runner
        self._service = runner.service
        self._policy = policy
        self._batch_size = batch_size
        self._release_size = release_size
        # Only one batch at a time is released, and no more once a released device could not be registered again.
        self._releasing = threading.RLock()
        self._released: set[str] = set()
        self._left_unbound = False

    def batches(self, step: Step) -> list[Batch]:
        """Return the batches of a step."""
        return Batch(step).split(min(self._batch_size, self._service.most(step.target, moves=step.moves)))

    def carry_out(self, batch: Batch) -> None:
        """Send a batch, and follow-up calls until each of its devices has its outcome.

        An unexpected exception of ours fails its devices and ends the run.
        """
        try:
            self._carry_out(batch)
        except Exception as error:
            self._runner.stopped = unforeseen(error)
            self.uncertain = True
            self.fail([mac for mac in batch.step.macs if not self.outcomes[mac].error], self._runner.stopped)
        failed = sum(self.outcomes[mac].error is not None for mac in batch.step.macs)
        self._runner.progress.did(CHANGED, len(batch.step.macs), failed)

    def _carry_out(self, first: Batch) -> None:
        todo = [first]
        while todo:
            batch = todo.pop()
            if self._runner.stopped:
                self._give_up(batch, self._runner.stopped)
                continue
            if batch.step.release and not batch.step.released:
                self._release_and_register(batch.step)
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

    def confirm(self) -> None:
        """List the account, and fail the devices whose listed state differs from their outcome.

        The list may lag behind writes, so it is requested again after pauses.
        """
        changed = {mac: one.action for mac, one in self.outcomes.items() if one.action in (REGISTERED, MOVED, REMOVED)}
        wrong = list(changed)
        for attempt in range(self._service.client.retries + 1 if changed else 0):
            if attempt:
                self._service.client.back_off(attempt - 1)
            try:
                account = self._service.list_devices()
            except RpsError as error:
                self.uncertain = True
                if self._runner.stopped or error.code == "interrupted":
                    return
                words = f"the service took it, and could not be asked whether it was carried out: {error.message}"
                self.fail(wrong, RpsError(error.code, words))
                return
            wrong = [mac for mac in wrong if not _shows(account.get(mac), self.outcomes[mac])]
            if not wrong:
                return
        if wrong:
            self.uncertain = True
            for mac in wrong:
                shown = "still lists it" if changed[mac] == REMOVED else "does not list it as requested"
                self.fail([mac], RpsError("protocol_error", f"the service took it, and {shown}"))

    def fail(self, macs: Iterable[str], error: RpsError) -> None:
        """Fail devices; if a device was released before, the error says so first."""
        for mac in macs:
            kept = error.without_traceback()
            if mac in self._released:
                self._left_unbound = self.uncertain = True
                was = ", ".join(f"{key} {value}" for key, value in self.outcomes[mac].was.place.items())
                words = f"it was released, and had {was or 'no known target'}; registering it again failed"
                kept = RpsError("left_unbound", f"{words} ({error.code}): {error.message}")
            self.set(mac, action=FAILED, error=kept)

    def set(self, mac: str, **fields: Any) -> None:
        """Change a device's outcome."""
        self.outcomes[mac] = self.outcomes[mac]._replace(**fields)

    def _send(self, step: Step) -> None:
        if step.target is None:
            self._service.remove(self._runner.devices(step.macs))
        elif step.moves:
            self._service.move(self._runner.devices(step.macs), step.target)
        else:
            self._service.register(self._runner.devices(step.macs), step.target, override=step.override)

    def _after_success(self, batch: Batch) -> list[Batch]:
        """Settle a batch, and return the follow-up batches."""
        step = batch.step
        if step.moves and not self._service.can.rebind:
            left = list(self._read_back(step, patient=True))
            return batch._replace(step=step._replace(release=True)).only(left)
        self._released.difference_update(step.macs)
        for mac in step.macs:
            # Most outcomes are as planned, and copying them all would take a fifth of the CPU time.
            if self.outcomes[mac].action != step.action:
                self.set(mac, action=step.action)
        return []

    def _release_and_register(self, step: Step) -> None:
        """Move devices that must be released first, a few at a time; register each few again immediately."""
        size = min(self._release_size, self._service.most(None, moves=False))
        for part in step.split(size):
            # In batches of one, no more devices than workers are released at a time.
            with self._releasing if size > 1 else nullcontext():
                if self._left_unbound:
                    words = "not sent: it must be released first, and another released device could not be registered"
                    self.fail(part.macs, RpsError("not_sent", words))
                    continue
                for released in self._release(part):
                    for batch in released.split(self._service.most(released.step.target, moves=False)):
                        self.carry_out(batch)

    def _release(self, step: Step, sent: int = 0) -> list[Batch]:
        """Release devices, and return the batches that register them again."""
        if not step.macs:
            return []
        if self._runner.stopped:
            self.fail(step.macs, self._runner.stopped)
            return []
        left: Sequence[str] = ()
        ours = True
        try:
            self._service.remove(self._runner.devices(step.macs))
        except Refused as refusal:
            if len(step.macs) > 1:
                return [batch for one in step.split(1) for batch in self._release(one)]
            if refusal.verdict is not Verdict.ALREADY:
                self.fail(step.macs, refusal)
                return []
            # The device was not ours, unless an earlier release succeeded and its answer was lost.
            ours = sent > 0
        except RpsError as error:
            if not error.in_doubt:
                self._runner.failed(error, "write")
                self.fail(step.macs, error)
                return []
            late = error.code == "timeout"
            left = list(self._read_back(step._replace(target=None), patient=late))
            # A delayed release could arrive after the registration, and leave the device unbound.
            if late or sent == self._service.client.retries:
                self.uncertain = self.uncertain or bool(left)
                words = f"releasing it was not answered, and may still be carried out: {error.message}"
                self.fail(left, RpsError(error.code, words))
                left = ()
        gone = [mac for mac in step.macs if mac not in left and not self.outcomes[mac].error]
        if ours:
            self._released.update(gone)
        return Batch(step._replace(released=True)).only(gone) + self._release(step.only(left), sent + 1)

    def _after_refusal(self, batch: Batch, refusal: Refused) -> list[Batch]:
        """Return the batches still to send after the service refused a batch."""
        if refusal.done:
            return self._after_partial_success(batch, refusal)
        doubtful = bool(batch.sent or batch.refused)
        if batch.sent and batch.step.target and refusal.verdict in _CALLED_REGISTERED:
            # Reads may lag behind, so the call with the lost answer may still have been carried out.
            batch = batch._replace(step=batch.step.only(list(self._read_back(batch.step, patient=True))))
        macs = batch.step.macs
        if not macs:
            return []
        batch = batch._replace(refused=batch.refused or len(macs) > 1)
        named = [mac for mac in macs if mac in refusal.culprits]
        others = batch.only([mac for mac in macs if mac not in refusal.culprits])
        if self._asks_about_registered(batch, refusal):
            return self._after_question(batch, named, refusal, doubtful)
        if refusal.verdict is Verdict.SINGLY and len(macs) > 1:
            return batch.split(1)
        if refusal.verdict is Verdict.REGISTERED and batch.step.moves:
            if named and len(macs) > 1:
                return others + batch._replace(step=batch.step.only(named)).split(1)
            if len(macs) == 1 and self._service.needs_release:
                return [batch._replace(step=batch.step._replace(release=True))]
        if batch.step.released and batch.sent < self._service.client.retries:
            self._service.client.back_off(batch.sent)
            return [batch._replace(sent=batch.sent + 1)]
        in_part = (refusal.verdict is Verdict.ALREADY and len(macs) > 1) or refusal.verdict is Verdict.UNCLEAR
        if in_part and batch.step.target is None and not batch.looked:
            return self._after_removal(batch, named, refusal)
        if named:
            for mac in named:
                self._refuse(batch, mac, refusal.culprits[mac])
            return others
        if len(macs) == 1 or refusal.verdict in _WHOLE_BATCH:
            for mac in macs:
                self._refuse(batch, mac, refusal.of(mac))
            return []
        return batch.halves()

    def _after_partial_success(self, batch: Batch, refusal: Refused) -> list[Batch]:
        """Settle the devices that the service reports as carried out, and sort the others."""
        others = Refused(refusal.code, refusal.message, refusal.culprits, verdict=refusal.verdict)
        todo: list[Batch] = []
        for part in batch.only([mac for mac in batch.step.macs if mac in refusal.done]):
            todo += self._after_success(part)
        for part in batch.only([mac for mac in batch.step.macs if mac not in refusal.done]):
            todo += self._after_refusal(part._replace(refused=True), others)
        return todo

    @staticmethod
    def _asks_about_registered(batch: Batch, refusal: Refused) -> bool:
        """Return whether the refusal may concern devices that are ours, so that they must be read."""
        # If the good devices of a refused batch were registered, sending one of them again is refused for that reason.
        is_registered = refusal.verdict is Verdict.REGISTERED
        asks = is_registered or (refusal.verdict is Verdict.NOT_OVERRIDDEN and batch.refused)
        # A list may be incomplete, so it is not enough if the service asks about a single device.
        one_by_list = len(batch.step.macs) == 1 and batch.looked > 1 and is_registered
        looked = batch.looked and not one_by_list
        return asks and batch.step.action == REGISTERED and not looked

    def _after_question(self, batch: Batch, named: list[str], refusal: Refused, doubtful: bool) -> list[Batch]:
        """Sort a batch with devices that the service calls registered: by this batch, by us before, or by others.

        If the service calls a device registered that the account's list did not have, the list was incomplete, so each
        such device is read by itself. ``doubtful``: an earlier call may have registered the device.
        """
        macs = batch.step.macs
        disputed = named or (list(macs) if len(macs) == 1 else [])
        by_list = doubtful and len(macs) > HANDFUL
        left = self._read_back(batch.step.only([mac for mac in macs if by_list or mac not in disputed]))
        if by_list:
            disputed = [mac for mac in disputed if mac in left]
        undisputed = [mac for mac in left if mac not in disputed]
        again = batch._replace(looked=0 if named else len(macs)).only(undisputed)
        alone = len(macs) == 1 and refusal.verdict is Verdict.REGISTERED
        moves: dict[str, Observation] = {}
        for start in range(0, len(disputed), HANDFUL):
            for mac, seen in self._observe(batch.step.only(disputed[start : start + HANDFUL])).items():
                if seen.error:
                    self.uncertain = self.uncertain or doubtful
                    self.fail([mac], seen.error)
                elif seen.status == REGISTERED:
                    outcome = decide(mac, batch.step.target, seen, self._policy, self._service.can)
                    if doubtful and is_as_requested(batch.step, mac, seen):
                        self.set(mac, action=REGISTERED)
                    else:
                        self.outcomes[mac] = outcome
                    if outcome.action == MOVED:
                        moves[mac] = seen
                elif alone or mac in named:
                    self._refuse(batch, mac, refusal.culprits.get(mac, refusal))
                else:
                    again += batch._replace(looked=1).only([mac])
        return again + self.batches(batch.step.only(list(moves))._replace(action=MOVED))

    def _after_removal(self, batch: Batch, named: list[str], refusal: Refused) -> list[Batch]:
        """Sort a batch that the service did not release, or only in part."""
        left = list(self._read_back(batch.step))
        if refusal.verdict is Verdict.ALREADY:
            # If others are left, nothing was released, so the missing devices were missing before.
            for mac in batch.step.macs if left else named:
                if mac not in left and not self.outcomes[mac].error:
                    self.set(mac, action=_removal_outcome(batch))
        return batch._replace(looked=len(batch.step.macs)).only(left)

    def _after_fault(self, batch: Batch, error: RpsError) -> list[Batch]:
        """Return the batches still to send after a batch got no readable answer."""
        if not error.in_doubt:
            self._runner.failed(error, "write")
            self._give_up(batch, error)
            return []
        seen = self._read_back(batch.step)
        # A delayed write may still be carried out.
        if seen and (error.code == "timeout" or _does_not_show(batch.step, seen)):
            self.uncertain = True
        lost = [mac for mac, one in seen.items() if batch.step.moves and one.status != REGISTERED]
        left = [mac for mac in seen if mac not in lost]
        more = self._no_longer_ours(batch, {mac: seen[mac] for mac in lost})
        if left and batch.sent < self._service.client.retries:
            self._service.client.back_off(batch.sent)
            return more + batch._replace(sent=batch.sent + 1).only(left)
        if len(left) > 1:
            return more + batch._replace(step=batch.step.only(left)).halves()
        if left:
            self._runner.failed(error, "write")
            self.fail(left, error)
        return more

    def _no_longer_ours(self, batch: Batch, seen: Mapping[str, Observation]) -> list[Batch]:
        """Return the batches still to send for devices to move that no longer belong to the account."""
        free: list[str] = []
        for mac, one in seen.items():
            # Sending the move again could take the device from another account.
            outcome = decide(mac, batch.step.target, one, self._policy._replace(override=False), self._service.can)
            self.outcomes[mac] = outcome
            if outcome.action == REGISTERED:
                free.append(mac)
        return self.batches(batch.step.only(free)._replace(action=REGISTERED, override=False))

    def _observe(self, step: Step) -> dict[str, Observation]:
        if not step.macs:
            return {}
        try:
            return self._look(step)
        except RpsError as error:
            self._runner.stopped = error
            return {mac: Observation(None, error=error) for mac in step.macs}

    def _read_back(self, step: Step, *, patient: bool = False) -> dict[str, Observation]:
        """Read devices back; settle those as requested and unreadable ones; return observations of the others.

        ``patient``: read the others again after pauses, because reads may lag behind a write.
        """
        left: dict[str, Observation] = {}
        for attempt in range(self._service.client.retries + 1 if patient else 1):
            if attempt:
                self._service.client.back_off(attempt - 1)
                step = step.only(list(left))
            left = {}
            for mac, one in self._observe(step).items():
                if one.error:
                    self.uncertain = True
                    self.fail([mac], one.error)
                elif is_as_requested(step, mac, one):
                    self.set(mac, action=step.action)
                else:
                    left[mac] = one
            if not left:
                break
        return left

    def _refuse(self, batch: Batch, mac: str, error: Refused) -> None:
        if error.verdict is Verdict.ALREADY and self.outcomes[mac].target is None:
            self.set(mac, action=_removal_outcome(batch))
        elif error.verdict is Verdict.REGISTERED and batch.step.moves:
            self.fail([mac], RpsError("override_failed", error.message))
        elif error.verdict in (Verdict.ELSEWHERE, Verdict.REGISTERED):
            code = error.code if self._service.can.takes_over else "owned_by_other_user"
            self.fail([mac], RpsError(code, error.message))
            self.set(mac, status=ELSEWHERE)
        else:
            self.fail([mac], error)

    def _give_up(self, batch: Batch, error: RpsError) -> None:
        self.uncertain = self.uncertain or batch.refused
        self.fail(batch.step.macs, error)


def _does_not_show(step: Step, seen: Mapping[str, Observation]) -> bool:
    """Return whether the step moves devices, and the observations do not show where they point."""
    target = step.target if step.moves else None
    return target is not None and any(target.met_by(mac, one) is None for mac, one in seen.items())


def _removal_outcome(batch: Batch) -> str:
    """Return the outcome of removing a device that the service says is not ours."""
    return REMOVED if batch.sent else NONE


def _shows(seen: Observation | None, outcome: Outcome) -> bool:
    """Return whether the account's list shows a device as its outcome says, if the list shows that at all."""
    if outcome.target is None:
        return seen is None
    return seen is not None and outcome.target.met_by(outcome.mac, seen) is not False
