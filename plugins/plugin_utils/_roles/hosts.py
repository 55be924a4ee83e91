# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of a play as phones. Their variables are the columns of the phone list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems
from ansible_collections.voip.rps.plugins.module_utils._pure.list_columns import NAMES, row_of
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import parse_mac
from ansible_collections.voip.rps.plugins.plugin_utils._roles.context import Context, Hosts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.report import Line, Result
from ansible_collections.voip.rps.plugins.plugin_utils._roles.variables import Variable

PREFIX = "rps_"
COLUMNS = tuple(NAMES)
HOSTS = {"hosts": Variable("bool", False)}
"""The variable of roles that can use the hosts of the play as phones."""


def read_hosts(
    role: str, values: Mapping[str, Any], context: Context, problems: Problems, refused: Iterable[str] = ()
) -> Hosts | None:
    """Return the hosts that are the phones, or None if hosts are not used, and add every problem to ``problems``.

    ``refused``: variables of the role that require a complete phone list.
    """
    option = f"{role}_hosts"
    if not values["hosts"]:
        if f"{role}_group" in context.names:
            problems.append(Problem("invalid_input", f"{role}_group", f"requires {option}"))
        return None
    for name in refused:
        if values[name]:
            words = f"cannot be used with {option}, because the hosts of a play may be only some of the phones"
            problems.append(Problem("invalid_input", f"{role}_{name}", words))
    hosts = context.hosts()
    problems += hosts.problems
    if hosts.refusal:
        problems.append(Problem("invalid_input", option, hosts.refusal))
    elif not (hosts.phones or hosts.problems):
        words = f"none of the {hosts.without} hosts of the play has the variable {PREFIX}mac"
        problems.append(Problem("invalid_input", option, words))
    return hosts


def rows_of_hosts(hosts: Hosts, problems: Problems) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the row of each host, with its place for messages."""
    for name, variables in hosts.phones:
        where = f"host {name}"
        yield where, row_of(where, variables, problems)


def add_hosts(task: dict[str, Any], hosts: Hosts | None, results: Iterable[Result]) -> None:
    """Add the number of skipped hosts to the result of a task, and failed hosts with messages as ``failed_hosts``."""
    add_failed_hosts(task, hosts, _failed_phones(results))


def _failed_phones(results: Iterable[Result]) -> Iterator[tuple[str, str]]:
    """Yield the MAC address of each phone that failed, and the message about it."""
    for result in results:
        new = {outcome.replaces: outcome.mac for outcome in result.outcomes if outcome.replaces}
        for outcome in result.failed:
            if outcome.error is not None:
                line = Line(f"{result.account} phone {outcome.mac}", outcome.error)
                # A phone that is replaced has the same host as the phone that replaces it.
                yield new.get(outcome.mac, outcome.mac), str(line)


def add_failed_hosts(task: dict[str, Any], hosts: Hosts | None, failures: Iterable[tuple[str, str]]) -> None:
    """Do the same as ``add_hosts`` for ``failures``, the MAC address and message of each phone that failed."""
    if hosts is None:
        return
    if hosts.without:
        task["lines"] = [*task["lines"], f"{hosts.without} hosts without {PREFIX}mac were skipped"]
    names: dict[str, list[str]] = {}
    for name, variables in hosts.phones:
        names.setdefault(parse_mac(variables["mac"]), []).append(name)
    failed: dict[str, str] = {}
    for mac, line in failures:
        for name in names.get(mac, ()):
            failed.setdefault(name, line)
    task["failed_hosts"] = [{"name": name, "message": message} for name, message in failed.items()]
