# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snom's service that uses the protocol in `sraps.py`."""

from __future__ import annotations

from ..prefixes import PREFIXES
from .sraps import Hawk, make


class SnomSraps(Hawk):
    prefix = "/sraps/api/v1/"


DIALECT = make("snom_sraps", SnomSraps, "setting_server", "phone-settings", "two", PREFIXES["snom"])
