# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rulebook drift, with ansible-rulebook itself: it audits, tells what drifted, and rolls out just that."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
import yaml
from rps_simulator import Simulator

import ansible_collections.voip.rps as collection

RULEBOOK = Path(sys.executable).parent / "ansible-rulebook"

pytestmark = [
    pytest.mark.skipif(not RULEBOOK.exists(), reason="ansible-rulebook is not installed"),
    pytest.mark.skipif(not shutil.which("java"), reason="ansible-rulebook needs java"),
]

BERLIN = "https://berlin.example/prov/"
OTHER = "https://somewhere-else.example/"
FIRST, SECOND, THIRD = (f"00156500000{number}" for number in range(1, 4))
TOLD = "TASK [Tell which phones drifted]"
LONGEST = 120.0
"""Seconds after which a rulebook that does nothing is ended."""


@pytest.fixture
def inventory(account: dict[str, Any], tmp_path: Path) -> Path:
    """The variables of the roles, with a list of three phones."""
    phones = tmp_path / "phones.csv"
    phones.write_text("".join(f"{mac}\n" for mac in ("mac", FIRST, SECOND, THIRD)))
    variables = {
        "audit_accounts": {"acme": account},
        "audit_src": str(phones),
        "audit_url": BERLIN,
        "rollout_accounts": {"acme": account},
        "rollout_url": BERLIN,
        "ansible_python_interpreter": sys.executable,
    }
    path = tmp_path / "inventory.yml"
    path.write_text(json.dumps({"all": {"hosts": {"localhost": variables}}}))
    return path


@contextmanager
def started(folder: Path, environment: dict[str, str], **variables: Any) -> Iterator[Callable[[str], str]]:
    """Start the rulebook, with its drift source twice. Gives what returns its output up to a text."""
    rules = yaml.safe_load((Path(collection.__path__[0]) / "extensions/eda/rulebooks/drift.yml").read_text())
    rules[1]["sources"].append({**rules[1]["sources"][0], "name": "Again"})
    (folder / "rules.yml").write_text(yaml.safe_dump(rules))
    (folder / "vars.yml").write_text(json.dumps(variables))
    with subprocess.Popen(
        [RULEBOOK, "-r", "rules.yml", "-i", "inventory.yml", "--vars", "vars.yml"],
        cwd=folder,
        env={**environment, "PWD": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        stdout = process.stdout
        assert stdout is not None
        end = Timer(LONGEST, os.killpg, (process.pid, signal.SIGKILL))
        end.start()

        def until(text: str) -> str:
            seen = []
            for line in stdout:
                seen.append(line)
                if text in line:
                    return "".join(seen)
            raise AssertionError(f"ended without {text!r}:\n{''.join(seen)}")

        try:
            yield until
        finally:
            end.cancel()
            os.killpg(process.pid, signal.SIGKILL)


def test_each_drift_starts_one_run_and_many_phones_none(
    inventory: Path,
    environment: dict[str, str],
    ansible: Callable[..., subprocess.CompletedProcess[str]],
    simulator: Simulator,
    tmp_path: Path,
) -> None:
    history = str(tmp_path / "h.db")

    def at(url: str, *macs: str) -> None:
        simulator.seed({"devices": [{"account": "acme", "mac": mac, "url": url} for mac in macs]})

    def audit() -> None:
        done = ansible("ansible-playbook", "-i", str(inventory), "voip.rps.audit", extra={"audit_history": history})
        assert done.returncode == 0, done.stdout

    at(OTHER, FIRST, SECOND)
    at(BERLIN, THIRD)
    options = {"rulebook_history": history, "rulebook_delay": 0.1, "rulebook_every": 86400}
    with started(tmp_path, environment, **options, rulebook_rollout=True, rulebook_limit=1) as until:
        output = until("Nothing is rolled out, because rulebook_limit is 1.")

        at(OTHER, THIRD)
        at(BERLIN, FIRST, SECOND)
        audit()
        output += until("acme: 1 moved")
        audit()
        at(OTHER, FIRST)
        audit()
        output += until("acme: 1 moved")

    assert output.count(TOLD) == 3
    assert sum(entry.carried_out is True for entry in simulator.log) == 2
    backups = [json.loads(path.read_text())["rows"] for path in tmp_path.glob("h.db-*.json")]
    assert sorted(row["mac"] for rows in backups for row in rows) == [FIRST, THIRD]
    assert {device["url"] for device in simulator.devices("acme").values()} == {BERLIN}
