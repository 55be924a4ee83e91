# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role preflight, through the playbook of its name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rps_simulator import Simulator

PASSWORD = "s3cret-of-acme"
SERVERS = {"berlin": "http://127.0.0.1:1/prov/"}


def test_it_looks_tries_a_phone_and_writes_the_transcript(
    ansible: Callable[..., Any], account: dict[str, Any], simulator: Simulator, tmp_path: Path
) -> None:
    variables = {
        "preflight_accounts": {"office": account},
        "preflight_servers": SERVERS,
        "preflight_server": "berlin",
        "preflight_phones": [{"mac": "001565000002"}],
        "preflight_transcript": "transcript.json",
    }
    simulator.seed({"servers": []})

    looked = ansible("ansible-playbook", "voip.rps.preflight", extra=variables)
    tried = ansible(
        "ansible-playbook",
        "voip.rps.preflight",
        extra={**variables, "preflight_phone": "00-15-65-00-00-01", "preflight_servers": {}},
    )

    assert looked.returncode == 0, looked.stdout
    assert "office: can be used" in looked.stdout
    assert "target http://127.0.0.1:1/prov/: no answer" in looked.stdout
    assert tried.returncode == 0, tried.stdout
    assert "changed=0" in tried.stdout
    assert "register: registered at https://berlin.example/prov/" in tried.stdout
    assert simulator.devices("acme") == {}
    text = (tmp_path / "transcript.json").read_text()
    assert json.loads(text)["exchanges"]
    for secret in (PASSWORD, "acme", "berlin", "001565000001"):
        assert secret not in text


def test_an_account_that_cannot_be_used_fails_the_play_at_its_end(
    ansible: Callable[..., Any], account: dict[str, Any]
) -> None:
    accounts = {"wrong": {**account, "password": "wrong-password"}, "office": account}

    looked = ansible("ansible-playbook", "voip.rps.preflight", "-vvv", extra={"preflight_accounts": accounts})

    assert looked.returncode == 2, looked.stdout
    assert "wrong: The login was refused, and not tried again." in looked.stdout
    assert "office: can be used" in looked.stdout
    assert PASSWORD not in looked.stdout
