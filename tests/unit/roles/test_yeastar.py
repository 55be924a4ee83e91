# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role yeastar: the PBX first, then the services of the phones that it does not redirect."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rps_simulator import Simulator

from ansible_collections.voip.rps.plugins.module_utils._module.options import RPS_OPTIONS
from ansible_collections.voip.rps.plugins.module_utils._reconcile import progress
from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES
from ansible_collections.voip.rps.plugins.module_utils._services.snom import Snom

Accounts = dict[str, dict[str, Any]]
Yeastar = Callable[..., dict[str, Any]]

SECRET = "s3cret-of-acme"
VALUE = "a-value-that-is-not-shown"
YEALINK = {"mac": "001565000001", "model": "SIP-T53W", "template": "YSDP_YealinkT5", "extension": 1001}
OTHERS_YEALINK = {**YEALINK, "mac": "001565000009"}
HTEK = {"mac": "001fc1000004", "model": "UC926E", "template_name": "YSDP_Htek", "extension": "1004"}
SNOM = {"mac": "000413900003", "vendor": "Snom", "model": "D785", "template": "YSDP_SnomD", "extension": "1003"}


@pytest.fixture
def yeastar(run: Yeastar, accounts: Accounts, simulator: Simulator) -> Yeastar:
    """Provision phones with the PBX and the accounts desks and shop, unless it is told otherwise."""

    def yeastar(**variables: Any) -> dict[str, Any]:
        defaults = {
            "pbx": {"base_url": simulator.url, "client_id": "pbx", "client_secret": SECRET, "retries": "0"},
            "accounts": {name: accounts[name] for name in ("desks", "shop")},
            "server": "acme-pbx",
        }
        given = {**defaults, **variables}
        return run("yeastar", **{name: value for name, value in given.items() if value is not ...})

    return yeastar


