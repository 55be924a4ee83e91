# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo, interrupted; nox plays it to its end."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
from contextlib import suppress
from pathlib import Path


def test_ctrl_c_leaves_nothing_running(environment: dict[str, str]) -> None:
    playing = subprocess.Popen(
        ["ansible-playbook", "voip.rps.demo"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # A shell's background jobs ignore the interrupt, and so would their children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert playing.stdout
    with playing, playing.stdout:
        assert any("January" in line for line in playing.stdout)
        (folder,) = Path(environment["TMPDIR"]).glob("voip.rps.demo.*")
        simulator = os.pidfd_open(json.loads((folder / "services" / "simulator.pid").read_text())["pid"])

        # As long as it goes on: Ansible may miss one, as while it forks.
        for _line in playing.stdout:
            with suppress(ProcessLookupError):
                os.killpg(playing.pid, signal.SIGINT)

    ended = select.select([simulator], [], [], 10)[0]
    os.close(simulator)
    assert playing.returncode
    assert ended
