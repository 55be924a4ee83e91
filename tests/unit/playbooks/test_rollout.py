# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role rollout, through the playbook of its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rps_simulator import Simulator

PHONES = [{"mac": f"00-15-65-00-00-0{number}", "name": f"Room {number}"} for number in range(3)]
FOREIGN = {"mac": "001565FFFFFF"}


@pytest.fixture
def rollout(ansible: Callable[..., Any], account: dict[str, Any]) -> Callable[..., Any]:
    """Run the playbook with one account, unless it is told otherwise."""

    def run(*arguments: str, **variables: Any) -> Any:
        defaults = {
            "rollout_accounts": {"office": account},
            "rollout_servers": {"berlin": "https://berlin.example/prov/", "paris": "https://paris.example/prov/"},
            "rollout_server": "berlin",
        }
        return ansible("ansible-playbook", "voip.rps.rollout", *arguments, extra={**defaults, **variables})

    return run


def test_the_second_run_changes_nothing(rollout: Callable[..., Any], simulator: Simulator) -> None:
    first = rollout(rollout_phones=PHONES)
    second = rollout(rollout_phones=PHONES)

    assert "office: 3 registered (requests: " in first.stdout, first.stdout
    assert "office: 3 right already (requests: " in second.stdout
    assert "changed=0" in second.stdout
    assert len(simulator.devices("acme")) == 3
    assert simulator.servers("acme").keys() == {"berlin", "paris"}


def test_check_mode_writes_nothing_and_tells_the_same(rollout: Callable[..., Any], simulator: Simulator) -> None:
    checked = rollout("--check", "--diff", rollout_phones=[*PHONES, FOREIGN])

    assert simulator.devices("acme") == {}
    assert not any(entry.carried_out for entry in simulator.log)
    done = rollout("--diff", rollout_phones=[*PHONES, FOREIGN])
    for told in (checked.stdout, done.stdout):
        assert "office: 3 registered, 1 failed (requests: " in told
        assert "office phone 001565ffffff: another account holds it." in told
        assert told.count('+        "server": "berlin",') == 3


def test_a_list_in_a_file_is_shared_out_among_the_accounts(
    rollout: Callable[..., Any], account: dict[str, Any], simulator: Simulator, tmp_path: Path
) -> None:
    phones = tmp_path / "phones.csv"
    phones.write_text(
        "mac;account;provider;url\n0015.6500.0001;office;yealink;\n0015.6500.0002;labs;;https://labs.example/\n"
        "0015.6500.0003;office;snom;\n"
    )
    labs = {**account, "username": "labs", "servers": {}}

    done = rollout(rollout_src=str(phones), rollout_accounts={"office": account, "labs": labs})

    assert done.returncode == 0, done.stdout
    assert simulator.devices("acme").keys() == {"001565000001"}
    assert simulator.devices("labs").keys() == {"001565000002"}


def test_what_failed_is_named_with_what_to_do_and_the_rest_is_done(
    rollout: Callable[..., Any], account: dict[str, Any], simulator: Simulator
) -> None:
    closed = {**account, "password": "wrong"}

    done = rollout(rollout_phones=[FOREIGN, *PHONES], rollout_accounts={"closed": closed, "office": account})

    assert done.returncode == 2
    assert "closed: the service does not take the account. Check its username and password." in done.stdout
    assert "office phone 001565ffffff: another account holds it." in done.stdout
    assert "2 failed, each named above" in done.stdout
    assert len(simulator.devices("acme")) == 3
    assert [entry.status for entry in simulator.log].count(401) == 1


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "Exactly one of rollout_src and rollout_phones is required."),
        ({"rollout_phones": [], "rollout_src": "phones.csv"}, "Exactly one of rollout_src and rollout_phones"),
        ({"rollout_phones": [], "rollout_accounts": {"office": {"provider": "yealink"}}}, "missing required arguments"),
        ({"rollout_phones": [], "rollout_accounts": ["acme"]}, "rollout_accounts"),
        ({"rollout_src": "missing.csv"}, "missing.csv: cannot be read"),
    ],
)
def test_bad_variables_are_refused(
    rollout: Callable[..., Any], simulator: Simulator, variables: dict[str, Any], words: str
) -> None:
    done = rollout(**variables)

    assert done.returncode == 2
    assert words in done.stdout
    assert simulator.devices("acme") == {}


def test_a_relative_path_is_that_from_where_it_is_started(
    rollout: Callable[..., Any], simulator: Simulator, tmp_path: Path
) -> None:
    (tmp_path / "phones.csv").write_text("mac\n001565000001\n")

    done = rollout(rollout_src="phones.csv")

    assert "office: 1 registered" in done.stdout, done.stdout
    assert "none.csv: cannot be read" in rollout(rollout_src="none.csv").stdout
    assert len(simulator.devices("acme")) == 1
