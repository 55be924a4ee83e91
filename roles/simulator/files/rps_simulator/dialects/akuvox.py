# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Akuvox's RPS. Only the beginning of its page is public: assume Htek's dialect (see `htek.py`) at a similar URL."""

from __future__ import annotations

from dataclasses import replace

from . import htek

DIALECT = replace(
    htek.DIALECT, provider="akuvox", endpoint="/fcgi/do?id=1", also=("/fcgi/do",), mac_prefixes=("0c1105",)
)
