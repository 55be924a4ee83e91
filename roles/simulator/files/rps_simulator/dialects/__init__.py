# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry of dialects: the one place that knows which vendors are simulated, a row each."""

from __future__ import annotations

from ..dialect import Dialect
from . import htek, snom, yealink, yealink_ymcs, yeastar

DIALECTS: dict[str, Dialect] = {
    dialect.provider: dialect
    for dialect in (
        yealink.DIALECT,
        htek.DIALECT,
        snom.DIALECT,
        yealink_ymcs.DIALECT,
        yeastar.DIALECT,
    )
}
