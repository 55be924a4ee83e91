# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No link of a page is dead, also for those who have only the installed collection."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES
from ansible_collections.voip.rps.plugins.plugin_utils._roles.advice import ADVICE
from ansible_collections.voip.rps.tests.unit.docs.blocks import GUIDES, ROOT, pages

LABEL = "ansible_collections.voip.rps.docsite"
IGNORED = yaml.safe_load((ROOT / "galaxy.yml").read_text())["build_ignore"]
MARKDOWN = [ROOT / "README.md", *sorted(ROOT.glob("roles/*/README.md"))]


def ships(path: Path) -> bool:
    """Return whether a file is in the built collection."""
    names = [str(one) for one in [path.relative_to(ROOT), *path.relative_to(ROOT).parents]]
    return path.exists() and not any(fnmatch(name, ignored) for name in names if name != "." for ignored in IGNORED)


@pytest.mark.parametrize("page", MARKDOWN, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_to_files_that_ship(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))

    assert [link for link in links if link and not ships((page.parent / link).resolve())] == []


def test_what_does_not_ship_is_noticed() -> None:
    assert ships(ROOT / "README.md")
    assert not ships(ROOT / "CONTRIBUTING.md")
    assert not ships(Path(__file__))


def test_every_reference_between_guides_has_its_label() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in GUIDES.rglob("*.rst")}
    labels = {label for text in texts.values() for label in re.findall(r"^\.\. _(\S+):$", text, re.MULTILINE)}
    plugins = [path.read_text(encoding="utf-8") for path in (ROOT / "plugins").rglob("*.py")]
    asked = {one for text in [*texts.values(), *plugins] for one in re.findall(rf"{LABEL}\.[\w.-]*\w", text)}

    assert asked - labels == set()


def test_the_readme_links_every_guide() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    # What developers read is linked from the index of the site and from CONTRIBUTING.md.
    guides = {path.name for path in pages() if path.parent == GUIDES} - {"simulator.rst"}
    assert {name for name in guides if f"docs/docsite/rst/{name})" not in readme} == set()


def test_the_site_lists_every_guide() -> None:
    sections = yaml.safe_load((GUIDES.parent / "extra-docs.yml").read_text())["sections"]

    assert {name for section in sections for name in section["toctree"]} == {path.stem for path in GUIDES.glob("*.rst")}


def test_every_error_code_has_its_causes_and_remedies() -> None:
    codes = re.findall(r"^   \* - ``(\w+)``$", (GUIDES / "error_codes.rst").read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(codes) == sorted(ADVICE)


def test_the_readme_names_every_provider() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    _before, _heading, table = readme.partition("| provider | service |")

    named = re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?`) \|", table, re.MULTILINE)))
    assert sorted(named) == sorted(SERVICES)


@pytest.mark.parametrize("role", sorted({path.name for path in ROOT.glob("roles/*")} - {"awx", "simulator"}))
def test_a_roles_page_has_every_key_of_its_result(role: str) -> None:
    readme = (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8")
    _before, _heading, result = readme.partition("## Result\n")
    keys = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`[^|]*`) \|", result, re.MULTILINE))))
    spec = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]

    assert f"C({role}_result)" in " ".join(spec["description"])
    assert {key for key in keys if f"C({key})" not in " ".join(spec["description"])} == set()
    assert all(one["ref"].startswith(f"{LABEL}.") for one in spec["seealso"])
