# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The named servers of an account, and the targets of its phones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.voip.rps.plugins.module_utils._reconcile.desired import Targets
from ansible_collections.voip.rps.plugins.plugin_utils._roles.accounts import RoleAccount


def servers_of(account: RoleAccount, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the URLs of the account's named servers, by name, from its own option or else the role's variables."""
    return dict(values["servers"] if account.servers is None else account.servers)


def servers_option(role: str, account: RoleAccount) -> str:
    """Return the name of the variable that has the servers of the account, for messages."""
    return f"{role}_servers" if account.servers is None else f"{role}_accounts[{account.name}].servers"


def targets_of(role: str, account: RoleAccount, values: Mapping[str, Any]) -> Targets:
    """Return the targets for a phone list in which phones may replace others."""
    default = (values["server"], values["url"])
    kind, option = account.account.kind, servers_option(role, account)
    return Targets(kind, servers_of(account, values), default, swaps=True, option=option)
