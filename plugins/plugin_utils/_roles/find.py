# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The logic of the playbook find: look up phones in all accounts, with read calls only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import (
    InputError,
    Problem,
    Problems,
    RpsError,
    unforeseen,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import parse_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.model import ELSEWHERE, REGISTERED, Observation
from ansible_collections.voip.rps.plugins.module_utils._reconcile.runner import Runner
from ansible_collections.voip.rps.plugins.module_utils._services import providers_of
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service
from ansible_collections.voip.rps.plugins.plugin_utils._roles.account_run import services_of
from ansible_collections.voip.rps.plugins.plugin_utils._roles.accounts import RoleAccount, read_accounts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.context import Context
from ansible_collections.voip.rps.plugins.plugin_utils._roles.report import (
    Result,
    finished,
    input_result,
    role_result,
)
from ansible_collections.voip.rps.plugins.plugin_utils._roles.values import as_macs, mac_texts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.variables import HOW, Variable, read_variables

ROLE = "find"
VARIABLES = {
    "mac": Variable("raw", read=as_macs),
    "all": Variable("bool", False),
    "concurrency": HOW["concurrency"],
}
MOST_PHONES = 1000
"""Maximum number of phones, because the modules read long lists with far fewer requests."""


def run(context: Context) -> dict[str, Any]:
    """Look up the phones in the accounts, and return the result of the task."""
    problems: Problems = list(context.problems)
    values = read_variables(ROLE, VARIABLES, context.given, context.names, problems)
    accounts, _all_read = read_accounts(ROLE, values["concurrency"], context, problems)
    macs = _macs(values["mac"], problems) if values["mac"] is not None else []
    option = f"{ROLE}_mac"
    if values["mac"] is None and not any(problem.where.startswith(option) for problem in problems):
        words = "is required: the MAC address of a phone, for example -e find_mac=00:15:65:00:00:01"
        problems.append(Problem("invalid_input", option, words))
    services = services_of(ROLE, accounts, problems) if not problems else {}
    secrets: set[str] = set().union(*(account.secrets for account in accounts))
    if problems:
        names = [account.name for account in accounts]
        return input_result(ROLE, InputError(list(dict.fromkeys(problems))), names, secrets)
    results: list[Result] = []
    seen: dict[str, list[tuple[RoleAccount, Observation]]] = {mac: [] for mac in macs}
    for account in accounts:
        asked = [mac for mac in macs if values["all"] or _may_hold(account, mac)]
        results.append(_ask(account, services[account.name], asked, seen))
    return _result(results, seen, secrets)


def _macs(value: str | list[Any], problems: Problems) -> list[str]:
    """Return the MAC addresses of a text or a list, each once, and add invalid ones to ``problems``."""
    texts: list[Any] = value if isinstance(value, list) else [value]
    macs: dict[str, None] = {}
    for position, item in enumerate(texts):
        where = f"{ROLE}_mac[{position}]" if isinstance(value, list) else f"{ROLE}_mac"
        for part in mac_texts(item) if isinstance(item, str) else [item]:
            try:
                macs[parse_mac(part)] = None
            except ValueError as error:
                problems.append(Problem("invalid_mac", where, str(error)))
    if not macs and not problems:
        problems.append(Problem("invalid_mac", f"{ROLE}_mac", "names no phone"))
    if len(macs) > MOST_PHONES:
        words = f"names {len(macs)} phones, more than {MOST_PHONES}: use voip.rps.rps_device_info for long lists"
        problems.append(Problem("invalid_input", f"{ROLE}_mac", words))
    return list(macs)


def _may_hold(account: RoleAccount, mac: str) -> bool:
    vendors = providers_of(mac)
    return not vendors or account.provider in vendors


def _ask(
    account: RoleAccount,
    service: Service,
    macs: Sequence[str],
    seen: dict[str, list[tuple[RoleAccount, Observation]]],
) -> Result:
    result = Result(account.name, account.provider)
    try:
        for mac, one in Runner(service).read(macs, frozenset(macs)).items():
            seen[mac].append((account, one))
            if one.error and not result.failure:
                result = result._replace(failure=one.error)
    except RpsError as error:
        result = result._replace(failure=error)
    except Exception as error:
        result = result._replace(failure=unforeseen(error))
    return result._replace(requests=service.client.requests)


def _result(
    results: Sequence[Result], seen: dict[str, list[tuple[RoleAccount, Observation]]], secrets: set[str]
) -> dict[str, Any]:
    task = role_result(ROLE, results, secrets, diff=False)
    task["lines"] = [_line(mac, answers) for mac, answers in seen.items()]
    fact = task.pop("ansible_facts")[f"{ROLE}_result"]
    fact["phones"] = [
        {"provider": account.provider, "account": account.name, **one.as_dict(mac)}
        for mac, answers in seen.items()
        for account, one in answers
    ]
    return finished(ROLE, task, fact, secrets)


def _line(mac: str, answers: Sequence[tuple[RoleAccount, Observation]]) -> str:
    """Return a line about a phone: the accounts that have registered it, or else its status in each account."""
    if not answers:
        return f"{mac}: not looked up, because no account is at a vendor with its vendor prefix (set find_all)"
    registered = [(account, one) for account, one in answers if one.status == REGISTERED]
    descriptions = [_words(account, one) for account, one in registered or answers]
    elsewhere = not registered and any(one.status == ELSEWHERE for _account, one in answers)
    return f"{mac}: {'; '.join(descriptions)}{' (in none of these accounts)' if elsewhere else ''}"


def _words(account: RoleAccount, seen: Observation) -> str:
    shown = seen.as_dict("")
    status = str(seen.status).replace("_", " ") if not seen.error else f"could not be read ({seen.error.code})"
    where = shown["current_url"] or ("target not reported" if seen.status == REGISTERED else None)
    return f"{account.name} ({account.provider}): {', '.join(filter(None, [status, where]))}"
