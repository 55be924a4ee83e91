# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""{mac} in a URL: each service gets it in its own spelling, and what it then shows is not taken for another URL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rps_simulator import Simulator

from ansible_collections.voip.rps.plugins.module_utils._module.options import RPS_OPTIONS
from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES
from ansible_collections.voip.rps.plugins.module_utils._services.snom import Snom
from ansible_collections.voip.rps.plugins.module_utils._services.yealink import Yealink

ASKED = "https://prov.example/{mac}/x.cfg?m={mac}"


class Percents(Snom):
    """Snom's service with another placeholder, that no rule of URLs likes."""

    provider = "percents"
    mac_placeholder = "%MACD"


class Angles(Snom):
    provider = "angles"
    mac_placeholder = "<MACADR>"


class Dollars(Yealink):
    """Named servers, with a placeholder."""

    provider = "dollars"
    mac_placeholder = "$MAC"


PLACEHOLDERS = {"snom": "{mac}", "percents": "%MACD", "angles": "<MACADR>", "dollars": "$MAC"}
PREFIXES = {"dollars": "001565", "yealink": "001565", "htek": "001fc1"}


class World:
    """An account at a service, over which the modules run."""

    def __init__(self, simulator: Simulator, run: Callable[..., dict[str, Any]], provider: str) -> None:
        self.simulator = simulator
        self.provider = provider
        self.dialect = "yealink" if provider == "dollars" else provider if provider in PREFIXES else "snom"
        self._run = run
        simulator.seed({"accounts": [{"name": "acme", "password": "s3cret", "provider": self.dialect}]})

    def macs(self, count: int) -> list[str]:
        prefix = PREFIXES.get(self.provider, "00041390")
        return [f"{prefix}{number:0{12 - len(prefix)}x}" for number in range(0xA0, 0xA0 + count)]

    def run(self, module: str, **options: Any) -> dict[str, Any]:
        login = {"username": "acme", "password": "s3cret", "timeout": 5}
        endpoint = self.simulator.endpoint(self.dialect)
        return self._run(module, **{"provider": self.provider, "api_url": endpoint, **login, **options})

    def device(self, count: int, **options: Any) -> dict[str, Any]:
        return self.run("rps_device", macs=self.macs(count), **options)

    def holds(self, url: str, count: int) -> None:
        devices = [{"account": "acme", "mac": mac, "url": url} for mac in self.macs(count)]
        self.simulator.seed({"devices": devices})

    @property
    def urls(self) -> list[str | None]:
        return [held["url"] for held in self.simulator.devices("acme").values()]


