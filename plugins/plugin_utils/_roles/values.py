# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Convert the values of variables as Ansible converts options. Error messages never show the value."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.voip.rps.plugins.module_utils._pure.mac import is_mac, parse_mac

_SEPARATORS = re.compile(r"[,;\r\n]+")


def as_text(value: Any) -> str:
    """Return a text, or a number as text. Raise ValueError."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError("must be text: quote it")
    text = str(value)
    if not text.strip():
        raise ValueError("is empty: set a value or leave it out")
    return text


def as_path(value: Any) -> str:
    """Return a path, in which ``~`` and environment variables are replaced. Raise ValueError."""
    return os.path.expanduser(os.path.expandvars(as_text(value)))


def as_path_or_false(value: Any) -> str | bool:
    """Return a path, or False. Raise ValueError."""
    if isinstance(value, (bool, str)) and str(value).strip().lower() in ("false", "no"):
        return False
    if isinstance(value, bool) or (isinstance(value, str) and value.strip().lower() in ("true", "yes")):
        raise ValueError("must be a path or false")
    return as_path(value)


def as_bool(value: Any) -> bool:
    """Return a boolean, also from a text such as ``yes`` or ``false``. Raise ValueError."""
    try:
        return bool(boolean(value.strip() if isinstance(value, str) else value, strict=True))
    except TypeError:
        raise ValueError("must be true or false") from None


def as_int(value: Any) -> int:
    """Return a whole number, also from a text. Raise ValueError."""
    number = as_float(value, "must be a whole number")
    if number != int(number):
        raise ValueError("must be a whole number")
    return int(number)


def as_float(value: Any, words: str = "must be a number") -> float:
    """Return a number, also from a text. Raise ValueError with the message ``words``."""
    try:
        number = float(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        number = None
    if number is None or not math.isfinite(number):
        raise ValueError(words)
    return number


def as_dict(value: Any) -> dict[str, Any]:
    """Return a dictionary with texts as keys. Raise ValueError."""
    if not isinstance(value, Mapping):
        raise ValueError("must be a dictionary")
    return {str(key): item for key, item in value.items()}


def as_list(value: Any) -> list[Any]:
    """Return a list. Raise ValueError."""
    if not isinstance(value, list):
        raise ValueError("must be a list")
    return value


def as_macs(value: Any) -> str | list[Any]:
    """Return a text with MAC addresses, or a list of anything. Raise ValueError."""
    return value if isinstance(value, list) else as_mac_text(value)


def as_mac_text(value: Any) -> str:
    """Return a text with a MAC address. Raise ValueError. For a number, suggest the MAC address it may have been."""
    if not isinstance(value, str):
        parse_mac(value)
    return as_text(value)


def as_phones(value: Any) -> list[Any]:
    """Return a phone list. In a text, for example from a survey of AWX, each line is the MAC address of a phone.

    Raise ValueError. For a number, suggest the MAC address that it may have been.
    """
    if isinstance(value, str):
        phones = [{"mac": mac} for mac in mac_texts(value)]
        if not phones:
            raise ValueError("names no phone: set a list, or a text with one MAC address for each line")
        return phones
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        parse_mac(value)
    return as_list(value)


def mac_texts(text: str) -> list[str]:
    """Return the MAC addresses in a text, separated by lines, commas or spaces. A MAC address may contain spaces."""
    found: list[str] = []
    for part in filter(None, map(str.strip, _SEPARATORS.split(text))):
        words = part.split()
        found += [part] if is_mac(part) or not is_mac(words[0]) else words
    return found


CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "str": as_text,
    "path": as_path,
    "bool": as_bool,
    "int": as_int,
    "float": as_float,
    "dict": as_dict,
    "list": as_list,
    "phones": as_phones,
}
"""The converters, by the name of the type in an argument specification."""


def convert(value: Any, kind: str) -> Any:
    """Return ``value`` as the type ``kind``. Raise ValueError. Its message begins with a verb, without the value."""
    return CONVERTERS[kind](not_null(value))


def not_null(value: Any) -> Any:
    """Return ``value``. Raise ValueError if it is null."""
    if value is None:
        raise ValueError("is null: set a value or leave it out")
    return value
