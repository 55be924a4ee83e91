# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look devices up: what the service knows of them, and what a task returns of it."""

from __future__ import annotations

from collections import Counter
from typing import Any, Mapping, Sequence

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import parse_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.model import REGISTERED, STATUSES, Observation
from ansible_collections.voip.rps.plugins.module_utils._pure.url import same_url
from ansible_collections.voip.rps.plugins.module_utils._reconcile.desired import rows_asked_for
from ansible_collections.voip.rps.plugins.module_utils._reconcile.observe import list_models
from ansible_collections.voip.rps.plugins.module_utils._reconcile.ownership import provider_named
from ansible_collections.voip.rps.plugins.module_utils._reconcile.report import failure_message
from ansible_collections.voip.rps.plugins.module_utils._reconcile.runner import Runner
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service


def macs_asked_for(params: Mapping[str, Any], problems: Problems) -> list[str] | None:
    """Return the MAC addresses that C(macs) or C(src) name, each once, or None for all of the account.

    Rows of a phone list that name another provider are skipped. Adds to C(problems) what is wrong.
    """
    if params["macs"] is None and params["src"] is None:
        return None
    macs: dict[str, None] = {}
    for where, row in rows_asked_for(params, problems):
        try:
            mac = parse_mac(row["mac"])
        except ValueError as error:
            problems.append(Problem("invalid_mac", where, str(error)))
            continue
        try:
            if provider_named(row.get("provider") or "") in (None, params["provider"]):
                macs[mac] = None
        except ValueError as error:
            problems.append(Problem("invalid_input", where, str(error)))
    return list(macs)


def listing_problems(params: Mapping[str, Any], service: type[Service]) -> Problems:
    """Return what of the options the service cannot do."""
    problems: Problems = []
    if params["models"] is not None and not service.can.list_models:
        problems.append(Problem("unsupported", "models", "this service does not list devices by model"))
    if params["url"] is not None and not service.can.read_target:
        problems.append(Problem("unsupported", "url", "this service does not tell where a device points"))
    elif params["url"] is not None and params["check_target"] is False:
        problems.append(Problem("invalid_input", "url", "needs check_target, to know which devices point there"))
    return problems


def look_up(
    service: Service,
    macs: Sequence[str] | None,
    models: Sequence[str] | None,
    url: str | None,
    check_target: bool | None,
) -> dict[str, Observation]:
    """Return what the service knows of C(macs), or else of all devices of the account, or of those of C(models).

    With C(url), only of those that point there. A device that could not be read has its error. Raises RpsError where
    the service could not be read at all.
    """
    runner = Runner(service)
    if macs is None:
        if service.can.list_models:
            macs = sorted(list_models(runner, models or service.models, url))
            if url is not None:
                return {mac: Observation(REGISTERED, url) for mac in macs}
        else:
            macs = service.list_devices()
        if not (check_target or url):
            return {mac: Observation(REGISTERED) for mac in macs}
    elif check_target is None:
        check_target = True
    seen = runner.read(macs, frozenset(macs) if check_target or url else ())
    found = {mac: seen[mac] for mac in macs}
    if url is None:
        return found
    return {mac: one for mac, one in found.items() if one.error or (one.url and same_url(one.url, url))}


def info_result(seen: Mapping[str, Observation]) -> dict[str, Any]:
    """Return the result of a task, C(failed) and C(msg) included where a device could not be read."""
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
