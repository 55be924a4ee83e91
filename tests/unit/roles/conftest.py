# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The roles' logic without Ansible, against the simulator."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rps_simulator import Simulator

from ansible_collections.voip.rps.plugins.plugin_utils._roles import run_role
from ansible_collections.voip.rps.plugins.plugin_utils._roles.context import Context, Hosts

PASSWORD = "s3cret-of-acme"

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def accounts(simulator: Simulator) -> dict[str, dict[str, Any]]:
    """Our accounts, two of them at one provider; somebody else's holds the phone 001565ffffff."""
    names = {"office": "yealink", "labs": "yealink", "desks": "snom", "shop": "htek"}
    simulator.seed(
        {
            "accounts": [
                *({"name": name, "password": PASSWORD, "provider": provider} for name, provider in names.items()),
                {"name": "other", "password": "another-secret", "provider": "yealink"},
                {"name": "pbx", "password": PASSWORD, "provider": "yeastar"},
            ],
            "devices": [{"account": "other", "mac": "001565ffffff", "url": "https://other.example/"}],
            "extensions": [{"account": "pbx", "number": str(number)} for number in range(1001, 1006)],
        }
    )
    return {
        name: {
            "provider": provider,
            "api_url": simulator.endpoint(provider),
            "username": name,
            "password": PASSWORD,
            "retries": 0,
        }
        for name, provider in names.items()
    }


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a role with variables, by their names without C(ROLE_), and return the task's result.

    C(names): other variables of the play; C(environment): of the process; C(of_hosts): the variables of each host by
    their columns, for a role that takes hosts as phones.
    """

    def load(path: str) -> Any:
        return json.loads(Path(path).read_text())

    def run(
        role: str,
        *,
        check_mode: bool = False,
        names: tuple[str, ...] = (),
        environment: dict[str, str] | None = None,
        of_hosts: dict[str, dict[str, Any]] | None = None,
        show: Callable[[str], None] = lambda _words: None,
        **variables: Any,
    ) -> dict[str, Any]:
        given = {f"{role}_{name}": value for name, value in variables.items()}
        context = Context(
            given=given,
            names=[*given, *names],
            problems=[],
            folders=[str(tmp_path)],
            cwd=str(tmp_path),
            forbidden=str(tmp_path / "collection"),
            environment=environment or {},
            load_file=load,
            check_mode=check_mode,
            diff=True,
            hosts=lambda: Hosts(list((of_hosts or {}).items()), 1),
            show=show,
        )
        return run_role.run(role, lambda: context)

    return run
