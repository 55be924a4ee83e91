# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Htek's RPS, by its page "Htek XML API for RPS": sections 1 to 6, and of 7 to 11 what its table of contents tells."""

from __future__ import annotations

from typing import Sequence

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused
from ansible_collections.voip.rps.plugins.module_utils._pure.model import Target
from ansible_collections.voip.rps.plugins.module_utils._services.base import Capabilities
from ansible_collections.voip.rps.plugins.module_utils._services.named_servers import OVERRIDE, NamedServersService


class Htek(NamedServersService):
    """Where a device points cannot be read.

    isOverride takes a device from another user: it is sent only if the user said so, or the device is known to be ours.
    """

    provider = "htek"
    default_url = "https://rps.htek.com/index.php/xmlrpc"
    mac_prefixes = ("001fc1",)
    can = Capabilities(
        named_servers=True,
        own_url=False,
        bulk=True,
        bulk_url=False,
        read_target=False,
        list_account=True,
        list_models=False,
        override=True,
        takes_over=True,
        rebind=True,
    )

    @property
    def needs_release(self) -> bool:
        """Where the service has no section 10, and section 2 refuses a device of ours, nothing else moves it."""
        return ("editDevice", 2) in self._lacking

    def move(self, macs: Sequence[str], target: Target) -> None:
        """Sections 10 editDevice and 7 registerDevices; where the service has no section 10, 2 registerDevice."""
        try:
            super().move(macs, target)
        except Refused as refusal:
            if refusal.code != "unsupported" or len(macs) > 1:
                raise
            self._write("registerDevice", macs[0], target.server, OVERRIDE)
