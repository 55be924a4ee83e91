# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role yeastar: add phones to a PBX, and register the remaining phones with their vendor's RPS."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pbx.assignment import Assignment
from ansible_collections.voip.rps.plugins.module_utils._pbx.pbx import Pbx
from ansible_collections.voip.rps.plugins.module_utils._pbx.pbx_task import (
    ENV_PREFIX,
    PBX_OPTIONS,
    PBX_RULES,
    connect_pbx,
    pbx_login,
)
from ansible_collections.voip.rps.plugins.module_utils._pbx.phones import Wanted, wanted_of_rows
from ansible_collections.voip.rps.plugins.module_utils._pbx.provision import reconcile_phones
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import (
    InputError,
    Problem,
    Problems,
    RpsError,
    unforeseen,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    FAILED,
    MOVED,
    NONE,
    REGISTERED,
    UNKNOWN,
    Device,
    Outcome,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.shown import SECRETS
from ansible_collections.voip.rps.plugins.module_utils._reconcile.desired import Targets
from ansible_collections.voip.rps.plugins.module_utils._reconcile.ownership import AllAccounts, Owner
from ansible_collections.voip.rps.plugins.module_utils._reconcile.progress import Progress
from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES, providers_of
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service
from ansible_collections.voip.rps.plugins.plugin_utils._roles.account_run import (
    Job,
    policy_of,
    run_job,
    services_of,
)
from ansible_collections.voip.rps.plugins.plugin_utils._roles.accounts import (
    RoleAccount,
    convert_options,
    read_accounts,
)
from ansible_collections.voip.rps.plugins.plugin_utils._roles.backup import Backup, find_backup
from ansible_collections.voip.rps.plugins.plugin_utils._roles.context import Context, Hosts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.hosts import HOSTS, add_hosts, read_hosts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.phones import find_dest, find_list, rows_of_role
from ansible_collections.voip.rps.plugins.plugin_utils._roles.report import (
    Result,
    dest_rows,
    refused,
    role_result,
    save,
)
from ansible_collections.voip.rps.plugins.plugin_utils._roles.values import convert
from ansible_collections.voip.rps.plugins.plugin_utils._roles.variables import BACKUP, HOW, Variable, read_variables

ROLE = "yeastar"
PBX = "PBX"
"""The name of the PBX in the list of accounts."""

VARIABLES = {
    "src": Variable("str"),
    "phones": Variable("phones"),
    "pbx": Variable("dict", {}),
    "vendor": Variable("str"),
    "model": Variable("str"),
    "template_name": Variable("str"),
    "rps_auth": Variable("bool", False),
    "recreate": Variable("bool", False),
    "server": Variable("str"),
    **HOW,
    **HOSTS,
    **BACKUP,
}

_WORDS = {REGISTERED: "added", MOVED: "changed", NONE: "unchanged"}


class Input(NamedTuple):
    """The validated input of a run, and its ``problems``.

    ``owners``: the account of each phone that has one, by MAC address. ``pbx``: None if there are problems.
    """

    values: Mapping[str, Any]
    wanted: Sequence[Wanted]
    owners: Mapping[str, Owner]
    accounts: Sequence[RoleAccount]
    services: Mapping[str, Service]
    pbx: Pbx | None
    dest: str | None
    backup: Backup | None
    hosts: Hosts | None
    secrets: set[str]
    problems: Problems


def run(context: Context) -> dict[str, Any]:
    """Run the role, or predict its outcomes in check mode, and return the result of the task."""
    given = read_input(context)
    try:
        if given.problems or given.pbx is None:
            raise InputError(given.problems)
        results, by_hand = _carry_out(given, given.pbx, context)
    except InputError as error:
        names = [PBX, *(account.name for account in given.accounts)]
        return refused(ROLE, error.problems, names, given.secrets, given.dest)
    backup = given.backup.path if given.backup else None
    task = role_result(ROLE, results, given.secrets, diff=context.diff, backup=backup)
    add_hosts(task, given.hosts, results)
    task["to_add"] = task["ansible_facts"][f"{ROLE}_result"]["to_add"] = by_hand
    save(ROLE, given.dest, dest_rows(results), given.secrets, task)
    return task


def read_input(context: Context) -> Input:
    """Return the validated input. Send nothing."""
    problems: Problems = list(context.problems)
    secrets: set[str] = set()
    values = read_variables(ROLE, VARIABLES, context.given, context.names, problems)
    if f"{ROLE}_template" in context.names:
        # Users may expect this name, because it is the name of the column.
        words = f"is not a variable of the role {ROLE}: did you mean {ROLE}_template_name?"
        problems.append(Problem("invalid_input", f"{ROLE}_template", words))
    params, login = _pbx(values, context, problems)
    secrets.update(filter(None, [login.get("client_secret"), login.get("access_token")]))
    SECRETS.add(*secrets)
    accounts, all_read = _accounts(values, context, problems)
    secrets.update(*(account.secrets for account in accounts))
    path = find_list(ROLE, values, context, problems)
    dest = find_dest(ROLE, values, path, context, problems)
    hosts = read_hosts(ROLE, values, context, problems, ("only",))
    listed = rows_of_role(ROLE, values, path, (), problems, hosts)
    rows = [(where, _text_row(where, row, problems)) for where, row in listed]
    # The backup only has phones of the accounts.
    backup = find_backup(ROLE, values, context, problems) if accounts or values["backup"] else None
    wanted = wanted_of_rows(rows, {**values, "state": "present"}, problems)
    owners = _owners(rows, wanted, accounts, problems) if all_read else {}
    services = services_of(ROLE, accounts, problems) if not problems else {}
    pbx = None

    def hide(token: str) -> None:
        secrets.add(token)
        SECRETS.add(token)

    if not problems:
        try:
            pbx = connect_pbx(params, login, hide)
        except RpsError as error:
            problems.append(Problem(error.code, f"{ROLE}_pbx", error.message))
    return Input(
        values, wanted, owners, accounts, services, pbx, dest, backup, hosts, secrets, list(dict.fromkeys(problems))
    )


def _pbx(
    values: Mapping[str, Any], context: Context, problems: Problems
) -> tuple[dict[str, Any], Mapping[str, str | None]]:
    """Return the options of the PBX, and its login."""
    option = f"{ROLE}_pbx"
    given = dict(values["pbx"])
    for name in PBX_OPTIONS:
        value = context.environment.get(ENV_PREFIX + name.upper(), "")
        # pbx_login reads the login from the environment, because an empty login is an error.
        if value.strip() and name not in given and name not in ("client_id", "client_secret", "access_token"):
            given[name] = value
    for together in PBX_RULES["mutually_exclusive"]:
        if all(name in given for name in together):
            problems.append(Problem("invalid_input", option, f"has both {' and '.join(together)}: set only one login"))
    wrong: set[str] = set()
    params = convert_options(given, PBX_OPTIONS, lambda name: f"{option}.{name}", problems, wrong)
    if option in {problem.where.partition("[")[0].partition(".")[0] for problem in context.problems}:
        return params, {}
    if params["base_url"] is None:
        if "base_url" not in wrong:
            words = f"is required: set it or {ENV_PREFIX}BASE_URL"
            problems.append(Problem("invalid_input", f"{option}.base_url", words))
        params["base_url"] = ""
        found: Problems = []
        login = pbx_login({**params, "base_url": "https://not-given.invalid"}, context.environment, found)
    else:
        found = []
        login = pbx_login(params, context.environment, found)
    known = [problem for problem in found if problem.where not in wrong]
    problems += [one._replace(where=f"{option}.{one.where}" if one.where else option) for one in known]
    return params, login


def _accounts(values: Mapping[str, Any], context: Context, problems: Problems) -> tuple[list[RoleAccount], bool]:
    """Return the accounts at the redirection services, and whether all could be read. They require a server name."""
    is_given = f"{ROLE}_accounts" in context.given
    if not is_given and values["server"] is None:
        return [], True
    accounts, all_read = read_accounts(ROLE, values["concurrency"], context, problems, required=False)
    if accounts and values["server"] is None and not any(one.where == f"{ROLE}_server" for one in problems):
        words = f"is required with {ROLE}_accounts: the name of the server to add there"
        problems.append(Problem("invalid_input", f"{ROLE}_server", words))
    for account in accounts:
        if account.name.strip().casefold() == PBX.casefold():
            words = f"an account cannot have the name {PBX}, which is the name of the PBX in the results"
            problems.append(Problem("invalid_input", f"{ROLE}_accounts", words))
        if values["server"] is not None and account.account.kind.can.named_servers:
            try:
                account.account.kind.check_server_name(values["server"])
            except ValueError as error:
                problems.append(Problem("invalid_server_name", f"{ROLE}_server", str(error)))
    return accounts, all_read


def _text_row(where: str, row: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    """Return a row in which ``ext_id`` is a whole number. Leave it out if the row has an extension number."""
    converted: dict[str, Any] = dict(row)
    identity = converted.pop("ext_id", None)
    if identity in (None, "") or converted.get("extension"):
        return converted
    try:
        converted["ext_id"] = convert(identity, "int")
    except ValueError as error:
        problems.append(Problem("invalid_input", where, f"ext_id {error}"))
    return converted


def _owners(
    rows: Sequence[tuple[str, Mapping[str, Any]]],
    wanted: Sequence[Wanted],
    accounts: Sequence[RoleAccount],
    problems: Problems,
) -> dict[str, Owner]:
    """Return the account of each phone whose vendor has one, by MAC address, and add ambiguous rows to ``problems``."""
    providers = {account.name: account.provider for account in accounts}
    rule = AllAccounts(providers)
    by_place = dict(rows)
    owners: dict[str, Owner] = {}
    for phone in wanted:
        vendor = phone.kind.vendor.strip().casefold() if phone.kind else ""
        possible = _providers_of_vendor(vendor) if vendor else providers_of(phone.mac)
        ours = [one for one in possible if one in providers.values()]
        account = str(by_place[phone.where].get("account") or "")
        if not accounts or not (account or ours):
            continue
        # If the vendor has several services, the accounts of the run decide.
        provider = (ours or possible)[0] if len(ours or possible) == 1 else ""
        try:
            owners[phone.mac] = rule.owner_of(phone.mac, {"provider": provider, "account": account})
        except ValueError as error:
            problems.append(Problem("invalid_input", phone.where, str(error)))
    return owners


def _providers_of_vendor(vendor: str) -> list[str]:
    """Return the providers of a vendor by the name that a PBX uses."""
    if vendor not in SERVICES:
        return []
    blocks = SERVICES[vendor].mac_prefixes
    return [name for name, service in SERVICES.items() if service.mac_prefixes == blocks]


def _carry_out(given: Input, pbx: Pbx, context: Context) -> tuple[list[Result], list[str]]:
    """Return the results of the PBX and each account, and the phones that the user must add by hand.

    Raise InputError before anything is written if the PBX does not offer what the list requests.
    """
    result = _run_pbx(given, pbx, context)
    served = [outcome for outcome in result.outcomes if _link(outcome)]
    outcomes: list[Outcome] = []
    to_add: list[Outcome] = []
    for outcome in result.outcomes:
        is_to_add = bool(_link(outcome)) and outcome.status == UNKNOWN
        if is_to_add and outcome.mac in given.owners:
            to_add.append(outcome)
        else:
            outcomes.append(outcome._replace(error=_no_account(outcome)) if is_to_add else outcome)
    result = result._replace(outcomes=outcomes, to_add=to_add)
    results = [result]
    for job in _jobs(given, served):
        results.append(run_job(job._replace(show=context.show), check_mode=context.check_mode))
    return _merged(results), [_by_hand(outcome) for outcome in to_add]


def _run_pbx(given: Input, pbx: Pbx, context: Context) -> Result:
    result = Result(PBX, ROLE, words=_WORDS)
    try:
        with pbx:
            report = reconcile_phones(
                pbx,
                given.wanted,
                rps_auth=given.values["rps_auth"],
                recreate=given.values["recreate"],
                check_mode=context.check_mode,
                progress=Progress(PBX, context.show),
            )
        result = result._replace(outcomes=report.outcomes, failure=report.stopped, changed=report.uncertain)
    except InputError:
        raise
    except RpsError as error:
        result = _pbx_given_up(given, result, error)
    except Exception as error:
        result = _pbx_given_up(given, result, unforeseen(error))
        result = result._replace(changed=pbx.client.writes > 0)
    return result._replace(requests=pbx.client.requests)


def _pbx_given_up(given: Input, result: Result, error: RpsError) -> Result:
    outcomes = [Outcome(phone.mac, FAILED, None, error=error) for phone in given.wanted]
    return result._replace(outcomes=outcomes, failure=error)


def _link(outcome: Outcome) -> str:
    """Return the provisioning link of a phone that the PBX does not register with an RPS, or an empty text."""
    return (outcome.target.link or "") if isinstance(outcome.target, Assignment) else ""


def _no_account(outcome: Outcome) -> RpsError:
    vendor = outcome.target.vendor.text if isinstance(outcome.target, Assignment) else ""
    words = (
        f"the PBX does not register it with the RPS of {vendor}, and {ROLE}_accounts has no account there: add an "
        "account if there is such a provider, or add the phone in the web interface of the PBX"
    )
    return RpsError("unsupported", words)


def _by_hand(outcome: Outcome) -> str:
    """Return the line about a phone that the user must add in the web interface of the PBX."""
    place = outcome.target.as_dict(outcome.mac) if outcome.target else {}
    shown = [place.get(name) for name in ("vendor", "model", "template_name", "extension")]
    return ", ".join([outcome.mac, *(str(one) for one in shown if one)])


def _jobs(given: Input, served: Sequence[Outcome]) -> list[Job]:
    """Return a job for each account and each provisioning link of the PBX, with the phones to register."""
    links = list(dict.fromkeys(map(_link, served)))
    jobs = []
    for account in given.accounts:
        owner = Owner(account.provider, account.name)
        for link in links:
            macs = [one.mac for one in served if _link(one) == link and given.owners.get(one.mac) == owner]
            if macs:
                # The URL of a server cannot be changed, so its name depends on the link and not on its position.
                suffix = "" if len(links) == 1 else f"-{hashlib.sha256(link.encode()).hexdigest()[:8]}"
                name = f"{given.values['server']}{suffix}"
                target = Targets(account.account.kind, {name: link}, (name, None), as_seen=True).of({})
                devices = [Device(mac, target) for mac in macs]
                service = given.services[account.name]
                save_before = given.backup.of(account.name) if given.backup else None
                policy = policy_of(given.values)
                jobs.append(Job(account, service, devices, {name: link}, policy, before_writing=save_before))
    return jobs


def _merged(results: Sequence[Result]) -> list[Result]:
    """Return one result for each account."""
    merged: dict[str, Result] = {}
    for result in results:
        first = merged.get(result.account)
        if first is not None:
            result = result._replace(
                outcomes=[*first.outcomes, *result.outcomes],
                servers=[*first.servers, *result.servers],
                failure=first.failure or result.failure,
                changed=first.changed or result.changed,
                warnings=[*first.warnings, *result.warnings],
            )
        merged[result.account] = result
    return list(merged.values())
