# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every setting that has one of several values, over all dialects: name -> its values, the default first."""

from __future__ import annotations

from .dialects import DIALECTS
from .knobs import knobs

CHOICES: dict[str, tuple[str, ...]] = {
    name: takes.values
    for dialect in DIALECTS.values()
    for name, takes in knobs(dialect.settings).items()
    if takes.values
}
