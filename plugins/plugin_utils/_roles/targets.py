# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The servers of an account, which are the role's unless it has its own, and the targets of its phones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.voip.rps.plugins.module_utils._reconcile.desired import Targets
from ansible_collections.voip.rps.plugins.plugin_utils._roles.accounts import RoleAccount


def servers_of(account: RoleAccount, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the account's named servers, name to URL, from the role's variables C(values) or its own option."""
    return dict(values["servers"] if account.servers is None else account.servers)


def servers_option(role: str, account: RoleAccount) -> str:
    """Return where the account's servers are given."""
    return f"{role}_servers" if account.servers is None else f"{role}_accounts[{account.name}].servers"


def targets_of(role: str, account: RoleAccount, values: Mapping[str, Any]) -> Targets:
    """Return the targets of a phone list in which phones may replace others."""
    default = (values["server"], values["url"])
    kind, option = account.account.kind, servers_option(role, account)
    return Targets(kind, servers_of(account, values), default, swaps=True, option=option)
