# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Slices of one inventory as jobs at once, run with ansible-runner and dealt as AWX deals them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rps_simulator import Simulator

RUNNER = Path(sys.executable).parent / "ansible-runner"
SLICES = 4
PHONES = 1000
BATCH = 25
"""Small, so that the bulk calls of the slices meet each other."""

pytestmark = pytest.mark.skipif(not RUNNER.exists(), reason="ansible-runner is not installed")


def private_data(folder: Path, job: int, hosts: dict[str, Any], account: dict[str, Any]) -> Path:
    """Make what AWX gives ansible-runner for a job. Returns its folder."""
    extra = {
        "awx_job_id": job,
        "rollout_accounts": {"acme": {**account, "batch_size": BATCH, "concurrency": 2}},
        "rollout_servers": {"paris": "https://paris.example/prov/"},
        "rollout_server": "paris",
        "rollout_hosts": True,
        "rollout_backup": str(folder.parent / f"backup-{job}.json"),
    }
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


def test_slices_at_once_do_every_phone_once(
    account: dict[str, Any], environment: dict[str, str], simulator: Simulator, tmp_path: Path
) -> None:
    # Nothing is in the account, so that all slices add the server at once, too.
    macs = [f"001565{number:06x}" for number in range(PHONES)]
    hosts = {f"phone{number}": {"rps_mac": mac} for number, mac in enumerate(macs)}
    simulator.settings(latency=0.02)
    jobs = [
        subprocess.Popen(
            [RUNNER, "run", private_data(tmp_path / f"job{job}", job, dict(dealt), account), "-p", "rollout.yml"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for job, dealt in enumerate([list(hosts.items())[first::SLICES] for first in range(SLICES)])
    ]

    outputs = [job.communicate(timeout=120)[0] for job in jobs]

    assert [job.returncode for job in jobs] == [0] * SLICES, "\n".join(outputs)
    share = PHONES // SLICES
    assert all(f"acme: {share} registered" in output for output in outputs), outputs[0]
    assert simulator.devices("acme").keys() == set(macs)
    # As many phones as there are were sent, and all of them are there: none was sent twice.
    assert sum(entry.devices for entry in simulator.log if "egisterDevice" in str(entry.method)) == PHONES
    backups = [json.loads(path.read_text())["rows"] for path in sorted(tmp_path.glob("backup-*.json"))]
    assert sorted(row["mac"] for rows in backups for row in rows) == macs
