# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page on phone lists has the columns that are read."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.voip.rps.plugins.module_utils._pure.list_columns import NAMES

PAGE = Path(__file__).parents[3] / "docs" / "docsite" / "rst" / "phone_lists.rst"


def test_the_table_has_every_name_of_every_column() -> None:
    rows = re.findall(r"^   \* - ``(\w+)``\n     - .*\n     - (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert {column: names.split(", ") for column, names in rows} == NAMES
