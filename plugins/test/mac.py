# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The test mac. Its documentation is in mac.yml."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.voip.rps.plugins.module_utils._pure.mac import is_mac


class TestModule:
    __test__ = False  # pytest would collect this class otherwise

    def tests(self) -> dict[str, Callable[..., Any]]:
        return {"mac": is_mac}
