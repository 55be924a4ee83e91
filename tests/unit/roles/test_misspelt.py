# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A misspelt variable would be as if it were not given: every role refuses it, before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rps_simulator import Simulator

from ansible_collections.voip.rps.plugins.plugin_utils._roles.run_role import ROLES, variable_names

Run = Callable[..., dict[str, Any]]


def misspelt(name: str, ours: list[str]) -> Iterator[str]:
    """Yield what people write instead of a variable's name, none of which is another one's."""
    middle = len(name) - 2
    for wrong in (
        name[:middle] + name[middle + 1 :],
        name[:middle] + name[middle] + name[middle:],
        name[:middle] + name[middle + 1] + name[middle] + name[middle + 2 :],
        name[1:],
        name.replace("_", "-", 1),
        name.upper(),
        f"{name}s",
    ):
        if wrong not in ours:
            yield wrong


@pytest.mark.parametrize("role", ROLES)
def test_every_role_refuses_every_variable_that_is_misspelt(
    run: Run, accounts: dict[str, Any], simulator: Simulator, role: str
) -> None:
    ours = variable_names(role)
    wrong = {name: list(misspelt(name, ours)) for name in ours}

    task = run(role, accounts=accounts, names=tuple(one for those in wrong.values() for one in those))

    refused = {problem["where"]: problem["message"] for problem in task["problems"]}
    assert task["failed"]
    assert task["problem_counts"]["invalid_input"] >= sum(map(len, wrong.values()))
    assert all("did you mean" in words for where, words in refused.items() if where not in ours), refused
    assert simulator.log == []


@pytest.mark.parametrize("role", ROLES)
def test_no_role_takes_what_it_sets_itself_for_misspelt(run: Run, accounts: dict[str, Any], role: str) -> None:
    """Facts of an earlier run in the play, the playbook's pattern, and the other roles' variables are no mistakes."""
    others = [name for other in ROLES if other != role for name in variable_names(other)]
    names = (f"{role}_result", f"__{role}_run", f"{role}_group", *others)

    task = run(role, accounts=accounts, names=names)

    assert not [one for one in task.get("problems", []) if "did you mean" in one["message"]]
