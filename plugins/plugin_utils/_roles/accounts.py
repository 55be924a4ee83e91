# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the accounts of a role from its variable, or else a file, or else the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._module.options import (
    ENV_PREFIX,
    RPS_OPTIONS,
    Account,
    account_of,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems
from ansible_collections.voip.rps.plugins.module_utils._pure.shown import SECRETS
from ansible_collections.voip.rps.plugins.module_utils._reconcile.ownership import did_you_mean, provider_named
from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES
from ansible_collections.voip.rps.plugins.plugin_utils._roles.context import Context
from ansible_collections.voip.rps.plugins.plugin_utils._roles.values import as_dict, convert

FILE_VARIABLE = f"{ENV_PREFIX}ACCOUNTS_FILE"
MOST_SHOWN_KEY = 40

_SECRET_OPTIONS = tuple(name for name, option in RPS_OPTIONS.items() if option.get("no_log"))


class RoleAccount(NamedTuple):
    """An account of the run with converted options. ``servers`` is None if it uses the servers of the role."""

    name: str
    params: dict[str, Any]
    account: Account
    servers: dict[str, Any] | None

    @property
    def provider(self) -> str:
        return str(self.params["provider"])

    @property
    def secrets(self) -> set[str]:
        """The values that must not appear in any output."""
        return {str(self.params[name]) for name in _SECRET_OPTIONS if self.params.get(name)}


class Source(NamedTuple):
    """The source of accounts. ``options``: by account. ``place`` returns the name of an option for messages."""

    options: dict[str, Any]
    place: Callable[[str, str], str]


def read_accounts(
    role: str, concurrency: int | None, context: Context, problems: Problems, *, required: bool = True
) -> tuple[list[RoleAccount], bool]:
    """Return the accounts of the run, and whether all of them could be read.

    Add every problem to ``problems``, without showing any value. ``concurrency`` overrides the option of every account.
    If ``required``, it is a problem if there are no accounts.
    """
    source = _source(role, context, problems)
    if source is None:
        return [], False
    accounts = accounts_in(source, concurrency, problems)
    if required and not source.options:
        words = (
            f"there is no account: set {role}_accounts, the path of a file in {FILE_VARIABLE}, or environment "
            f"variables such as {ENV_PREFIX}YEALINK_USERNAME"
        )
        problems.append(Problem("invalid_input", f"{role}_accounts", words))
    return accounts, len(accounts) == len(source.options) and (bool(accounts) or not required)


def accounts_in(source: Source, concurrency: int | None, problems: Problems) -> list[RoleAccount]:
    """Return the accounts of a source that can be read, and add every problem to ``problems``, without any value."""
    accounts: list[RoleAccount] = []
    names: dict[str, str] = {}
    for name, options in source.options.items():
        where = source.place(name, "")
        other = names.setdefault(name.strip().casefold(), name)
        if not name.strip():
            problems.append(Problem("invalid_input", where, "an account has no name"))
        if other != name:
            words = f"differs from account {other!r} only in case or spaces: rename one of them"
            problems.append(Problem("invalid_input", where, words))
        account = _account(name, options, concurrency, source, problems)
        if account is not None:
            accounts.append(account)
    return accounts


def _source(role: str, context: Context, problems: Problems) -> Source | None:
    """Return the source of the accounts, or None if it cannot be read."""
    option = f"{role}_accounts"
    if option in context.given:
        return dict_source(option, context.given[option], problems)
    if any(problem.where.startswith(option) for problem in context.problems):
        return None
    path = context.environment.get(FILE_VARIABLE, "").strip()
    if not path:
        return _environment_source(context.environment, problems)
    try:
        value = context.load_file(os.path.join(context.cwd, os.path.expanduser(path)))
    except ValueError as error:
        problems.append(Problem("invalid_input", FILE_VARIABLE, f"{path} {error}"))
        return None
    return dict_source(FILE_VARIABLE, value, problems)


def dict_source(option: str, value: Any, problems: Problems) -> Source | None:
    """Return the accounts from a dictionary in an option or a file, or None if the value is not a dictionary."""
    try:
        options = convert(value, "dict")
    except ValueError as error:
        problems.append(Problem("invalid_input", option, f"{error} of account names and options"))
        return None
    return Source(options, lambda name, key: f"{option}[{_short(name)}]{'.' if key else ''}{_short(key)}")


