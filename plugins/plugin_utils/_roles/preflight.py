# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role preflight: check a rollout with read calls only, and test one phone on request."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from ansible.module_utils.common.parameters import remove_values

from ansible_collections.voip.rps.plugins.module_utils._http.watch import Exchange
from ansible_collections.voip.rps.plugins.module_utils._module.rps_module import visible_result
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import InputError, Problem, Problems
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import parse_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.model import INHERITED, Target
from ansible_collections.voip.rps.plugins.module_utils._reconcile.desired import (
    Desired,
    TargetError,
    Targets,
    desired_devices,
)
from ansible_collections.voip.rps.plugins.module_utils._reconcile.ownership import AllAccounts, Owner
from ansible_collections.voip.rps.plugins.module_utils._reconcile.progress import Progress
from ansible_collections.voip.rps.plugins.plugin_utils._preflight.check import Checked, Subject, check_account
from ansible_collections.voip.rps.plugins.plugin_utils._preflight.targets import (
    MOST_SECONDS,
    MOST_TARGETS,
    Answered,
    ask_targets,
)
from ansible_collections.voip.rps.plugins.plugin_utils._preflight.transcript import Transcript, write
from ansible_collections.voip.rps.plugins.plugin_utils._preflight.trial import Tried, Wish, try_phone
from ansible_collections.voip.rps.plugins.plugin_utils._roles.account_run import policy_of, services_of
from ansible_collections.voip.rps.plugins.plugin_utils._roles.accounts import RoleAccount, read_accounts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.context import Context, Hosts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.hosts import HOSTS, add_failed_hosts, read_hosts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.phones import find_list, rows_of_role
from ansible_collections.voip.rps.plugins.plugin_utils._roles.report import (
    MOST_LINES,
    SHORTEST_SECRET,
    Result,
    input_result,
    role_result,
)
from ansible_collections.voip.rps.plugins.plugin_utils._roles.targets import servers_of, targets_of
from ansible_collections.voip.rps.plugins.plugin_utils._roles.values import as_mac_text
from ansible_collections.voip.rps.plugins.plugin_utils._roles.variables import Variable, read_variables

ROLE = "preflight"
VARIABLES = {
    "src": Variable("str"),
    "phones": Variable("phones"),
    "servers": Variable("dict", {}),
    "server": Variable("str"),
    "url": Variable("str"),
    "check_target": Variable("bool", True),
    "concurrency": Variable("int", least=1),
    "only": Variable("str", choices=("failed",)),
    "phone": Variable("raw", read=as_mac_text),
    "own_url": Variable("bool", False),
    "transcript": Variable("path"),
    **HOSTS,
}


class Input(NamedTuple):
    """The validated input of a run, and its ``problems``.

    ``trial``: the name of the account of the test phone, and its targets, or None. ``transcript``: a path, or None.
    ``hosts``: the hosts that are the phones, or None.
    """

    subjects: Sequence[Subject]
    accounts: Sequence[RoleAccount]
    trial: tuple[str, Wish] | None
    transcript: str | None
    hosts: Hosts | None
    problems: Problems

    @property
    def secrets(self) -> set[str]:
        return set().union(*(account.secrets for account in self.accounts))


def run(context: Context) -> dict[str, Any]:
    """Run the role, and return the result of the task."""
    given = read_input(context)
    if given.problems:
        return input_result(ROLE, InputError(given.problems), [one.name for one in given.accounts], given.secrets)
    transcript = Transcript(_never_kept(given))
    checks = [check_account(one, _recorder(transcript, one)) for one in given.subjects]
    tried = _try(given, checks, context.check_mode)
    progress = Progress(ROLE, context.show, noun="target URLs")
    answered = ask_targets(_targets(given.subjects), _timeout(given.accounts), progress)
    task = _result(given, checks, tried, answered)
    add_failed_hosts(task, given.hosts, ())
    _keep(transcript, given, context, task)
    return task


def _recorder(transcript: Transcript, subject: Subject) -> Callable[[Exchange], None]:
    return partial(transcript.add, subject.account.provider)


def _never_kept(given: Input) -> set[str]:
    names = {text for one in given.accounts for text in (one.name, *map(str, one.account.login.values()))}
    return names | {server for one in given.subjects for server in one.servers}


