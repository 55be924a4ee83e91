# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role audit, through the playbook of its name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rps_simulator import Simulator

LIST = "mac;name\n0015.6500.0001;Reception\n0015.6500.0002;Lobby\n0015.65ff.ffff;Not ours\n"


@pytest.fixture
def audit(
    ansible: Callable[..., Any], account: dict[str, Any], simulator: Simulator, tmp_path: Path
) -> Callable[..., Any]:
    """Run the playbook with one account of two phones, one of which drifted."""
    simulator.seed(
        {
            "devices": [
                {"account": "acme", "mac": "001565000001", "server": "berlin"},
                {"account": "acme", "mac": "001565000002", "url": "https://drifted.example/"},
            ]
        }
    )
    (tmp_path / "phones.csv").write_text(LIST)

    def run(*arguments: str, **variables: Any) -> Any:
        defaults = {
            "audit_accounts": {"office": account},
            "audit_servers": {"berlin": "https://berlin.example/prov/"},
            "audit_server": "berlin",
            "audit_src": "phones.csv",
            "audit_json": "audit.json",
            "audit_history": "audit.db",
        }
        return ansible("ansible-playbook", "voip.rps.audit", *arguments, extra={**defaults, **variables})

    return run


def test_it_says_what_it_found_changes_nothing_and_writes_where_it_was_started(
    audit: Callable[..., Any], simulator: Simulator, tmp_path: Path
) -> None:
    checked = audit("--check")
    assert not (tmp_path / "audit.db").exists()
    done = audit()

    for task in (checked, done):
        assert task.returncode == 0, task.stdout
        assert "office: 1 right, 1 drifted, 1 elsewhere (phones read: 3, from the history: 0," in task.stdout
        assert f"Written: {tmp_path}/audit.json" in task.stdout
        assert "changed=0" in task.stdout
    assert json.loads((tmp_path / "audit.json").read_text())["summary"]["drifted"] == 1
    assert (tmp_path / "audit.db").exists()
    assert not any(entry.carried_out for entry in simulator.log)


def test_it_fails_for_the_states_that_are_named_with_what_to_do(audit: Callable[..., Any]) -> None:
    done = audit(audit_fail_on=["drifted"])

    assert done.returncode == 2
    assert "office phone 001565000002: drifted. It points to another target. Run rollout" in done.stdout
    assert "Found 1 drifted." in done.stdout


def test_an_account_that_cannot_be_read_fails_it(audit: Callable[..., Any], account: dict[str, Any]) -> None:
    done = audit("-vvvv", audit_accounts={"office": {**account, "password": "wr0ng-s3cret"}})

    assert done.returncode == 2
    assert "The login was refused, and not tried again." in done.stdout
    assert "wr0ng-s3cret" not in done.stdout
    assert "Traceback" not in done.stdout
