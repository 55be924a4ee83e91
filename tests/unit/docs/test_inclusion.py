# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the Ansible community asks of a collection that it includes, as far as no other check looks at it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
GALAXY = yaml.safe_load((ROOT / "galaxy.yml").read_text())
CATEGORIES = {
    "application",
    "cloud",
    "database",
    "eda",
    "infrastructure",
    "linux",
    "monitoring",
    "networking",
    "security",
    "storage",
    "tools",
    "windows",
}
MODULES = sorted((ROOT / "plugins" / "modules").glob("*.py"))


@pytest.mark.parametrize(
    "path",
    ["COPYING", "README.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "CHANGELOG.md", "changelogs/changelog.yaml"],
)
def test_files_at_their_usual_places(path: str) -> None:
    assert (ROOT / path).read_text().strip()


def test_the_metadata_of_galaxy() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+(-[0-9a-z.-]+)?", GALAXY["version"])
    assert GALAXY["license"] == ["GPL-3.0-or-later"]
    assert CATEGORIES & set(GALAXY["tags"])
    assert all(re.fullmatch("[a-z][a-z0-9]*", tag) for tag in GALAXY["tags"])
    assert GALAXY["dependencies"] == {}
    for link in ("repository", "documentation", "homepage", "issues"):
        assert GALAXY[link].startswith("https://")


def test_the_supported_versions_of_ansible_core_are_told() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())
    assert re.fullmatch(r">=\d+\.\d+\.\d+", runtime["requires_ansible"])


def test_no_sanity_check_is_ignored() -> None:
    assert not list((ROOT / "tests" / "sanity").glob("ignore*"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_modules_say_what_they_support(path: Path) -> None:
    text = path.read_text()
    documentation = yaml.safe_load(re.search(r'(?s)^DOCUMENTATION = r"""\n(.*?)^"""', text, re.M)[1])  # type: ignore[index]

    assert documentation["version_added"]
    assert any(name.startswith("voip.rps.attributes") for name in documentation["extends_documentation_fragment"])


def test_the_modules_are_in_the_action_groups() -> None:
    groups = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["action_groups"]
    members = {member for group in groups.values() for member in group}
    assert members == {path.stem for path in MODULES if path.stem.startswith(("rps_", "yeastar_"))}
