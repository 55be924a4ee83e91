# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON: encode values, and decode answers within limits; no I/O."""

from __future__ import annotations

import json
import math
from typing import Any

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError, excerpt

_LONGEST_NUMBER = 30
_DEEPEST = 32
_MOST_VALUES = 1_000_000


def encode(value: Any) -> bytes:
    """Return a value as JSON. Raise ValueError for NaN and infinity."""
    return json.dumps(value, allow_nan=False).encode("utf-8")


def decode(answer: bytes) -> Any:
    """Return the value of an answer.

    Raise RpsError ``protocol_error`` with the beginning of the answer for anything that ``load`` refuses. The error is
    in doubt, and transient if an object or a list is cut short.
    """
    try:
        return load(answer)
    except ValueError as error:
        words = f"the answer is not JSON ({error}): {excerpt(answer)}"
        raise RpsError("protocol_error", words, transient=is_cut_short(answer), in_doubt=True) from None


def load(text: bytes) -> Any:
    """Return the value of a JSON text.

    Raise ValueError for text that is not JSON, for NaN, infinity and overlong numbers, for deep nesting, and for more
    values than the list of an account can have.
    """
    if sum(map(text.count, (b",", b"[", b"{"))) > _MOST_VALUES:
        raise ValueError(f"more than {_MOST_VALUES} values")
    try:
        value = json.loads(text, parse_int=_whole, parse_float=_finite, parse_constant=_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    level = [value]
    for _depth in range(_DEEPEST):
        level = [item for one in level if isinstance(one, (list, dict)) for item in _items(one)]
        if not level:
            return value
    raise ValueError("nested too deeply")


def is_cut_short(answer: bytes) -> bool:
    """Return whether an answer begins as an object or a list but does not end as one."""
    text = answer.strip()
    return text.startswith((b"{", b"[")) and not text.endswith((b"}", b"]"))


def _items(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value


def _whole(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError("a number that is too long")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number that is not finite")
    return number
