# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong, in one vocabulary over all services."""

from __future__ import annotations

import re
import reprlib
from collections import Counter
from typing import Any, Collection, Iterable, List, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.mac import without_macs
from ansible_collections.voip.rps.plugins.module_utils._pure.url import without_userinfo


class Problem(NamedTuple):
    """What is wrong with the user's input: an error code, the option or the row of a list that it is in, and why."""

    code: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


Problems = List[Problem]

MAX_MESSAGE = 500
MAX_EXCERPT = 120

_TOKEN = re.compile(r"""(_token["']?\s*[=:]\s*["']?)[\w.-]{8,}""")


def excerpt(answer: bytes) -> str:
    """Return the first characters of an answer, without secrets."""
    return _beginning(answer[: 8 * MAX_EXCERPT].decode("utf-8", "replace"))


def shown_value(value: Any) -> str:
    """Return a value that a service sent as Python writes it, or its beginning, without secrets.

    However much there is of the value, it is never written in whole.
    """
    return _Shown().repr(value)


class _Shown(reprlib.Repr):
    def repr_str(self, x: str, level: int) -> str:
        return repr(_beginning(x))


def _beginning(text: str) -> str:
    return _without_secrets(text[: 8 * MAX_EXCERPT])[:MAX_EXCERPT]


def _without_secrets(text: str) -> str:
    return _TOKEN.sub(r"\1***", without_userinfo(text))


def one_line(words: str) -> str:
    """Return words as they may be shown: on one line, bounded, without the password of any URL or a token."""
    shown = _without_secrets(" ".join(words.split()))
    return shown if len(shown) <= MAX_MESSAGE else shown[: MAX_MESSAGE - 1] + "…"


class RpsError(Exception):
    """A task, a call or a device that failed.

    C(code) is one of the documented error codes, C(message) what the service (or we) said of it, on one line, bounded
    and without the password of any URL or a token. C(transient): trying again may help. C(in_doubt): if the call was a
    write, it may have been carried out all the same, so it must not be sent again before the devices have been read
    back. C(retry_after): the seconds that the service asks to wait.
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

    def to_keep(self) -> RpsError:
        """Return this error without the calls that it was raised through, which hold on to the whole answer."""
        self.__context__ = None
        return self.with_traceback(None)


class Refused(RpsError):
    """The service's answer is no.

    C(culprits) are the devices that it names, each with its own error; C(done) are those of which it says that all
    went well.
    """

    def __init__(
        self,
        code: str,
        message: str,
        culprits: dict[str, RpsError] | None = None,
        done: Collection[str] = frozenset(),
    ) -> None:
        super().__init__(code, message)
        self.culprits = culprits or {}
        self.done = done

    def of(self, mac: str) -> RpsError:
        """Return what it says of one device: the device's own error, else the reason without the others' addresses."""
        if mac in self.culprits or len(self.culprits) < 2:
            return self.culprits.get(mac, self)
        return RpsError(self.code, without_macs(self.message, "…"))


class InputError(RpsError):
    """The user's input is wrong: all the problems with it at once."""

    def __init__(self, problems: Problems) -> None:
        counts = Counter(problem.code for problem in problems)
        super().__init__(next(iter(counts)) if len(counts) == 1 else "invalid_input", "")
        self.problems = problems
        count = f"{len(problems)} problems: " if len(problems) > 1 else ""
        self.message = count + "; ".join(without_userinfo(str(problem)) for problem in problems)


def odd(answer: Any) -> RpsError:
    """Return the error of an answer, or a part of it, that no document knows."""
    return RpsError("protocol_error", f"an answer that no document knows: {shown_value(answer)}", in_doubt=True)


def count_codes(errors: Iterable[RpsError]) -> str:
    """Return how many errors there are of each code, the most first, in words."""
    return ", ".join(f"{count} {code}" for code, count in Counter(error.code for error in errors).most_common())
