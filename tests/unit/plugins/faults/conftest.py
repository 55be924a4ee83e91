# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules as processes of their own, which can be killed and measured."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

# A process so small that what it started is the bigger one: RUSAGE_CHILDREN is KiB, or bytes on macOS.
MEASURE = """
import resource, signal, subprocess, sys
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda *_: None)
code = subprocess.call(sys.argv[1:])
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(peak // 1024 if sys.platform == "darwin" else peak, file=sys.stderr)
"""


class Ended(NamedTuple):
    """What a module's process returned, and the most memory it took, in MiB."""

    result: dict[str, Any]
    peak: int


class Process:
    """A running module."""

    def __init__(self, command: list[str]) -> None:
        self._popen = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)

    def runs_for(self, seconds: float) -> bool:
        """Wait so long, or until it ends. Returns whether it runs on."""
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return True
        return False

    def signal(self, number: int) -> None:
        """Send it a signal, as a terminal does to all that runs in it."""
        os.killpg(self._popen.pid, number)

    def kill(self) -> None:
        """Kill it, as C(kill -9) does."""
        with suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.communicate()

    def end(self, seconds: float = 60) -> Ended:
        """Wait for its end, at most so long, and expect that it returned a result, and no traceback."""
        out, err = self._popen.communicate(timeout=seconds)
        lines = err.split()
        assert len(lines) == 1, err.decode()
        return Ended(json.loads(out), int(lines[0]) // 1024)


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Start a module as a process; what still runs at the test's end is killed."""
    started: list[Process] = []

    def start(name: str, /, **options: Any) -> Process:
        arguments = tmp_path / f"{name}-{len(started)}.json"
        arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": options}))
        module = f"ansible_collections.voip.rps.plugins.modules.{name}"
        started.append(Process([sys.executable, "-c", MEASURE, sys.executable, "-m", module, str(arguments)]))
        return started[-1]

    yield start
    for process in started:
        process.kill()
