# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors, with the same codes for all services."""

from __future__ import annotations

import os
import re
import reprlib
import traceback
from collections import Counter
from typing import Any, Collection, Iterable, List, NamedTuple, TypeVar

from ansible_collections.voip.rps.plugins.module_utils._pure.mac import without_macs
from ansible_collections.voip.rps.plugins.module_utils._pure.shown import SECRETS
from ansible_collections.voip.rps.plugins.module_utils._pure.url import shown_text, without_userinfo
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict


class Problem(NamedTuple):
    """An error in the user's input: an error code, the option or the row of a list that has it, and the reason."""

    code: str
    where: str
    message: str

    def __str__(self) -> str:
        words = f"{self.where}: {self.message}" if self.where else self.message
        return _shown(words)

    def as_dict(self) -> dict[str, str]:
        return {"code": self.code, "where": _shown(self.where), "message": _shown(self.message)}


Problems = List[Problem]

MAX_MESSAGE = 500
MOST_LISTED = 20
"""At most this many input errors are shown, within ``MAX_LISTING`` characters; the others are counted."""
MAX_LISTING = 1500
MAX_PROBLEM = 320

LEFT_UNBOUND = "left_unbound"
MAX_EXCERPT = 120
MAX_SHOWN = 64 * 1024
"""Only this many bytes of an answer are searched for an excerpt to show."""

_QUOTE = r"""(?:\\*["']|&quot;|&#3[49];|%22)?"""
_TOKEN = re.compile(rf"""(_token{_QUOTE}\s*[=:]\s*)(?:"[^"]*"?|'[^']*'?|(?:&quot;|&#3[49];)?[^\s&,;<>{{}}]+)""")


def excerpt(answer: bytes) -> str:
    """Return the first characters of an answer, without secrets."""
    return _beginning(" ".join(answer[:MAX_SHOWN].decode("utf-8", "replace").split()))


def shown_value(value: Any) -> str:
    """Return the beginning of a value that a service sent, as a Python literal without secrets.

    Only the beginning of a large value is formatted.
    """
    return _Shown().repr(value)


class _Shown(reprlib.Repr):
    def repr_str(self, x: str, level: int) -> str:
        return repr(_beginning(x))


def _beginning(text: str) -> str:
    return _without_secrets(text, MAX_EXCERPT)[:MAX_EXCERPT]


def _bounded(text: str, most: int = MAX_MESSAGE) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _without_secrets(text: str, limit: int) -> str:
    return without_userinfo(_TOKEN.sub(r"\1***", SECRETS.beginning(text, limit)))


def _shown(words: str) -> str:
    return _bounded(shown_text(" ".join(words.split())), MAX_PROBLEM)


def one_line(words: str) -> str:
    """Return ``words`` ready to be shown: on one line, bounded, without passwords in URLs and without tokens."""
    return _bounded(_without_secrets(" ".join(words.split()), MAX_MESSAGE))


ErrorT = TypeVar("ErrorT", bound="RpsError")


class RpsError(Exception):
    """A task, a call or a device that failed.

    ``code`` is one of the documented error codes. ``message`` is what the service or this collection says about it: one
    bounded line without control characters, logins of this run, passwords in URLs or tokens. ``transient``: trying
    again may help. ``in_doubt``: a write may have been carried out anyway, so the devices must be read back before it
    is sent again. ``retry_after``: the seconds that the service asks to wait.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        transient: bool = False,
        in_doubt: bool = False,
        retry_after: float | None = None,
    ) -> None:
        message = one_line(message)
        super().__init__(message)
        self.code = code
        self.message = message
        self.transient = transient
        self.in_doubt = in_doubt
        self.retry_after = retry_after

    def as_dict(self) -> dict[str, str]:
        return {"code": self.code, "message": self.message}

    def without_traceback(self: ErrorT) -> ErrorT:
        """Return this error without its traceback, which would keep the whole answer in memory."""
        self.__context__ = None
        return self.with_traceback(None)


class Refused(RpsError):
    """The service refused a call.

    ``verdict``: what the refusal means for the devices of the call. ``culprits``: the devices that the service names,
    each with its own refusal. ``done``: the devices that the service reports as carried out.
    """

    def __init__(
        self,
        code: str,
        message: str,
        culprits: dict[str, Refused] | None = None,
        done: Collection[str] = frozenset(),
        verdict: Verdict = Verdict.DEVICES,
    ) -> None:
        super().__init__(code, message)
        self.verdict = verdict
        self.culprits = culprits or {}
        self.done = done

    def of(self, mac: str) -> Refused:
        """Return the error of one device: its own, or else the common reason without other devices' addresses."""
        if mac in self.culprits or len(self.culprits) < 2:
            return self.culprits.get(mac, self)
        return Refused(self.code, without_macs(self.message, "…"), verdict=self.verdict)


class InputError(RpsError):
    """The user's input is wrong: all its ``problems``, those that are ``listed``, and ``counts`` by code."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.listed = problems[:MOST_LISTED]
        self.counts = Counter(problem.code for problem in problems)
        super().__init__(next(iter(self.counts)) if len(self.counts) == 1 else "invalid_input", "")
        words = [str(problem) for problem in self.listed]
        while len(words) > 1 and sum(map(len, words)) > MAX_LISTING:
            words.pop()
        self.message = "; ".join(words)
        if len(problems) > 1:
            self.message = f"{len(problems)} problems: {self.message}"
        unlisted = Counter(problem.code for problem in problems[len(words) :])
        if unlisted:
            self.message += "; and " + ", ".join(f"{count} more {code}" for code, count in unlisted.most_common())


def unexpected_answer(answer: Any) -> RpsError:
    """Return the error for an answer, or a part of one, that no vendor's document describes."""
    return RpsError(
        "protocol_error", f"an answer that no documentation describes: {shown_value(answer)}", in_doubt=True
    )


def unforeseen(error: Exception) -> RpsError:
    """Return the ``internal_error`` for an exception that nothing handled.

    It names the place but not the exception's text, which may hold secrets.
    """
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {os.path.basename(frames[-1].filename)}, line {frames[-1].lineno}" if frames else ""
    words = f"an unexpected error in the collection, {type(error).__name__}{place}: please report it."
    return RpsError("internal_error", words)


def count_codes(errors: Iterable[RpsError]) -> str:
    """Return the number of errors of each code, the most frequent first, as text."""
    return ", ".join(f"{count} {code}" for code, count in Counter(error.code for error in errors).most_common())
