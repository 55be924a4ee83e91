# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Vendors' address blocks of any size, and blocks of a vendor that has two services: the account decides."""

from __future__ import annotations

import pytest

from ansible_collections.voip.rps.plugins.module_utils._module.options import RPS_OPTIONS
from ansible_collections.voip.rps.plugins.module_utils._reconcile.ownership import AllAccounts, Owner
from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES, providers_of
from ansible_collections.voip.rps.plugins.module_utils._services.prefixes import PREFIXES
from ansible_collections.voip.rps.plugins.module_utils._services.snom import Snom

SNOM, YEALINK = "000413900001", "001565000001"


class Successor(Snom):
    """Another service of Snom's."""

    provider = "snom_successor"


class Narrow(Snom):
    """A vendor with blocks of 7 and 9 digits, one of them beside another vendor's."""

    provider = "narrow"
    mac_prefixes = ("aabbcc7", "70b3d5f2f")


@pytest.fixture(autouse=True)
def _in_the_registry(monkeypatch):
    for service in (Successor, Narrow):
        monkeypatch.setitem(SERVICES, service.provider, service)
    monkeypatch.setitem(RPS_OPTIONS, "provider", {**RPS_OPTIONS["provider"], "choices": list(SERVICES)})


@pytest.fixture
def task(simulator, run):
    def task(provider, *macs, **options):
        dialect = "yealink" if provider == "yealink" else "snom"
        simulator.seed({"accounts": [{"name": "acme", "password": "s3cret", "provider": dialect}]})
        login = {"username": "acme", "password": "s3cret", "timeout": 5, "url": "https://a.example/"}
        endpoint = simulator.endpoint(dialect)
        rows = options.pop("devices", [{"mac": mac} for mac in macs])
        return run("rps_device", provider=provider, api_url=endpoint, devices=rows, **login, **options)

    return task


def rows_of(result):
    return [one["mac"] for one in result["devices"]]


@pytest.mark.parametrize("vendor", SERVICES)
def test_every_block_of_a_vendor_is_its_services(vendor):
    for block in SERVICES[vendor].mac_prefixes:
        assert vendor in providers_of(f"{block:0<12}")
        assert vendor in providers_of(f"{block:f<12}")


@pytest.mark.parametrize(
    ("mac", "ours"),
    [
        ("aabbcc7fffff", True),
        ("aabbcc6fffff", False),
        ("70b3d5f2f000", True),
        ("70b3d5f2e000", False),
        ("70b3d5f20000", False),
    ],
)
def test_blocks_of_seven_and_nine_digits(mac, ours):
    assert providers_of(mac) == (["narrow"] if ours else [])


@pytest.mark.parametrize("provider", ["snom", "snom_successor"])
@pytest.mark.parametrize("by_prefix", [False, True])
def test_a_row_is_of_the_tasks_service_if_that_is_one_of_its_vendors(task, provider, by_prefix):
    macs = [SNOM, YEALINK] if by_prefix else [SNOM]

    result = task(provider, *macs, by_prefix=by_prefix)

    assert rows_of(result) == [SNOM]
    assert [(other["provider"], other["rows"]) for other in result["other_rows"]] == [("yealink", 1)] * by_prefix


def test_a_task_of_another_vendor_leaves_it_alone(task):
    assert rows_of(task("yealink", SNOM, YEALINK, by_prefix=True)) == [YEALINK]


@pytest.mark.parametrize("provider", ["snom", "snom_successor"])
def test_the_one_account_of_a_run_at_one_of_the_services_gets_the_row(provider):
    rule = AllAccounts({"desks": provider, "office": "yealink"})

    assert rule.owner_of(SNOM, {}) == Owner(provider, "desks")


def test_two_accounts_at_the_services_of_one_vendor():
    rule = AllAccounts({"old": "snom", "new": "snom_successor", "office": "yealink"})

    with pytest.raises(ValueError, match=r"'old' \(snom\), 'new' \(snom_successor\): name one in the column"):
        rule.owner_of(SNOM, {})
    assert rule.owner_of(SNOM, {"account": "NEW"}) == Owner("snom_successor", "new")
    assert rule.owner_of(SNOM, {"provider": "snom"}) == Owner("snom", "old")
    with pytest.raises(ValueError, match="at another provider"):
        rule.owner_of(SNOM, {"account": "office"})


def test_no_account_at_any_of_them():
    with pytest.raises(ValueError, match="snom and snom_sraps and snom_successor, and this run has no account there"):
        AllAccounts({"office": "yealink"}).owner_of(SNOM, {})


def test_the_simulator_takes_every_block_of_a_vendor_and_none_of_others(simulator, task):
    simulator.settings(foreign_macs="refuse")
    own = [f"{block:0<12}" for block in PREFIXES["yealink"]]
    others = [f"{block:0<12}" for vendor, blocks in PREFIXES.items() if vendor != "yealink" for block in blocks]
    rows = [{"mac": mac, "provider": "yealink"} for mac in own + others]

    result = task("yealink", devices=rows)

    assert {one["mac"] for one in result["devices"] if one["action"] == "registered"} == set(own)
    assert {one["mac"] for one in result["devices"] if one["action"] == "failed"} == set(others)
