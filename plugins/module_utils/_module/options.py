# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of an account at a redirection service: their specification, sources and validation."""

from __future__ import annotations

import math
import os
import re
from typing import Any, Iterator, Mapping, NamedTuple, Sequence

from ansible.module_utils.common.parameters import AnsibleFallbackNotFound

from ansible_collections.voip.rps.plugins.module_utils._http.client import Client, check_endpoint, is_loopback
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems
from ansible_collections.voip.rps.plugins.module_utils._pure.url import check_url, has_userinfo
from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service

ENV_PREFIX = "RPS_"

# The allowed range of each option.
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
"""The number of files that a task may open in addition to its connections."""
_HALVES = re.compile("[\ud800-\udfff]")
# Surrogates, which stand for bytes that are not valid UTF-8 in file names and logins.
_BYTES = re.compile("[\udc80-\udcff]")
_ANY_BYTES = ("username", "password", "ca_path", "src", "dest")


def non_empty_variable(variable: str) -> str:
    """Return the value of an environment variable. Raise AnsibleFallbackNotFound if it is unset or empty."""
    value = os.environ.get(variable, "")
    if not value.strip():
        raise AnsibleFallbackNotFound
    return value


def with_environment(spec: Mapping[str, Mapping[str, Any]], prefix: str, own: Sequence[str]) -> dict[str, Any]:
    """Return a specification whose options have environment variables; empty variables are ignored.

    The options in ``own`` must not be empty, and are left to ``from_environment``.
    """
    return {
        name: dict(option) if name in own else {**option, "fallback": (non_empty_variable, [prefix + name.upper()])}
        for name, option in spec.items()
    }


_LOGINS: dict[str, dict[str, Any]] = {
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "client_id": {"type": "str"},
    "client_secret": {"type": "str", "no_log": True},
    "api_key": {"type": "str", "no_log": True},
    "client_cert": {"type": "path"},
    "client_key": {"type": "path", "no_log": False},
    "profile_name": {"type": "str"},
}
"""All login options of all providers. Options that the provider does not use are input errors."""
_LOGIN_SECRETS = tuple(name for name, option in _LOGINS.items() if option.get("no_log"))


def rps_options() -> dict[str, dict[str, Any]]:
    """Return the options that all rps_* modules share."""
    return with_environment(
        {
            "provider": {"type": "str", "required": True, "choices": list(SERVICES)},
            "api_url": {"type": "str"},
            **_LOGINS,
            "validate_certs": {"type": "bool", "default": True},
            "ca_path": {"type": "path"},
            "allow_http": {"type": "bool", "default": False},
            "timeout": {"type": "float", "default": 30},
            "retries": {"type": "int", "default": 3},
            "concurrency": {"type": "int", "default": 8},
            "batch_size": {"type": "int", "default": 100},
            "rate_limit": {"type": "float"},
        },
        ENV_PREFIX,
        ("api_url", *_LOGINS),
    )


RPS_OPTIONS = rps_options()
LOGIN_OPTIONS = tuple(_LOGINS)


def from_environment(
    params: Mapping[str, Any], options: Sequence[str], prefix: str, environment: Mapping[str, str]
) -> dict[str, str | None]:
    """Return the values of these options, from the environment if they are not given."""
    return {
        name: environment.get(prefix + name.upper()) if params.get(name) is None else params[name] for name in options
    }


def empty_problems(values: Mapping[str, str | None], params: Mapping[str, Any], prefix: str) -> Problems:
    """Return an error for each empty value of the ``values`` from ``from_environment``."""
    return [
        Problem("invalid_input", prefix + name.upper() if params.get(name) is None else name, "is empty")
        for name, value in values.items()
        if value is not None and not value.strip()
    ]


class Account(NamedTuple):
    """How to reach an account: the class of its service (``kind``), its endpoint (``url``) and its login options."""

    kind: type[Service]
    url: str
    login: dict[str, str | None]

    @property
    def secrets(self) -> list[str]:
        """The secrets of the login, which must not appear in any output."""
        return [value for name, value in self.login.items() if name in _LOGIN_SECRETS and value]


