# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rollouts that are killed, that overlap, and whose service goes down: run again, it is all as asked, and no more."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import rps_simulator
from rps_simulator import Simulator
from rps_simulator.client import ask
from rps_simulator.processes import find, wait_for_exit

NEIGHBOURS = 50
"""So many other devices the account has."""


@pytest.fixture
def phones(tmp_path):
    """Write a phone list; returns its path."""

    def write(macs):
        path = tmp_path / f"phones-{macs[0]}.csv"
        path.write_text("\n".join(["mac", *macs]))
        return str(path)

    return write


def rollout(rps, src, **options):
    """Return the options of a task that binds the phones of a list to berlin."""
    return {**rps.options, "timeout": 30, "src": src, "server": "berlin", "servers": rps.servers, **options}


def finish(rps, macs, src, neighbours, **options):
    """Run a rollout again, and expect that all is as asked and nothing else, and then that nothing is left to do."""
    again = rps.device(**rollout(rps, src, **options))
    assert "failed" not in again
    assert again["summary"]["removed"] == 0
    expected = {**dict.fromkeys(macs, rps.servers["berlin"]), **neighbours}
    assert rps.urls == expected

    rps.simulator.clear_log()
    assert not rps.device(**rollout(rps, src, **options))["changed"]
    assert rps.writes == []
    return again


@pytest.mark.few(2)
@pytest.mark.parametrize("seed", range(17))
def test_a_rollout_that_is_killed_at_a_random_moment(rps, launch, phones, record_property, seed):
    chance = random.Random(f"{rps.provider} {seed}")
    macs = rps.macs(5000)
    src = phones(macs)
    rps.holds(*rps.macs(NEIGHBOURS, start=10_000), server="paris")
    neighbours = rps.urls
    rps.simulator.settings(latency=0.04)
    process = launch("rps_device", **rollout(rps, src, check_target=False))
    while not rps.writes:
        assert process.runs_for(0.005)
    process.runs_for(chance.uniform(0, 0.25))
    process.kill()
    rps.simulator.settings(latency=0)
    held = len(rps.urls) - NEIGHBOURS
    rps.simulator.clear_log()

    again = finish(rps, macs, src, neighbours, check_target=False)

    # What was under way when it was killed was carried out all the same, after it or before.
    assert again["summary"]["registered"] <= 5000 - held
    when = "in the middle" if 0 < held < 5000 else "before the first or after the last write"
    record_property("tally", f"rollouts of 5,000 phones killed {when}")


@pytest.mark.few(1)
@pytest.mark.parametrize("overlap", [1, 0.5], ids=["the same list", "overlapping lists"])
@pytest.mark.parametrize("batches", ["all_or_nothing", "good_ones"])
def test_two_runs_at_once(rps, launch, phones, overlap, batches):
    macs = rps.macs(300)
    rps.holds(*macs[::3], server="paris")
    rps.holds(*rps.macs(NEIGHBOURS, start=10_000), server="paris")
    neighbours = dict(list(rps.urls.items())[-NEIGHBOURS:])
    rps.simulator.settings(latency=0.01, batches=batches)
    lists = [macs[: round(300 * (1 + overlap) / 2)], macs[round(300 * (1 - overlap) / 2) :]]
    running = [
        launch("rps_device", **rollout(rps, phones(half), batch_size=20, concurrency=4, **rps.moving))
        for half in (lists[0], lists[1][::-1])
    ]

    for process, half in zip(running, lists, strict=True):
        result = process.end().result
        assert {device["mac"] for device in result["devices"]} == set(half)
        held = rps.urls
        for device in result["devices"]:
            assert device["action"] in ("registered", "moved", "none"), device
            assert held[device["mac"]] == rps.servers["berlin"]
    finish(rps, macs, phones(macs), neighbours)


@pytest.mark.few(1)
@pytest.mark.parametrize("answered", [1, 9, 20])
def test_the_service_is_killed_and_comes_back(rps, anew, launch, phones, tmp_path, answered):
    """It keeps what it answered, and perhaps more; the rollout goes on or fails, by how long that took."""
    folder = tmp_path / "service"
    folder.mkdir(mode=0o700)
    with Simulator(folder / "simulator.db") as simulator:
        before = anew(simulator)
        macs = before.macs(1000)
        before.holds(*before.macs(NEIGHBOURS, start=10_000), server="paris")
        neighbours = before.urls
        path = simulator.endpoint(rps.provider).removeprefix(simulator.url)
    src = phones(macs)
    service = start(folder, 0)
    ask(service, "PUT", "/settings", json.dumps({"latency": 0.04}).encode())
    options = rollout(before, src, batch_size=20, check_target=False)
    process = launch("rps_device", **{**options, "api_url": service.url + path})
    while sum(bool(entry["carried_out"]) for entry in ask(service, "GET", "/log")) < answered:
        assert process.runs_for(0.005)

    os.kill(service.pid, signal.SIGKILL)
    wait_for_exit(service.pid, 10)
    again = start(folder, int(service.url.rpartition(":")[2]))
    try:
        result = process.end().result
    finally:
        os.kill(again.pid, signal.SIGTERM)
        wait_for_exit(again.pid, 10)

    with Simulator(folder / "simulator.db") as simulator:
        after = anew(simulator)
        held = after.urls
        for device in result["devices"]:
            assert device["action"] in ("registered", "failed")
            assert device["action"] == "failed" or held[device["mac"]] == rps.servers["berlin"]
        assert result["changed"]
        finish(after, macs, src, neighbours, check_target=False)


def start(folder, port):
    """Start a simulator as a process of its own."""
    command = [sys.executable, str(Path(rps_simulator.__file__).parent), "start", "--state", str(folder)]
    subprocess.run([*command, "--port", str(port)], check=True, capture_output=True, timeout=60)
    return find(folder)
