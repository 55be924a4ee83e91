# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role rollout, through the playbook of its name."""

from __future__ import annotations

import json
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
    assert "office: 3 unchanged (requests: " in second.stdout
    assert "changed=0" in second.stdout
    assert len(simulator.devices("acme")) == 3
    assert simulator.servers("acme").keys() == {"berlin"}


def test_check_mode_writes_nothing_and_tells_the_same(rollout: Callable[..., Any], simulator: Simulator) -> None:
    checked = rollout("--check", "--diff", rollout_phones=[*PHONES, FOREIGN])

    assert simulator.devices("acme") == {}
    assert not any(entry.carried_out for entry in simulator.log)
    done = rollout("--diff", rollout_phones=[*PHONES, FOREIGN])
    for told in (checked.stdout, done.stdout):
        assert "office: 3 registered, 1 failed (requests: " in told
        assert "office phone 001565ffffff: Another account has registered it." in told
        assert told.count(" unknown -> berlin https://berlin.example/prov/") == 3


def test_a_list_in_a_file_is_shared_out_among_the_accounts(
    rollout: Callable[..., Any], account: dict[str, Any], simulator: Simulator, tmp_path: Path
) -> None:
    phones = tmp_path / "phones.csv"
    phones.write_text(
        "mac;account;provider;url\n0015.6500.0001;office;yealink;\n0015.6500.0002;labs;;https://labs.example/\n"
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

    rows = [{**row, "account": "office"} for row in (FOREIGN, *PHONES)]
    rows.append({"mac": "001565000009", "account": "closed"})

    done = rollout(rollout_phones=rows, rollout_accounts={"closed": closed, "office": account})

    assert done.returncode == 2
    assert "closed: The login was refused, and not tried again." in done.stdout
    assert "office phone 001565ffffff: Another account has registered it." in done.stdout
    assert "2 of 5 phones failed; account closed failed" in done.stdout
    assert "changed=1 " in done.stdout
    assert len(simulator.devices("acme")) == 3
    assert [entry.status for entry in simulator.log].count(401) == 1


def test_a_relative_path_is_searched_beside_the_playbook_and_where_ansible_is_started(
    ansible: Callable[..., Any], account: dict[str, Any], simulator: Simulator, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    (site / "files").mkdir(parents=True)
    (site / "site.yml").write_text(
        "- hosts: localhost\n  gather_facts: false\n  roles: [voip.rps.rollout]\n",
    )
    extra = {"rollout_accounts": {"office": account}, "rollout_url": "https://berlin.example/"}
    stale = tmp_path / "stale"
    stale.mkdir()
    (stale / "none.csv").write_text("mac\n001565000009\n")
    (site / "files" / "one.csv").write_text("mac\n001565000001\n")
    (tmp_path / "two.csv").write_text("mac\n001565000002\n")

    def play(playbook: str, name: str) -> str:
        more = {**extra, "rollout_src": name}
        return str(ansible("ansible-playbook", playbook, extra=more, PWD=str(stale)).stdout)

    assert "office: 1 registered" in play("site/site.yml", "one.csv")
    assert "office: 1 registered" in play("voip.rps.rollout", "two.csv")
    missing = play("site/site.yml", "none.csv")
    assert f"none.csv was not found. Searched in: {site}, {site}/files, {tmp_path}" in missing
    assert simulator.devices("acme").keys() == {"001565000001", "001565000002"}


def test_the_result_is_a_fact_even_of_bad_input_and_its_output_is_short(
    rollout: Callable[..., Any], simulator: Simulator, tmp_path: Path
) -> None:
    (tmp_path / "phones.csv").write_text("mac\n" + "".join(f"0015{number}\n" for number in range(50000)))

    done = rollout(rollout_src="phones.csv", rollout_dest="out.csv")

    assert done.returncode == 2
    assert "50000 problems with the input (50000 invalid_mac); nothing was changed." in done.stdout
    assert len(done.stdout) < 10_000
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 50001
    assert not any(entry.carried_out for entry in simulator.log)


def test_a_variable_that_is_undefined_or_misspelt_is_a_sentence(
    ansible: Callable[..., Any], simulator: Simulator, tmp_path: Path
) -> None:
    (tmp_path / "variables.yml").write_text(
        "rollout_accounts:\n  office: {provider: yealink, username: acme, password: '{{ vault_of_nobody }}'}\n"
        "rollout_url: https://berlin.example/\nrolout_prune: true\nrollout_server:\n"
        "rollout_force: '{{ nobody_set_this | default(omit) }}'\n"
        "rollout_phones:\n  - mac: 0015.6500.0001\n    url: 'https://u:s3cret-of-url@x/{{'\n"
    )

    done = ansible("ansible-playbook", "voip.rps.rollout", "-e", "@variables.yml", "-vvvv")

    assert done.returncode == 2
    assert "rollout_accounts[office].password: uses the variable 'vault_of_nobody', which is undefined" in done.stdout
    assert "rolout_prune: is not a variable of the role rollout: did you mean rollout_prune?" in done.stdout
    assert "rollout_server: is null" in done.stdout
    assert "rollout_force" not in done.stdout
    assert "rollout_phones[0].url: cannot be templated" in done.stdout
    assert "s3cret" not in done.stdout
    assert "Traceback" not in done.stdout
    assert simulator.log == []


def test_the_environment_of_the_modules_is_ignored(
    ansible: Callable[..., Any], account: dict[str, Any], simulator: Simulator
) -> None:
    snom = {"provider": "snom", "username": "acme", "password": "s3cret-of-snom", "retries": 0}
    extra = {
        "rollout_accounts": {"snom": snom},
        "rollout_phones": [{"mac": "000413000001"}],
        "rollout_url": "https://x/",
    }
    # Nothing leaves this machine, wherever it would go.
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9"}

    done = ansible("ansible-playbook", "voip.rps.rollout", extra=extra, RPS_API_URL=account["api_url"], **nowhere)

    assert "(unreachable)" in done.stdout, done.stdout
    assert simulator.log == []


def test_without_requests_it_says_how_to_install_it(ansible: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "requests.py").write_text("raise ImportError('no requests')\n")

    done = ansible("ansible-playbook", "voip.rps.rollout", extra={"rollout_phones": PHONES}, PYTHONPATH=str(tmp_path))

    assert done.returncode == 2
    assert "-m pip install requests" in done.stdout, done.stdout
    assert "Traceback" not in done.stdout


def test_accounts_may_be_in_a_vault(
    ansible: Callable[..., Any], account: dict[str, Any], simulator: Simulator, tmp_path: Path
) -> None:
    (tmp_path / "accounts.yml").write_text(json.dumps({"office": account}))
    (tmp_path / "key").write_text("a-key")
    ansible("ansible-vault", "encrypt", "accounts.yml", "--vault-password-file", "key")
    extra = {"rollout_phones": PHONES, "rollout_url": "https://berlin.example/"}
    command = ("ansible-playbook", "voip.rps.rollout")

    closed = ansible(*command, extra=extra, RPS_ACCOUNTS_FILE="accounts.yml")
    done = ansible(*command, "--vault-password-file", "key", "-vvvv", extra=extra, RPS_ACCOUNTS_FILE="accounts.yml")

    assert "RPS_ACCOUNTS_FILE: accounts.yml cannot be decrypted: provide the vault password" in closed.stdout
    assert "office: 3 registered" in done.stdout, done.stdout
    assert account["password"] not in done.stdout
