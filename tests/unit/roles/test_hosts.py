# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts as phones in the roles that only read: what they make of a part of all phones, and which hosts fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rps_simulator import Simulator

Role = Callable[..., dict[str, Any]]

BERLIN = "https://berlin.example/prov/"
HOSTS = {
    "right": {"mac": "00:15:65:00:00:01"},
    "drifted": {"mac": "001565000002", "name": "Lobby"},
    "missing": {"mac": "001565000003"},
    "again": {"mac": "0015.6500.0002"},
}


@pytest.fixture
def account(accounts: dict[str, dict[str, Any]], simulator: Simulator) -> dict[str, Any]:
    """What the roles are given: an account with a phone that is right, one that drifted, and one that is no host."""
    urls = {"001565000001": BERLIN, "001565000002": "https://drifted.example/", "001565000009": BERLIN}
    simulator.seed({"devices": [{"account": "office", "mac": mac, "url": url} for mac, url in urls.items()]})
    return {"accounts": {"office": accounts["office"]}, "servers": {"berlin": BERLIN}, "server": "berlin"}


@pytest.mark.parametrize(("complete", "extra"), [({}, 0), ({"complete": False}, 0), ({"complete": "yes"}, 1)])
def test_phones_that_no_host_is_are_extra_if_the_hosts_are_all(
    run: Role, account: dict[str, Any], complete: dict[str, Any], extra: int
) -> None:
    fail_on = ["drifted", "extra"]

    task = run("audit", **account, hosts=True, of_hosts=HOSTS, fail_on=fail_on, **complete)

    fact = task["ansible_facts"]["audit_result"]
    assert fact["summary"] | {"right": 1, "drifted": 1, "missing": 1, "extra": extra} == fact["summary"]
    assert {one["name"] for one in task["failed_hosts"]} == {"drifted", "again"}
    assert "drifted" in task["failed_hosts"][0]["message"]
    assert "1 hosts without rps_mac" in task["lines"][-1]
    assert any("audit_complete" in words for words in task["warnings"]) == (not extra)


def test_a_list_may_be_a_part_too(run: Role, account: dict[str, Any]) -> None:
    phones = [{"mac": "001565000001"}]

    whole = run("audit", **account, phones=phones)["ansible_facts"]["audit_result"]
    part = run("audit", **account, phones=phones, complete=False)["ansible_facts"]["audit_result"]

    assert (whole["summary"]["extra"], part["summary"]["extra"]) == (2, 0)


def test_preflight_reckons_with_the_hosts(run: Role, account: dict[str, Any]) -> None:
    task = run("preflight", **account, hosts=True, of_hosts=HOSTS)

    assert not task["failed"], task["msg"]
    assert task["ansible_facts"]["preflight_result"]["accounts"]["office"]["rollout"]["fresh"]["phones"] == 3


@pytest.mark.parametrize("role", ["audit", "preflight"])
@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"hosts": True, "phones": []}, "Exactly one of"),
        ({"hosts": True, "of_hosts": {}}, "none of the 1 hosts of the play has the variable rps_mac"),
        ({"hosts": True, "of_hosts": {"desk": {"mac": "0015"}}}, "host desk: "),
        ({"hosts": "perhaps"}, "must be true or false"),
        ({"phones": [], "names": ("ROLE_group",)}, "requires ROLE_hosts"),
    ],
)
def test_hosts_that_cannot_be_the_phones_are_refused(
    run: Role, account: dict[str, Any], simulator: Simulator, role: str, variables: dict[str, Any], words: str
) -> None:
    given = {**variables, "names": tuple(name.replace("ROLE", role) for name in variables.get("names", ()))}

    task = run(role, **account, **{"of_hosts": HOSTS, **given})

    assert words.replace("ROLE", role) in task["msg"]
    assert simulator.log == []
