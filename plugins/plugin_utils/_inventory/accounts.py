# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The accounts of an inventory: those of its option accounts, or one account from the shared options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.voip.rps.plugins.module_utils._module.options import ENV_PREFIX, LOGIN_OPTIONS, RPS_OPTIONS
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems
from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES
from ansible_collections.voip.rps.plugins.plugin_utils._roles.accounts import (
    RoleAccount,
    Source,
    accounts_in,
    dict_source,
)

OPTIONS = ("accounts", *RPS_OPTIONS)
"""The options that describe accounts and their connections."""


def inventory_accounts(
    given: Mapping[str, Any], environment: Mapping[str, str], problems: Problems
) -> list[RoleAccount]:
    """Return the accounts of an inventory, and add every problem to ``problems``, without showing any value.

    ``given``: those of OPTIONS that the inventory file sets. With ``accounts``, other options are a problem, and the
    environment is ignored.
    """
    if "accounts" not in given:
        return accounts_in(_one(given, environment), None, problems)
    others = [name for name in given if name != "accounts"]
    if others:
        message = f"is mutually exclusive with {', '.join(others)}: move these into the options of each account"
        problems.append(Problem("invalid_input", "accounts", message))
    source = dict_source("accounts", given["accounts"], problems)
    if source is None:
        return []
    if not source.options:
        problems.append(Problem("invalid_input", "accounts", "has no account"))
    return accounts_in(source, None, problems)


def _one(given: Mapping[str, Any], environment: Mapping[str, str]) -> Source:
    """Return the account of the shared options or else the environment. Its name is its provider."""
    provider = str(given.get("provider") or environment.get(f"{ENV_PREFIX}PROVIDER") or "").strip()
    service = SERVICES.get(provider)
    own = ("api_url", *(service.login if service else ()))
    others = set(LOGIN_OPTIONS).difference(own)
    options = dict(given)
    variables = {}
    for option in RPS_OPTIONS:
        variable = ENV_PREFIX + option.upper()
        value = environment.get(variable)
        # An empty variable counts as not set, unless that would send a login to another address.
        if option in given or option in others or value is None or not (value.strip() or option in own):
            continue
        options[option] = value
        variables[option] = variable
    return Source({provider or "the account": options}, lambda _name, key: variables.get(key, key))
