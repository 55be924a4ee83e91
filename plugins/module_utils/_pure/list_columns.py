# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stub."""

from __future__ import annotations

from typing import Any

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problems


def row_of(where: str, given: Any, problems: Problems) -> dict[str, Any]:
    """Stub."""
    given = {key.replace("template_name", "template"): value for key, value in given.items()}
    return {"mac": "", **{key: str(value).strip() for key, value in given.items() if value is not None}}