def account_of(params: Mapping[str, Any], environment: Mapping[str, str], problems: Problems) -> Account:
    """Return the account that the options describe, and add errors to ``problems``.

    ``environment``: the environment of a task; empty if only the options count, as in roles.
    """
    kind = SERVICES[params["provider"]]
    url = from_environment(params, ("api_url",), ENV_PREFIX, environment)
    login = from_environment(params, kind.login, ENV_PREFIX, environment)
    problems += empty_problems({**url, **login}, params, ENV_PREFIX)
    problems += [
        Problem("invalid_input", name, f"is not an option of {kind.provider}, which needs {' and '.join(kind.login)}")
        for name in _LOGINS
        if name not in kind.login and params.get(name) is not None
    ]
    how_else = f": give the option or {ENV_PREFIX}{{}}" if environment else ""
    problems += [
        Problem("invalid_input", name, f"is required{how_else.format(name.upper())}")
        for name, value in login.items()
        if value is None and name not in kind.optional
    ]
    problems += [
        Problem("invalid_input", name, f"{value} does not exist")
        for name, value in login.items()
        if value and _LOGINS[name]["type"] == "path" and not os.path.exists(value)
    ]
    endpoint = (url["api_url"] or "").strip() or kind.default_url
    if not endpoint and url["api_url"] is None:
        known = f" ({', '.join(kind.known_urls)})" if kind.known_urls else ""
        words = f"is required: {kind.provider} has a different address for each region or account{known}"
        words += how_else.format("API_URL")
        problems.append(Problem("invalid_input", "api_url", words))
    problems += option_problems(params) + endpoint_problems("api_url", endpoint, params["allow_http"])
    return Account(kind, endpoint, login)


def connect(account: Account, params: Mapping[str, Any]) -> Service:
    """Return the service with its own client; nothing is sent yet. Raise RpsError, see Client."""
    options = {name: value for name, value in account.login.items() if value is not None}
    client = Client(
        account.url,
        account.kind.headers,
        login=account.kind.login_of(options),
        statuses=account.kind.statuses,
        concurrency=params["concurrency"],
        rate_limit=params["rate_limit"] or account.kind.rate_limit,
        **transport_of(params),
    )
    return account.kind.of(client, options)


def transport_of(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a Client that are options of every service and PBX."""
    verify = (params["ca_path"] or True) if params["validate_certs"] else False
    return {"verify": verify, "timeout": params["timeout"], "retries": params["retries"]}


def option_problems(params: Mapping[str, Any]) -> Problems:
    """Return errors for options of every service and PBX that are out of range."""
    problems: Problems = []
    for option, (least, most) in _NUMBERS.items():
        number = params.get(option)
        if number is None:
            continue
        # This condition also holds for NaN.
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
                problems.append(Problem("invalid_input", option, "contains invalid characters"))
    if params["ca_path"] and not os.path.exists(params["ca_path"]):
        problems.append(Problem("invalid_input", "ca_path", f"{params['ca_path']} does not exist"))
    return problems


def endpoint_problems(option: str, url: str, allow_http: bool) -> Problems:
    """Return the errors in the address of a service or PBX."""
    return [Problem("invalid_url", option, words) for words in _wrong_endpoint(url, allow_http)] if url else []


def _wrong_endpoint(url: str, allow_http: bool) -> Iterator[str]:
    try:
        check_url(url)
        check_endpoint(url)
    except ValueError as error:
        yield str(error)
        return
    if has_userinfo(url):
        yield "the login must not be part of the URL: use the login options"
    if url.lower().startswith("http:"):
        if not (allow_http or is_loopback(url)):
            yield "plain http would expose the password: use https, or set allow_http if that is acceptable"
    elif not url.lower().startswith("https:"):
        yield "must begin with http:// or https://"


def _most_files() -> float:
    """Return the number of files that this process may open."""
    try:
        import resource
    except ImportError:  # a platform without this limit
        return math.inf
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return math.inf if soft == resource.RLIM_INFINITY else soft


def _shown_number(number: float) -> str:
    return str(number) if abs(number) < 10**9 or isinstance(number, float) else "a very large number"