def fact(task: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = task["ansible_facts"]["yeastar_result"]
    return result


def test_phones_go_into_the_pbx_and_the_others_to_its_link(
    yeastar: Yeastar, simulator: Simulator, tmp_path: Path
) -> None:
    checked = yeastar(phones=[YEALINK, SNOM, HTEK], check_mode=True, dest="out.csv")
    assert not any(entry.carried_out for entry in simulator.log)
    done = yeastar(phones=[YEALINK, SNOM, HTEK], dest="out.csv")
    again = yeastar(phones=[YEALINK, SNOM, HTEK])

    for task in (checked, done):
        assert not task["failed"], task["failures"]
        assert task["changed"]
        assert {name: one["summary"]["registered"] for name, one in fact(task)["accounts"].items()} == {
            "PBX": 1,
            "desks": 1,
            "shop": 1,
        }
        assert [line.partition(",")[0] for line in task["to_add"]] == ["000413900003", "001fc1000004"]
    assert (tmp_path / "out.check.csv").read_text() == (tmp_path / "out.csv").read_text()
    assert not again["changed"]
    assert simulator.phones("pbx").keys() == {"001565000001"}
    (snom,) = simulator.devices("desks").values()
    (htek,) = simulator.devices("shop").values()
    assert "/api/autoprovision/" in str(snom["url"])
    assert (htek["server"], simulator.servers("shop")) == ("acme-pbx", {"acme-pbx": snom["url"]})


def test_how_phones_of_accounts_were_is_saved_for_the_role_restore(
    yeastar: Yeastar, run: Yeastar, accounts: Accounts, simulator: Simulator, tmp_path: Path
) -> None:
    url = "https://before.example/"
    simulator.seed({"devices": [{"account": "desks", "mac": SNOM["mac"], "url": url}]})

    checked = yeastar(phones=[YEALINK, SNOM], backup="before.json", check_mode=True)
    assert fact(checked)["backup"] is None
    assert not (tmp_path / "before.json").exists()
    done = yeastar(phones=[YEALINK, SNOM], backup="before.json")
    moved_to = simulator.devices("desks")[SNOM["mac"]]["url"]
    restored = run("restore", accounts={"desks": accounts["desks"]}, **{"from": "before.json"}, backup=False)

    assert fact(done)["backup"] == str(tmp_path / "before.json")
    assert moved_to != url
    assert not restored["failed"], restored["failures"]
    assert simulator.devices("desks")[SNOM["mac"]]["url"] == url


def test_a_pbx_alone_has_nothing_to_save(yeastar: Yeastar, tmp_path: Path) -> None:
    done = yeastar(phones=[YEALINK], accounts=..., server=..., names=("awx_job_id",))

    assert not done["failed"], done["failures"]
    assert fact(done)["backup"] is None
    assert not list(tmp_path.glob("rps-backup-*"))


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"phones": ...}, "Exactly one of yeastar_src, yeastar_phones and yeastar_hosts is required."),
        ({"phones": ..., "src": "none.csv"}, "none.csv was not found. Searched in: "),
        ({"server": ...}, "yeastar_server: is required with yeastar_accounts"),
        ({"server": None}, "yeastar_server: is null"),
        ({"server": "bad/name"}, "yeastar_server: "),
        ({"accounts": {"desks": {"username": "acme"}}}, "yeastar_accounts[desks].provider: is required"),
        ({"accounts": {"PBX": {"provider": "snom"}}}, "an account cannot have the name PBX"),
        ({"pbx": ...}, "yeastar_pbx.base_url: is required"),
        ({"pbx": {"base_url": ""}}, "yeastar_pbx.base_url: is empty"),
        ({"pbx": {"base_url": "https://x", "client_id": "pbx"}}, "yeastar_pbx: the login lacks client_secret"),
        ({"pbx": {"base_url": "https://x", "client_secrt": VALUE}}, "did you mean client_secret"),
        ({"pbx": {"client_id": "a", "access_token": VALUE}}, "has both client_id and access_token"),
        ({"pbx": {"base_url": "ftp://x", "access_token": VALUE}}, "yeastar_pbx.base_url: "),
        ({"pbx": {"base_url": "https://x", "access_token": VALUE, "timeout": VALUE}}, "yeastar_pbx.timeout: must be a"),
        ({"pbx": VALUE}, "yeastar_pbx: must be a dict"),
        ({"recreate": "perhaps"}, "yeastar_recreate: must be true or false"),
        ({"phones": [{**YEALINK, "extension": ""}]}, "yeastar_phones[0]: extension and ext_id are both missing"),
        ({"phones": [{**YEALINK, "extension": "", "ext_id": "one"}]}, "ext_id must be a whole number"),
        ({"phones": [{**SNOM, "account": "desk"}]}, "did you mean desks?"),
        ({"phones": ["001565000001"]}, "yeastar_phones[0]: "),
        ({"phones": [{**YEALINK, "mac": 231997441}]}, "yeastar_phones[0]: "),
        ({"names": ("yeastar_serve",)}, "did you mean yeastar_server?"),
        ({"names": ("yeastar_template",)}, "did you mean yeastar_template_name?"),
        ({"names": ("yeastar_group",)}, "yeastar_group: requires yeastar_hosts"),
        ({"backup": ""}, "yeastar_backup: "),
    ],
)
def test_wrong_variables_are_named_and_nothing_is_sent(
    yeastar: Yeastar, simulator: Simulator, variables: dict[str, Any], words: str
) -> None:
    task = yeastar(**{"phones": [YEALINK], **variables})

    assert task["failed"]
    assert any(words in failure for failure in task["failures"]), task["failures"]
    assert VALUE not in json.dumps(task)
    assert "internal_error" not in str(task)
    assert simulator.log == []


def test_what_the_pbx_does_not_have_is_named_before_anything_is_written(yeastar: Yeastar, simulator: Simulator) -> None:
    task = yeastar(phones=[SNOM, {**YEALINK, "extension": "9999"}])

    assert "the PBX has no extension 9999" in task["failures"][0]
    assert not any(entry.carried_out for entry in simulator.log)


def test_two_accounts_of_one_provider_share_the_rows_by_account(
    yeastar: Yeastar, accounts: Accounts, simulator: Simulator
) -> None:
    simulator.seed({"accounts": [{"name": "more", "password": SECRET, "provider": "snom"}]})
    both = {"desks": accounts["desks"], "more": {**accounts["desks"], "username": "more"}}

    refused = yeastar(accounts=both, phones=[SNOM])
    assert "it fits the accounts 'desks', 'more'" in refused["failures"][0]
    assert simulator.log == []
    task = yeastar(accounts=both, phones=[{**SNOM, "account": "more"}])

    assert not task["failed"], task["failures"]
    assert simulator.devices("more").keys() == {"000413900003"}


