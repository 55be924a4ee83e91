# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the phones of a list at the service of an account: one list call, then a read for each phone that is due."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    REGISTERED,
    UNKNOWN,
    Device,
    Observation,
)
from ansible_collections.voip.rps.plugins.module_utils._reconcile.observe import list_models
from ansible_collections.voip.rps.plugins.module_utils._reconcile.progress import READ as READ_NOW
from ansible_collections.voip.rps.plugins.module_utils._reconcile.progress import Progress
from ansible_collections.voip.rps.plugins.module_utils._reconcile.runner import HANDFUL, Runner
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service
from ansible_collections.voip.rps.plugins.plugin_utils._audit.selection import (
    Limits,
    contradicts_list,
    shows_target,
    to_read,
)
from ansible_collections.voip.rps.plugins.plugin_utils._audit.states import HISTORY, READ, Seen

CHUNK = 1000
"""Number of reads that are sent before their results are kept, so a failing service loses no earlier results."""

NO_LIST_WARNING = "the service cannot list the phones of the account, so extra phones that no row names are not found"


class Observed(NamedTuple):
    """The readings of an account.

    ``seen``: each phone of the list, by MAC address. ``fresh``: those that were read in this run. ``listed``: the
    phones that the account lists, or None. ``extra``: the phones of the account that no row names. ``reads``: the
    number of phones whose target was read. ``failure``: why reading failed or stopped early, or None.
    """

    seen: Mapping[str, Seen]
    fresh: Collection[str]
    listed: Collection[str] | None
    extra: Sequence[str]
    reads: int
    failure: RpsError | None
    warnings: Sequence[str] = ()


def observe_account(
    service: Service,
    devices: Sequence[Device],
    named: Collection[str],
    past: Mapping[str, Seen],
    limits: Limits,
    now: Callable[[], int],
    *,
    find_extra: bool,
    progress: Progress | None = None,
) -> Observed:
    """Return the readings of an account's phones. Failures are part of the result.

    ``named``: every MAC address of the list, including rows of other accounts. ``past``: the readings of the history.
    ``now`` returns the seconds since 1970. ``find_extra``: list the account even if reading each phone takes fewer
    calls. ``progress`` counts the phones that were read.
    """
    runner = Runner(service, devices, progress)
    fresh: dict[str, Seen] = {}
    try:
        listed, warnings = _listed(runner, find_extra or len(devices) > HANDFUL)
        if listed is not None and service.can.list_models:
            fresh = _pointing_there(runner, devices, listed, now)
        elif listed is not None and service.can.list_targets:
            at = now()
            fresh = {one.mac: Seen(listed[one.mac], at, READ) for one in devices if one.mac in listed}
    except RpsError as error:
        return unread_account(devices, _without_answer(error), now())
    failure: RpsError | None = None
    remaining = [device for device in devices if device.mac not in fresh]
    can_read = service.can.read_target
    due = to_read(remaining, listed, past, limits, now(), read_target=can_read)
    targets = {device.mac for device in remaining if shows_target(device, read_target=can_read)}
    reads = 0
    runner.progress.begin_whole(READ_NOW, len(due))
    todo = iter(due)
    while failure is None and (chunk := list(islice(todo, CHUNK))):
        try:
            at = now()
            readings = runner.read(chunk, targets)
            fresh.update((mac, Seen(one, at, READ)) for mac, one in readings.items())
            reads += len(chunk)
        except RpsError as error:
            failure = _without_answer(error)
    unread = set(due).difference(fresh) if failure else set()
    seen: dict[str, Seen] = {}
    for device in devices:
        mac = device.mac
        if mac in fresh:
            seen[mac] = fresh[mac]
        elif mac in unread:
            seen[mac] = Seen(Observation(None, error=failure), now(), READ)
        else:
            seen[mac] = _unread(device, listed, past, now(), read_target=can_read)
    extra = sorted(set(listed).difference(named)) if listed is not None and find_extra else []
    return Observed(seen, fresh, listed, extra, reads, failure, [*(warnings if find_extra else ()), *service.warnings])


def unread_account(devices: Sequence[Device], failure: RpsError, now: int) -> Observed:
    """Return the result for an account that could not be read."""
    failed = Seen(Observation(None, error=failure), now, READ)
    return Observed({device.mac: failed for device in devices}, (), None, (), 0, failure)


def _without_answer(error: RpsError) -> RpsError:
    """Return a copy of an error that does not keep its response in memory."""
    return RpsError(error.code, error.message)


def _listed(runner: Runner[Service], wanted: bool) -> tuple[Mapping[str, Observation] | None, list[str]]:
    """Return the phones that the account lists, or None if it was not asked or cannot list them, and warnings."""
    can = runner.service.can
    if not wanted:
        return None, []
    if can.list_account:
        return runner.service.list_devices(), []
    if not can.list_models:
        return None, [NO_LIST_WARNING]
    listing = list_models(runner, runner.service.models)
    if len(listing.refused) == len(runner.service.models):
        return None, [NO_LIST_WARNING]
    refused = ", ".join(sorted(listing.refused))
    warning = f"the service does not list these models, so their extra phones are not found: {refused}"
    return dict.fromkeys(listing.macs, Observation(REGISTERED)), [warning] if refused else []


def _pointing_there(
    runner: Runner[Service], devices: Sequence[Device], listed: Collection[str], now: Callable[[], int]
) -> dict[str, Seen]:
    """Return the phones that point to the target in the list, from a service that lists devices by model and URL.

    Request a list only if it saves more reads than it costs. Raise RpsError.
    """
    groups: dict[tuple[str, str], list[Device]] = {}
    for device in devices:
        model = runner.service.model(device.mac)
        if model is not None and device.mac in listed and device.target and device.target.url:
            groups.setdefault((device.target.url, model), []).append(device)
    models: dict[str, list[str]] = {}
    for (url, model), members in groups.items():
        if len(members) > HANDFUL:
            models.setdefault(url, []).append(model)
    there: dict[str, Seen] = {}
    for url, those in models.items():
        found = list_models(runner, those, url).macs
        for model in those:
            for device in groups[url, model]:
                if device.mac in found:
                    there[device.mac] = Seen(Observation(REGISTERED, url), now(), READ)
    return there


def _unread(
    device: Device, listed: Collection[str] | None, past: Mapping[str, Seen], now: int, *, read_target: bool
) -> Seen:
    """Return what is known of a phone that is not read in this run, from the list of the account or the history."""
    before = past.get(device.mac)
    is_listed = listed is not None and device.mac in listed
    if is_listed and not shows_target(device, read_target=read_target):
        return Seen(Observation(REGISTERED), now, READ)
    if before is not None and not (listed is not None and contradicts_list(before, is_listed)):
        return before
    if listed is not None and not is_listed:
        return Seen(Observation(UNKNOWN), now, READ)
    return Seen(Observation(REGISTERED if is_listed else None), None, HISTORY)
