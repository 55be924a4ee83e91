# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Akuvox's RPS: Htek's dialect, as far as the beginning of the vendor's page tells; no client of it is known."""

from __future__ import annotations

from ansible_collections.voip.rps.plugins.module_utils._services.htek import Htek
from ansible_collections.voip.rps.plugins.module_utils._services.prefixes import PREFIXES


class Akuvox(Htek):
    """The vendor gives the address of its service with an account."""

    provider = "akuvox"
    default_url = ""
    mac_prefixes = PREFIXES["akuvox"]
    sources = "The beginning of the vendor's page; no client. Nobody has tried it at the live service"
    not_known = (
        "The address, which the vendor gives with the account, and all but the registering call: everything "
        "is taken to be as at Htek."
    )
