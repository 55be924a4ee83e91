# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""MAC addresses that YAML, or the survey of a job in AWX, has read as numbers: refused everywhere, with what to do."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.voip.rps.plugins.module_utils._pure.mac import HOW_TO_WRITE
from ansible_collections.voip.rps.plugins.plugin_utils._roles import run_role
from ansible_collections.voip.rps.plugins.plugin_utils._roles.context import Context, Hosts

# What ansible-core 2.19 makes of 001565123456, 11:22:33:44:55:06, 11:15:15, 1565123456, 123456789012 and 12:34:56.7.
NUMBERS = (232040238, 8846009706, 40515, 1565123456, 123456789012, 45296.7)
ACCOUNTS = {"office": {"provider": "yealink", "api_url": "http://127.0.0.1:9/", "username": "acme", "password": "s3"}}
FURTHER = {
    "rollout": {"server": "berlin"},
    "audit": {"server": "berlin"},
    "preflight": {"server": "berlin"},
    "migrate": {"from_url": "x", "to_url": "https://y.example/"},
    "restore": {"from": "backup.json"},
    "yeastar": {"pbx": {"base_url": "https://127.0.0.1:9", "client_id": "a", "client_secret": "b"}},
}
LISTS = [role for role, variables in run_role.variables().items() if "phones" in variables]
HOSTS = [role for role, variables in run_role.variables().items() if "hosts" in variables and role in LISTS]


def refused(role: str, variables: dict[str, Any], hosts: Hosts | None = None) -> str:
    """Return what a role says that refuses its input, without a request."""
    given = {f"{role}_{name}": value for name, value in {**FURTHER.get(role, {}), **variables}.items()}
    if role != "yeastar":
        given[f"{role}_accounts"] = ACCOUNTS
    context = Context(
        given, list(given), [], ["/"], "/tmp", "/none", {}, lambda _path: {}, False, False, lambda: hosts or Hosts()
    )
    task = run_role.run(role, lambda: context)
    assert task["failed"]
    assert "requests" not in task or not task["requests"]
    assert task["failure"]["code"] in ("invalid_mac", "invalid_input")
    return "\n".join(task["failures"])


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("role", LISTS)
def test_a_number_in_a_phone_list_or_as_one_is_refused_with_how_to_write_it(role: str, number: float) -> None:
    assert HOW_TO_WRITE in refused(role, {"phones": number})
    assert HOW_TO_WRITE in refused(role, {"phones": [{"mac": number}]})


@pytest.mark.parametrize("role", HOSTS)
def test_a_number_of_a_host_is_refused_with_how_to_write_it(role: str) -> None:
    for number in NUMBERS:
        hosts = Hosts([("reception", {"mac": number})])
        assert HOW_TO_WRITE in refused(role, {"hosts": True}, hosts)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_instead_of_the_mac_address_of_one_phone_is_refused_with_how_to_write_it(number: float) -> None:
    assert HOW_TO_WRITE in refused("find", {"mac": number})
    assert HOW_TO_WRITE in refused("find", {"mac": [number]})
    assert HOW_TO_WRITE in refused("preflight", {"phone": number})


@pytest.mark.parametrize("role", LISTS)
def test_a_text_of_several_lines_is_a_phone_list(role: str) -> None:
    words = refused(role, {"phones": "00-15-65-00-00-01\r\n0015650000\n\n00 15 65 00 00 02, 001565000003 nonsense\n"})

    assert "'0015650000' is not a MAC address" in words
    assert "'nonsense' is not a MAC address" in words
    assert "'00" not in words.replace("'0015650000'", "")
