# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that modules share, and the frame that every task runs in."""

from __future__ import annotations

import math
import os
import re
import signal
from contextlib import suppress
from types import FrameType
from typing import Any, Iterator, Mapping, TypeVar

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib

from ansible_collections.voip.rps.plugins.module_utils._http.client import (
    REQUESTS_IMPORT_ERROR,
    Client,
    check_endpoint,
    is_loopback,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import (
    InputError,
    Problem,
    Problems,
    RpsError,
    unforeseen,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.shown import MASK, SECRETS, SHORTEST_SECRET, visible
from ansible_collections.voip.rps.plugins.module_utils._pure.url import check_url, has_userinfo, shown_text, shown_url
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

# From the least to the most.
_NUMBERS: dict[str, tuple[float, float]] = {
    "retries": (0, 100),
    "concurrency": (1, 1000),
    "batch_size": (1, 100_000),
    "prune_limit": (0, 10_000_000),
    "force_limit": (0, 10_000_000),
    "timeout": (0.001, 86400),
    "rate_limit": (0.001, 1_000_000),
}
_ABOVE_ZERO = ("timeout", "rate_limit")
_OWN_FILES = 32
"""So many files a task may open beside its connections."""
_ENDPOINTS = ("api_url", "base_url")
_MOST_SHOWN = 20
_URLS = (*_ENDPOINTS, "url", "servers")
_SECRETS = ("password", "client_secret", "access_token", "api_key")
_SHORTEST_TOKEN = 8
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
_HALVES = re.compile("[\ud800-\udfff]")
# What stands for a byte that is no character, as file names and logins of another encoding have them.
_BYTES = re.compile("[\udc80-\udcff]")
_ANY_BYTES = ("username", "password", "ca_path", "src", "dest")


class RpsModule(AnsibleModule):  # type: ignore[misc]  # of no known type
    """A module that shows its options without secrets, even where it does not take the options.

    Of a long list it shows the beginning: Ansible passes what is shown on, whether anybody asks for it or not.
    """

    def __init__(self, argument_spec: dict[str, Any], **rules: Any) -> None:
        SECRETS.clear()
        super().__init__(argument_spec, **rules)
        self._learn_secrets()

    def fail_json(self, msg: str, **result: Any) -> None:
        # Where an option is of a wrong type, Ansible knows of no secret.
        self._learn_secrets()
        shown = visible(shown_text(SECRETS.hide(msg)))
        super().fail_json(msg=shown, **dict(result, invocation={"module_args": self._shown_options()}))

    def exit_json(self, **result: Any) -> None:
        super().exit_json(**dict(result, invocation={"module_args": self._shown_options()}))

    def _log_invocation(self) -> None:
        # Ansible cannot write half a character into its log; it is a problem with the input like others.
        with suppress(UnicodeError):
            super()._log_invocation()

    def _learn_secrets(self) -> None:
        for option in _SECRETS:
            secret = str(self.params.get(option) or "")
            SECRETS.add(secret)
            if len(secret) >= SHORTEST_SECRET:
                self.no_log_values.add(secret)
            else:
                # Ansible would replace it wherever it is a part of a word.
                self.no_log_values.discard(secret)

    def _shown_options(self) -> dict[str, Any]:
        known = {name for option, spec in self.argument_spec.items() for name in (option, *spec.get("aliases", ()))}
        return {
            visible(str(option)): _shown(value, option) if option in known or option.startswith("_ansible") else MASK
            for option, value in self.params.items()
        }


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
        self._client: Client | None = None
        self._handlers: dict[int, Any] = {}
        self.problems: Problems = []
        try:
            self.problems += _option_problems(self.params)
        except Exception as error:
            self._fail(unforeseen(error))

    def __enter__(self: TaskT) -> TaskT:
        for name in _SIGNALS:
            number = getattr(signal, name)
            # Whoever started the task with nohup wants it to ignore that.
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                # Not in a thread other than the main one.
                with suppress(ValueError):
                    self._handlers[number] = signal.signal(number, self._interrupt)
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        try:
            if isinstance(error, RpsError):
                self._fail(error)
            elif isinstance(error, Exception):
                self._fail(unforeseen(error))
        finally:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)

    def _interrupt(self, number: int, _frame: FrameType | None) -> None:
        error = RpsError("interrupted", f"the task was ended by {signal.Signals(number).name}")
        if not self._client:
            raise error
        self._client.stop(error)

    def _fail(self, error: RpsError) -> None:
        """End the module with what failed the whole task."""
        words = error.message
        # Then nothing tells what became of them.
        wrote = error.code in ("internal_error", "interrupted") and self._client is not None and self._client.writes > 0
        if wrote and self._client:
            words = f"{words} {self._client.writes} writing calls were sent before: run the task again."
        self.leave({"failed": True, "changed": wrote, "msg": words, "failure": error.as_dict()})

    def hide(self, secret: str) -> None:
        """Let this get into no output."""
        SECRETS.add(secret)
        if len(secret) >= _SHORTEST_TOKEN:
            self.module.no_log_values.add(secret)

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
        shown = _visible(dict(result, requests=self._client.requests if self._client else 0))
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
    for option, (least, most) in _NUMBERS.items():
        number = params.get(option)
        if number is None:
            continue
        # Which not a number is, too.
        if option in _ABOVE_ZERO and not number > 0:
            problems.append(Problem("invalid_input", option, f"{number} is not above 0"))
        elif number < least:
            problems.append(Problem("invalid_input", option, f"{_shown_number(number)} is less than {least}"))
        elif number > most:
            problems.append(Problem("invalid_input", option, f"{_shown_number(number)} is more than {most}"))
    files = _most_files()
    if not problems and params.get("concurrency", 0) > files - _OWN_FILES:
        words = f"{params['concurrency']} connections are more than the {files} files that a process may open here"
        problems.append(Problem("invalid_input", "concurrency", f"{words} (ulimit -n) allow"))
    for option, value in params.items():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and _HALVES.search(_BYTES.sub("", text) if option in _ANY_BYTES else text):
                problems.append(Problem("invalid_input", option, "has half a character, or a byte that is none"))
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
    if has_userinfo(url):
        yield "the account goes into options of its own"
    if url.lower().startswith("http:"):
        if not (allow_http or is_loopback(url)):
            yield "plain http would show the password on the way: use https, or allow_http where that is all right"
    elif not url.lower().startswith("https:"):
        yield "is neither http nor https"


def _most_files() -> float:
    """Return how many files this process may open."""
    try:
        import resource
    except ImportError:  # where there is no such limit
        return math.inf
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return math.inf if soft == resource.RLIM_INFINITY else soft


def _shown_number(number: float) -> str:
    return str(number) if abs(number) < 10**9 or isinstance(number, float) else "a number of so many digits"


def _shown(value: Any, option: str = "") -> Any:
    if option in _SECRETS and value is not None:
        return MASK
    if isinstance(value, str):
        return SECRETS.hide(shown_url(value) if option in _URLS else shown_text(value))
    if isinstance(value, list):
        more = [f"… and {len(value) - _MOST_SHOWN} more"] if len(value) > _MOST_SHOWN else []
        return [_shown(item, option) for item in value[:_MOST_SHOWN]] + more
    if isinstance(value, dict):
        return {
            shown_text(str(key)): _shown(item, option if option in _URLS else str(key)) for key, item in value.items()
        }
    return value


def _visible(value: Any, lines: bool = False) -> Any:
    """Return a result whose texts steer no terminal; a diff keeps its C(lines)."""
    if isinstance(value, str):
        return "\n".join(map(visible, value.split("\n"))) if lines else visible(value)
    if isinstance(value, list):
        return [_visible(item, lines) for item in value]
    if isinstance(value, dict):
        # Of 100,000 devices nearly all is printable: this is where the time goes.
        return {
            key if not isinstance(key, str) or key.isprintable() else visible(key): item
            if item is None or (type(item) is str and item.isprintable())
            else _visible(item, lines or key == "diff")
            for key, item in value.items()
        }
    return value
