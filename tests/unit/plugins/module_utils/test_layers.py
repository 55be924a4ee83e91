# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Arrows between the folders of module_utils only go down, and what is called pure speaks to nobody."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

COLLECTION = Path(__file__).parents[4]
LAYERS = ["_pure", "_http", "_services", "_reconcile", "_module", "_pbx"]
PREFIX = "ansible_collections.voip.rps.plugins."


def imported(path):
    """Yield what a file of the collection imports of the collection."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PREFIX):
            yield node.module.removeprefix(PREFIX).split(".")


def test_every_folder_has_its_place():
    folders = {path.parent.name for path in (COLLECTION / "plugins" / "module_utils").glob("*/*.py")}

    assert folders == set(LAYERS)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_folder_imports_only_what_is_below(layer):
    allowed = {"module_utils": {*LAYERS[: LAYERS.index(layer) + 1]}}

    for path in (COLLECTION / "plugins" / "module_utils" / layer).glob("*.py"):
        for kind, folder, *_names in imported(path):
            assert folder in allowed.get(kind, ()), f"{path.name} imports {folder}"


@pytest.mark.parametrize("layer", LAYERS[:3])
def test_files_of_a_folder_do_not_import_each_other_in_a_circle(layer):
    folder = COLLECTION / "plugins" / "module_utils" / layer
    arrows = {}
    for path in folder.glob("*.py"):
        tree = ast.parse(path.read_text())
        names = [node.module for node in tree.body if isinstance(node, ast.ImportFrom) and node.module]
        arrows[path.stem] = {name.rpartition(".")[2] for name in names if f".{layer}." in name}
    while arrows:
        free = {name for name, targets in arrows.items() if not targets & arrows.keys()}
        assert free, f"a circle among {sorted(arrows)}"
        arrows = {name: targets for name, targets in arrows.items() if name not in free}


@pytest.mark.parametrize("module", ["module_utils._reconcile.plan", "module_utils._pure.model"])
def test_a_plan_imports_no_http(module):
    script = (
        f"import {PREFIX}{module}, sys\n"
        "print(*(name for name in ('requests', 'urllib3', 'http.client', 'socket', 'ssl') if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", script], capture_output=True, text=True, env=environment(), check=False
    )

    assert (done.stdout.strip(), done.stderr) == ("", "")


def environment():
    return {"PYTHONPATH": str(COLLECTION.parents[2])}
