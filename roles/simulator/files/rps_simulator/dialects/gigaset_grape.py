# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gigaset's service that uses the protocol in `sraps.py`."""

from __future__ import annotations

from ..prefixes import PREFIXES
from .sraps import Hawk, make


class GigasetGrape(Hawk):
    prefix = "/grape/api/v1/"


DIALECT = make("gigaset_grape", GigasetGrape, "ProvisioningServer", "provisioning", "one", PREFIXES["gigaset"])
