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
from ansible_collections.voip.rps.plugins.plugin_utils._roles import run_role
from ansible_collections.voip.rps.plugins.plugin_utils._roles.context import Context

LINE = re.compile(r"office: [\d,]+ of 40 phones (read|changed), [\d.]+ a second, \d+:\d\d left, [\d,]+ failed")


@pytest.fixture
def lines(simulator: Simulator, tmp_path: Any) -> Callable[..., list[str]]:
    """Roll 40 phones out, a few at a time, twice, and return what is shown."""
    simulator.seed({"accounts": [{"name": "office", "password": "s3cret-of-acme", "provider": "yealink"}]})
    account = {
        "provider": "yealink",
        "api_url": simulator.endpoint("yealink"),
        "username": "office",
        "password": "s3cret-of-acme",
        "batch_size": 5,
    }

    def run() -> list[str]:
        shown: list[str] = []
        given = {
            "rollout_accounts": {"office": account},
            "rollout_url": "https://berlin.example/",
            "rollout_phones": [{"mac": f"0015650000{number:02x}"} for number in range(40)],
            "rollout_backup": False,
        }
        context = Context(
            given, list(given), [], [], str(tmp_path), "/nowhere", {}, str, False, False, show=shown.append
        )
        for _time in range(2):
            assert not run_role.run("rollout", lambda: context)["failed"]
        return shown

    return run


def test_a_long_run_shows_how_far_it_is(lines: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress.Progress.__init__, "__defaults__", (0.0,))

    shown = lines()

    assert shown
    assert all(LINE.fullmatch(line) for line in shown), shown
    assert {"read", "changed"} == {found[1] for line in shown if (found := LINE.fullmatch(line))}


def test_a_short_run_shows_nothing(lines: Callable[..., list[str]]) -> None:
    assert lines() == []
