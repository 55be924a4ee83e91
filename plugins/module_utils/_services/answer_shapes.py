# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shapes of answers: how services return a result code, text, lists and an error for each device; no I/O."""

from __future__ import annotations

import re
from typing import Any, Callable, Iterator, Sequence

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import MAX_MESSAGE, Refused, unexpected_answer
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import (
    MAC_LIST,
    find_mac,
    find_macs,
    parse_mac,
    spelled_macs,
)

_TRUTH = {"true": True, "1": True, "false": False, "0": False}
_PUNCTUATION = " \t\n'\"`,;:.=>(){}[]|-\uff0c"
_PYTHON_2_TEXT = re.compile(r"\bu(?=['\"])")
_BEGINNING_OF_NEXT = re.compile(r"\s*\berror ?[:\uff1a]\s*$", re.IGNORECASE)


def truth(value: Any) -> bool | None:
    """Return a result code, of any type and spelling, as a boolean; None if the value is not one."""
    return _TRUTH.get(str(value).strip().lower()) if isinstance(value, (bool, int, str)) else None


def text(value: Any) -> str:
    """Return a text without surrounding space, "" for nil. Raise RpsError for other values."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise unexpected_answer(value)
    return value.strip()


def texts(value: Any) -> Iterator[str]:
    """Yield every text in a value, including those in lists and structs. Raise RpsError for values of other types."""
    if isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)
    elif not isinstance(value, bool):
        yield text(value)


def rows(values: Sequence[Any]) -> Iterator[Any]:
    """Yield the rows of a list of devices. The list is the only value, or all values; nested lists are part of it.

    Text instead of a list is a single row; nil is an empty list. Raise RpsError if there is no list.
    """
    if len(values) == 1:
        (value,) = values
        if isinstance(value, list):
            yield from _flat(value)
        elif value is not None:
            yield text(value)
    elif values and all(isinstance(value, str) for value in values):
        yield from values
    else:
        raise unexpected_answer(list(values))


def errors_by_device(values: Sequence[Any], asked: Sequence[str], known: Callable[[str], bool]) -> dict[str, str]:
    """Return the error of each device by MAC address, or nothing if the answer is not given by device.

    The answer may be a struct, pairs, alternating MAC addresses and texts, or a text for each of the devices ``asked``
    in their order, if the meaning of each text is ``known``.
    """
    items = list(values)
    while len(items) == 1 and isinstance(items[0], list):
        items = items[0]
    if items and all(isinstance(item, (list, dict)) for item in items):
        said: dict[str, str] = {}
        for item in items:
            said.update(_of_item(item))
        return said
    if not all(isinstance(item, str) for item in items):
        return {}
    macs = [_mac(item) for item in items]
    if items and all(macs[::2]) and len(items) % 2 == 0 and not any(macs[1::2]):
        return {mac: words.strip() for mac, words in zip(macs[::2], items[1::2]) if mac}
    if len(items) == len(asked) > 1 and not any(map(find_macs, items)) and all(map(known, items)):
        return {mac: words.strip() for mac, words in zip(asked, items)}
    return {}


def errors_in_text(words: str, known: Callable[[str], bool]) -> dict[str, str]:
    """Return the error of each device by MAC address, from text like ``{mac: error, mac: error}``.

    Return nothing unless all text that follows MAC addresses is ``known`` to be about a device.
    """
    words = _PYTHON_2_TEXT.sub("", words)
    said: dict[str, str] = {}
    matches = list(MAC_LIST.finditer(words))
    for match, following in zip(matches, [*matches[1:], None]):
        error = words[match.end() : following.start() if following else len(words)].strip(_PUNCTUATION)
        if not known(error):
            return {}
        said.update(dict.fromkeys(find_macs(match.group()), error))
    return said


def errors_of(words: str, error: Callable[[str], Refused]) -> dict[str, Refused]:
    """Return an ``error`` for each device that ``words`` name; its text has no other device's MAC address."""
    spelled = spelled_macs(words)
    if len(spelled) < 2:
        return {mac: error(words) for mac in spelled}
    pieces: list[str] = []
    for piece in MAC_LIST.sub("\0", words).split("\0"):
        # A service that writes a paragraph for each device repeats the same words in all of them.
        if piece in pieces or sum(map(len, pieces)) > MAX_MESSAGE:
            pieces[-1] = _BEGINNING_OF_NEXT.sub("", pieces[-1])
            break
        pieces.append(piece)
    return {mac: error(spelling.join(pieces)) for mac, spelling in spelled.items()}


def _flat(value: list[Any]) -> Iterator[Any]:
    for item in value:
        if isinstance(item, list):
            yield from _flat(item)
        else:
            yield item


def _of_item(item: Any) -> dict[str, str]:
    """Return the errors in a struct with MAC addresses as keys, or in a list or struct that holds a MAC address."""
    if isinstance(item, dict):
        keyed = {mac: _said(value) for mac, value in ((_mac(key), value) for key, value in item.items()) if mac}
        if keyed:
            return keyed
        item = list(item.values())
    macs = [value for value in item if _mac(value)]
    if len(macs) != 1:
        return {}
    return {parse_mac(macs[0].strip()): _said([value for value in item if value is not macs[0]])}


def _said(value: Any) -> str:
    words = " ".join(filter(None, texts(value)))
    if words:
        return words
    flags = [flag for flag in _flat([value]) if isinstance(flag, bool)]
    return ("Ok" if all(flags) else "Error") if flags else ""


def _mac(value: Any) -> str | None:
    return find_mac(value) if isinstance(value, str) else None
