# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role yeastar, through the playbook of its name."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rps_simulator import Simulator

SECRET = "s3cret-of-pbx"
PASSWORD = "s3cret-of-acme"
LIST = """\
mac;provider;model;template;extension;name
00:15:65:00:00:01;yealink;SIP-T53W;YSDP_YealinkT5;1001;Reception
0015.6500.0002;yealink;sip-t53w;YSDP_YealinkT5;1002;Warehouse
00-04-13-90-00-03;snom;D785;YSDP_SnomD;1003;Lobby
001FC1000004;htek;UC926E;YSDP_Htek;1004;Workshop
"""
YEALINK = {"mac": "001565000001", "model": "SIP-T53W", "template": "YSDP_YealinkT5", "extension": 1001}
HTEK = {"mac": "001fc1000004", "model": "UC926E", "template": "YSDP_Htek", "extension": "1004"}
SNOM = {"mac": "000413900003", "vendor": "Snom", "model": "D785", "template": "YSDP_SnomD", "extension": "1003"}
OTHERS_SNOM = {**SNOM, "mac": "000413ffffff"}


@pytest.fixture
def accounts(simulator: Simulator) -> dict[str, dict[str, Any]]:
    """The accounts at the redirection services; another one at Snom's holds the phone 000413ffffff."""
    simulator.seed(
        {
            "accounts": [
                {"name": "pbx", "password": SECRET, "provider": "yeastar"},
                *({"name": f"acme-{name}", "password": PASSWORD, "provider": name} for name in ("snom", "htek")),
                {"name": "other", "password": "another-secret", "provider": "snom"},
            ],
            "extensions": [{"account": "pbx", "number": str(number)} for number in range(1001, 1006)],
            "devices": [{"account": "other", "mac": "000413ffffff", "url": "https://other.example/"}],
        }
    )
    return {
        name: {
            "provider": name,
            "api_url": simulator.endpoint(name),
            "username": f"acme-{name}",
            "password": PASSWORD,
            "retries": 0,
        }
        for name in ("snom", "htek")
    }


@pytest.fixture
def phones(tmp_path: Path) -> str:
    """A phone list of four phones, two of vendors that the PBX does not have redirect them."""
    file = tmp_path / "phones.csv"
    file.write_text(LIST)
    return str(file)


@pytest.fixture
def yeastar(
    ansible: Callable[..., Any], accounts: dict[str, dict[str, Any]], simulator: Simulator
) -> Callable[..., Any]:
    """Run the playbook with the PBX and both accounts, unless it is told otherwise."""

    def run(*arguments: str, **variables: Any) -> Any:
        defaults = {
            "yeastar_pbx": {
                "base_url": simulator.url,
                "client_id": "pbx",
                "client_secret": SECRET,
                "retries": 0,
            },
            "yeastar_accounts": accounts,
            "yeastar_server": "acme-pbx",
        }
        return ansible("ansible-playbook", "voip.rps.yeastar", *arguments, extra={**defaults, **variables})

    return run


def test_phones_go_into_the_pbx_and_those_it_does_not_have_redirected_to_its_link(
    yeastar: Callable[..., Any], simulator: Simulator, phones: str
) -> None:
    done = yeastar(yeastar_src=phones)

    assert done.returncode == 0, done.stdout
    assert "PBX: 2 added, 2 to add by hand (requests: " in done.stdout
    assert "snom: 1 registered (requests: " in done.stdout
    assert "htek: 1 registered (requests: " in done.stdout
    assert '"000413900003, Snom, D785, YSDP_SnomD, 1003"' in done.stdout
    held = simulator.phones("pbx")
    assert {mac: phone["extension"] for mac, phone in held.items()} == {"001565000001": "1001", "001565000002": "1002"}
    (snom,) = simulator.devices("acme-snom").values()
    (htek,) = simulator.devices("acme-htek").values()
    host = simulator.url.partition("://")[2]
    assert re.fullmatch(rf"https://{host}/api/autoprovision/\w+", snom["url"] or "")
    assert htek["server"] == "acme-pbx"
    assert simulator.servers("acme-htek") == {"acme-pbx": snom["url"]}


