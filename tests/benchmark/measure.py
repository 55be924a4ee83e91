# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a command takes."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

MEASURED = str(Path(__file__).parent / "measured.py")
LIBRARY = str(Path(__file__).parent / "library")
PLAYBOOK = str(Path(sys.executable).parent / "ansible-playbook")


class Cost(NamedTuple):
    """Seconds of time, seconds of CPU of it and all its children; and of a play, what its processes took.

    Peaks are in bytes of resident memory: of the module's process, of the controller's main process, and of the
    largest process of all, the controller's workers included.
    """

    wall: float
    cpu: float
    module_cpu: float | None = None
    module_peak: int | None = None
    controller_peak: int | None = None
    largest_peak: int | None = None


class Play:
    """Plays of one task, as users run them; ``folder`` is for Ansible's files and for the reports."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._module = folder / "module.json"
        self._controller = folder / "controller.json"
        python = folder / "python"
        command = shlex.join([sys.executable, MEASURED, str(self._module)])
        python.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        python.chmod(0o700)
        self._vars = {"ansible_python_interpreter": str(python)}
        self._env = {
            **os.environ,
            "ANSIBLE_HOME": str(folder / "home"),
            "ANSIBLE_REMOTE_TEMP": str(folder / "tmp"),
            "ANSIBLE_LIBRARY": LIBRARY,
            "ANSIBLE_LOCALHOST_WARNING": "False",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
            "ANSIBLE_NOCOLOR": "True",
        }

    def run(self, task: Mapping[str, Any], *variables: Path) -> tuple[Cost, dict[str, Any]]:
        """Run a play of this task with variables from files. Returns what it took, and the task's result.

        Raises RuntimeError where it fails.
        """
        play = {"hosts": "localhost", "gather_facts": False, "vars": self._vars, "tasks": [task]}
        playbook = self._folder / "playbook.json"
        playbook.write_text(json.dumps([play]))
        extra = [option for file in variables for option in ("-e", f"@{file}")]
        # With -v the result is printed, on one line.
        command = [sys.executable, MEASURED, str(self._controller), PLAYBOOK, "-v", *extra, str(playbook)]
        cost, output = run(command, self._env)
        module, controller = json.loads(self._module.read_text()), json.loads(self._controller.read_text())
        cost = cost._replace(
            module_cpu=module["cpu"],
            module_peak=module["peak"],
            controller_peak=controller["peak"],
            largest_peak=max(module["peak"], controller["peak"], controller["children_peak"]),
        )
        result = output.partition("[localhost] => ")[2].partition("\n")[0]
        return cost, json.loads(result) if result.startswith("{") else {}


def run(command: Sequence[str], env: Mapping[str, str] | None = None) -> tuple[Cost, str]:
    """Run a command to its end. Returns what it took and what it printed; raises RuntimeError where it fails."""
    started = time.monotonic()
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    with process.stdout:
        output = process.stdout.read()
    status, usage = os.wait4(process.pid, 0)[1:]
    wall = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{shlex.join(command)}: exit status {process.returncode}\n{output[-4000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime), output