def _environment_source(environment: Mapping[str, str], problems: Problems) -> Source:
    """Return the accounts from the variables RPS_<PROVIDER>_<OPTION>. The name of each is its provider."""
    accounts: dict[str, dict[str, Any]] = {}
    # The longest names first, because the name of a provider may begin with that of another.
    providers = sorted(SERVICES, key=len, reverse=True)
    for variable, value in sorted(environment.items()):
        provider = next((one for one in providers if variable.startswith(f"{ENV_PREFIX}{one.upper()}_")), None)
        if provider is None:
            continue
        option = variable[len(ENV_PREFIX) + len(provider) + 1 :].lower()
        if option not in _environment_options():
            known = [_variable(provider, name) for name in _environment_options()]
            problems.append(Problem("invalid_input", variable, f"is unknown: {did_you_mean(variable, known)}"))
        elif value.strip() or option == "api_url" or option in SERVICES[provider].login:
            accounts.setdefault(provider, {"provider": provider})[option] = value
    return Source(accounts, lambda name, key: _variable(name, key) if key else _variable(name, "*"))


def _environment_options() -> list[str]:
    return [name for name in RPS_OPTIONS if name != "provider"]


def _variable(provider: str, option: str) -> str:
    return f"{ENV_PREFIX}{provider}_{option}".upper()


def _account(name: str, value: Any, concurrency: int | None, source: Source, problems: Problems) -> RoleAccount | None:
    """Return an account, or None if its provider is not known, and add every problem to ``problems``."""
    try:
        options = as_dict(value)
    except ValueError as error:
        problems.append(Problem("invalid_input", source.place(name, ""), f"{error} of options and values"))
        return None
    given = dict(options)
    servers = None
    wrong: set[str] = set()
    if "servers" in given:
        try:
            servers = convert(given.pop("servers"), "dict")
        except ValueError as error:
            problems.append(
                Problem("invalid_input", source.place(name, "servers"), f"{error} of server names and URLs")
            )
    params = convert_options(given, RPS_OPTIONS, lambda key: source.place(name, key), problems, wrong, ("servers",))
    if concurrency is not None:
        params["concurrency"] = concurrency
    if "provider" in wrong:
        return None
    try:
        params["provider"] = provider_named(params["provider"] or "")
    except ValueError as error:
        problems.append(Problem("invalid_input", source.place(name, "provider"), str(error)))
        return None
    if params["provider"] is None:
        words = f"is required: {', '.join(SERVICES)}"
        problems.append(Problem("invalid_input", source.place(name, "provider"), words))
        return None
    found: Problems = []
    # Without the environment, because the generic variables RPS_* are for modules, and may be of another account.
    account = account_of(params, {}, found)
    SECRETS.add_login(account.login.get("username") or "", account.login.get("password") or "")
    for secret in account.secrets:
        SECRETS.add(secret)
    problems += [one._replace(where=source.place(name, one.where)) for one in found if one.where not in wrong]
    return RoleAccount(name, params, account, servers)


def convert_options(
    given: Mapping[str, Any],
    spec: Mapping[str, Mapping[str, Any]],
    place: Callable[[str], str],
    problems: Problems,
    wrong: set[str],
    others: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the converted value or the default of every option of a specification.

    Add unknown and misspelt options and wrong values to ``problems``, and options with a wrong value to ``wrong``.
    ``others``: further names that a misspelt option may stand for.
    """
    params = {option: option_spec.get("default") for option, option_spec in spec.items()}
    for option, value in given.items():
        if option not in spec:
            words = f"is not an option: {did_you_mean(_short(option), [*spec, *others])}"
            problems.append(Problem("invalid_input", place(option), words))
            continue
        try:
            params[option] = convert(value, spec[option]["type"])
        except ValueError as error:
            wrong.add(option)
            problems.append(Problem("invalid_input", place(option), str(error)))
    return params


def _short(key: str) -> str:
    key = " ".join(key.split())
    return key if len(key) <= MOST_SHOWN_KEY else f"{key[: MOST_SHOWN_KEY - 1]}…"
