# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Akuvox's RPS: assumed to be Htek's dialect, from the beginning of the vendor's page; no client is known."""

from __future__ import annotations

from ansible_collections.voip.rps.plugins.module_utils._services.htek import Htek
from ansible_collections.voip.rps.plugins.module_utils._services.prefixes import PREFIXES


class Akuvox(Htek):
    """The vendor gives each account the address of the service."""

    provider = "akuvox"
    default_url = ""
    mac_prefixes = PREFIXES["akuvox"]
    sources = "The beginning of the vendor's page; no client. Not tested with the live service"
    not_known = (
        "The address, which the vendor gives with the account, and everything except the registering call: it is "
        "assumed to be like Htek's."
    )
