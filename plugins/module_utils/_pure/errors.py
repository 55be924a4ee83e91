# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong, in one vocabulary over all services."""

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
    """What is wrong with the user's input: an error code, the option or the row of a list that it is in, and why."""

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
"""So many problems with the input are named each, within C(MAX_LISTING) characters; the others are counted."""
MAX_LISTING = 1500
MAX_PROBLEM = 320

LEFT_UNBOUND = "left_unbound"
MAX_EXCERPT = 120
MAX_SHOWN = 64 * 1024
"""So many bytes of an answer are looked at for what of it may be shown."""

_QUOTE = r"""(?:\\*["']|&quot;|&#3[49];|%22)?"""
_TOKEN = re.compile(rf"""(_token{_QUOTE}\s*[=:]\s*)(?:"[^"]*"?|'[^']*'?|(?:&quot;|&#3[49];)?[^\s&,;<>{{}}]+)""")


def excerpt(answer: bytes) -> str:
    """Return the first characters of an answer, without secrets."""
    return _beginning(" ".join(answer[:MAX_SHOWN].decode("utf-8", "replace").split()))


def shown_value(value: Any) -> str:
    """Return a value that a service sent as Python writes it, or its beginning, without secrets.

    However much there is of the value, it is never written in whole.
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
    """Return words as they may be shown: on one line, bounded, without the password of any URL or a token."""
    return _bounded(_without_secrets(" ".join(words.split()), MAX_MESSAGE))


ErrorT = TypeVar("ErrorT", bound="RpsError")


class RpsError(Exception):
    """A task, a call or a device that failed.

    C(code) is one of the documented error codes, C(message) what the service (or we) said of it, on one line, bounded,
    and without control characters, the login of this run, the password of any URL or a token. C(transient): trying
    again may help. C(in_doubt): if the call was a write, it may have been carried out all the same, so it must not be
    sent again before the devices have been read back. C(retry_after): the seconds that the service asks to wait.
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
        """Return this error without the calls that it was raised through, which hold on to the whole answer."""
        self.__context__ = None
        return self.with_traceback(None)


class Refused(RpsError):
    """The service's answer is no.

    C(verdict): what that means for the devices that it was asked to do something to; C(culprits) are those that it
    names, each with its own refusal; C(done) are those of which it says that all went well.
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
        """Return what it says of one device: the device's own error, else the reason without the others' addresses."""
        if mac in self.culprits or len(self.culprits) < 2:
            return self.culprits.get(mac, self)
        return Refused(self.code, without_macs(self.message, "…"), verdict=self.verdict)


class InputError(RpsError):
    """The user's input is wrong: all the C(problems) with it, those to be C(listed), and C(counts) by code."""

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
    """Return the error of an answer, or a part of it, that no document knows."""
    return RpsError("protocol_error", f"an answer that no document knows: {shown_value(answer)}", in_doubt=True)


def unforeseen(error: Exception) -> RpsError:
    """Return the C(internal_error) that an exception of ours is, where it came up and not with its words: they may hold
    anything."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {os.path.basename(frames[-1].filename)}, line {frames[-1].lineno}" if frames else ""
    words = f"an error of the collection that was not foreseen, {type(error).__name__}{place}: please report it."
    return RpsError("internal_error", words)


def count_codes(errors: Iterable[RpsError]) -> str:
    """Return how many errors there are of each code, the most first, in words."""
    return ", ".join(f"{count} {code}" for code, count in Counter(error.code for error in errors).most_common())
