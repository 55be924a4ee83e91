# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that all yeastar_* modules share, and the frame that their tasks run in."""

from __future__ import annotations

from typing import Any

from ansible_collections.voip.rps.plugins.module_utils._module.task import RpsModule, Task
from ansible_collections.voip.rps.plugins.module_utils._pbx.pbx import API_PATH, Credentials, Pbx
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem

PBX_OPTIONS: dict[str, dict[str, Any]] = {
    "base_url": {"type": "str", "required": True},
    "client_id": {"type": "str"},
    "client_secret": {"type": "str", "no_log": True},
    "access_token": {"type": "str", "no_log": True},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "allow_http": {"type": "bool", "default": False},
    "timeout": {"type": "float", "default": 30},
    "retries": {"type": "int", "default": 3},
}
PBX_RULES: dict[str, Any] = {
    "required_one_of": [("client_id", "access_token")],
    "mutually_exclusive": [("client_id", "access_token")],
    "required_together": [("client_id", "client_secret")],
}

CONCURRENCY = 4


class PbxTask(Task):
    """The run of a module that speaks to a PBX."""

    def __init__(self, module: RpsModule) -> None:
        super().__init__(module)
        if self.params["access_token"] is None and None in (self.params["client_id"], self.params["client_secret"]):
            self.problems.append(Problem("invalid_input", "", "neither client_id and client_secret nor access_token"))

    def connect(self) -> Pbx:
        """Return the PBX; nothing is sent before it is entered. Raises InputError if there are problems."""
        params = self.params
        credentials = Credentials(params["client_id"], params["client_secret"], params["access_token"], self.hide)
        return Pbx(
            self.client(params["base_url"].rstrip("/") + API_PATH, Pbx.headers, concurrency=CONCURRENCY), credentials
        )
