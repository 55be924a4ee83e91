# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode sends only reading calls, and returns what the real run does."""

from __future__ import annotations

import pytest


def fresh(rps, count):
    return {}


def mixed(rps, count):
    macs = rps.macs(count)
    rps.holds(*macs[::3])
    rps.holds(*macs[1::3], server="paris")
    return {}


def moved(rps, count):
    rps.holds(*rps.macs(count), server="paris")
    return {}


def right(rps, count):
    rps.holds(*rps.macs(count))
    return {}


def foreign(rps, count):
    rps.others(*rps.macs(count)[::2])
    return {}


def foreign_among_ours(rps, count):
    mixed(rps, count)
    rps.others(rps.mac(1), rps.mac(count - 1))
    return {}


def bound_to_nothing(rps, count):
    rps.simulator.seed({"devices": [{"account": None, "mac": mac} for mac in rps.macs(count)[::2]]})
    return {}


def absent(rps, count):
    foreign_among_ours(rps, count)
    return {"state": "absent"}


def prune(rps, count):
    mixed(rps, count + 3)
    return {"prune": True}


def own_url(rps, count):
    mixed(rps, count)
    rps.holds(rps.mac(0), server=None, url="https://lab.example/phones")
    return {"url": "https://lab.example/phones"}


def own_urls_among_foreign(rps, count):
    foreign_among_ours(rps, count)
    return {"url": "https://lab.example/phones", "server": "paris"}


def forced(rps, count):
    foreign_among_ours(rps, count)
    return {"servers": None, "force": True}


def unverified(rps, count):
    foreign_among_ours(rps, count)
    return {"servers": None}


def unchecked(rps, count):
    foreign_among_ours(rps, count)
    return {"check_target": False}


def two_servers(rps, count):
    mixed(rps, count)
    servers = ["berlin", "paris"]
    return {"devices": [{"mac": mac, "server": servers[place % 2]} for place, mac in enumerate(rps.macs(count))]}


def with_a_password(rps, count):
    mixed(rps, count)
    return {"url": "https://phone:hunter2@lab.example/"}


SITUATIONS = [fresh, mixed, moved, right, foreign, foreign_among_ours, bound_to_nothing, absent, unchecked, two_servers]


def told(result):
    """What check mode is to foresee, that is all but the words of an error."""
    devices = [{**device, "error": device.get("error", {}).get("code")} for device in result["devices"]]
    codes = result.get("msg", "").rpartition(" (")[2]
    return devices, codes, {key: result.get(key) for key in ("changed", "failed", "summary", "diff", "warnings")}


def both(rps, **options):
    """Run in check mode, which is to write nothing, then for real; return both results."""
    before = rps.simulator.devices(rps.account)
    checked = rps.device(check=True, diff=True, **options)
    assert rps.writes == []
    assert checked["requests"] == rps.requests
    assert rps.simulator.devices(rps.account) == before
    return checked, rps.device(diff=True, **options)


def foresees(rps, situation, count):
    options = {"devices": [{"mac": mac} for mac in rps.macs(count)], **situation(rps, count)}

    checked, real = both(rps, **options)

    assert told(checked) == told(real)


@pytest.mark.dialect("redirect")
@pytest.mark.parametrize("count", [4, 12])
@pytest.mark.parametrize("situation", SITUATIONS)
def test_check_mode_foresees_the_real_run(rps, situation, count):
    foresees(rps, situation, count)


@pytest.mark.lacks("hides_others")
@pytest.mark.needs("own_url")
@pytest.mark.parametrize("count", [4, 12])
@pytest.mark.parametrize("situation", [own_url, own_urls_among_foreign, with_a_password])
def test_check_mode_foresees_the_real_run_with_urls_of_their_own(rps, situation, count):
    foresees(rps, situation, count)


@pytest.mark.dialect("redirect")
@pytest.mark.needs("named_servers")
@pytest.mark.parametrize("count", [4, 12])
def test_check_mode_foresees_a_forced_run_where_a_servers_url_is_not_known(rps, count):
    foresees(rps, forced, count)


@pytest.mark.dialect("redirect")
@pytest.mark.needs("named_servers")
@pytest.mark.parametrize("count", [4, 12])
def test_check_mode_calls_unverified_what_only_binding_shows(rps, count):
    options = {"devices": [{"mac": mac} for mac in rps.macs(count)], **unverified(rps, count)}

    checked, real = both(rps, **options)

    actions = [[device["action"] for device in result["devices"]] for result in (checked, real)]
    differing = [pair for pair in zip(*actions, strict=True) if pair[0] != pair[1]]
    assert set(differing) <= {("unverified", "none"), ("unverified", "moved")}
    assert bool(differing) == rps.can.read_target


@pytest.mark.needs("list_account")
@pytest.mark.parametrize("count", [4, 12])
def test_check_mode_foresees_what_is_pruned(rps, count):
    foresees(rps, prune, count)


@pytest.mark.lacks("hides_others")
def test_check_mode_foresees_the_real_run_however_the_service_refuses(rps, knobs):
    rps.simulator.settings(**knobs)
    foreign_among_ours(rps, 12)

    checked, real = both(rps, devices=[{"mac": mac} for mac in rps.macs(12)])

    assert told(checked) == told(real)
    assert real["summary"]["failed"] == 2


def test_check_mode_of_one_device(rps):
    checked, real = both(rps, mac=rps.mac(1))

    assert checked["changed"]
    assert told(checked) == told(real)


@pytest.mark.lacks("hides_others")
def test_check_mode_of_a_fresh_rollout_asks_whose_each_device_is(rps):
    result = rps.device(*rps.macs(20), check=True)

    assert rps.calls == [*rps.listing, *[("check", 1)] * 20]
    assert result["requests"] == rps.requests


@pytest.mark.needs("list_account")
def test_check_mode_tells_of_a_prune_that_would_be_refused(rps):
    rps.holds(*rps.macs(20))

    result = rps.device(rps.mac(0), prune=True, check=True)

    assert result["failure"]["code"] == "invalid_input"


@pytest.mark.lacks("hides_others")
@pytest.mark.parametrize("count", [3, 12])
def test_check_mode_with_devices_that_cannot_be_read(rps, count):
    rps.misbehaves("fault", "check", "locate", times=1, code=1, message="internal")

    result = rps.device(*rps.macs(count), check=True)

    assert result["summary"]["failed"] == 1
    assert result["summary"]["registered"] == count - 1


def test_check_mode_writes_a_file_of_its_own(rps, tmp_path):
    dest = tmp_path / "outcomes.csv"
    rps.device(rps.mac(1), dest=str(dest))
    real = dest.read_text()

    result = rps.device(rps.mac(2), check=True, dest=str(dest))

    assert result["dest"] == str(tmp_path / "outcomes.check.csv")
    assert rps.mac(2) in (tmp_path / "outcomes.check.csv").read_text()
    assert dest.read_text() == real


@pytest.mark.dialect("redirect")
@pytest.mark.needs("named_servers")
def test_check_mode_of_servers_says_that_it_cannot_know(rps):
    result = rps.server(servers={"rome": "https://rome.example/", "berlin": "https://berlin.example/"}, check=True)

    assert result["changed"]
    assert [server["action"] for server in result["servers"]] == ["added", "added"]
    assert rps.requests == result["requests"] == 0
    assert "cannot list its servers" in result["warnings"][0]


def test_check_mode_of_info_reads(rps):
    rps.holds(rps.mac(1))

    assert rps.info(check=True)["devices"] == rps.info()["devices"]
