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
from itertools import count
from pathlib import Path

import pytest
import rps_simulator
from rps_simulator import Simulator
from rps_simulator.processes import wait_for_exit

BATCH = 50
WRITERS = 3


@pytest.mark.parametrize("answered", [1, 20, 60])
def test_kill_in_a_stream_of_bulk_writes(tmp_path, connect, answered):
    database = tmp_path / "simulator.db"
    with Simulator(database=database) as simulator:
        simulator.seed(
            {
                "accounts": [{"name": "ours", "password": "our password", "provider": "yealink"}],
                "servers": [{"account": "ours", "name": "s", "url": "https://s.example.com/"}],
            }
        )
    command = [sys.executable, str(Path(rps_simulator.__file__).parent), "serve", "--state", str(tmp_path)]
    process = subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE)
    started = json.loads(process.stdout.readline())
    batches = count()
    sent: dict[int, list[str]] = {}
    done: list[int] = []
    enough = threading.Semaphore(0)

    def write() -> None:
        client = connect(started["url"])
        try:
            while True:
                batch = next(batches)
                sent[batch] = [f"0015{batch:04x}{number:04x}" for number in range(BATCH)]
                assert client.call("registerDevices", sent[batch], "s") == [True, "OK"]
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
        kept = set(simulator.devices("ours"))
    present = {batch: len(kept.intersection(macs)) for batch, macs in sent.items()}
    assert set(present.values()) <= {0, BATCH}
    assert all(present[batch] == BATCH for batch in done)
    assert len(done) >= answered
    assert len(kept) == sum(present.values())
