# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The registry of services: the one place that knows which vendors there are."""

from __future__ import annotations

from ansible_collections.voip.rps.plugins.module_utils._services.base import Service
from ansible_collections.voip.rps.plugins.module_utils._services.htek import Htek
from ansible_collections.voip.rps.plugins.module_utils._services.snom import Snom
from ansible_collections.voip.rps.plugins.module_utils._services.yealink import Yealink

SERVICES: dict[str, type[Service]] = {service.provider: service for service in (Yealink, Snom, Htek)}


def providers_of(mac: str) -> list[str]:
    """Return the providers whose vendors have the prefix of a MAC address, none where it is not known."""
    return [name for name, service in SERVICES.items() if mac.startswith(service.mac_prefixes)]


def longest_prefix() -> int:
    """Return of how many digits the longest vendor prefix is: providers_of() needs no more of a MAC address."""
    return max(len(prefix) for service in SERVICES.values() for prefix in service.mac_prefixes)
