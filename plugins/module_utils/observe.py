# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a service knows of devices, in as few requests as it takes."""

from __future__ import annotations

from typing import Collection, Mapping, Sequence

from ansible_collections.voip.rps.plugins.module_utils.model import (
    ELSEWHERE,
    REGISTERED,
    UNKNOWN,
    Device,
    Observation,
)
from ansible_collections.voip.rps.plugins.module_utils.plan import Policy, wants_target
from ansible_collections.voip.rps.plugins.module_utils.runner import HANDFUL, Runner


def observe(
    runner: Runner,
    devices: Sequence[Device],
    policy: Policy,
    account: Collection[str] | None,
    check_mode: bool = False,
) -> dict[str, Observation]:
    """Return what the service knows of each device, by MAC; C(account) is the list of the account's, if there is one.

    Raises RpsError where the service could not be read.
    """
    can = runner.service.can
    targets = {
        device.mac: device.target.url for device in devices if device.target and wants_target(device, policy, can)
    }
    seen: dict[str, Observation] = {}
    if account is not None:
        seen = {device.mac: Observation(REGISTERED if device.mac in account else UNKNOWN) for device in devices}
    elif can.list_models and len(devices) > HANDFUL:
        seen = _by_model(runner, devices, targets)
    unlisted = [mac for mac, one in seen.items() if one.status == UNKNOWN]
    unread = [device.mac for device in devices if not _told(seen.get(device.mac), device.mac in targets)]
    seen.update(runner.read(unread, targets))
    if check_mode and not policy.override:
        # The real run learns from refused writes which devices are another account's; here only a look can tell.
        bound = {device.mac for device in devices if device.target}
        checked = runner.read([mac for mac in unlisted if mac in bound], ())
        seen.update((mac, one) for mac, one in checked.items() if one.error or one.status == ELSEWHERE)
    return seen


def _told(seen: Observation | None, wants_target: bool) -> bool:
    return seen is not None and not (wants_target and seen.status == REGISTERED and seen.url is None)


def _pointing_there(runner: Runner, macs: Sequence[str], url: str) -> dict[str, Observation]:
    """Return those of the devices that a service which lists by model tells to point to C(url).

    Of models with no more than a handful of devices, or that are not known, none is asked for. Raises RpsError.
    """
    models = _models(runner, macs)
    if not models:
        return {}
    there = runner.list_models(models, url)
    return {mac: Observation(REGISTERED, url) for mac in macs if mac in there}


def _by_model(runner: Runner, devices: Sequence[Device], targets: Mapping[str, str | None]) -> dict[str, Observation]:
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
    listed = runner.list_models(models)
    seen.update((mac, Observation(REGISTERED)) for mac in rest if mac in listed)
    # A list without any of them may be that of a model which the service calls otherwise: one look tells.
    empty = set(models).difference(map(runner.service.model, seen))
    samples = {runner.service.model(mac): mac for mac in rest if runner.service.model(mac) in empty}
    seen.update(runner.read(samples.values(), targets))
    trusted = {model for model in models if model not in samples or seen[samples[model]].status != REGISTERED}
    # That a device is in no list is enough to register it, which does no harm to one that is ours. To call it absent,
    # it is checked: the table of models may be older than the phone.
    bound = {device.mac for device in devices if device.target}
    for mac in rest:
        if mac not in seen and mac in bound and runner.service.model(mac) in trusted:
            seen[mac] = Observation(UNKNOWN)
    return seen


def _models(runner: Runner, macs: Sequence[str]) -> Collection[str]:
    counts: dict[str, int] = {}
    for mac in macs:
        model = runner.service.model(mac)
        if model is not None:
            counts[model] = counts.get(model, 0) + 1
    return [model for model, count in counts.items() if count > HANDFUL]
