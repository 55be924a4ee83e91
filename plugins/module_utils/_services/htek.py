# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Htek's RPS, by its page "Htek XML API for RPS": sections 1 to 6, and of 7 to 11 what its table of contents tells."""

from __future__ import annotations

from ansible_collections.voip.rps.plugins.module_utils._pure.capabilities import MANY, Bulk, Capabilities
from ansible_collections.voip.rps.plugins.module_utils._services.named_servers import NamedServersService
from ansible_collections.voip.rps.plugins.module_utils._services.prefixes import PREFIXES


class Htek(NamedServersService):
    """Where a device points cannot be read.

    isOverride takes a device from another user: it is sent only if the user said so, or the device is known to be ours.
    """

    provider = "htek"
    default_url = "https://rps.htek.com/index.php/xmlrpc"
    mac_prefixes = PREFIXES["htek"]
    sources = "The vendor's document, sections 1 to 6; of sections 7 to 11 only the titles"
    not_known = (
        "The texts of sections 7 to 11 (bulk calls, servers, edits): they are taken for Yealink's, and if the service "
        "does not have them, single calls are used."
    )
    can = Capabilities(
        named_servers=True,
        list_account=True,
        override=True,
        takes_over=True,
        rebind=True,
        bulk=Bulk(bind=MANY, move=MANY, release=MANY),
    )

    @property
    def needs_release(self) -> bool:
        """Where the service has no section 10, and section 2 refuses a device of ours, nothing else moves it."""
        return ("editDevice", 2) in self._lacking
