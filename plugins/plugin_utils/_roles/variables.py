# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validate and convert the variables of a role."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems
from ansible_collections.voip.rps.plugins.plugin_utils._roles.values import as_path_or_false, convert, not_null

NEAR = 2
"""Maximum distance in letters at which the name of a variable counts as a misspelt variable of the role."""


class Variable(NamedTuple):
    """A variable of a role: its type in argument specifications, its default, and its constraints.

    ``least``: the minimum of a number. ``choices``: the values of a text. ``read``: a converter that replaces the type.
    """

    kind: str
    default: Any = None
    least: int | None = None
    choices: tuple[str, ...] = ()
    read: Callable[[Any], Any] | None = None


HOW = {
    "force": Variable("bool", False),
    "override": Variable("bool", False),
    "check_target": Variable("bool", True),
    "check_foreign": Variable("bool", True),
    "concurrency": Variable("int", least=1),
    "dest": Variable("str"),
    "only": Variable("str", choices=("failed",)),
}
"""The variables that every role that registers phones has in common."""

BACKUP = {"backup": Variable("raw", read=as_path_or_false)}
"""The variable of roles that change phones at redirection services."""


def read_variables(
    role: str, spec: Mapping[str, Variable], given: Mapping[str, Any], names: Iterable[str], problems: Problems
) -> dict[str, Any]:
    """Return the values or defaults of the role's variables except ``accounts``, by their names without ``ROLE_``.

    ``given``: the values of those that are defined, by their full names. ``names``: all variables of the play. Add
    every problem to ``problems``, including variables that look like a misspelt variable of the role.
    """
    ours = [f"{role}_{name}" for name in (*spec, "accounts")]
    # The fact that an earlier run in the same play set, and the host pattern of the playbook.
    others = {f"{role}_result", f"{role}_group"}
    for name, meant in misspelt(set(names) - others, ours):
        problems.append(Problem("invalid_input", name, f"is not a variable of the role {role}: did you mean {meant}?"))
    values: dict[str, Any] = {}
    for name, variable in spec.items():
        values[name] = variable.default
        whole = f"{role}_{name}"
        if whole not in given:
            continue
        try:
            values[name] = _value(given[whole], variable)
        except ValueError as error:
            problems.append(Problem("invalid_input", whole, str(error)))
    return values


def exactly_one(role: str, given: Collection[str], names: Collection[str]) -> Problems:
    """Return a problem unless exactly one of the variables ``names`` is in ``given``."""
    whole = [f"{role}_{name}" for name in names]
    if sum(name in given for name in whole) == 1:
        return []
    words = f"{', '.join(whole[:-1])} and {whole[-1]}"
    return [Problem("invalid_input", "", f"Exactly one of {words} is required.")]


def _value(value: Any, variable: Variable) -> Any:
    converted = convert(value, variable.kind) if variable.read is None else variable.read(not_null(value))
    if variable.least is not None and converted < variable.least:
        raise ValueError(f"must be {variable.least} or more")
    if variable.choices and converted not in variable.choices:
        raise ValueError(f"must be {' or '.join(variable.choices)}")
    return converted


def misspelt(names: Iterable[str], ours: Collection[str]) -> list[tuple[str, str]]:
    """Return the names that are within ``NEAR`` letters of one of ``ours``, each with that one.

    Other names with the same prefix are allowed, because they may be variables of other roles.
    """
    found = []
    for name in sorted(set(names).difference(ours)):
        distances = [(distance(name.casefold(), our), our) for our in ours if abs(len(name) - len(our)) <= NEAR]
        if distances and min(distances)[0] <= NEAR:
            found.append((name, min(distances)[1]))
    return found


def distance(one: str, other: str) -> int:
    """Return the number of letters to add, remove, replace or swap with the next, to turn one word into the other."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, other_letter in enumerate(other, 1):
            best = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != other_letter))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == other_letter:
                best = min(best, before[j - 2] + 1)
            row.append(best)
        before, last = last, row
    return last[-1]
