# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules for simulated faults. `service.py` applies them to connections."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

NUMBER = (int, float)
TEXT = (str, bytes)

# The parameters of each kind, with their types. Those in OPTIONAL may be left out.
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
    """A fault for the requests that it matches."""

    kind: str
    methods: tuple[str, ...] | None
    skip: int
    times: int | None
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def carried_out(self) -> bool:
        """Whether the service carries out the request before the fault."""
        return self.kind in CARRIED_OUT

    @classmethod
    def read(cls, rule: object) -> Rule:
        """Return the rule for `{kind, methods?, skip?, times?, ...the parameters of the kind}`.

        `methods`: method names with or without the prefix `redirect.`, endpoints of a PBX, or routes of a REST service
        such as `POST /v2/rps/addDevices`. Each may be followed by `/number of parameters`. If it is left out or null,
        the rule matches all methods. `skip`: the number of matching requests to ignore first. `times`: the number of
        requests to match, or null for all. Raise ValueError for anything else.
        """
        if not isinstance(rule, dict):
            raise ValueError("a fault rule must be an object")
        given = dict(rule)
        kind = given.pop("kind", None)
        if kind not in KINDS:
            raise ValueError(f"unknown kind of fault: {kind}. The kinds are {', '.join(KINDS)}")
        methods = given.pop("methods", None)
        if methods is not None and not (
            isinstance(methods, (list, tuple)) and all(isinstance(m, str) for m in methods)
        ):
            raise ValueError(f"{kind}: methods must be a list of method names, or null")
        skip, times = given.pop("skip", 0), given.pop("times", None)
        if not _count(skip) or not (times is None or _count(times)):
            raise ValueError(f"{kind}: skip and times must be whole numbers, 0 or more")
        expected = KINDS[kind]
        wrong = sorted(set(given) - set(expected)) + sorted(set(expected) - set(given) - OPTIONAL.get(kind, set()))
        wrong += [name for name, value in given.items() if name in expected and not _fits(value, expected[name])]
        if wrong:
            raise ValueError(f"{kind}: missing, unknown or with a wrong type: {', '.join(wrong)}")
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
    """The active rules. Thread-safe."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._lock = threading.Lock()

    def replace(self, rules: list[Any]) -> None:
        """Replace the active rules. Raise ValueError, without any change, if a rule is wrong."""
        read = [Rule.read(rule) for rule in rules]
        with self._lock:
            self._rules = read

    def take(self, method: str, parameters: int) -> tuple[float, Rule | None]:
        """Return the delay in seconds and the fault of a call with this number of parameters, or None.

        Check the rules in order. The seconds of `latency` add up. The first other rule that matches ends the search, so
        later rules do not count the request.
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
