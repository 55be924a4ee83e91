# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The results of roles, which have the same keys for all roles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible.module_utils.common.parameters import remove_values

from ansible_collections.voip.rps.plugins.module_utils._module.rps_module import visible_result
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import (
    LEFT_UNBOUND,
    MAX_PROBLEM,
    InputError,
    Problems,
    RpsError,
    count_codes,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.model import ACTIONS, CHANGES, FAILED, NONE, Outcome
from ansible_collections.voip.rps.plugins.module_utils._reconcile.add_servers import ADDED, ServerOutcome
from ansible_collections.voip.rps.plugins.module_utils._reconcile.outcome_file import (
    COLUMNS,
    problem_rows,
    write_outcomes,
)
from ansible_collections.voip.rps.plugins.module_utils._reconcile.report import (
    MOST_DIFF_LINES,
    MOST_RETURNED_FAILURES,
    device_row,
    diff_text,
)
from ansible_collections.voip.rps.plugins.module_utils._reconcile.waves import WITHHELD
from ansible_collections.voip.rps.plugins.plugin_utils._roles.advice import advice

MOST_LINES = 20
"""Maximum number of failures that are shown. The others are counted."""

FEW_PROBLEMS = 5
SHORTEST_SECRET = 4
"""Minimum length of a secret to mask, because a shorter one would be masked inside many words."""

DEST_COLUMNS = ("mac", "provider", "account", *COLUMNS[1:])

_WORDS = {NONE: "unchanged"}


class Result(NamedTuple):
    """The outcomes of the phones of one account.

    ``failure``: why the whole account failed or stopped early, or None. ``changed``: whether something was or may have
    been written that the outcomes do not show. ``words``: the names of actions in the summary line. ``to_add``: phones
    that the user must add by hand.
    """

    account: str
    provider: str
    outcomes: Sequence[Outcome] = ()
    servers: Sequence[ServerOutcome] = ()
    requests: int = 0
    failure: RpsError | None = None
    changed: bool = False
    warnings: Sequence[str] = ()
    words: Mapping[str, str] = _WORDS
    to_add: Sequence[Outcome] = ()

    @property
    def failed(self) -> list[Outcome]:
        """The failed outcomes, without those that the user withheld."""
        return [one for one in self.outcomes if one.action == FAILED and one.error is not WITHHELD]

    @property
    def withheld(self) -> list[Outcome]:
        """The outcomes that the user withheld."""
        return [one for one in self.outcomes if one.error is WITHHELD]

    @property
    def has_changed(self) -> bool:
        added = any(server.action == ADDED for server in self.servers)
        return self.changed or added or any(outcome.action in CHANGES for outcome in self.outcomes)

    @property
    def has_failed(self) -> bool:
        return bool(self.failure or self.failed or any(server.error for server in self.servers))

    @property
    def summary(self) -> dict[str, int]:
        counts = Counter(outcome.action for outcome in self.outcomes)
        return {action: counts[action] for action in ACTIONS}


class Line(NamedTuple):
    """A line about a failure: what failed, and why."""

    what: str
    error: RpsError

    def __str__(self) -> str:
        reason = self.error.message
        reason = reason if len(reason) <= MAX_PROBLEM else f"{reason[: MAX_PROBLEM - 1]}…"
        return f"{self.what}: {advice(self.error.code)} Reason: {reason} ({self.error.code})"


def role_result(
    role: str, results: Sequence[Result], secrets: Collection[str], *, diff: bool, backup: str | None = None
) -> dict[str, Any]:
    """Return the result of the task that ran a role, with the fact ``ROLE_result``.

    ``backup``: the path of the backup, or None. In the result, ``lines`` has a line for each account, and ``failures``
    what failed and what to do about it.
    """
    failures = list(_failures(results))
    failed = any(result.has_failed for result in results)
    fact: dict[str, Any] = {
        "changed": any(result.has_changed for result in results),
        "failed": failed,
        "summary": _total(results),
        "accounts": {result.account: _account(result) for result in results},
        "devices": _failed_rows(results),
        "backup": backup,
        "dest": None,
    }
    task: dict[str, Any] = {
        "changed": fact["changed"],
        "failed": failed,
        "msg": _message(results, failures) if failed else "Nothing failed.",
        "lines": [_line(result) for result in results],
        "failures": _shown(failures),
        "warnings": [words for result in results for words in result.warnings],
    }
    if diff:
        task["diff"] = {"prepared": _diff(results)}
    return finished(role, task, fact, secrets)


def input_result(role: str, error: InputError, accounts: Iterable[str], secrets: Collection[str]) -> dict[str, Any]:
    """Return the result of a role with wrong input, which changed nothing."""
    counts = ", ".join(f"{count} {code}" for code, count in error.counts.most_common())
    number = sum(error.counts.values())
    failure = {"code": error.code, "message": f"{_of_input(number, counts)}; nothing was changed"}
    more = number - len(error.listed)
    words = [str(problem) for problem in error.listed]
    if len(words) <= FEW_PROBLEMS:
        # A few messages may be long, for example lists of folders in which a file was not found.
        words = [
            RpsError(one.code, f"{one.where}: {one.message}" if one.where else one.message).message
            for one in error.listed
        ]
    fact = {
        "changed": False,
        "failed": True,
        "summary": dict.fromkeys(ACTIONS, 0),
        "accounts": {
            name: {"summary": dict.fromkeys(ACTIONS, 0), "requests": 0, "failure": failure} for name in accounts
        },
        "devices": [],
        "backup": None,
        "dest": None,
    }
    task = {
        "changed": False,
        "failed": True,
        "msg": f"{_of_input(number, counts)}; nothing was changed. The first: {words[0]}",
        "lines": [],
        "failures": [*words, f"… and {more} more: {counts} in total"] if more else words,
        "failure": {"code": error.code, "message": words[0]},
        "problems": [problem.as_dict() for problem in error.listed],
        "problem_counts": dict(error.counts),
    }
    return finished(role, task, fact, secrets)


def _of_input(number: int, counts: str) -> str:
    return f"{number} problem{'s' if number > 1 else ''} with the input ({counts})"


def failure_result(role: str, error: RpsError) -> dict[str, Any]:
    """Return the result of a role that failed before it started."""
    task = role_result(role, [], (), diff=False)
    fact = task["ansible_facts"][f"{role}_result"]
    fact["failed"] = task["failed"] = True
    task["msg"] = f"{error.message} ({error.code})"
    task["failure"] = error.as_dict()
    task["failures"] = [str(Line(role, error)) if error.code == "internal_error" else error.message]
    return task


def refused(
    role: str, problems: Problems, accounts: Iterable[str], secrets: set[str], dest: str | None
) -> dict[str, Any]:
    """Return the result of a role with wrong input, and write every problem to the file of outcomes if it is set."""
    error = InputError(problems)
    task = input_result(role, error, accounts, secrets)
    save(role, dest, problem_rows(error.problems), secrets, task)
    return task


def save(
    role: str, dest: str | None, rows: Iterable[Mapping[str, Any]], secrets: set[str], task: dict[str, Any]
) -> None:
    """Write the file of outcomes, and add its path to the result of the task, which fails if it cannot be written."""
    if dest is None:
        return
    fact = task["ansible_facts"][f"{role}_result"]
    try:
        write_outcomes(dest, rows, _long_enough(secrets), DEST_COLUMNS)
        fact["dest"] = dest
    except OSError as error:
        words = f"{role}_dest: {dest} could not be written: {error.strerror or error}"
        task["msg"] = f"{task['msg']} {words}" if task["failed"] else words
        task["failures"].append(words)
        fact["failed"] = task["failed"] = True


def dest_rows(results: Sequence[Result]) -> Iterator[dict[str, Any]]:
    """Yield the cells of every phone for the file of outcomes."""
    for result in results:
        for row in _rows(result, result.outcomes):
            yield {**row, **row.get("error", {})}


def _rows(result: Result, outcomes: Iterable[Outcome]) -> Iterator[dict[str, Any]]:
    for outcome in outcomes:
        row = device_row(outcome)
        yield {"mac": row.pop("mac"), "provider": result.provider, "account": result.account, **row}


def _failed_rows(results: Iterable[Result]) -> list[dict[str, Any]]:
    """Return the first failed phones. Phones that no account has registered now come first."""
    unbound: list[tuple[Result, Outcome]] = []
    others: list[tuple[Result, Outcome]] = []
    for result in results:
        for outcome in [*result.failed, *result.withheld]:
            is_unbound = outcome.error is not None and outcome.error.code == LEFT_UNBOUND
            (unbound if is_unbound else others).append((result, outcome))
    shown = [*unbound, *others][:MOST_RETURNED_FAILURES]
    return [row for result, outcome in shown for row in _rows(result, [outcome])]


def finished(role: str, task: dict[str, Any], fact: dict[str, Any], secrets: Collection[str]) -> dict[str, Any]:
    """Return the result of a task with the fact ``ROLE_result``, without secrets and control characters."""
    shown = remove_values({**task, "ansible_facts": {f"{role}_result": fact}}, _long_enough(secrets))
    return dict(visible_result(shown))


def _long_enough(secrets: Collection[str]) -> set[str]:
    return {secret for secret in secrets if len(secret) >= SHORTEST_SECRET}


def _total(results: Iterable[Result]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for result in results:
        total.update(result.summary)
    return {action: total[action] for action in ACTIONS}


def _account(result: Result) -> dict[str, Any]:
    return {
        "summary": result.summary,
        "requests": result.requests,
        "failure": result.failure.as_dict() if result.failure else None,
    }


def _line(result: Result) -> str:
    withheld = len(result.withheld)
    counts = {**result.summary, FAILED: result.summary[FAILED] - withheld}
    done = [f"{count} {result.words.get(action, action)}" for action, count in counts.items() if count]
    if withheld:
        done.append(f"{withheld} not sent, because only the canary was requested")
    if result.to_add:
        done.append(f"{len(result.to_add)} to add by hand")
    added = [server.name for server in result.servers if server.action == ADDED]
    servers = f", servers added: {len(added)}" if added else ""
    return f"{result.account}: {', '.join(done) or 'nothing done'} (requests: {result.requests}{servers})"


def _failures(results: Iterable[Result]) -> Iterator[Line]:
    for result in results:
        if result.failure:
            yield Line(result.account, result.failure)
        for server in result.servers:
            if server.error:
                yield Line(f"{result.account} server {server.name}", server.error)
        for outcome in result.failed:
            # Phones with the failure of their account are not listed again.
            if outcome.error and outcome.error is not result.failure:
                yield Line(f"{result.account} phone {outcome.mac}", outcome.error)


def _shown(failures: Sequence[Line]) -> list[str]:
    ordered = sorted(failures, key=lambda line: line.error.code != LEFT_UNBOUND)
    others = ordered[MOST_LINES:]
    more = [f"… and {len(others)} more: {count_codes(line.error for line in others)}"] if others else []
    return [str(line) for line in ordered[:MOST_LINES]] + more


def _message(results: Sequence[Result], failures: Sequence[Line]) -> str:
    summary = _total(results)
    first = next((line for line in failures if line.error.code == LEFT_UNBOUND), failures[0])
    counted = [outcome.error for result in results for outcome in result.failed if outcome.error]
    counted_already = set(map(id, counted))
    counted += [line.error for line in failures if id(line.error) not in counted_already]
    whole = [result.account for result in results if result.failure]
    words = [f"{summary[FAILED]} of {sum(summary.values())} phones failed"] if summary[FAILED] else []
    if whole:
        words.append(f"account {', '.join(whole)} failed" if len(whole) == 1 else f"accounts {', '.join(whole)} failed")
    return f"{'; '.join(words) or f'{len(failures)} failed'} ({count_codes(counted)}). {first}"


def _diff(results: Iterable[Result]) -> str:
    """Return a line for each phone that changes, under the name of its account, at most ``MOST_DIFF_LINES`` lines."""
    text: list[str] = []
    left, more = MOST_DIFF_LINES, 0
    for result in results:
        changes = [outcome for outcome in result.outcomes if outcome.action in CHANGES]
        if changes[:left]:
            text.append(f"{result.account}:\n{diff_text(changes[:left])}")
        more += len(changes) - len(changes[:left])
        left -= len(changes[:left])
    return "".join(text) + (f"... and {more} more\n" if more else "")
