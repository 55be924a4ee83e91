# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way into the roles' logic: a role by its name, and a result whatever happens."""

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
    """Return the variables of each role, without C(ROLE_)."""
    return dict(_VARIABLES)


def variable_names(role: str) -> list[str]:
    """Return the whole names of the role's variables."""
    return [f"{role}_{name}" for name in (*_VARIABLES[role], "accounts")]


def run(role: str, context: Callable[[], Context]) -> dict[str, Any]:
    """Carry the role out and return the task's result; nothing is raised. C(context) returns what the role is given."""
    SECRETS.clear()
    if role not in ROLES:
        return {"failed": True, "changed": False, "msg": f"role must be one of {', '.join(ROLES)}"}
    if REQUESTS_IMPORT_ERROR:
        words = (
            "Ansible's Python has no package requests. Install it where Ansible runs: "
            f"{sys.executable} -m pip install requests"
        )
        return failure_result(role, RpsError("unsupported", words))
    try:
        return ROLES[role](context())
    except Exception as error:
        return failure_result(role, unforeseen(error))
