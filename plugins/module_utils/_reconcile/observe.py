# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what a service knows of devices, in as few requests as possible."""

from __future__ import annotations

from typing import Collection, Mapping, NamedTuple, Sequence

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    ELSEWHERE,
    REGISTERED,
    UNKNOWN,
    Device,
    Observation,
    Target,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict
from ansible_collections.voip.rps.plugins.module_utils._reconcile.plan import Policy, Step, wants_target
from ansible_collections.voip.rps.plugins.module_utils._reconcile.runner import HANDFUL, Runner
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service

_UNLISTED = Observation(UNKNOWN)


def observe(
    runner: Runner[Service],
    devices: Sequence[Device],
    policy: Policy,
    account: Mapping[str, Observation] | None,
    check_mode: bool = False,
) -> dict[str, Observation]:
    """Return the observation of each device, by MAC. ``account``: the list of the account, if it was read.

    Raise RpsError if the service could not be read.
    """
    can = runner.service.can
    # Nothing needs to be read for a fresh account; this check is cheap even for 100,000 devices.
    targets = {
        device.mac: device.target.url
        for device in devices
        if (account is None or device.mac in account)
        and device.target
        and wants_target(device, policy, can)
        and (device.target.url is not None or not check_mode)
    }
    seen: dict[str, Observation] = {}
    if account is not None:
        seen = {device.mac: account.get(device.mac, _UNLISTED) for device in devices}
    elif can.list_models and len(devices) > HANDFUL:
        seen = _by_model(runner, devices, targets)
    unlisted = [mac for mac, one in seen.items() if one.status == UNKNOWN]
    macs = targets if account is not None else [device.mac for device in devices]
    unread = [mac for mac in macs if not _is_known(seen.get(mac), mac in targets)]
    seen.update(runner.read(unread, targets))
    if check_mode and policy.check_foreign and not (can.hides_others or (policy.override and can.takes_over)):
        # A real run learns from refused writes which devices are another account's; check mode must read each device.
        bound = {device.mac for device in devices if device.target}
        checked = runner.read([mac for mac in unlisted if mac in bound], ())
        seen.update((mac, one) for mac, one in checked.items() if one.error or one.status == ELSEWHERE)
    return seen


def look_again(runner: Runner[Service], step: Step) -> dict[str, Observation]:
    """Return the observations of a step's devices after an answer that did not settle them. Raise RpsError."""
    can = runner.service.can
    target = step.target if isinstance(step.target, Target) else None
    shows = target is not None and target.url is not None and can.read_target
    many = len(step.macs) > HANDFUL
    must_show = shows and step.moves and not can.list_targets
    account = runner.service.list_devices() if many and not must_show and can.list_account else None
    # For many devices that were not ours, it is enough to know whether they are ours now.
    policy = Policy(check_target=shows and (step.moves or not many))
    return observe(runner, [Device(mac, target) for mac in step.macs], policy, account)


class Listing(NamedTuple):
    """The combined lists of models: the account's devices, and the models whose list was ``refused``."""

    macs: set[str]
    refused: dict[str, Refused]


def list_models(runner: Runner[Service], models: Collection[str], url: str | None = None) -> Listing:
    """Return the account's devices of these models; with ``url``, only those that point there.

    Raise the RpsError of the first list that failed without a refusal; or that of a refusal if all lists were refused,
    unless the service does not have the method.
    """
    listing = Listing(set(), {})
    failed: list[RpsError] = []

    def list_one(model: str) -> None:
        if failed:
            return
        try:
            listing.macs.update(runner.service.list_model(model, url))
        except Refused as refusal:
            listing.refused[model] = refusal.without_traceback()
        except RpsError as error:
            failed.append(error.without_traceback())

    runner.each(list_one, models)
    if failed:
        raise failed[0]
    if len(listing.refused) == len(set(models)):
        for refusal in listing.refused.values():
            if refusal.verdict is not Verdict.SINGLY:
                raise refusal
    return listing


def _is_known(seen: Observation | None, wants_target: bool) -> bool:
    return seen is not None and not (wants_target and seen.status == REGISTERED and seen.url is None)


def _pointing_there(runner: Runner[Service], macs: Sequence[str], url: str) -> dict[str, Observation]:
    """Return the devices that point to ``url``, for a service that lists devices by model and URL.

    Do not list unknown models, or models with only a handful of devices. Raise RpsError.
    """
    models = _models(runner, macs)
    if not models:
        return {}
    there = list_models(runner, models, url).macs
    return {mac: Observation(REGISTERED, url) for mac in macs if mac in there}


def _by_model(
    runner: Runner[Service], devices: Sequence[Device], targets: Mapping[str, str | None]
) -> dict[str, Observation]:
    by_url: dict[str, list[str]] = {}
    for mac, url in targets.items():
        by_url.setdefault(url or "", []).append(mac)
    seen: dict[str, Observation] = {}
    for url, macs in by_url.items():
        seen.update(_pointing_there(runner, macs, url))
    rest = [device.mac for device in devices if device.mac not in seen]
    models = _models(runner, rest)
    if not models:
        return seen
    listed = list_models(runner, models)
    seen.update((mac, Observation(REGISTERED)) for mac in rest if mac in listed.macs)
    # If none of the devices is in the list, the service may use another name for the model: read one device.
    empty = set(models).difference(map(runner.service.model, seen), listed.refused)
    samples = {runner.service.model(mac): mac for mac in rest if runner.service.model(mac) in empty}
    seen.update(runner.read(samples.values(), targets))
    trusted = {model for model in models if model not in samples or seen[samples[model]].status != REGISTERED}
    trusted.difference_update(listed.refused)
    # A device in no list is registered, which does no harm if it is ours already. Before it is reported absent, it is
    # read: the table of models may be older than the phone.
    bound = {device.mac for device in devices if device.target}
    for mac in rest:
        if mac not in seen and mac in bound and runner.service.model(mac) in trusted:
            seen[mac] = Observation(UNKNOWN)
    return seen


def _models(runner: Runner[Service], macs: Sequence[str]) -> Collection[str]:
    counts: dict[str, int] = {}
    for mac in macs:
        model = runner.service.model(mac)
        if model is not None:
            counts[model] = counts.get(model, 0) + 1
    return [model for model, count in counts.items() if count > HANDFUL]
