# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page on what each service can do says what the services say."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.voip.rps.plugins.module_utils._pure.capabilities import Bulk, Capabilities
from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES
from ansible_collections.voip.rps.tests.services_table import ABILITIES, BULK, SERVER_ABILITIES, page, pages, tables


def test_every_ability_is_in_the_table() -> None:
    assert {*ABILITIES, "bulk"} == set(Capabilities._fields)
    assert BULK.keys() == set(Bulk._fields)


def test_what_is_written_of_the_services_is_as_they_say() -> None:
    for path, made in pages().items():
        text = path.read_text() if path.exists() else ""
        assert text == page(text, made), f"write {path.name} anew: python tests/services_table.py"


def test_every_page_of_a_service_is_of_one() -> None:
    folder = Path(__file__).parents[3] / "docs" / "docsite" / "rst" / "services"

    assert {path.stem for path in folder.glob("*.rst")} == set(SERVICES)


def test_every_column_has_its_explanation() -> None:
    heads = [head for head, _ability, _meaning in (*ABILITIES.values(), *SERVER_ABILITIES.values())]

    assert len(set(heads)) == len(heads)
    assert [head for head in heads if f"\n   * - {head}\n" not in tables()] == []


@pytest.mark.parametrize("provider", SERVICES)
def test_every_service_says_what_its_facts_rest_on_in_cells_of_a_table(provider: str) -> None:
    service = SERVICES[provider]

    for cell in (service.sources, service.not_known):
        assert cell.strip() == cell != ""
        assert not set("|\n") & set(cell)
