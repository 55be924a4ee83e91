# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Named servers on any service: list them, and add, change and remove them if the service can."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems, Refused, RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import FAILED, NONE, REMOVED, UNVERIFIED, NamedServer
from ansible_collections.voip.rps.plugins.module_utils._pure.url import same_url, without_userinfo
from ansible_collections.voip.rps.plugins.module_utils._reconcile.add_servers import (
    ADDED,
    CHANGED,
    ServerOutcome,
    add_servers,
)
from ansible_collections.voip.rps.plugins.module_utils._reconcile.desired import (
    placeholder_problems,
    server_problems,
)
from ansible_collections.voip.rps.plugins.module_utils._reconcile.runner import Runner
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service

_NO_SERVERS = "the service has no named servers: give the devices a url"
_MOST_NAMED = 5


def servers_asked_for(params: Mapping[str, Any], service: type[Service], problems: Problems) -> dict[str, str | None]:
    """Return the requested servers, name to URL, or to None if the server must be absent.

    Add to ``problems`` errors, and requests that the service does not support.
    """
    absent = params["state"] == "absent"
    given = {params["name"]: params["url"]} if params["servers"] is None else params["servers"]
    if None in given:
        problems.append(Problem("invalid_input", "", "neither name nor servers names a server"))
    servers = {name: None if absent else url for name, url in given.items() if name is not None}
    problems += _unsupported(params, service)
    for name, url in servers.items():
        where = f"server {name!r}"
        if absent:
            problems += _name_problems(where, name, service)
            continue
        problems += server_problems(where, name, url, service)
        if service.can.named_servers:
            problems += placeholder_problems(where, url, service)
    return servers


def _unsupported(params: Mapping[str, Any], service: type[Service]) -> Problems:
    if not service.can.named_servers:
        return [Problem("unsupported", "", _NO_SERVERS)]
    problems: Problems = []
    if params["state"] == "absent" and not service.deletes_servers:
        words = "this service has no call that deletes a named server: delete it in the vendor's portal"
        problems.append(Problem("unsupported", "state", words))
    if params["change_url"] and not service.changes_servers:
        words = (
            "this service has no call that changes the URL of a named server: add a server of another name, and move "
            "the devices to it"
        )
        problems.append(Problem("unsupported", "change_url", words))
    return problems


def _name_problems(where: str, name: str, service: type[Service]) -> Problems:
    try:
        if service.can.named_servers:
            service.check_server_name(name)
    except ValueError as error:
        return [Problem("invalid_server_name", where, str(error))]
    return []


def servers_listing_problems(service: type[Service]) -> Problems:
    """Return why the service's named servers cannot be listed, if they cannot."""
    if not service.can.named_servers:
        return [Problem("unsupported", "", _NO_SERVERS)]
    if not service.lists_servers:
        words = "this service has no call that lists the named servers: the vendor's portal shows them"
        return [Problem("unsupported", "", words)]
    return []


def servers_info(servers: Sequence[NamedServer]) -> dict[str, Any]:
    """Return the result of a task that lists the servers."""
    shown_servers = [{"name": one.name, "url": one.url and without_userinfo(one.url)} for one in servers]
    return {"changed": False, "servers": shown_servers}


def manage_servers(
    service: Service, servers: Mapping[str, str | None], *, change_url: bool, check_mode: bool
) -> list[ServerOutcome]:
    """Add, change and remove named servers (name to URL, or to None for absent), and return their outcomes.

    Change the URL of an existing server only with ``change_url``. Write nothing in check mode. Raise RpsError if the
    servers could not be listed, or nothing could be done.
    """
    if not service.lists_servers:
        urls = {name: url for name, url in servers.items() if url is not None}
        return add_servers(service, urls, check_mode=check_mode)
    if not servers:
        return []
    runner = Runner(service)
    there = service.list_servers()
    outcomes = {
        name: _foreseen(name, url and service.spelled(url), there, change_url, service) for name, url in servers.items()
    }

    def keep_bound(name: str) -> None:
        outcomes[name] = _unless_bound(runner, outcomes[name])

    def carry_out(name: str) -> None:
        outcomes[name] = _carry_out(runner, outcomes[name])

    runner.each(keep_bound, [name for name, one in outcomes.items() if one.action == REMOVED])
    if not check_mode:
        runner.each(carry_out, [name for name, one in outcomes.items() if one.action in (ADDED, CHANGED, REMOVED)])
    if runner.stopped and all(one.action == FAILED and not one.lost for one in outcomes.values()):
        raise runner.stopped
    return [outcomes[name] for name in servers]


