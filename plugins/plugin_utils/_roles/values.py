# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of variables, converted as Ansible converts options, refused in words that never show the value."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.voip.rps.plugins.module_utils._pure.mac import is_mac, parse_mac

_BETWEEN = re.compile(r"[,;\r\n]+")


def as_text(value: Any) -> str:
    """Return a text; a number is written as one. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError("must be text: write it in quotes")
    text = str(value)
    if not text.strip():
        raise ValueError("is empty: give a value or leave it out")
    return text


def as_path(value: Any) -> str:
    """Return a path, in which C(~) and environment variables are replaced. Raises ValueError."""
    return os.path.expanduser(os.path.expandvars(as_text(value)))


def as_path_or_false(value: Any) -> str | bool:
    """Return a path, or False. Raises ValueError."""
    if isinstance(value, (bool, str)) and str(value).strip().lower() in ("false", "no"):
        return False
    if isinstance(value, bool) or (isinstance(value, str) and value.strip().lower() in ("true", "yes")):
        raise ValueError("must be a path or false")
    return as_path(value)


def as_bool(value: Any) -> bool:
    """Return a boolean, also of a text such as C(yes) or C(false). Raises ValueError."""
    try:
        return bool(boolean(value.strip() if isinstance(value, str) else value, strict=True))
    except TypeError:
        raise ValueError("must be true or false") from None


def as_int(value: Any) -> int:
    """Return a whole number, also of a text. Raises ValueError."""
    number = as_float(value, "must be a whole number")
    if number != int(number):
        raise ValueError("must be a whole number")
    return int(number)


def as_float(value: Any, words: str = "must be a number") -> float:
    """Return a number, also of a text. Raises ValueError, with these words."""
    try:
        number = float(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        number = None
    if number is None or not math.isfinite(number):
        raise ValueError(words)
    return number


def as_dict(value: Any) -> dict[str, Any]:
    """Return a dict whose keys are texts. Raises ValueError."""
    if not isinstance(value, Mapping):
        raise ValueError("must be a dict")
    return {str(key): item for key, item in value.items()}


def as_list(value: Any) -> list[Any]:
    """Return a list. Raises ValueError."""
    if not isinstance(value, list):
        raise ValueError("must be a list")
    return value


def as_macs(value: Any) -> str | list[Any]:
    """Return a text that is to name MAC addresses, or a list of anything. Raises ValueError."""
    return value if isinstance(value, list) else as_mac_text(value)


def as_mac_text(value: Any) -> str:
    """Return a text that is to be a MAC address. Raises ValueError, for a number with what it may have been."""
    if not isinstance(value, str):
        parse_mac(value)
    return as_text(value)


def as_phones(value: Any) -> list[Any]:
    """Return a phone list; of a text, such as a survey of AWX gives, each line is the MAC address of a phone.

    Raises ValueError, for a number with what it may have been.
    """
    if isinstance(value, str):
        phones = [{"mac": mac} for mac in mac_texts(value)]
        if not phones:
            raise ValueError("names no phone: give a list, or a line for each MAC address")
        return phones
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        parse_mac(value)
    return as_list(value)


def mac_texts(text: str) -> list[str]:
    """Return the parts of a text that are to be MAC addresses, with lines, commas or space between.

    A MAC address may have space in it.
    """
    found: list[str] = []
    for part in filter(None, map(str.strip, _BETWEEN.split(text))):
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
"""By the name of the type in an argument specification."""


def convert(value: Any, kind: str) -> Any:
    """Return C(value) as that type. Raises ValueError, in words that begin with a verb and do not show the value."""
    return CONVERTERS[kind](not_null(value))


def not_null(value: Any) -> Any:
    """Return a value. Raises ValueError where it is null."""
    if value is None:
        raise ValueError("is null: give a value or leave it out")
    return value
