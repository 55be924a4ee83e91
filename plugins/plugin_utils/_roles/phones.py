# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The phone list of a role: a file, a list or hosts, with all phones or only those that failed before."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems
from ansible_collections.voip.rps.plugins.module_utils._pure.model import FAILED
from ansible_collections.voip.rps.plugins.module_utils._pure.paths import find_file
from ansible_collections.voip.rps.plugins.module_utils._pure.phone_list import phones_of
from ansible_collections.voip.rps.plugins.module_utils._pure.url import without_userinfo
from ansible_collections.voip.rps.plugins.module_utils._reconcile.desired import Rows, rows_of_list
from ansible_collections.voip.rps.plugins.module_utils._reconcile.outcome_file import dest_problems, outcome_path
from ansible_collections.voip.rps.plugins.plugin_utils._roles.context import Context, Hosts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.hosts import rows_of_hosts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.variables import exactly_one

_SEPARATORS = ",;\t"
_GUARDED = ("'=", "'+", "'-", "'@")


def find_list(
    role: str, values: Mapping[str, Any], context: Context, problems: Problems, *, required: bool = True
) -> str | None:
    """Return the path of ``ROLE_src``, or None if it is not set, and add a problem if it was not found.

    ``required``: it is a problem if no phone list is set. Several phone lists are always a problem.
    """
    tried = {problem.where for problem in context.problems}
    ways = ("src", "phones", "hosts") if "hosts" in values else ("src", "phones")
    if not tried.intersection(f"{role}_{way}" for way in ways) and (
        required or len(ways_given(role, values, context)) > 1
    ):
        problems += exactly_one(role, [f"{role}_{way}" for way in ways_given(role, values, context)], ways)
    return find_input(f"{role}_src", values["src"], context, problems)


def ways_given(role: str, values: Mapping[str, Any], context: Context) -> list[str]:
    """Return the variables that set a phone list, of ``src``, ``phones`` and ``hosts``."""
    given = [way for way in ("src", "phones") if f"{role}_{way}" in context.given]
    return [*given, "hosts"] if values.get("hosts") else given


def find_input(option: str, given: str | None, context: Context, problems: Problems) -> str | None:
    """Return the path of a file to read, or None if ``given`` is None, and add a problem if it was not found."""
    if given is None:
        return None
    try:
        path = find_file(given, context.folders)
        if not os.path.exists(path):
            raise ValueError(f"{path} was not found")
    except ValueError as error:
        problems.append(Problem("invalid_input", option, str(error)))
        return None
    return path


def rows_of_role(
    role: str,
    values: Mapping[str, Any],
    path: str | None,
    servers: Sequence[Mapping[str, Any]],
    problems: Problems,
    hosts: Hosts | None = None,
) -> Rows:
    """Return the rows of the role's phone list, each with its place, and add every problem to ``problems``.

    ``servers``: the URLs of the servers of every account, by name. In a file of outcomes, the URL of a named server is
    not the phone's own URL. ``hosts``: the hosts that are the phones, or None.
    """
    if hosts is not None:
        return rows_of_hosts(hosts, problems)
    if path is not None:
        rows: Rows = phones_of(path, problems)
        return _only(rows, _failed_in_file(role, path, problems), servers) if values["only"] else rows
    phones = values["phones"] or []
    rows = rows_of_list(f"{role}_phones", phones, problems)
    return _only(rows, _failed_in(role, phones, problems), servers) if values["only"] else rows


class _Failed(NamedTuple):
    """The ``macs`` that failed in a file of outcomes, and the ``replaced`` ones that other phones replace."""

    macs: set[str]
    replaced: set[str]

    def has(self, row: Mapping[str, Any]) -> bool:
        """Return whether a row must be processed again. A swap must be if either of its two phones failed."""
        mac, old = str(row.get("mac", "")), str(row.get("replaces") or "")
        return (mac in self.macs and mac not in self.replaced) or old in self.macs


def _only(rows: Rows, failed: _Failed, servers: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, str]]]:
    for where, row in rows:
        if failed.has(row):
            yield where, _asked(row, servers)


def _asked(row: Mapping[str, str], servers: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
    """Return a row of outcomes as a row of a phone list. Leave out the URL if it comes from the named server."""
    asked = {key: value[1:] if str(value).startswith(_GUARDED) else value for key, value in row.items()}
    name, url = asked.get("server"), asked.get("url")
    if name and url and any(without_userinfo(str(urls.get(name, ""))) == url for urls in servers):
        asked["url"] = ""
    return asked


def _failed_in_file(role: str, path: str, problems: Problems) -> _Failed:
    try:
        with open(path, encoding="utf-8-sig", errors="replace", newline="") as file:
            header = file.readline()
            file.seek(0)
            rows = list(csv.DictReader(file, delimiter=max(_SEPARATORS, key=header.count)))
    except (OSError, csv.Error):
        # Reading the phones reports the error.
        return _Failed(set(), set())
    return _failed_in(role, rows, problems)


def _failed_in(role: str, rows: Iterable[Any], problems: Problems) -> _Failed:
    dicts = [row for row in rows if isinstance(row, Mapping)]
    if dicts and not any("action" in row for row in dicts):
        words = f"requires a file with the column action, which {role}_dest writes"
        problems.append(Problem("invalid_input", f"{role}_only", words))
    return _Failed(
        {str(row.get("mac") or "").strip() for row in dicts if str(row.get("action")).strip() == FAILED},
        {str(row.get("replaces") or "").strip() for row in dicts},
    )


def find_dest(
    role: str, values: Mapping[str, Any], path: str | None, context: Context, problems: Problems
) -> str | None:
    """Return the path for ``ROLE_dest``, in check mode ``NAME.check.EXT``, and add a problem if it is not writable."""
    if values["dest"] is None:
        return None
    dest = writable_path(f"{role}_dest", values["dest"], context, problems, path)
    return outcome_path(dest, context.check_mode) if dest else None


def writable_path(option: str, given: str, context: Context, problems: Problems, src: str | None = None) -> str | None:
    """Return the path of a file to write, or None and add a problem if it cannot be written.

    In check mode, ``NAME.check.EXT`` must be writable as well. ``src``: the phone list, which must not be overwritten.
    """
    given = os.path.expanduser(given)
    dest = os.path.join(context.cwd, given)
    target = outcome_path(dest, context.check_mode)
    if not os.path.isabs(given) and _is_within(target, context.forbidden):
        words = f"{dest} is inside the installed collection: start Ansible in another folder, or set an absolute path"
        problems.append(Problem("invalid_input", option, words))
        return None
    found = dest_problems(target, src) or dest_problems(dest, src)
    problems += [problem._replace(where=option) for problem in found]
    return None if found else dest


def _is_within(path: str, folder: str) -> bool:
    return os.path.realpath(path).startswith(os.path.join(os.path.realpath(folder), ""))
