# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Progress: lines about a long run, and none about a short one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from rps_simulator import Simulator

from ansible_collections.voip.rps.plugins.module_utils._reconcile import progress
from ansible_collections.voip.rps.plugins.plugin_utils._audit import observe
from ansible_collections.voip.rps.plugins.plugin_utils._roles import run_role
from ansible_collections.voip.rps.plugins.plugin_utils._roles.context import Context

LINE = re.compile(
    r"(?P<name>\w+): [\d,]+ of (?P<total>[\d,]+) (?P<noun>[\w ]+) (?P<what>read|changed), "
    r"[\d.]+ a second, \d+:\d\d left, [\d,]+ failed"
)
PHONES = [{"mac": f"0015650000{number:02x}"} for number in range(40)]
BERLIN = "https://berlin.example/"
PARIS = "https://paris.example/"
TO_LABS = {"from_account": "office", "to_account": "labs", "worklist": "work.json"}
TO_PARIS = {"from_server": "berlin", "to_server": "paris", "servers": {"berlin": BERLIN, "paris": PARIS}}

Lines = Callable[..., list[str]]


@pytest.fixture
def lines(simulator: Simulator, tmp_path: Any) -> Lines:
    """Run a role for 40 phones, of which the account office has so many (C(held)), and return what is shown."""
    names = ("office", "labs")
    simulator.seed({"accounts": [{"name": name, "password": "s3cret", "provider": "yealink"} for name in names]})
    common = {"provider": "yealink", "api_url": simulator.endpoint("yealink"), "password": "s3cret", "batch_size": 5}
    accounts = {name: {**common, "username": name} for name in names}

    def run(role: str, held: int = 0, **variables: Any) -> list[str]:
        simulator.seed({"devices": [{"account": "office", "url": BERLIN, **phone} for phone in PHONES[:held]]})
        shown: list[str] = []
        ours = accounts if variables.keys() & TO_LABS.keys() else {"office": accounts["office"]}
        given = {f"{role}_{name}": value for name, value in {"accounts": ours, **variables}.items()}
        context = Context(
            given, list(given), [], [str(tmp_path)], str(tmp_path), "/nowhere", {}, str, False, False, show=shown.append
        )
        task = run_role.run(role, lambda: context)
        assert not task["failed"], task["msg"]
        return shown

    return run


@pytest.mark.parametrize(
    ("role", "held", "variables", "done"),
    [
        ("rollout", 20, {"url": PARIS, "phones": PHONES, "backup": False}, {"20 phones read", "40 phones changed"}),
        ("decommission", 40, {"phones": PHONES, "limit": 40, "backup": False}, {"40 phones changed"}),
        ("decommission", 40, {"server": "berlin", "servers": {"berlin": BERLIN}, "limit": 40}, {"40 phones read"}),
        ("migrate", 40, TO_LABS, {"40 phones read", "40 phones changed"}),
        ("migrate", 40, TO_PARIS, {"40 phones read", "40 phones changed"}),
        ("audit", 40, {"url": BERLIN, "phones": PHONES}, {"40 phones read"}),
    ],
)
def test_a_long_run_shows_how_far_it_is(
    lines: Lines, monkeypatch: pytest.MonkeyPatch, role: str, held: int, variables: dict[str, Any], done: set[str]
) -> None:
    """Parts of a run that begin by themselves are parts of its total."""
    monkeypatch.setattr(progress.Progress.__init__, "__defaults__", (0.0,))
    monkeypatch.setattr(observe, "CHUNK", 7)

    shown = [line for line in lines(role, held, **variables) if not line.startswith("Work list")]

    assert shown
    found = [LINE.fullmatch(line) for line in shown]
    assert all(found), shown
    totals = {f"{one['total']} {one['noun']} {one['what']}" for one in found if one}
    assert done <= totals, totals


def test_preflight_shows_how_many_targets_were_asked(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress.Progress.__init__, "__defaults__", (0.0,))
    phones = [{**phone, "url": f"https://127.0.0.1:1/{place}"} for place, phone in enumerate(PHONES[:5])]

    shown = lines("preflight", phones=phones)

    assert any("of 5 target URLs read" in line for line in shown), shown


def test_a_short_run_shows_nothing(lines: Lines) -> None:
    assert lines("rollout", url=BERLIN, phones=PHONES, backup=False) == []