def read_input(context: Context) -> Input:
    """Return the validated input. Send nothing."""
    problems: Problems = list(context.problems)
    values = read_variables(ROLE, VARIABLES, context.given, context.names, problems)
    accounts, all_read = read_accounts(ROLE, values["concurrency"], context, problems)
    # Accounts can be checked before there is a phone list.
    path = find_list(ROLE, values, context, problems, required=False)
    hosts = read_hosts(ROLE, values, context, problems, ("only",))
    targets = {Owner(one.provider, one.name): targets_of(ROLE, one, values) for one in accounts}
    for one in targets.values():
        problems += one.problems
    desired = Desired({}, set(), {})
    if all_read:
        rule = AllAccounts({account.name: account.provider for account in accounts})
        rows = rows_of_role(ROLE, values, path, [servers_of(one, values) for one in accounts], problems, hosts)
        desired = desired_devices(rows, rule, targets, problems)
    trial = _wish(values, accounts, targets, desired, problems) if all_read else None
    transcript = _transcript_path(values, context, problems)
    problems = list(dict.fromkeys(problems))
    services = services_of(ROLE, accounts, problems) if not problems else {}
    policy = policy_of(values)
    subjects = [
        Subject(
            account,
            services[account.name],
            desired.devices.get(Owner(account.provider, account.name), []),
            servers_of(account, values),
            policy,
            len(desired.swaps.get(Owner(account.provider, account.name), {})),
        )
        for account in (accounts if not problems else ())
    ]
    return Input(subjects, accounts, trial, transcript, hosts, problems)


def _wish(
    values: Mapping[str, Any],
    accounts: Sequence[RoleAccount],
    targets: Mapping[Owner, Targets],
    desired: Desired,
    problems: Problems,
) -> tuple[str, Wish] | None:
    """Return the account of the test phone and its targets, or None, and add every problem to ``problems``."""
    if values["phone"] is None:
        if values["own_url"]:
            problems.append(Problem("invalid_input", f"{ROLE}_own_url", f"requires {ROLE}_phone"))
        return None
    where = f"{ROLE}_phone"
    try:
        mac = parse_mac(values["phone"])
    except ValueError as error:
        problems.append(Problem("invalid_mac", where, str(error)))
        return None
    try:
        listed = {owner: one for owner, devices in desired.devices.items() for one in devices if one.mac == mac}
        rule = AllAccounts({account.name: account.provider for account in accounts})
        owner = next(iter(listed), None) or rule.owner_of(mac, {})
        is_given = bool(values["server"] or values["url"])
        target = targets[owner].of({}, mac) if is_given else listed[owner].target if listed else None
        if target is None or target is INHERITED:
            words = f"requires {ROLE}_server or {ROLE}_url, the target that a registered phone must have"
            raise TargetError("invalid_input", words)
        if target.own and not values["own_url"]:
            words = f"would set the phone's own URL: set {ROLE}_own_url to true to allow that"
            raise TargetError("invalid_input", words)
    except TargetError as error:
        problems.append(Problem(error.code, where, str(error)))
        return None
    except ValueError as error:
        problems.append(Problem("invalid_input", where, str(error)))
        return None
    first = target
    account = next(one for one in accounts if one.name == owner.account)
    if target.own and target.server is not None and account.account.kind.can.named_servers:
        # The phone is bound to the server first, then moved to its own URL.
        first = Target(target.server, servers_of(account, values).get(target.server), own=False)
        first = account.account.kind.spelled_target(first)
    return account.name, Wish(mac, first, target, is_given)


def _transcript_path(values: Mapping[str, Any], context: Context, problems: Problems) -> str | None:
    """Return the path of the transcript, or None, and add a problem if it cannot be written."""
    if values["transcript"] is None:
        return None
    path = os.path.join(context.cwd, values["transcript"])
    folder = os.path.dirname(path)
    why = None
    if os.path.isdir(path):
        why = f"{path} is a folder"
    elif not os.path.isdir(folder):
        why = f"the folder {folder} does not exist"
    elif os.path.realpath(folder).startswith(os.path.realpath(context.forbidden)):
        why = f"{path} is inside the installed collection: set an absolute path elsewhere"
    elif not os.access(folder, os.W_OK):
        why = f"the folder {folder} is not writable"
    if why:
        problems.append(Problem("invalid_input", f"{ROLE}_transcript", why))
        return None
    return path


def _try(given: Input, checks: Sequence[Checked], check_mode: bool) -> tuple[str, Tried] | None:
    """Test the phone, unless its account cannot be used."""
    if given.trial is None:
        return None
    name, wish = given.trial
    checked = next(one for one in checks if one.subject.account.name == name)
    if checked.failure:
        return None
    return name, try_phone(checked.subject.service, wish, check_mode=check_mode)


