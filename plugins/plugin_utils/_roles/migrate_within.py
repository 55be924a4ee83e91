# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moves within an account: move the phones that point to one server or URL to another, and no other phones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError, unforeseen
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    FAILED,
    NONE,
    REGISTERED,
    UNVERIFIED,
    Device,
    Observation,
    Outcome,
    Target,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.url import check_url, same_url
from ansible_collections.voip.rps.plugins.module_utils._reconcile.plan import Policy
from ansible_collections.voip.rps.plugins.module_utils._reconcile.reconcile import reconcile
from ansible_collections.voip.rps.plugins.plugin_utils._roles.account_move import Side, account_error
from ansible_collections.voip.rps.plugins.plugin_utils._roles.backup import Backup
from ansible_collections.voip.rps.plugins.plugin_utils._roles.observed import look
from ansible_collections.voip.rps.plugins.plugin_utils._roles.report import Result
from ansible_collections.voip.rps.plugins.plugin_utils._roles.url_rule import RuleError, UrlRule

Seen = Mapping[str, Observation]


class Part(NamedTuple):
    """An account and its phones to check: those in ``named``, or all of its phones if that is None."""

    side: Side
    named: Sequence[str] | None


class Rule(Protocol):
    """The rule that selects the phones to move, and their new targets."""

    def learn(self, urls: Sequence[str]) -> None:
        """Prepare the rule with the URLs of all phones, before ``target`` is called. Raise RpsError."""

    def target(self, side: Side, mac: str, seen: Observation) -> Target | None:
        """Return the new target of a phone whose URL was read, or None if it does not move. Raise ValueError."""

    def forced(self, side: Side) -> Target | None:
        """Return the target of a phone whose current target is not known, or None."""


class ServerRule:
    """Move from a named server to another, by their URLs, because services report only the URLs of phones."""

    def __init__(self, before: str, after: str) -> None:
        self._before = before
        self._after = after

    def learn(self, urls: Sequence[str]) -> None:
        """Do nothing, because the URLs of the servers are known."""

    def target(self, side: Side, _mac: str, seen: Observation) -> Target | None:
        there = seen.url is not None and same_url(seen.url, side.servers[self._before])
        return self.forced(side) if there else None

    def forced(self, side: Side) -> Target:
        return Target(self._after, side.servers.get(self._after), own=not side.service.can.named_servers)


class PatternRule:
    """Move from URLs that match a pattern to the URLs that a template creates from them."""

    def __init__(self, rule: UrlRule) -> None:
        self._rule = rule
        self._new: Mapping[str, str] = {}

    def learn(self, urls: Sequence[str]) -> None:
        try:
            self._new = self._rule.rewrite(urls)
        except RuleError as error:
            raise RpsError("invalid_input", f"migrate_from_url {error}. Nothing was changed") from None

    def target(self, side: Side, mac: str, seen: Observation) -> Target | None:
        new = self._new.get(seen.url or "")
        if new is None:
            return None
        target = Target(None, check_url(new), own=True)
        return target if new == seen.url else side.service.spelled_target(target, mac)

    def forced(self, _side: Side) -> None:
        return None


def move_within(
    parts: Sequence[Part], rule: Rule, backup: Backup | None, *, force: bool, check_mode: bool
) -> list[Result]:
    """Move phones within each account, or predict the outcomes in check mode. Raise nothing.

    Read all accounts before anything is written. An account that fails does not stop the others.
    """
    seen: dict[str, Seen] = {}
    failures: dict[str, RpsError] = {}
    for part in parts:
        try:
            seen[part.side.name] = look(part.side.service, part.named, part.side.progress)
        except RpsError as error:
            failures[part.side.name] = account_error(part.side, error)
    try:
        rule.learn([one.url for those in seen.values() for one in those.values() if one.url is not None])
    except RpsError as error:
        failures.update(dict.fromkeys(seen, error))
    results: list[Result] = []
    for part in parts:
        failure = failures.get(part.side.name)
        result = Result(part.side.name, part.side.account.provider, failure=failure)
        if failure is not None:
            named = part.named or ()
            result = result._replace(outcomes=[Outcome(mac, FAILED, None, error=failure) for mac in named])
        else:
            result = _move_part(part, seen[part.side.name], rule, backup, result, force=force, check_mode=check_mode)
        results.append(result._replace(requests=part.side.service.client.requests))
    return results


