# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON, bytes to values and back, within bounds; no I/O."""

from __future__ import annotations

import json
import math
from typing import Any

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError, excerpt

_LONGEST_NUMBER = 30
_DEEPEST = 32
_MOST_VALUES = 1_000_000


def encode(value: Any) -> bytes:
    """Return a value as JSON. Raises ValueError for what is no number."""
    return json.dumps(value, allow_nan=False).encode("utf-8")


def decode(answer: bytes) -> Any:
    """Return the value that an answer holds.

    Raises RpsError C(protocol_error), in doubt, with the answer's first characters, for what C(load) refuses; it is
    transient where an object or a list only ends too early.
    """
    try:
        return load(answer)
    except ValueError as error:
        words = f"the answer is not JSON ({error}): {excerpt(answer)}"
        raise RpsError("protocol_error", words, transient=is_cut_short(answer), in_doubt=True) from None


def load(text: bytes) -> Any:
    """Return the value that a text holds.

    Raises ValueError for what is not JSON, a number that is none, endless or too long, a deep nest, and for more values
    than a list of an account's devices has.
    """
    if sum(map(text.count, (b",", b"[", b"{"))) > _MOST_VALUES:
        raise ValueError(f"more than {_MOST_VALUES} values")
    try:
        value = json.loads(text, parse_int=_whole, parse_float=_finite, parse_constant=_finite)
    except RecursionError:
        raise ValueError("a deep nest") from None
    level = [value]
    for _depth in range(_DEEPEST):
        level = [item for one in level if isinstance(one, (list, dict)) for item in _items(one)]
        if not level:
            return value
    raise ValueError("a deep nest")


def is_cut_short(answer: bytes) -> bool:
    """Tell whether an answer begins as an object or a list, and does not end as one."""
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
        raise ValueError("what is not a number, or an endless one")
    return number
