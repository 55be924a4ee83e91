# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The registry of services, the only place that knows which vendors exist."""

from __future__ import annotations

from ansible_collections.voip.rps.plugins.module_utils._services.akuvox import Akuvox
from ansible_collections.voip.rps.plugins.module_utils._services.ale import Ale
from ansible_collections.voip.rps.plugins.module_utils._services.auerswald import Auerswald
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service
from ansible_collections.voip.rps.plugins.module_utils._services.fanvil import Fanvil
from ansible_collections.voip.rps.plugins.module_utils._services.gigaset import Gigaset
from ansible_collections.voip.rps.plugins.module_utils._services.htek import Htek
from ansible_collections.voip.rps.plugins.module_utils._services.panasonic import Panasonic
from ansible_collections.voip.rps.plugins.module_utils._services.poly import Poly
from ansible_collections.voip.rps.plugins.module_utils._services.snom import Snom
from ansible_collections.voip.rps.plugins.module_utils._services.sraps import GigasetGrape, SnomSraps
from ansible_collections.voip.rps.plugins.module_utils._services.unify import Unify
from ansible_collections.voip.rps.plugins.module_utils._services.yealink import Yealink
from ansible_collections.voip.rps.plugins.module_utils._services.yealink_v1 import YealinkV1
from ansible_collections.voip.rps.plugins.module_utils._services.yealink_ymcs import YealinkYmcs

SERVICES: dict[str, type[Service]] = {
    service.provider: service
    for service in (
        Yealink,
        Snom,
        Htek,
        YealinkYmcs,
        Panasonic,
        SnomSraps,
        GigasetGrape,
        Gigaset,
        Fanvil,
        Poly,
        Ale,
        Unify,
        Auerswald,
        YealinkV1,
        Akuvox,
    )
}


def providers_of(mac: str) -> list[str]:
    """Return the providers of the vendors that own the prefix of a MAC address; none if it is unknown."""
    return [name for name, service in SERVICES.items() if mac.startswith(service.mac_prefixes)]


def longest_prefix() -> int:
    """Return the length of the longest vendor prefix, in digits: providers_of() ignores all further digits."""
    return max(len(prefix) for service in SERVICES.values() for prefix in service.mac_prefixes)