def test_each_link_of_the_pbx_gets_a_server_of_its_own(yeastar: Yeastar, simulator: Simulator) -> None:
    method = {"text": "pbx.example/htek", "value": "dhcp", "type": "full"}
    answer = {"kind": "answer", "body": json.dumps({"errcode": 0, "errmsg": "SUCCESS", "data": [method]})}
    # What the PBX is asked before: its vendors, and of Snom models, templates and methods, of Htek the first two.
    simulator.misbehave({**answer, "methods": ["auto_provisioning/compatibility"], "skip": 6})

    task = yeastar(phones=[SNOM, HTEK])

    assert not task["failed"], task["failures"]
    ((name, url),) = simulator.servers("shop").items()
    assert re.fullmatch("acme-pbx-[0-9a-f]{8}", name)
    assert url == "https://pbx.example/htek"


def test_what_failed_is_named_and_the_rest_is_done(yeastar: Yeastar, accounts: Accounts, simulator: Simulator) -> None:
    held = {"account": "pbx", "mac": "001565000009", "vendor": "Yealink", "model": "SIP-T31P", "extension": "1005"}
    simulator.seed({"phones": [{**held, "template_name": "YSDP_YealinkT3"}]})
    wrong = {"desks": {**accounts["desks"], "password": "wr0ng"}}

    task = yeastar(phones=[OTHERS_YEALINK, HTEK, YEALINK, SNOM], accounts=wrong)

    assert task["failed"]
    assert task["changed"]
    assert any("PBX phone 001565000009" in line and "recreate" in line for line in task["failures"])
    assert any("PBX phone 001fc1000004" in line and "RPS of Htek" in line for line in task["failures"])
    assert any(line.startswith("desks: The login was refused") for line in task["failures"])
    assert "001565000001" in simulator.phones("pbx")
    assert task["lines"][0].startswith("PBX: 1 added, 2 failed, 1 to add by hand (requests: ")


def test_a_pbx_that_does_not_let_us_in_is_asked_once(yeastar: Yeastar, simulator: Simulator) -> None:
    pbx = {"base_url": simulator.url, "client_id": "pbx", "client_secret": "wr0ng-secret"}

    task = yeastar(phones=[YEALINK, SNOM], pbx=pbx)

    assert fact(task)["accounts"]["PBX"]["failure"]["code"] == "auth_failed"
    assert len(task["failures"]) == 1
    assert len(simulator.log) == 1
    assert "wr0ng-secret" not in json.dumps(task)


def test_the_login_of_the_pbx_may_come_from_the_environment(yeastar: Yeastar, simulator: Simulator) -> None:
    environment = {"YEASTAR_BASE_URL": simulator.url, "YEASTAR_CLIENT_ID": "pbx", "YEASTAR_CLIENT_SECRET": SECRET}

    task = yeastar(phones=[YEALINK], pbx=..., accounts=..., server=..., environment=environment)

    assert not task["failed"], task["failures"]
    assert simulator.phones("pbx").keys() == {"001565000001"}


class Successor(Snom):
    """Another service of Snom's."""

    provider = "snom_successor"


@pytest.mark.parametrize("vendor", ["Snom", None])
def test_phones_of_a_vendor_with_two_services_go_to_the_account_that_there_is(
    yeastar: Yeastar, accounts: Accounts, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, vendor: str | None
) -> None:
    monkeypatch.setitem(SERVICES, Successor.provider, Successor)
    monkeypatch.setitem(RPS_OPTIONS, "provider", {**RPS_OPTIONS["provider"], "choices": list(SERVICES)})
    both = {"desks": accounts["desks"], "new": {**accounts["desks"], "provider": Successor.provider}}
    phone = {**SNOM, "vendor": vendor}

    refused = yeastar(accounts=both, phones=[phone])
    assert "'desks' (snom), 'new' (snom_successor)" in refused["failures"][0]
    task = yeastar(accounts={"new": both["new"]}, phones=[phone])

    assert not task["failed"], task["failures"]
    assert simulator.devices("desks").keys() == {SNOM["mac"]}


def test_a_long_run_shows_how_many_phones_the_pbx_has(yeastar: Yeastar, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress.Progress.__init__, "__defaults__", (0.0,))
    shown: list[str] = []

    yeastar(
        phones=[YEALINK, {**OTHERS_YEALINK, "model": "SIP-T54W", "extension": 1002}],
        accounts={},
        server=...,
        show=shown.append,
    )

    assert any(line.startswith("PBX: 1 of 2 phones changed") for line in shown), shown
