# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that all yeastar_* modules share, and the base of their tasks."""

from __future__ import annotations

import os
from typing import Any, Callable, Mapping

from ansible_collections.voip.rps.plugins.module_utils._http.client import Client
from ansible_collections.voip.rps.plugins.module_utils._module.options import (
    empty_problems,
    endpoint_problems,
    from_environment,
    option_problems,
    transport_of,
    with_environment,
)
from ansible_collections.voip.rps.plugins.module_utils._module.task import Task
from ansible_collections.voip.rps.plugins.module_utils._pbx.pbx import API_PATH, Pbx, PbxLogin
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems

ENV_PREFIX = "YEASTAR_"

_CLIENT = ("client_id", "client_secret")
_TOKEN = ("access_token",)

PBX_OPTIONS: dict[str, dict[str, Any]] = with_environment(
    {
        "base_url": {"type": "str", "required": True},
        "client_id": {"type": "str"},
        "client_secret": {"type": "str", "no_log": True},
        "access_token": {"type": "str", "no_log": True},
        "validate_certs": {"type": "bool", "default": True},
        "ca_path": {"type": "path"},
        "allow_http": {"type": "bool", "default": False},
        "timeout": {"type": "float", "default": 30},
        "retries": {"type": "int", "default": 3},
    },
    ENV_PREFIX,
    (*_CLIENT, *_TOKEN),
)
PBX_RULES: dict[str, Any] = {"mutually_exclusive": [("client_id", "access_token"), ("client_secret", "access_token")]}

CONCURRENCY = 4


def pbx_login(params: Mapping[str, Any], environment: Mapping[str, str], problems: Problems) -> dict[str, str | None]:
    """Return the client or the token, and add errors in the options to ``problems``.

    A login given as options overrides any login of the environment.
    """
    given = [kind for kind in (_CLIENT, _TOKEN) if any(params[name] is not None for name in kind)]
    logins = [from_environment(params, kind, ENV_PREFIX, environment) for kind in given or (_CLIENT, _TOKEN)]
    login = next((one for one in logins if None not in one.values()), logins[0])
    problems += empty_problems({"base_url": params["base_url"], **login}, params, ENV_PREFIX)
    missing = [name for name, value in login.items() if value is None]
    if missing:
        words = f"{' and '.join(missing)}: give client_id and client_secret, or access_token"
        problems.append(Problem("invalid_input", "", f"the login lacks {words}"))
    problems += option_problems(params)
    problems += endpoint_problems("base_url", params["base_url"], params["allow_http"])
    return login


def connect_pbx(params: Mapping[str, Any], login: Mapping[str, str | None], hide: Callable[[str], None]) -> Pbx:
    """Return the PBX; nothing is sent before it is entered. ``hide`` is called with every token. Raise RpsError."""
    how = PbxLogin(login.get("client_id"), login.get("client_secret"), login.get("access_token"), hide)
    url = params["base_url"].rstrip("/") + API_PATH
    return Pbx(Client(url, Pbx.headers, login=how, concurrency=CONCURRENCY, **transport_of(params)), how)


class PbxTask(Task):
    """The run of a module for a PBX."""

    def connect(self) -> Pbx:
        """Return the PBX; nothing is sent before it is entered. Raise InputError if there are problems."""
        problems: Problems = []
        login = pbx_login(self.params, os.environ, problems)
        for secret in ("client_secret", "access_token"):
            self.hide(login.get(secret) or "")
        self.problems = problems + self.problems
        self.refuse_bad_input()
        pbx = connect_pbx(self.params, login, self.hide)
        self.use(pbx.client)
        return pbx
