# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of an inventory as phones: one task for all, and those whose phones failed are failed hosts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rps_simulator import Simulator

FOREIGN = "001565ffffff"


@pytest.fixture
def play(ansible: Callable[..., Any], account: dict[str, Any], tmp_path: Path) -> Callable[..., Any]:
    """Play with an inventory of four phones, one of them another account's, and a PBX."""
    phones = {f"desk{number}": {"rps_mac": f"00-15-65-00-00-0{number}"} for number in range(3)}
    phones["lobby"] = {"rps_mac": FOREIGN}
    berlin = {"hosts": phones, "vars": {"site": "berlin", "rps_server": "{{ site }}"}}
    inventory = {"all": {"hosts": {"pbx": {}}, "children": {"site_berlin": berlin, "empty": {}}}}
    (tmp_path / "hosts.yml").write_text(json.dumps(inventory))

    def run(playbook: str, *arguments: str, **variables: Any) -> Any:
        defaults = {
            "rollout_accounts": {"office": account},
            "rollout_servers": {"berlin": "https://berlin.example/prov/"},
            "rollout_hosts": True,
            "rollout_backup": False,
        }
        command = ("ansible-playbook", "-i", "hosts.yml", playbook, *arguments)
        return ansible(*command, extra={**defaults, **variables})

    return run


def test_phones_that_failed_are_failed_hosts_and_no_others(play: Callable[..., Any], simulator: Simulator) -> None:
    done = play("voip.rps.rollout")

    assert done.returncode == 2, done.stdout
    assert len(simulator.devices("acme")) == 3
    recap = done.stdout.partition("PLAY RECAP")[2]
    failed = [line.split()[0] for line in recap.splitlines() if "failed=1" in line]
    assert failed == ["lobby"]
    assert "1 hosts without rps_mac" in done.stdout
    assert "office phone 001565ffffff: Another account has registered it." in done.stdout
    assert done.stdout.count("changed: [") == 1


def test_limit_and_group_choose_phones(play: Callable[..., Any], simulator: Simulator) -> None:
    done = play("voip.rps.rollout", "--limit", "desk1", rollout_group="site_berlin")

    assert done.returncode == 0, done.stdout
    assert simulator.devices("acme").keys() == {"001565000001"}
    assert "Could not match" not in done.stdout


def test_phones_of_a_pbx_are_hosts_too(ansible: Callable[..., Any], simulator: Simulator, tmp_path: Path) -> None:
    simulator.seed(
        {
            "accounts": [{"name": "pbx", "password": "s3cret-of-pbx", "provider": "yeastar"}],
            "extensions": [{"account": "pbx", "number": "1001"}],
        }
    )
    kind = {"rps_model": "SIP-T53W", "rps_template": "YSDP_YealinkT5"}
    phones = {
        "desk": {"rps_mac": "001565000001", "rps_extension": 1001},
        "snom": {"rps_mac": "000413900003", "rps_model": "D785", "rps_template": "YSDP_SnomD", "rps_extension": 1001},
    }
    (tmp_path / "hosts.yml").write_text(json.dumps({"all": {"hosts": {"switch": {}, **phones}, "vars": kind}}))
    pbx = {"base_url": simulator.url, "client_id": "pbx", "client_secret": "s3cret-of-pbx"}

    done = ansible(
        "ansible-playbook", "-i", "hosts.yml", "voip.rps.yeastar", extra={"yeastar_pbx": pbx, "yeastar_hosts": True}
    )

    failed = [line.split()[0] for line in done.stdout.partition("PLAY RECAP")[2].splitlines() if "failed=1" in line]
    assert failed == ["snom"], done.stdout
    assert simulator.phones("pbx").keys() == {"001565000001"}
    assert "PBX phone 000413900003: " in done.stdout


@pytest.mark.few(1)
@pytest.mark.parametrize("group", ["empty", "nothing_of_that_name"])
def test_no_phone_at_all_is_an_error(play: Callable[..., Any], simulator: Simulator, group: str) -> None:
    done = play("voip.rps.rollout", rollout_group=group)

    assert done.returncode == 2, done.stdout
    assert "none of the 1 hosts of the play has the variable rps_mac" in done.stdout
    assert simulator.log == []


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("serial: 2", "cannot be used in a play with serial"),
        ("strategy: free", "bypasses the host loop"),
        ("strategy: host_pinned", "bypasses the host loop"),
    ],
)
def test_a_play_that_would_run_it_several_times_is_refused(
    play: Callable[..., Any], simulator: Simulator, tmp_path: Path, how: str, words: str
) -> None:
    (tmp_path / "own.yml").write_text(
        f"- hosts: all\n  gather_facts: false\n  {how}\n  tasks:\n"
        "    - import_role: {name: voip.rps.rollout, rolespec_validate: false}\n"
    )

    done = play("own.yml")

    assert done.returncode != 0
    assert words in " ".join(done.stdout.split())
    assert simulator.log == []


def test_prune_needs_a_whole_list_and_a_group_needs_hosts(play: Callable[..., Any], simulator: Simulator) -> None:
    assert "rollout_prune: cannot be used with rollout_hosts" in play("voip.rps.rollout", rollout_prune=True).stdout
    forgotten = play("voip.rps.rollout", rollout_hosts=False, rollout_group="all", rollout_phones=[{"mac": FOREIGN}])
    assert "rollout_group: requires rollout_hosts" in forgotten.stdout
    assert simulator.log == []


def test_a_wrong_host_is_named(play: Callable[..., Any], simulator: Simulator, tmp_path: Path) -> None:
    inventory = json.loads((tmp_path / "hosts.yml").read_text())
    phones = inventory["all"]["children"]["site_berlin"]["hosts"]
    phones["desk0"] = {"rps_mac": "{{ nowhere }}"}
    phones["desk1"] = {"rps_mac": "0015650000"}
    (tmp_path / "hosts.yml").write_text(json.dumps(inventory))

    done = play("voip.rps.rollout")

    assert done.returncode == 2
    assert "host desk0 rps_mac: uses the variable 'nowhere'" in done.stdout
    assert "host desk1: " in done.stdout
    assert simulator.log == []


@pytest.mark.parametrize(("role", "failed"), [("audit", ["desk1", "lobby"]), ("preflight", [])])
def test_roles_that_only_read_take_hosts_too(
    play: Callable[..., Any], account: dict[str, Any], simulator: Simulator, role: str, failed: list[str]
) -> None:
    """Of those that a pattern and a limit leave, two are not as they shall be."""
    simulator.seed({"devices": [{"account": "acme", "mac": "001565000000", "url": "https://berlin.example/prov/"}]})
    given = {"accounts": {"office": account}, "servers": {"berlin": "https://berlin.example/prov/"}, "hosts": True}
    given["group"] = "site_berlin"
    given |= {"fail_on": ["missing", "elsewhere"]} if role == "audit" else {}

    done = play(f"voip.rps.{role}", "--limit", "!desk2", **{f"{role}_{name}": value for name, value in given.items()})

    assert done.returncode == (2 if failed else 0), done.stdout
    recap = done.stdout.partition("PLAY RECAP")[2]
    assert [line.split()[0] for line in recap.splitlines() if "failed=1" in line] == failed
    assert ("1 right, 1 missing, 1 elsewhere" in done.stdout) == (role == "audit")
    assert ("rollout of 3 phones" in done.stdout) == (role == "preflight")
    assert done.stdout.count("office: ") < 8, "a task ran for every host"
