# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Slices of one inventory: jobs at once, each with its share of the hosts and of the account's allowance."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from world import ACCOUNT, PASSWORD, SERVERS, World, macs

COUNTS = (1, 2, 4)
LATENCIES = (0.02, 0.15)
MOST = 20_000
"""Phones in all, if the benchmark is asked for as many."""

BATCH = 100
CONCURRENCY = 8
"""Of the account: the job template divides it by the number of slices."""

RUNNER = str(Path(sys.executable).parent / "ansible-runner")


def measure(world: World, size: int) -> Iterator[dict[str, Any]]:
    """Yield, for each number of slices and latency, the seconds that a fresh rollout of ``size`` phones as hosts takes.

    Raises RuntimeError where a job fails, or a phone was not done exactly once.
    """
    for latency in LATENCIES:
        for count in COUNTS:
            world.begin([], latency)
            with tempfile.TemporaryDirectory(prefix="voip.rps-slices-") as folder:
                jobs = [_job(world, Path(folder) / str(number), size, number, count) for number in range(count)]
                started = time.monotonic()
                seconds, peaks = _run(jobs, started)
            sent = sum(entry["devices"] for entry in world.log() if entry["carried_out"])
            if (sent, world.held()) != (size, size):
                raise RuntimeError(f"{count} slices of {size} phones: {sent} were sent, {world.held()} are there")
            yield {
                "slices": count,
                "size": size,
                "latency": latency,
                "seconds": seconds,
                "rate": size / seconds,
                "requests": len(world.log()),
                "peak": max(peaks),
            }


def _job(world: World, folder: Path, size: int, number: int, count: int) -> Path:
    """Make what ansible-runner needs for a slice, its hosts dealt as AWX deals them. Returns its folder."""
    account = {
        "provider": "yealink",
        "api_url": world.url,
        "username": ACCOUNT,
        "password": PASSWORD,
        "concurrency": CONCURRENCY // count,
        "batch_size": BATCH,
    }
    extra = {
        "rollout_accounts": {ACCOUNT: account},
        "rollout_servers": SERVERS,
        "rollout_server": "berlin",
        "rollout_hosts": True,
        "rollout_backup": False,
    }
    hosts = {f"phone{place}": {"rps_mac": mac} for place, mac in enumerate(macs(size)) if place % count == number}
    files = {
        "inventory/hosts.json": json.dumps({"all": {"hosts": hosts}}),
        "env/extravars": json.dumps(extra),
        "env/cmdline": "--forks=1",
        "project/rollout.yml": "- import_playbook: voip.rps.rollout\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def _run(jobs: list[Path], started: float) -> tuple[float, list[int]]:
    """Run all at once. Returns the seconds until the last one ended, and of each the bytes of its largest process."""
    running = [
        subprocess.Popen(
            [RUNNER, "run", str(job), "-p", "rollout.yml", "-q"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for job in jobs
    ]
    peaks = []
    for process in running:
        assert process.stdout is not None
        with process.stdout:
            output = process.stdout.read()
        status, usage = os.wait4(process.pid, 0)[1:]
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"a slice failed:\n{output[-4000:]}")
        peaks.append(usage.ru_maxrss * 1024)
    return time.monotonic() - started, peaks
