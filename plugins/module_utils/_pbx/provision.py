# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make a PBX match a list of phones: observe, plan, apply."""

from __future__ import annotations

import functools
from typing import Collection, Mapping, Sequence

from ansible_collections.voip.rps.plugins.module_utils._pbx.assignment import Assignment, Extension, Phone, phone_of
from ansible_collections.voip.rps.plugins.module_utils._pbx.menus import Menus
from ansible_collections.voip.rps.plugins.module_utils._pbx.pbx import Pbx
from ansible_collections.voip.rps.plugins.module_utils._pbx.phones import Kind, Wanted
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import InputError, Problem, Problems, RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    FAILED,
    MOVED,
    NONE,
    REGISTERED,
    REMOVED,
    UNKNOWN,
    Observation,
    Outcome,
)
from ansible_collections.voip.rps.plugins.module_utils._reconcile.apply import Applier
from ansible_collections.voip.rps.plugins.module_utils._reconcile.plan import Plan, Policy, Step, steps_to
from ansible_collections.voip.rps.plugins.module_utils._reconcile.progress import CHANGED, Progress
from ansible_collections.voip.rps.plugins.module_utils._reconcile.reconcile import Report
from ansible_collections.voip.rps.plugins.module_utils._reconcile.runner import HANDFUL, Runner

BATCH_SIZE = 100


def reconcile_phones(
    pbx: Pbx,
    wanted: Sequence[Wanted],
    *,
    rps_auth: bool,
    recreate: bool,
    check_mode: bool,
    progress: Progress | None = None,
) -> Report:
    """Carry out what ``wanted`` asks for; in check mode, only read and return the predicted outcomes.

    Raise InputError, before anything is written, if the PBX does not have what was requested, and RpsError if it could
    not be read.
    """
    runner = Runner(pbx, progress=progress)
    by_id = {phone.mac for phone in wanted if phone.extension and phone.extension.number is None}
    seen = _find(runner, [phone.mac for phone in wanted], by_id)
    goals = _goals(runner, wanted, seen, rps_auth)
    outcomes: dict[str, Outcome] = {}
    recreated: list[Outcome] = []
    others: list[Outcome] = []
    for phone in wanted:
        goal, there = goals.get(phone.mac), phone_of(seen[phone.mac])
        outcome = outcomes[phone.mac] = _decide(phone.mac, goal, seen[phone.mac], recreate)
        is_other = goal and there and not goal.is_kind_of(there)
        (recreated if is_other else others).append(outcome)
    steps = [step._replace(release=True) for step in steps_to(recreated)] + steps_to(others)
    if check_mode:
        return Report(list(outcomes.values()))
    look = functools.partial(_look, runner, by_id)
    applier = Applier(runner, Plan(outcomes, steps), Policy(), BATCH_SIZE, look, release_size=BATCH_SIZE)
    runner.progress.begin(CHANGED, sum(len(step.macs) for step in steps))
    runner.each(applier.carry_out, [batch for step in steps for batch in applier.batches(step)])
    return Report(list(outcomes.values()), applier.uncertain, runner.stopped)


def _find(runner: Runner[Pbx], macs: Sequence[str], by_id: Collection[str]) -> dict[str, Observation]:
    """Return the phones that the PBX has; for those in ``by_id``, with the id of the extension. Raise RpsError."""
    if len(macs) <= HANDFUL:
        return runner.read(macs, by_id)
    pbx = runner.service
    phones = pbx.list_phones()
    seen: dict[str, Observation] = {}
    for mac in macs:
        phone = phones.get(mac)
        if phone and phone.extension is not None and mac in by_id:
            phone = phone._replace(ext_id=pbx.extensions.get(phone.extension))
        seen[mac] = Observation(REGISTERED, held=phone) if phone else Observation(UNKNOWN)
    return seen


def _look(runner: Runner[Pbx], by_id: Collection[str], step: Step) -> dict[str, Observation]:
    return _find(runner, step.macs, by_id if step.target else ())


def _goals(
    runner: Runner[Pbx], wanted: Sequence[Wanted], seen: Mapping[str, Observation], rps_auth: bool
) -> dict[str, Assignment]:
    """Return the goal of each phone that must be present; phones of one kind share a goal.

    Raise InputError with everything that the PBX does not have, and RpsError.
    """
    kinds: dict[Kind, list[Wanted]] = {}
    for phone in wanted:
        if phone.kind:
            kinds.setdefault(phone.kind, []).append(phone)
    menus = Menus(runner.service)
    goals: dict[str, Assignment] = {}
    problems: Problems = []
    for kind, phones in kinds.items():
        try:
            goal = menus.assignment(kind, rps_auth)
        except ValueError as error:
            problems.append(Problem("invalid_input", f"{phones[0].where}{_and_more(phones)}", str(error)))
            continue
        goal.extensions = {phone.mac: phone.extension for phone in phones if phone.extension}
        goals.update((phone.mac, goal) for phone in phones)
    differing = [
        phone for phone in wanted if phone.mac not in goals or not goals[phone.mac].met_by(phone.mac, seen[phone.mac])
    ]
    ids = _extension_ids(runner, {phone.extension.number for phone in differing if phone.extension})
    for phone in differing:
        number = phone.extension.number if phone.extension else None
        if number is not None and ids.get(number) is None:
            problems.append(Problem("invalid_input", phone.where, f"the PBX has no extension {number}"))
        elif number is not None and phone.mac in goals:
            goals[phone.mac].extensions[phone.mac] = Extension(number, ids[number])
    if problems:
        raise InputError(problems)
    return goals


def _extension_ids(runner: Runner[Pbx], numbers: Collection[str | None]) -> Mapping[str, int | None]:
    """Return the ids of extensions by their numbers, for those that the PBX has. Raise RpsError."""
    asked = sorted(number for number in numbers if number is not None)
    if len(asked) > HANDFUL:
        return runner.service.extensions
    ids: dict[str, int | None] = {}
    runner.each(lambda number: ids.update({number: runner.service.extension_id(number)}), asked)
    return ids


def _decide(mac: str, goal: Assignment | None, seen: Observation, recreate: bool) -> Outcome:
    outcome = Outcome(mac, NONE, seen.status, goal, seen, seen.error)
    phone = phone_of(seen)
    if seen.error:
        return outcome._replace(action=FAILED)
    if goal is None:
        return outcome._replace(action=REMOVED if phone else NONE)
    if goal.met_by(mac, seen):
        return outcome
    if phone and goal.is_kind_of(phone):
        return outcome._replace(action=MOVED)
    if phone and not recreate:
        return outcome._replace(action=FAILED, error=_unchangeable(phone))
    if goal.link is not None:
        words = (
            f"the PBX does not register {goal.model.text} with {goal.vendor.text}: point it to the provisioning link"
        )
        return outcome._replace(action=FAILED, error=RpsError("unsupported", words))
    return outcome._replace(action=MOVED if phone else REGISTERED)


def _unchangeable(phone: Phone) -> RpsError:
    is_there = f"the PBX has it as {phone.vendor} {phone.model} with {phone.template_name}"
    cannot = "its API cannot change vendor, model and template_name: with recreate, it is removed and added again"
    return RpsError("unsupported", f"{is_there}, and {cannot}")


def _and_more(phones: Sequence[Wanted]) -> str:
    return f" and {len(phones) - 1} more" if len(phones) > 1 else ""
