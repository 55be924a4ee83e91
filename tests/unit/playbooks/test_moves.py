# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks migrate, decommission and find, as a user runs them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rps_simulator import Simulator

BERLIN = "https://site:pa55word@berlin.example/"
PHONES = ["001565000001", "001565000002"]


@pytest.fixture
def accounts(account: dict[str, Any], simulator: Simulator) -> dict[str, Any]:
    simulator.seed({"devices": [{"account": "acme", "mac": mac, "url": BERLIN} for mac in PHONES]})
    return {"office": account, "labs": {**account, "username": "labs"}}


def test_a_migration_names_its_work_list_before_it_begins_and_shows_no_password(
    ansible: Callable[..., Any], accounts: dict[str, Any], simulator: Simulator
) -> None:
    extra = {"migrate_accounts": accounts, "migrate_from_account": "office", "migrate_to_account": "labs"}

    checked = ansible("ansible-playbook", "voip.rps.migrate", "--check", "--diff", extra=extra)
    assert checked.returncode == 0, checked.stdout
    assert set(simulator.devices("acme")) == set(PHONES)
    done = ansible("ansible-playbook", "voip.rps.migrate", "-vvvv", extra=extra)

    assert done.returncode == 0, done.stdout
    assert set(simulator.devices("labs")) == set(PHONES)
    (path,) = re.findall(r"^Work list: (\S+)\. If this run is killed", done.stdout, re.MULTILINE)
    assert done.stdout.index("Work list: ") < done.stdout.index("office: 2 moved")
    assert "pa55word" not in done.stdout + checked.stdout
    resumed = ansible(
        "ansible-playbook", "voip.rps.migrate", "-e", f"migrate_resume={path}", extra={"migrate_accounts": accounts}
    )
    assert "office: 2 unchanged" in resumed.stdout


def test_a_phone_is_found_and_then_released(
    ansible: Callable[..., Any], accounts: dict[str, Any], simulator: Simulator
) -> None:
    where = ("ansible-playbook", "voip.rps.find")

    found = ansible(*where, "-e", "find_mac=00:15:65:00:00:01", extra={"find_accounts": accounts})
    number = ansible(*where, extra={"find_accounts": accounts, "find_mac": 1565000001})
    released = ansible(
        "ansible-playbook",
        "voip.rps.decommission",
        extra={"decommission_accounts": {"office": accounts["office"]}, "decommission_phones": [{"mac": PHONES[0]}]},
    )

    assert "001565000001: office (yealink): registered, https://***@berlin.example/" in found.stdout
    assert (found.returncode, released.returncode) == (0, 0)
    assert number.returncode == 2
    assert "put it in quotes" in number.stdout
    assert "office: 1 removed" in released.stdout
    assert set(simulator.devices("acme")) == {PHONES[1]}


def test_the_hosts_of_an_inventory_may_be_the_phones(
    ansible: Callable[..., Any], accounts: dict[str, Any], simulator: Simulator, tmp_path: Path
) -> None:
    hosts = {"desk1": {"rps_mac": PHONES[0], "rps_account": "office"}, "desk2": {"rps_mac": PHONES[1]}, "pc": {}}
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}))
    names = {"from_account": "office", "to_account": "labs", "hosts": True, "accounts": accounts}

    moved = ansible(
        *("ansible-playbook", "voip.rps.migrate", "-i", str(inventory), "--limit", "desk1,pc"),
        extra={f"migrate_{name}": value for name, value in names.items()},
    )
    released = ansible(
        *("ansible-playbook", "voip.rps.decommission", "-i", str(inventory), "--limit", "desk2"),
        extra={"decommission_accounts": {"office": accounts["office"]}, "decommission_hosts": True},
    )

    assert (moved.returncode, released.returncode) == (0, 0), moved.stdout + released.stdout
    assert "1 hosts without rps_mac were skipped" in moved.stdout
    assert set(simulator.devices("labs")) == {PHONES[0]}
    assert simulator.devices("acme") == {}
