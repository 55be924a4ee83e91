# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Add named servers: all that a service can be asked about them is that."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import FAILED, NONE
from ansible_collections.voip.rps.plugins.module_utils._pure.url import without_userinfo
from ansible_collections.voip.rps.plugins.module_utils._reconcile.runner import Runner
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service

ADDED = "added"


class ServerOutcome(NamedTuple):
    """What became of a named server: C(action) is added, none (the name is taken) or failed."""

    name: str
    url: str
    action: str
    error: RpsError | None = None

    def as_dict(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"name": self.name, "url": without_userinfo(self.url), "action": self.action}
        if self.error:
            shown["error"] = self.error.as_dict()
        return shown


def add_servers(service: Service, servers: Mapping[str, str], *, check_mode: bool) -> list[ServerOutcome]:
    """Add the servers, name to URL, and return what became of them; in check mode, what would if no name is taken.

    Raises RpsError where nothing could be done.
    """
    if check_mode:
        return [ServerOutcome(name, url, ADDED) for name, url in servers.items()]
    runner = Runner(service)
    outcomes: dict[str, ServerOutcome] = {}

    def add(name: str) -> None:
        outcomes[name] = ServerOutcome(name, servers[name], FAILED, runner.stopped)
        if not runner.stopped:
            outcomes[name] = _add(runner, name, servers[name])

    runner.each(add, servers)
    if runner.stopped and all(outcome.action == FAILED for outcome in outcomes.values()):
        raise runner.stopped
    return [outcomes[name] for name in servers]


def _add(runner: Runner[Service], name: str, url: str) -> ServerOutcome:
    client = runner.service.client
    attempt = 0
    while True:
        try:
            runner.service.add_server(name, url)
            runner.worked("write")
            return ServerOutcome(name, url, ADDED)
        except Refused as refusal:
            runner.worked("write")
            if refusal.code != "server_exists":
                return ServerOutcome(name, url, FAILED, refusal)
            # A name cannot be added twice, so after a lost answer "taken" most likely means: by us, just now.
            return ServerOutcome(name, url, ADDED if attempt else NONE)
        except RpsError as error:
            if not error.in_doubt or attempt == client.retries:
                runner.failed(error, "write")
                return ServerOutcome(name, url, FAILED, error)
            client.rest(attempt)
            attempt += 1


def servers_result(outcomes: Sequence[ServerOutcome], *, diff: bool) -> dict[str, Any]:
    """Return the result of a task, C(failed) and C(msg) included where a server failed."""
    added = {outcome.name: without_userinfo(outcome.url) for outcome in outcomes if outcome.action == ADDED}
    failed = [outcome for outcome in outcomes if outcome.error]
    result: dict[str, Any] = {"changed": bool(added), "servers": [outcome.as_dict() for outcome in outcomes]}
    if diff:
        result["diff"] = {"before": {}, "after": added}
    if failed:
        result["failed"] = True
        reasons = ", ".join(f"{one.name!r} {one.error.code}" for one in failed if one.error)
        result["msg"] = f"{len(failed)} of {len(outcomes)} servers failed: {reasons}"
    return result
