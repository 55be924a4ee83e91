# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The execution environment: what ansible-builder makes of the files that describe it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import ansible_collections.voip.rps as collection

BUILDER = Path(sys.executable).parent / "ansible-builder"
ROOT = Path(collection.__path__[0])

pytestmark = pytest.mark.skipif(not BUILDER.exists(), reason="ansible-builder is not installed")


def builder(*arguments: str | Path) -> str:
    done = subprocess.run([BUILDER, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_collection_says_what_it_imports() -> None:
    (home,) = (parent for parent in ROOT.parents if parent.name == "ansible_collections")

    found = yaml.safe_load(builder("introspect", home.parent))

    assert {re.split(r"\W", line)[0] for line in found["python"]} == {"requests", "openpyxl"}
    assert not found["system"]


def test_the_image_gets_the_collection_and_all_that_it_needs(tmp_path: Path) -> None:
    builder("create", "-f", ROOT / "execution-environment.yml", "-c", tmp_path, "--output-filename", "Containerfile")

    requirements = yaml.safe_load((tmp_path / "_build" / "requirements.yml").read_text())
    assert [one["name"] for one in requirements["collections"]] == ["voip.rps"]
    steps = (tmp_path / "Containerfile").read_text()
    assert re.search(r'ANSIBLE_INSTALL_REFS="ansible-core>=2\.18,<[\d.]+ ansible-runner"', steps)
    # The collection comes in, what it needs is asked of it, and that is installed, in this order.
    places = [steps.index(step) for step in ("collection install", "introspect.py introspect", "install-from-bindep")]
    assert places == sorted(places)
