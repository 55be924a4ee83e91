# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look devices up, and build the result of a task from what the service reports."""

from __future__ import annotations

from collections import Counter
from typing import Any, Collection, Mapping, Sequence

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import parse_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    REGISTERED,
    STATUSES,
    Device,
    Observation,
    Target,
)
from ansible_collections.voip.rps.plugins.module_utils._reconcile.desired import (
    attributes_of,
    device_problems,
    rows_asked_for,
)
from ansible_collections.voip.rps.plugins.module_utils._reconcile.observe import list_models
from ansible_collections.voip.rps.plugins.module_utils._reconcile.ownership import provider_named
from ansible_collections.voip.rps.plugins.module_utils._reconcile.progress import Progress
from ansible_collections.voip.rps.plugins.module_utils._reconcile.report import failure_message
from ansible_collections.voip.rps.plugins.module_utils._reconcile.runner import Runner
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service


def devices_asked_for(params: Mapping[str, Any], service: type[Service], problems: Problems) -> list[Device] | None:
    """Return the devices from ``macs`` or ``src``, once each, or None for all devices of the account.

    Skip rows of a phone list that name another provider. Add errors to ``problems``.
    """
    if params["macs"] is None and params["src"] is None:
        return None
    devices: dict[str, Device] = {}
    for where, row in rows_asked_for(params, problems):
        try:
            mac = parse_mac(row["mac"])
        except ValueError as error:
            problems.append(Problem("invalid_mac", where, str(error)))
            continue
        try:
            if provider_named(row.get("provider") or "") in (None, params["provider"]):
                device = devices.setdefault(mac, Device(mac, None, attributes_of(row, service)))
                problems += device_problems(where, device, service)
        except ValueError as error:
            problems.append(Problem("invalid_input", where, str(error)))
    return list(devices.values())


def listing_problems(params: Mapping[str, Any], service: type[Service]) -> Problems:
    """Return which options the service does not support."""
    problems: Problems = []
    if params["macs"] is None and params["src"] is None and not (service.can.list_account or service.can.list_models):
        words = "this service does not list the devices of the account: give macs or src"
        problems.append(Problem("unsupported", "macs", words))
    if params["models"] is not None and not service.can.list_models:
        problems.append(Problem("unsupported", "models", "this service does not list devices by model"))
    if params["url"] is not None and not service.can.read_target:
        problems.append(Problem("unsupported", "url", "this service does not report where a device points"))
    elif params["url"] is not None and params["check_target"] is False:
        problems.append(Problem("invalid_input", "url", "needs check_target, to know which devices point there"))
    return problems


def look_up(
    service: Service,
    devices: Sequence[Device] | None,
    models: Sequence[str] | None,
    url: str | None,
    check_target: bool | None,
    progress: Progress | None = None,
) -> dict[str, Observation]:
    """Return what the service reports of ``devices``, else of all devices of the account or of ``models``.

    With ``url``, only of devices that point there. Devices that could not be read have their error. Raise RpsError if
    the service could not be read at all.
    """
    runner = Runner(service, devices or (), progress)
    service.tells_more = True
    wanted = None if url is None else service.spelled(url)
    macs = None if devices is None else [device.mac for device in devices]
    listed: Mapping[str, Observation] = {}
    if macs is None:
        if service.can.list_models:
            macs = _of_models(runner, models or service.models, wanted)
            if wanted is not None:
                return {mac: Observation(REGISTERED, wanted) for mac in macs}
        else:
            listed = service.list_devices()
            macs = list(listed)
        if not (check_target or url):
            return {mac: listed.get(mac, Observation(REGISTERED)) for mac in macs}
    elif check_target is None:
        check_target = True
    unread = [mac for mac in macs if mac not in listed or listed[mac].url is None]
    seen = {**listed, **runner.read(unread, frozenset(unread) if check_target or url else ())}
    found = {mac: seen[mac] for mac in macs}
    if url is None:
        return found
    target = Target(None, url, own=True)
    return {mac: one for mac, one in found.items() if one.error or service.spelled_target(target, mac).met_by(mac, one)}


def _of_models(runner: Runner[Service], models: Collection[str], url: str | None) -> list[str]:
    """Return the account's devices of these models; skip a model, with a warning, if its list is refused.

    Raise RpsError if no model could be listed.
    """
    listing = list_models(runner, models, url)
    if listing.refused:
        model, refusal = next(iter(listing.refused.items()))
        if len(listing.refused) == len(set(models)):
            raise refusal
        names = ", ".join(sorted(listing.refused))
        runner.service.warn(
            f"The service does not list {len(listing.refused)} of {len(set(models))} models, so devices of these may "
            f"be missing: {names}. For {model} it says: {refusal.message or refusal.code}"
        )
    return sorted(listing.macs)


def info_result(seen: Mapping[str, Observation]) -> dict[str, Any]:
    """Return the result of a task, including ``failed`` and ``msg`` if a device could not be read."""
    counts = Counter(one.status for one in seen.values())
    unread = [one.error for one in seen.values() if one.error]
    result: dict[str, Any] = {
        "changed": False,
        "devices": [one.as_dict(mac) for mac, one in seen.items()],
        "summary": {status: counts[status] for status in STATUSES},
    }
    if unread:
        result["failed"] = True
        result["msg"] = failure_message(unread, len(seen), "devices could not be read")
    return result
