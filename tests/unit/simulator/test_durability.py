# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulator that is killed keeps each write whole or not at all, and all that it answered."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import rps_simulator
from rps_simulator import Simulator
from rps_simulator.processes import wait_for_exit

BATCH = 50
WRITERS = 3
MOST_BATCHES = 1000
VP59 = {"vendor": "Yealink", "model": "VP59", "template_name": "YSDP_YealinkVP", "provisioning_method": "rps"}


def macs(batch: int) -> list[str]:
    return [f"0015{batch:04x}{number:04x}" for number in range(BATCH)]


@pytest.fixture
def register(connect):
    """Makes a function that registers a batch of Yealink's devices and waits for the answer."""

    def log_in(url: str) -> Callable[[int], None]:
        client = connect(url)

        def write(batch: int) -> None:
            assert client.call("registerDevices", macs(batch), "s") == [True, "OK"]

        return write

    return log_in


@pytest.fixture
def add(connect_pbx):
    """Makes a function that adds a batch of phones to a PBX, five to an extension, and waits for the answer."""

    def log_in(url: str) -> Callable[[int], None]:
        pbx = connect_pbx(url)
        pbx.log_in()

        def write(batch: int) -> None:
            phones = [
                {"mac": bytes.fromhex(mac).hex(":"), "ext_id": 1 + (batch * BATCH + number) // 5}
                for number, mac in enumerate(macs(batch))
            ]
            assert pbx.post("phone/batchcreate", **VP59, phone_list=phones)["errcode"] == 0

        return write

    return log_in


@pytest.mark.parametrize("answered", [1, 20, 60])
@pytest.mark.parametrize(
    ("provider", "writing", "seed", "held"),
    [
        (
            "yealink",
            "register",
            {"servers": [{"account": "ours", "name": "s", "url": "https://s.example.com/"}]},
            Simulator.devices,
        ),
        (
            "yeastar",
            "add",
            {"extensions": [{"account": "ours", "number": str(n)} for n in range(MOST_BATCHES * BATCH // 5)]},
            Simulator.phones,
        ),
    ],
    ids=["yealink", "yeastar"],
)
def test_kill_in_a_stream_of_bulk_writes(request, tmp_path, provider, writing, seed, held, answered):
    log_in = request.getfixturevalue(writing)
    database = tmp_path / "simulator.db"
    with Simulator(database=database) as simulator:
        simulator.seed({"accounts": [{"name": "ours", "password": "our password", "provider": provider}], **seed})
    command = [sys.executable, str(Path(rps_simulator.__file__).parent), "serve", "--state", str(tmp_path)]
    process = subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE)
    started = json.loads(process.stdout.readline())
    batches = iter(range(MOST_BATCHES))
    sent: set[int] = set()
    done: list[int] = []
    enough = threading.Semaphore(0)

    def write() -> None:
        try:
            write_batch = log_in(started["url"])
            for batch in batches:
                sent.add(batch)
                write_batch(batch)
                done.append(batch)
                enough.release()
        except (OSError, http.client.HTTPException):
            pass

    writers = [threading.Thread(target=write) for _round in range(WRITERS)]
    for writer in writers:
        writer.start()
    for _round in range(answered):
        assert enough.acquire(timeout=20)
    os.kill(process.pid, signal.SIGKILL)
    for writer in writers:
        writer.join(20)
    process.communicate(timeout=10)
    assert wait_for_exit(process.pid, 0)

    with Simulator(database=database) as simulator:
        kept = set(held(simulator, "ours"))
    present = {batch: len(kept.intersection(macs(batch))) for batch in sent}
    assert set(present.values()) <= {0, BATCH}
    assert all(present[batch] == BATCH for batch in done)
    assert len(done) >= answered
    assert len(kept) == sum(present.values())
