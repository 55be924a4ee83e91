# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which requests are to go wrong, and how. What each kind does to a connection is in `service.py`."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

NUMBER = (int, float)
TEXT = (str, bytes)

# kind: its parameters with their types; those of OPTIONAL may be left out.
KINDS: dict[str, dict[str, tuple[type, ...]]] = {
    "latency": {"seconds": NUMBER},
    "http_error": {"status": (int,), "retry_after": (int, float, str), "body": TEXT},
    "http_error_after": {"status": (int,), "retry_after": (int, float, str), "body": TEXT},
    "reset_before": {},
    "reset_after": {},
    "hang_before": {"seconds": NUMBER},
    "hang_after": {"seconds": NUMBER},
    "half_answer": {},
    "cut_answer": {},
    "login_page": {},
    "login_page_after": {},
    "redirect": {"location": (str,)},
    "answer": {"body": TEXT, "content_type": (str,), "status": (int,)},
    "answer_after": {"body": TEXT, "content_type": (str,), "status": (int,)},
    "fault": {"code": (int,), "message": (str,)},
    "slow_answer": {"seconds": NUMBER},
    "token_expired": {},
}
OPTIONAL = {
    "http_error": {"retry_after", "body"},
    "http_error_after": {"retry_after", "body"},
    "answer": {"content_type", "status"},
    "answer_after": {"content_type", "status"},
}
CARRIED_OUT = {
    "answer_after",
    "http_error_after",
    "reset_after",
    "hang_after",
    "half_answer",
    "cut_answer",
    "login_page_after",
    "slow_answer",
}


@dataclass(slots=True)
class Rule:
    """One way to go wrong, for the requests it matches."""

    kind: str
    methods: tuple[str, ...] | None
    skip: int
    times: int | None
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def carried_out(self) -> bool:
        """Whether the service does what the request asks before things go wrong."""
        return self.kind in CARRIED_OUT

    @classmethod
    def read(cls, rule: object) -> Rule:
        """A rule from `{kind, methods?, skip?, times?, ...the kind's parameters}`.

        `methods`: method names, with or without the `redirect.` in front, endpoints of a PBX, or routes of a REST
        service, as `POST /v2/rps/addDevices`, each also with `/number of parameters` behind it; left out or null: any.
        `skip`: let so many matching requests pass first. `times`: how many to take; left out or null: for ever.
        Raises ValueError for anything else.
        """
        if not isinstance(rule, dict):
            raise ValueError("a fault rule must be an object")
        given = dict(rule)
        kind = given.pop("kind", None)
        if kind not in KINDS:
            raise ValueError(f"no such kind of fault: {kind}; there are {', '.join(KINDS)}")
        methods = given.pop("methods", None)
        if methods is not None and not (
            isinstance(methods, (list, tuple)) and all(isinstance(m, str) for m in methods)
        ):
            raise ValueError(f"{kind}: methods must be a list of method names, or null")
        skip, times = given.pop("skip", 0), given.pop("times", None)
        if not _count(skip) or not (times is None or _count(times)):
            raise ValueError(f"{kind}: skip and times must be whole numbers from 0 up")
        expected = KINDS[kind]
        wrong = sorted(set(given) - set(expected)) + sorted(set(expected) - set(given) - OPTIONAL.get(kind, set()))
        wrong += [name for name, value in given.items() if name in expected and not _fits(value, expected[name])]
        if wrong:
            raise ValueError(f"{kind}: missing, unknown or of the wrong type: {', '.join(wrong)}")
        return cls(kind, None if methods is None else tuple(methods), skip, times, given)

    def matches(self, method: str, parameters: int) -> bool:
        if self.methods is None:
            return True
        names = (method, method.rpartition(".")[2])
        return any(name in self.methods or f"{name}/{parameters}" in self.methods for name in names)


def _count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _fits(value: object, types: tuple[type, ...]) -> bool:
    if isinstance(value, bool) or not isinstance(value, types):
        return False
    return not isinstance(value, NUMBER) or value >= 0 or types == (int,)


class Faults:
    """The rules in force. Safe to use from several threads."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._lock = threading.Lock()

    def replace(self, rules: list[Any]) -> None:
        """Put these rules in force instead of the former ones, or raise ValueError and leave those."""
        read = [Rule.read(rule) for rule in rules]
        with self._lock:
            self._rules = read

    def take(self, method: str, parameters: int) -> tuple[float, Rule | None]:
        """What befalls a call with so many parameters: the seconds it is held up, and the rule that spoils it, if any.

        The rules are gone through in order. `latency` adds up; the first other rule that takes the request ends the
        search, so that the rules after it do not count that request.
        """
        if not self._rules:
            return 0.0, None
        seconds = 0.0
        with self._lock:
            for rule in self._rules:
                if rule.times == 0 or not rule.matches(method, parameters):
                    continue
                if rule.skip:
                    rule.skip -= 1
                    continue
                if rule.times is not None:
                    rule.times -= 1
                if rule.kind != "latency":
                    return seconds, rule
                seconds += rule.parameters["seconds"]
        return seconds, None
