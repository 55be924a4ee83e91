# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible itself, run as a user would, on playbooks and ad hoc, against the simulator."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rps_simulator import Simulator

import ansible_collections.voip.rps as collection

PASSWORD = "s3cret-of-acme"


@pytest.fixture
def home() -> Iterator[str]:
    """A home folder of a short name, as Ansible's sockets are in it."""
    with tempfile.TemporaryDirectory(prefix="rps-", ignore_cleanup_errors=True) as folder:
        yield folder


@pytest.fixture
def environment(home: str, tmp_path: Path) -> dict[str, str]:
    """The environment in which a user runs Ansible: this collection, and nothing of ours beside it."""
    (collections,) = (parent for parent in Path(collection.__path__[0]).parents if parent.name == "ansible_collections")
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": home,
        "TMPDIR": home,
        "LANG": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(collections.parent),
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOG_PATH": str(tmp_path / "ansible.log"),
    }


@pytest.fixture
def ansible(environment: dict[str, str], tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command in the test's folder, with C(extra) in a file of variables, and return all that it printed."""

    def run(*command: str, extra: dict[str, Any] | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        file = tmp_path / "variables.json"
        file.write_text(json.dumps(extra))
        variables = ["-e", f"@{file}"] if extra else []
        return subprocess.run(
            [*command, *variables],
            cwd=tmp_path,
            env={**environment, "PWD": str(tmp_path), **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def account(simulator: Simulator) -> dict[str, Any]:
    """The options of an account at the service; another one holds the phone 001565ffffff."""
    seed = {
        "accounts": [
            {"name": "acme", "password": PASSWORD, "provider": "yealink"},
            {"name": "labs", "password": PASSWORD, "provider": "yealink"},
            {"name": "other", "password": "another-secret", "provider": "yealink"},
        ],
        "servers": [{"account": "acme", "name": "berlin", "url": "https://berlin.example/prov/"}],
        "devices": [{"account": "other", "mac": "001565ffffff", "url": "https://other.example/"}],
    }
    simulator.seed(seed)
    return {
        "provider": "yealink",
        "api_url": simulator.endpoint("yealink"),
        "username": "acme",
        "password": PASSWORD,
        "retries": 0,
    }