def _targets(subjects: Sequence[Subject]) -> dict[str, str]:
    """Return each distinct target URL of the list, with the MAC address of one of its phones."""
    urls: dict[str, str] = {}
    for subject in subjects:
        for device in subject.devices:
            target = device.target
            url = target and (target.asked or target.url)
            if url:
                urls.setdefault(url, device.mac)
    return urls


def _timeout(accounts: Sequence[RoleAccount]) -> float:
    return max((float(account.params["timeout"]) for account in accounts), default=MOST_SECONDS)


def _result(
    given: Input, checks: Sequence[Checked], tried: tuple[str, Tried] | None, answered: Sequence[Answered]
) -> dict[str, Any]:
    results = [_account_result(checked, tried) for checked in checks]
    if tried and not tried[1].put_back:
        # A phone that must be restored by hand comes first in every message.
        results.sort(key=lambda result: result.account != tried[0])
    task = role_result(ROLE, results, given.secrets, diff=False)
    fact = task["ansible_facts"][f"{ROLE}_result"]
    shown = partial(_shown, given.secrets)
    for checked in checks:
        fact["accounts"][checked.subject.account.name].update(shown(checked.as_dict()))
    lines = [line for checked in checks for line in checked.lines()]
    if given.trial:
        lines += _trial_lines(given.trial, tried)
        fact["phone"] = shown(_phone(given.trial, tried))
    fact["targets"] = shown([one.as_dict() for one in answered])
    task["lines"] = shown(lines + _target_lines(answered, len(_targets(given.subjects))))
    warnings = [words for one in answered if (words := one.warning())]
    task["warnings"] = [*task["warnings"], *shown(_first(warnings, "warnings of target URLs"))]
    return task


def _target_lines(answered: Sequence[Answered], number: int) -> list[str]:
    """Return the lines about target URLs. Those with a warning come first."""
    ordered = sorted(answered, key=lambda one: one.warning() is None)
    lines = _first([one.words() for one in ordered], "target URLs")
    if number > len(answered):
        lines.append(f"{number - len(answered)} target URLs were skipped. The maximum is {MOST_TARGETS}")
    return lines


def _first(lines: Sequence[str], what: str) -> list[str]:
    more = [f"… and {len(lines) - MOST_LINES} more {what}"] if len(lines) > MOST_LINES else []
    return [*lines[:MOST_LINES], *more]


def _account_result(checked: Checked, tried: tuple[str, Tried] | None) -> Result:
    account = checked.subject.account
    is_tried = tried is not None and tried[0] == account.name
    return Result(
        account.name,
        account.provider,
        outcomes=[tried[1].outcome] if tried and is_tried else [],
        requests=checked.subject.service.client.requests,
        failure=checked.failure,
        changed=bool(tried and is_tried and not tried[1].put_back),
        warnings=checked.warnings,
    )


def _trial_lines(trial: tuple[str, Wish], tried: tuple[str, Tried] | None) -> list[str]:
    name, wish = trial
    if tried is None:
        return [f"{name} phone {wish.mac}: not tested, because the account cannot be used"]
    return [f"{name} phone {wish.mac}: {'; '.join(tried[1].steps)}"]


def _phone(trial: tuple[str, Wish], tried: tuple[str, Tried] | None) -> dict[str, Any]:
    name, wish = trial
    return {
        "mac": wish.mac,
        "account": name,
        "tried": tried is not None,
        "steps": tried[1].steps if tried else [],
        "put_back": tried[1].put_back if tried else True,
    }


def _keep(transcript: Transcript, given: Input, context: Context, task: dict[str, Any]) -> None:
    """Write the transcript, and add its path to the result of the task, which fails if it cannot be written."""
    fact = task["ansible_facts"][f"{ROLE}_result"]
    fact["transcript"] = None
    if given.transcript is None:
        return
    if context.check_mode:
        task["lines"].append("check mode does not write the transcript")
        return
    try:
        write(given.transcript, transcript.text())
        fact["transcript"] = given.transcript
        task["lines"].append(f"transcript: {given.transcript}")
    except OSError as error:
        words = f"{ROLE}_transcript: {given.transcript} could not be written: {error.strerror or error}"
        task["msg"] = f"{task['msg']} {words}" if task["failed"] else words
        task["failures"].append(words)
        fact["failed"] = task["failed"] = True


def _shown(secrets: set[str], value: Any) -> Any:
    """Return a value without the secrets of accounts and without terminal control characters."""
    long = {secret for secret in secrets if len(secret) >= SHORTEST_SECRET}
    return visible_result(remove_values(value, long))
