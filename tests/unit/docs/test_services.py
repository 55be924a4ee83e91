# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page on what each service can do says what the services say."""

from __future__ import annotations

from ansible_collections.voip.rps.plugins.module_utils._pure.capabilities import Bulk, Capabilities
from ansible_collections.voip.rps.tests.services_table import ABILITIES, BULK, PAGE, page


def test_every_ability_is_in_the_table() -> None:
    assert {*ABILITIES, "bulk"} == set(Capabilities._fields)
    assert BULK.keys() == set(Bulk._fields)


def test_the_tables_are_as_the_services_say() -> None:
    assert PAGE.read_text() == page(PAGE.read_text()), "write them anew: python tests/services_table.py"
