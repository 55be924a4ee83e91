# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a role by its name, and return a result even if it fails."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.voip.rps.plugins.module_utils._http.client import REQUESTS_IMPORT_ERROR
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError, unforeseen
from ansible_collections.voip.rps.plugins.module_utils._pure.shown import SECRETS
from ansible_collections.voip.rps.plugins.plugin_utils._roles import (
    audit,
    awx,
    decommission,
    find,
    migrate,
    preflight,
    restore,
    rollout,
    yeastar,
)
from ansible_collections.voip.rps.plugins.plugin_utils._roles.context import Context
from ansible_collections.voip.rps.plugins.plugin_utils._roles.report import failure_result
from ansible_collections.voip.rps.plugins.plugin_utils._roles.variables import Variable

_ROLES = (rollout, migrate, decommission, audit, preflight, restore, find, yeastar, awx)
ROLES: dict[str, Callable[[Context], dict[str, Any]]] = {role.ROLE: role.run for role in _ROLES}
_VARIABLES: dict[str, Mapping[str, Variable]] = {role.ROLE: role.VARIABLES for role in _ROLES}


def variables() -> dict[str, Mapping[str, Variable]]:
    """Return the names of the variables of each role, without ``ROLE_``."""
    return dict(_VARIABLES)


def variable_names(role: str) -> list[str]:
    """Return the full names of the variables of the role."""
    return [f"{role}_{name}" for name in (*_VARIABLES[role], "accounts")]


def run(role: str, context: Callable[[], Context]) -> dict[str, Any]:
    """Run the role, and return the result of the task. Raise nothing. ``context`` returns the input of the role."""
    SECRETS.clear()
    if role not in ROLES:
        return {"failed": True, "changed": False, "msg": f"role must be one of {', '.join(ROLES)}"}
    if REQUESTS_IMPORT_ERROR:
        words = (
            "the Python package requests is missing. Install it in the Python environment of Ansible: "
            f"{sys.executable} -m pip install requests"
        )
        return failure_result(role, RpsError("unsupported", words))
    try:
        return ROLES[role](context())
    except Exception as error:
        return failure_result(role, unforeseen(error))