@pytest.fixture
def world(
    request: pytest.FixtureRequest,
    simulator: Simulator,
    run: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    for service in (Percents, Angles, Dollars):
        monkeypatch.setitem(SERVICES, service.provider, service)
    monkeypatch.setitem(RPS_OPTIONS, "provider", {**RPS_OPTIONS["provider"], "choices": list(SERVICES)})
    return World(simulator, run, request.param)


def for_services(*providers: str) -> Any:
    return pytest.mark.parametrize("world", providers, indirect=True)


@for_services(*PLACEHOLDERS)
@pytest.mark.parametrize("count", [1, 9])
def test_the_service_gets_its_own_placeholder_and_a_second_run_changes_nothing(world, count):
    first = world.device(count, url=ASKED)

    assert first["summary"]["registered"] == count
    assert set(world.urls) == {ASKED.replace("{mac}", PLACEHOLDERS[world.provider])}
    assert {one["url"] for one in first["devices"]} == {ASKED}

    again = world.device(count, url=ASKED)

    assert not again["changed"]
    assert again["summary"]["none"] == count


@for_services(*PLACEHOLDERS)
def test_a_service_that_fills_its_placeholder_in_by_itself_is_right(world):
    (mac,) = world.macs(1)
    for filled in (mac, mac.upper()):
        world.holds(ASKED.replace("{mac}", filled), 1)

        assert not world.device(1, url=ASKED)["changed"]


@for_services("percents", "dollars", "yealink")
@pytest.mark.parametrize("seen", [ASKED, ASKED.replace("{mac}", "0004139000a1"), ASKED.replace("{mac}", "{MAC}")])
def test_what_the_service_does_not_replace_is_another_url(world, seen):
    world.holds(seen, 1)

    assert world.device(1, url=ASKED)["summary"]["moved"] == 1
    assert world.urls != [seen]


@for_services("yealink")
@pytest.mark.parametrize("count", [1, 9])
def test_without_a_placeholder_each_phone_gets_its_own_url(world, count):
    first = world.device(count, url=ASKED)

    assert first["summary"]["registered"] == count
    assert world.urls == [ASKED.replace("{mac}", mac) for mac in world.macs(count)]
    assert {one["url"] for one in first["devices"]} == {ASKED}
    assert not world.device(count, url=ASKED)["changed"]

    world.holds(ASKED.replace("{mac}", world.macs(1)[0].upper()), 1)
    assert world.device(1, url=ASKED)["summary"]["moved"] == 1


@for_services("yealink", "htek")
@pytest.mark.parametrize("module", ["rps_device", "rps_server"])
def test_a_named_server_of_such_a_service_cannot_have_it(world, module):
    servers = {"lab": ASKED, "plain": "https://prov.example/"}
    options = {"macs": world.macs(3), "server": "lab"} if module == "rps_device" else {}

    result = world.run(module, servers=servers, **options)

    assert {problem["code"] for problem in result["problems"]} == {"unsupported"}
    assert "{mac}" in result["msg"]
    assert "lab" in result["msg"]
    assert len(world.simulator.log) == 0


@for_services("yealink", "htek")
def test_a_server_that_no_phone_is_bound_to_does_no_harm(world):
    """As one dict of servers is for all vendors of a run."""
    servers = {"lab": ASKED, "plain": "https://prov.example/"}
    world.simulator.seed({"servers": [{"account": "acme", "name": "plain", "url": servers["plain"]}]})

    assert world.device(3, servers=servers, server="plain")["summary"]["registered"] == 3


@for_services("dollars")
def test_a_named_server_has_the_placeholder(world):
    spelled = ASKED.replace("{mac}", "$MAC")

    assert world.run("rps_server", servers={"lab": ASKED})["servers"][0]["action"] == "added"
    first = world.device(9, servers={"lab": ASKED}, server="lab")

    assert first["summary"]["registered"] == 9
    assert set(world.urls) == {spelled}
    assert not world.device(9, servers={"lab": ASKED}, server="lab")["changed"]


@for_services("snom", "percents")
def test_a_url_of_the_servers_is_spelled_where_the_service_has_none(world):
    first = world.device(3, servers={"lab": ASKED}, server="lab")

    assert set(world.urls) == {ASKED.replace("{mac}", PLACEHOLDERS[world.provider])}
    assert {one["url"] for one in first["devices"]} == {ASKED}
    assert not world.device(3, servers={"lab": ASKED}, server="lab")["changed"]


@for_services("snom", "percents", "yealink")
def test_the_vendors_own_spelling_goes_through_as_it_is(world):
    own = "https://prov.example/%MACD/{MAC}/$MAC/<MACADR>"

    world.device(2, url=own)

    assert set(world.urls) == {own}
    assert not world.device(2, url=own)["changed"]


@for_services("snom", "percents", "yealink", "dollars")
def test_phones_are_found_by_the_url_that_the_user_writes(world):
    world.device(3, url=ASKED)

    shown = world.run("rps_device_info", url=ASKED)["devices"]

    assert [one["mac"] for one in shown] == world.macs(3)
    assert sorted(one["current_url"] for one in shown) == sorted(world.urls)


@for_services("percents", "yealink")
def test_two_rows_of_one_phone_with_the_same_url(world):
    (mac,) = world.macs(1)
    rows = [{"mac": mac, "url": ASKED}, {"mac": mac.upper(), "url": ASKED}]

    assert world.run("rps_device", devices=rows)["summary"]["registered"] == 1


@for_services("percents", "yealink")
def test_check_mode_and_the_diff_show_what_the_user_wrote(world):
    result = world.device(2, url=ASKED, check=True, diff=True)

    assert result["changed"]
    assert ASKED in result["diff"]["prepared"]
