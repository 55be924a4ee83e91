# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The frame that every task of a module runs in."""

from __future__ import annotations

import os
from typing import Any, Mapping, TypeVar

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.voip.rps.plugins.module_utils._http.client import REQUESTS_IMPORT_ERROR, Client
from ansible_collections.voip.rps.plugins.module_utils._module.options import account_of, connect
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import InputError, Problems, RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.url import shown_url, without_userinfo
from ansible_collections.voip.rps.plugins.module_utils._reconcile.report import error_result
from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service

_MOST_SHOWN = 20
_URLS = ("api_url", "base_url", "url", "servers")


class RpsModule(AnsibleModule):  # type: ignore[misc]  # of no known type
    """A module that shows its options without the passwords of URLs, even where it does not take the options.

    Of a long list it shows the beginning: Ansible passes what is shown on, whether anybody asks for it or not.
    """

    def add_path_info(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        """Add nothing: the result's C(dest) is a report, not the thing that the task manages."""
        return kwargs

    def fail_json(self, msg: str, **result: Any) -> None:
        super().fail_json(msg=msg, **dict(result, invocation={"module_args": _shown(self.params)}))

    def exit_json(self, **result: Any) -> None:
        super().exit_json(**dict(result, invocation={"module_args": _shown(self.params)}))


TaskT = TypeVar("TaskT", bound="Task")


class Task:
    """The run of a module: its C(problems) with the input, found before anything is sent.

    As a context it ends the module with C(failure) for what fails the whole task.
    """

    def __init__(self, module: RpsModule) -> None:
        if REQUESTS_IMPORT_ERROR:
            words = f"{missing_required_lib('requests')} ({REQUESTS_IMPORT_ERROR})"
            failure = {"code": "unsupported", "message": words}
            module.fail_json(msg=words, failure=failure, changed=False, requests=0)
        self.module = module
        self.params: dict[str, Any] = module.params
        self.problems: Problems = []
        self._client: Client | None = None

    def __enter__(self: TaskT) -> TaskT:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, RpsError):
            self.leave({"changed": False, **error_result(error)})

    def refuse_bad_input(self) -> None:
        """Raise InputError, with all of them, if there are problems."""
        if self.problems:
            raise InputError(self.problems)

    def use(self, client: Client) -> None:
        """Count the requests of this client in the result."""
        self._client = client

    def leave(self, result: Mapping[str, Any]) -> None:
        """End the module with its result."""
        shown = dict(result, requests=self._client.requests if self._client else 0)
        if result.get("failed"):
            self.module.fail_json(**shown)
        self.module.exit_json(**shown)


class RpsTask(Task):
    """The run of a module that speaks to a redirection service, of the C(kind) that C(provider) says."""

    def __init__(self, module: RpsModule) -> None:
        super().__init__(module)
        self.kind: type[Service] = SERVICES[self.params["provider"]]
        self._account = account_of(self.params, os.environ, self.problems)
        module.no_log_values.update(filter(None, [self._account.login["password"]]))

    def connect(self) -> Service:
        """Return the service; nothing is sent yet. Raises InputError, with all of them, if there are problems."""
        self.refuse_bad_input()
        service = connect(self._account, self.params)
        self.use(service.client)
        return service


def _shown(value: Any, option: str = "") -> Any:
    if isinstance(value, str):
        return shown_url(value) if option in _URLS else without_userinfo(value)
    if isinstance(value, list):
        more = [f"… and {len(value) - _MOST_SHOWN} more"] if len(value) > _MOST_SHOWN else []
        return [_shown(item) for item in value[:_MOST_SHOWN]] + more
    if isinstance(value, dict):
        return {key: _shown(item, option or key) for key, item in value.items()}
    return value
