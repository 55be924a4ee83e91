# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No password reaches what Ansible prints or logs, at any verbosity."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rps_simulator import Simulator

PASSWORD = "s3cret-of-acme"
URL_PASSWORD = "s3cret-of-url"
PHONES = [
    {"mac": "001565000001", "server": "berlin"},
    {"mac": "001565000002", "url": f"https://user:{URL_PASSWORD}@labs.example/"},
    {"mac": "001565ffffff", "server": "berlin"},
]


@pytest.mark.parametrize(
    ("password", "scheme"),
    [("s3cret-of-acme", "https"), ("wr0ng-password", "https"), ("s3cret-of-acme", "gopher")],
    ids=["carried out", "wrong password", "bad input"],
)
def test_no_secret_is_shown_or_logged(
    ansible: Callable[..., Any],
    account: dict[str, Any],
    simulator: Simulator,
    tmp_path: Path,
    password: str,
    scheme: str,
) -> None:
    before = f"https://user:{URL_PASSWORD}@before.example/"
    simulator.seed({"devices": [{"account": "acme", "mac": "001565000001", "url": before}]})
    extra = {
        "rollout_accounts": {"office": {**account, "password": password}},
        "rollout_servers": {
            "berlin": f"https://user:{URL_PASSWORD}@berlin.example/",
            "paris": f"{scheme}://user:{URL_PASSWORD}@paris.example/",
        },
        "rollout_phones": PHONES,
    }

    done = ansible("ansible-playbook", "voip.rps.rollout", "-vvvv", "--diff", extra=extra)

    assert done.returncode == 2, done.stdout
    shown = done.stdout + (tmp_path / "ansible.log").read_text()
    assert "voip.rps.rollout" in shown
    assert password not in shown
    assert URL_PASSWORD not in shown


@pytest.mark.few(1)
@pytest.mark.parametrize("options", [{"devices": ["001565000001"]}, {"mac": "001565000001", "timeout": "soon"}, {}])
def test_no_secret_is_shown_where_an_option_is_of_a_wrong_type(
    ansible: Callable[..., Any], account: dict[str, Any], tmp_path: Path, options: dict[str, Any]
) -> None:
    """With ansible-core 2.18 and 2.19 it knows of no secret then. In a play that shows its lines the password is none
    of them."""
    account["password"] = "{{ of_acme }}"
    args = json.dumps({**account, **options})

    done = ansible("ansible", "localhost", "-m", "voip.rps.rps_device", "-a", args, "-vvv", extra={"of_acme": PASSWORD})

    assert done.returncode == 2, done.stdout
    shown = done.stdout + (tmp_path / "ansible.log").read_text()
    assert '"password": "***"' in shown
    assert PASSWORD not in shown
