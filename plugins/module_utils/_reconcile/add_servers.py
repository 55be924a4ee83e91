# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Add named servers to a service that cannot list them, and report the outcomes of servers on any service."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import FAILED, REMOVED, UNVERIFIED
from ansible_collections.voip.rps.plugins.module_utils._pure.url import without_userinfo
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict
from ansible_collections.voip.rps.plugins.module_utils._reconcile.runner import Runner
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service

ADDED = "added"
CHANGED = "changed"
_MOST_NAMED = 20


class ServerOutcome(NamedTuple):
    """The result for a named server.

    ``action``: added, changed, removed, none, unverified (the name is taken) or failed. ``url``: the requested URL, or
    None. ``was``: the URL that the service showed before. ``lost``: the answer was lost, so the request may have been
    carried out.
    """

    name: str
    url: str | None
    action: str
    error: RpsError | None = None
    lost: bool = False
    was: str | None = None

    def as_dict(self) -> dict[str, Any]:
        url = self.was if self.url is None else self.url
        shown: dict[str, Any] = {"name": self.name, "url": url and without_userinfo(url), "action": self.action}
        if self.was is not None:
            shown["current_url"] = without_userinfo(self.was)
        if self.error:
            shown["error"] = self.error.as_dict()
        return shown


def add_servers(service: Service, servers: Mapping[str, str], *, check_mode: bool) -> list[ServerOutcome]:
    """Add the servers, name to URL, and return their outcomes; check mode assumes that no name is taken.

    Raise RpsError if nothing could be done.
    """
    if check_mode:
        return [ServerOutcome(name, url, ADDED) for name, url in servers.items()]
    runner = Runner(service)
    outcomes: dict[str, ServerOutcome] = {}

    def add(name: str) -> None:
        outcomes[name] = add_server(runner, name, servers[name])

    runner.each(add, servers)
    if runner.stopped and all(outcome.action == FAILED for outcome in outcomes.values()):
        raise runner.stopped
    return [outcomes[name] for name in servers]


def add_server(runner: Runner[Service], name: str, url: str) -> ServerOutcome:
    """Add a server, and return its outcome. Send nothing once the service is given up."""
    client = runner.service.client
    attempt = 0
    while not runner.stopped:
        try:
            runner.service.add_server(name, runner.service.spelled(url))
            runner.worked("write")
            return ServerOutcome(name, url, ADDED)
        except Refused as refusal:
            runner.worked("write")
            lost = attempt > 0
            if refusal.verdict is not Verdict.ALREADY:
                return ServerOutcome(name, url, FAILED, refusal, lost)
            return ServerOutcome(name, url, UNVERIFIED, lost=lost)
        except RpsError as error:
            if not error.in_doubt or attempt == client.retries:
                runner.failed(error, "write")
                return ServerOutcome(name, url, FAILED, error, lost=error.in_doubt or attempt > 0)
            client.back_off(attempt)
            attempt += 1
    return ServerOutcome(name, url, FAILED, runner.stopped, lost=attempt > 0)


def server_warnings(outcomes: Sequence[ServerOutcome]) -> list[str]:
    """Return a task's warnings about servers whose names are taken."""
    taken = [one.name for one in outcomes if one.action == UNVERIFIED and not one.lost]
    lost = [one.name for one in outcomes if one.action == UNVERIFIED and one.lost]
    warnings: list[str] = []
    if taken:
        words = "The service has a server of this name already, and cannot show its URL, so it is not verified"
        warnings.append(f"{words}: {_names(taken)}")
    if lost:
        words = (
            "The request to add this server was lost, and now its name is taken. The service cannot show whether it "
            "was added with this URL, or existed before"
        )
        warnings.append(f"{words}: {_names(lost)}")
    return warnings


def servers_result(outcomes: Sequence[ServerOutcome], *, diff: bool) -> dict[str, Any]:
    """Return the result of a task, including ``failed`` and ``msg`` if a server failed."""
    changes = [outcome for outcome in outcomes if outcome.action in (ADDED, CHANGED, REMOVED)]
    failed = [outcome for outcome in outcomes if outcome.error]
    result: dict[str, Any] = {
        "changed": bool(changes) or any(outcome.lost for outcome in outcomes),
        "servers": [outcome.as_dict() for outcome in outcomes],
    }
    if diff:
        before = {one.name: without_userinfo(one.was) for one in changes if one.was is not None}
        after = {one.name: without_userinfo(one.url) for one in changes if one.url is not None}
        result["diff"] = {"before": before, "after": after}
    if failed:
        result["failed"] = True
        reasons = ", ".join(f"{one.name!r} {one.error.code}" for one in failed if one.error)
        result["msg"] = f"{len(failed)} of {len(outcomes)} servers failed: {reasons}"
    return result


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(repr(name) for name in names[:_MOST_NAMED]) + more