def foresee_server(name: str, url: str, there: Sequence[NamedServer], service: Service) -> ServerOutcome:
    """Return the predicted outcome of a server to bind devices to, for a service that lists its servers."""
    return _foreseen(name, url, there, False, service)


def ensure_server(runner: Runner[Service], name: str, url: str, there: Sequence[NamedServer]) -> ServerOutcome:
    """Add a server unless the list ``there`` has it, and return its outcome."""
    outcome = foresee_server(name, url, there, runner.service)
    return _carry_out(runner, outcome) if outcome.action == ADDED else outcome


def _foreseen(
    name: str, url: str | None, there: Sequence[NamedServer], change_url: bool, service: Service
) -> ServerOutcome:
    """Return the planned outcome of a server."""
    urls = [server.url for server in there if server.name == name]
    if not urls:
        return ServerOutcome(name, url, NONE if url is None else ADDED)
    was = urls[0]
    if len(urls) > 1:
        words = f"the service has {len(urls)} servers of this name: delete or rename all but one in the vendor's portal"
        return ServerOutcome(name, url, FAILED, RpsError("server_exists", words), was=was)
    if url is None:
        return ServerOutcome(name, None, REMOVED, was=was)
    if was is None:
        return ServerOutcome(name, url, UNVERIFIED)
    if same_url(was, url):
        return ServerOutcome(name, url, NONE, was=was)
    if change_url:
        return ServerOutcome(name, url, CHANGED, was=was)
    return ServerOutcome(name, url, FAILED, _other_url(was, url, service), was=was)


def _other_url(was: str, url: str, service: Service) -> RpsError:
    advice = "use another name"
    if service.changes_servers:
        advice += ", or set change_url, which moves every phone that is bound to this server"
    return RpsError("server_exists", f"the server has the URL {was} and not {url}: {advice}")


def _unless_bound(runner: Runner[Service], outcome: ServerOutcome) -> ServerOutcome:
    """Return the outcome of a server to delete: failed if devices are, or may be, bound to it."""
    if runner.stopped:
        return outcome._replace(action=FAILED, error=runner.stopped)
    try:
        bound = runner.service.devices_of_server(outcome.name)
        runner.worked()
    except RpsError as error:
        runner.failed(error)
        return outcome._replace(action=FAILED, error=error.without_traceback())
    if not bound:
        return outcome
    macs = sorted(bound)
    more = f" and {len(macs) - _MOST_NAMED} more" if len(macs) > _MOST_NAMED else ""
    words = f"devices of the account are bound to it, move or remove them first: {', '.join(macs[:_MOST_NAMED])}{more}"
    return outcome._replace(action=FAILED, error=RpsError("invalid_input", words))


def _carry_out(runner: Runner[Service], outcome: ServerOutcome) -> ServerOutcome:
    """Carry out a planned outcome, and return it or the actual one.

    After a lost answer, list the servers before sending anything again.
    """
    client = runner.service.client
    sent_before = False
    for attempt in range(client.retries + 1):
        if runner.stopped:
            return outcome._replace(action=FAILED, error=runner.stopped)
        try:
            _send(runner.service, outcome)
            runner.worked("write")
            return outcome
        except RpsError as error:
            failed = outcome._replace(action=FAILED, error=error.without_traceback(), lost=error.in_doubt)
            if isinstance(error, Refused):
                runner.worked("write")
            elif not error.in_doubt:
                runner.failed(error, "write")
                return failed
        try:
            there = runner.service.list_servers()
            runner.worked()
        except RpsError as error:
            runner.failed(error)
            return failed._replace(lost=failed.lost or sent_before)
        if _is_met(outcome, there):
            # Only after a lost request is it unknown who did this.
            return outcome if failed.lost or sent_before else outcome._replace(action=NONE)
        if not failed.lost:
            return failed
        sent_before = True
        failed = failed._replace(lost=False)
        if attempt < client.retries:
            client.back_off(attempt)
    if failed.error:
        runner.failed(failed.error, "write")
    return failed


def _send(service: Service, outcome: ServerOutcome) -> None:
    if outcome.url is None:
        service.delete_server(outcome.name)
    elif outcome.action == CHANGED:
        service.change_server(outcome.name, outcome.url)
    else:
        service.add_server(outcome.name, outcome.url)


def _is_met(outcome: ServerOutcome, there: Sequence[NamedServer]) -> bool:
    urls = [server.url for server in there if server.name == outcome.name]
    if outcome.url is None:
        return not urls
    if len(urls) != 1:
        return False
    # A new server whose URL the service does not report is assumed to be ours.
    return outcome.action == ADDED if urls[0] is None else same_url(urls[0], outcome.url)