def test_the_second_run_changes_nothing(yeastar: Callable[..., Any], simulator: Simulator, phones: str) -> None:
    yeastar(yeastar_src=phones)
    simulator.clear_log()
    second = yeastar(yeastar_src=Path(phones).name)

    assert second.returncode == 0, second.stdout
    assert "changed=0" in second.stdout
    assert "PBX: 2 unchanged, 2 to add by hand (requests: " in second.stdout
    assert "snom: 1 unchanged (requests: " in second.stdout
    assert "htek: 1 unverified (requests: " in second.stdout
    assert not any(entry.carried_out for entry in simulator.log)


def test_check_mode_writes_nothing_and_tells_the_same(
    yeastar: Callable[..., Any], simulator: Simulator, phones: str
) -> None:
    checked = yeastar("--check", "--diff", yeastar_src=phones)

    assert not any(entry.carried_out for entry in simulator.log)
    done = yeastar("--diff", yeastar_src=phones)
    for told in (checked, done):
        assert told.returncode == 0, told.stdout
        assert "PBX: 2 added, 2 to add by hand (requests: " in told.stdout
        assert "snom: 1 registered (requests: " in told.stdout
        assert "htek: 1 registered (requests: " in told.stdout
        assert '"000413900003, Snom, D785, YSDP_SnomD, 1003"' in told.stdout
        assert "001565000001  unknown -> " in told.stdout


def test_a_phone_that_was_added_by_hand_is_pointed_to_the_pbx_and_asks_for_nothing_more(
    yeastar: Callable[..., Any], simulator: Simulator
) -> None:
    held = {"account": "pbx", "mac": SNOM["mac"], "vendor": "Snom", "model": "D785", "template_name": "YSDP_SnomD"}
    simulator.seed({"phones": [{**held, "extension": "1003"}]})

    done = yeastar(yeastar_phones=[SNOM])

    assert done.returncode == 0, done.stdout
    assert "PBX: 1 unchanged (requests: " in done.stdout
    assert "snom: 1 registered (requests: " in done.stdout
    assert "Show the phones that you must add" in done.stdout
    assert "000413900003, Snom" not in done.stdout
    assert simulator.devices("acme-snom").keys() == {"000413900003"}


def test_a_phone_of_another_model_is_added_anew_where_that_is_asked_for(
    yeastar: Callable[..., Any], simulator: Simulator
) -> None:
    held = {"account": "pbx", "mac": "001565000001", "vendor": "Yealink", "model": "SIP-T31P", "extension": "1001"}
    simulator.seed({"phones": [{**held, "template_name": "YSDP_YealinkT3"}]})
    row = {"mac": "001565000001", "extension": "1001"}

    done = yeastar(
        yeastar_phones=[row],
        yeastar_vendor="Yealink",
        yeastar_model="SIP-T53W",
        yeastar_template_name="YSDP_YealinkT5",
        yeastar_rps_auth=True,
        yeastar_recreate=True,
        yeastar_accounts={},
    )

    assert done.returncode == 0, done.stdout
    assert "PBX: 1 changed (requests: " in done.stdout
    (phone,) = simulator.phones("pbx").values()
    assert (phone["model"], phone["rps_auth"]) == ("SIP-T53W", True)


@pytest.mark.parametrize("secret", [SECRET, "wr0ng-secret"], ids=["carried out", "wrong secret"])
def test_no_secret_and_no_token_is_shown_or_logged(
    yeastar: Callable[..., Any],
    accounts: dict[str, dict[str, Any]],
    simulator: Simulator,
    tmp_path: Path,
    secret: str,
) -> None:
    pbx = {"base_url": simulator.url, "client_id": "pbx", "client_secret": secret}
    accounts["htek"]["password"] = "wr0ng-password"

    done = yeastar("-vvvv", "--diff", yeastar_phones=[YEALINK, SNOM, HTEK], yeastar_pbx=pbx, yeastar_accounts=accounts)

    assert done.returncode == 2, done.stdout
    shown = done.stdout + (tmp_path / "ansible.log").read_text()
    assert "voip.rps.yeastar" in shown
    for word in (secret, PASSWORD, "wr0ng-password", "access_token=", "refresh_token"):
        assert word not in shown
