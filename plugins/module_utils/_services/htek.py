# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Htek's RPS, by its page "Htek XML API for RPS": sections 1 to 6, and the titles of sections 7 to 11."""

from __future__ import annotations

from ansible_collections.voip.rps.plugins.module_utils._pure.capabilities import MANY, Bulk, Capabilities
from ansible_collections.voip.rps.plugins.module_utils._services.named_servers import NamedServersService
from ansible_collections.voip.rps.plugins.module_utils._services.prefixes import PREFIXES


class Htek(NamedServersService):
    """The service does not report where a device points.

    isOverride takes a device over from another user, so it is only sent if the user allows it, or for our own devices.
    """

    provider = "htek"
    default_url = "https://rps.htek.com/index.php/xmlrpc"
    mac_prefixes = PREFIXES["htek"]
    sources = "The vendor's document, sections 1 to 6, and the titles of sections 7 to 11"
    not_known = (
        "Sections 7 to 11 (bulk calls, servers, edits): they are assumed to be like Yealink's. If the service does not "
        "have them, single calls are used."
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
        """True: without section 10, and if section 2 refuses our device, there is no other way to move it."""
        return ("editDevice", 2) in self._lacking
