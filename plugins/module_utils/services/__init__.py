# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The registry of services: the one place that knows which vendors there are."""

from __future__ import annotations

from ansible_collections.voip.rps.plugins.module_utils.services.base import Service
from ansible_collections.voip.rps.plugins.module_utils.services.yealink import Yealink

SERVICES: dict[str, type[Service]] = {service.provider: service for service in (Yealink,)}