def _move_part(
    part: Part, seen: Seen, rule: Rule, backup: Backup | None, result: Result, *, force: bool, check_mode: bool
) -> Result:
    side = part.side
    outcomes = {mac: _judge(mac, one, rule, side, force and part.named is not None) for mac, one in seen.items()}
    moves = [Device(mac, one.target) for mac, one in outcomes.items() if isinstance(one.target, Target) and _to_do(one)]
    if part.named is None:
        outcomes = {mac: one for mac, one in outcomes.items() if one.target is not None or one.action != NONE}
    names = {device.target.server for device in moves if device.target}
    servers = {name: url for name, url in side.servers.items() if name in names}
    warnings = [f"{side.name}: {words}" for words in _warnings(outcomes, seen)]
    result = result._replace(outcomes=list(outcomes.values()), warnings=warnings)
    try:
        report = reconcile(
            side.service,
            moves,
            Policy(force=force),
            batch_size=side.account.params["batch_size"],
            add_servers=servers if side.service.can.named_servers else None,
            check_mode=check_mode,
            before_writing=backup.of(side.name) if backup else None,
            seen=seen,
            progress=side.progress,
        )
    except RpsError as error:
        return result._replace(failure=error, outcomes=list(_given_up(outcomes, moves, error).values()))
    except Exception as error:
        failure = unforeseen(error)
        outcomes = _given_up(outcomes, moves, failure)
        written = side.service.client.writes > 0
        return result._replace(failure=failure, outcomes=list(outcomes.values()), changed=written)
    outcomes.update((outcome.mac, outcome) for outcome in report.outcomes)
    return result._replace(
        outcomes=list(outcomes.values()), servers=report.servers, failure=report.stopped, changed=report.uncertain
    )


def _judge(mac: str, seen: Observation, rule: Rule, side: Side, force: bool) -> Outcome:
    """Return the outcome of a phone before any move. It has a target if the phone must move."""
    if seen.error:
        return Outcome(mac, FAILED, seen.status, was=seen, error=seen.error)
    if seen.status != REGISTERED:
        return Outcome(mac, NONE, seen.status, was=seen)
    if seen.url is None:
        target = rule.forced(side)
        return Outcome(mac, NONE if force and target else UNVERIFIED, seen.status, target, seen)
    try:
        return Outcome(mac, NONE, seen.status, rule.target(side, mac, seen), seen)
    except ValueError as error:
        return Outcome(mac, FAILED, seen.status, was=seen, error=RpsError("invalid_url", f"its new URL: {error}"))


def _to_do(outcome: Outcome) -> bool:
    return outcome.action == NONE


def _given_up(outcomes: Mapping[str, Outcome], moves: Sequence[Device], error: RpsError) -> dict[str, Outcome]:
    failed = {device.mac: outcomes[device.mac]._replace(action=FAILED, error=error) for device in moves}
    return {**outcomes, **failed}


def _warnings(outcomes: Mapping[str, Outcome], seen: Seen) -> list[str]:
    counts = Counter(seen[mac].status == REGISTERED for mac, one in outcomes.items() if one.target is None)
    words: list[str] = []
    if counts[False]:
        words.append(f"{counts[False]} of the phones are not in this account, and were not changed.")
    unverified = sum(one.action == UNVERIFIED for one in outcomes.values())
    if unverified:
        words.append(
            f"{unverified} phones were not changed, because their redirect target cannot be verified. To move such "
            "phones from one server to another anyway, name them in the list and set migrate_force."
        )
    return words
