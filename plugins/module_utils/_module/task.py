# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that modules share, and the frame that every task runs in."""

from __future__ import annotations

import os
from typing import Any, Iterator, Mapping, TypeVar

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib

from ansible_collections.voip.rps.plugins.module_utils._http.client import (
    REQUESTS_IMPORT_ERROR,
    Client,
    check_endpoint,
    is_loopback,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import InputError, Problem, Problems, RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.url import check_url, shown_url, without_userinfo
from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service


def _from(variable: str) -> Any:
    return (env_fallback, [variable])


RPS_OPTIONS: dict[str, dict[str, Any]] = {
    "provider": {"type": "str", "required": True, "choices": list(SERVICES), "fallback": _from("RPS_PROVIDER")},
    "api_url": {"type": "str", "fallback": _from("RPS_API_URL")},
    "username": {"type": "str", "required": True, "fallback": _from("RPS_USERNAME")},
    "password": {"type": "str", "required": True, "no_log": True, "fallback": _from("RPS_PASSWORD")},
    "validate_certs": {"type": "bool", "default": True, "fallback": _from("RPS_VALIDATE_CERTS")},
    "ca_path": {"type": "path", "fallback": _from("RPS_CA_PATH")},
    "allow_http": {"type": "bool", "default": False},
    "timeout": {"type": "float", "default": 30, "fallback": _from("RPS_TIMEOUT")},
    "retries": {"type": "int", "default": 3, "fallback": _from("RPS_RETRIES")},
    "concurrency": {"type": "int", "default": 8, "fallback": _from("RPS_CONCURRENCY")},
    "batch_size": {"type": "int", "default": 100, "fallback": _from("RPS_BATCH_SIZE")},
    "rate_limit": {"type": "float", "fallback": _from("RPS_RATE_LIMIT")},
}

_LEAST = {"retries": 0, "concurrency": 1, "batch_size": 1, "prune_limit": 0, "force_limit": 0}
_ABOVE_ZERO = ("timeout", "rate_limit")
_ENDPOINTS = ("api_url", "base_url")
_LONGEST = 86400
_MOST_SHOWN = 20
_URLS = (*_ENDPOINTS, "url", "servers")


class RpsModule(AnsibleModule):  # type: ignore[misc]  # of no known type
    """A module that shows its options without the passwords of URLs, even where it does not take the options.

    Of a long list it shows the beginning: Ansible passes what is shown on, whether anybody asks for it or not.
    """

    def fail_json(self, msg: str, **result: Any) -> None:
        super().fail_json(msg=msg, **dict(result, invocation={"module_args": _shown(self.params)}))

    def exit_json(self, **result: Any) -> None:
        super().exit_json(**dict(result, invocation={"module_args": _shown(self.params)}))


TaskT = TypeVar("TaskT", bound="Task")


class Task:
    """The run of a module: its C(problems) with the input, found before anything is sent, and then its client.

    As a context it ends the module with C(failure) for what fails the whole task.
    """

    def __init__(self, module: RpsModule) -> None:
        if REQUESTS_IMPORT_ERROR:
            words = f"{missing_required_lib('requests')} ({REQUESTS_IMPORT_ERROR})"
            failure = {"code": "unsupported", "message": words}
            module.fail_json(msg=words, failure=failure, changed=False, requests=0)
        self.module = module
        self.params: dict[str, Any] = module.params
        self.problems = _option_problems(self.params)
        self._client: Client | None = None

    def __enter__(self: TaskT) -> TaskT:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, RpsError):
            self.leave({"failed": True, "changed": False, "msg": error.message, "failure": error.as_dict()})

    def client(self, url: str, headers: Mapping[str, str], **more: Any) -> Client:
        """Return a client of that endpoint, see there; nothing is sent yet.

        Raises InputError, with all of them, if there are problems.
        """
        if self.problems:
            raise InputError(self.problems)
        params = self.params
        verify = (params["ca_path"] or True) if params["validate_certs"] else False
        timeout, retries = params["timeout"], params["retries"]
        self._client = Client(url, headers, verify=verify, timeout=timeout, retries=retries, **more)
        return self._client

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

    def connect(self) -> Service:
        """Return the service; nothing is sent yet. Raises InputError, with all of them, if there are problems."""
        params = self.params
        client = self.client(
            params["api_url"] or self.kind.default_url,
            self.kind.headers,
            auth=(params["username"], params["password"]),
            concurrency=params["concurrency"],
            rate_limit=params["rate_limit"],
        )
        return self.kind(client)


def _option_problems(params: Mapping[str, Any]) -> Problems:
    problems: Problems = []
    for option, least in _LEAST.items():
        if option in params and params[option] < least:
            problems.append(Problem("invalid_input", option, f"{params[option]} is less than {least}"))
    for option in _ABOVE_ZERO:
        if params.get(option) is not None and not params[option] > 0:
            problems.append(Problem("invalid_input", option, f"{params[option]} is not above 0"))
    if params["timeout"] > _LONGEST:
        problems.append(Problem("invalid_input", "timeout", f"{params['timeout']} is more than {_LONGEST}"))
    if params["ca_path"] and not os.path.exists(params["ca_path"]):
        problems.append(Problem("invalid_input", "ca_path", f"{params['ca_path']} does not exist"))
    for option in _ENDPOINTS:
        # An api_url that is empty is the vendor's.
        if params.get(option) or (option == "base_url" and option in params):
            found = _endpoint_problems(params[option], params["allow_http"])
            problems += [Problem("invalid_url", option, words) for words in found]
    return problems


def _endpoint_problems(url: str, allow_http: bool) -> Iterator[str]:
    try:
        check_url(url)
        check_endpoint(url)
    except ValueError as error:
        yield str(error)
        return
    if without_userinfo(url) != url:
        yield "the account goes into options of its own"
    if url.lower().startswith("http:"):
        if not (allow_http or is_loopback(url)):
            yield "plain http would show the password on the way: use https, or allow_http where that is all right"
    elif not url.lower().startswith("https:"):
        yield "is neither http nor https"


def _shown(value: Any, option: str = "") -> Any:
    if isinstance(value, str):
        return shown_url(value) if option in _URLS else without_userinfo(value)
    if isinstance(value, list):
        more = [f"… and {len(value) - _MOST_SHOWN} more"] if len(value) > _MOST_SHOWN else []
        return [_shown(item) for item in value[:_MOST_SHOWN]] + more
    if isinstance(value, dict):
        return {key: _shown(item, option or key) for key, item in value.items()}
    return value
