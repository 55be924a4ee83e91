# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""MAC addresses: read any usual spelling, and explain what is wrong with others."""

from __future__ import annotations

import re
from typing import Any, Iterator

from ansible_collections.voip.rps.plugins.module_utils._pure.words import kind_of, shown, without_invisible

_SPELLING = re.compile(
    r"[0-9a-f]{12}"
    r"|[0-9a-f]{2}([-:. ])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}"
    r"|[0-9a-f]{4}([-:. ])[0-9a-f]{4}\2[0-9a-f]{4}"
    r"|[0-9a-f]{6}-[0-9a-f]{6}",
    re.IGNORECASE,
)
_ONE = r"(?<![0-9a-z])[0-9a-f]{2}(?:[-: .]?[0-9a-f]{2}){5}(?![0-9a-z])"
_WITHIN_TEXT = re.compile(_ONE, re.IGNORECASE)
MAC_LIST = re.compile(rf"{_ONE}(?:[\s,;|&'\"()\[\]\uff0c\u3001]+(?:and )?{_ONE})*", re.IGNORECASE)
"""One MAC address, or a list of them, in a service's message."""
_SEPARATORS = str.maketrans("", "", "-: .")
_HEX = frozenset("0123456789abcdefABCDEF")
_DIGITS = 12

_SPACES = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_PLAIN = dict.fromkeys(map(ord, _SPACES), " ")
_LONGEST = 1000
"""Longer text is not a MAC address, whatever space surrounds it."""
_LOOK_ALIKES = str.maketrans("OoIil|", "001111")

HOW_TO_WRITE = "In YAML, put it in quotes; in a survey of AWX, write it with dashes, such as 00-15-65-00-00-01"
"""Advice if a MAC address was read as a number. With dashes, YAML does not read it as a number."""

_NUMBER = re.compile(r"([1-9][0-9]{0,11})(?:[.,]0+)?", re.ASCII)
_SCIENTIFIC = re.compile(r"[0-9]+(?:[.,][0-9]+)?e\+?[0-9]+", re.ASCII | re.IGNORECASE)
_MAC_ID = re.compile(r"[0-9a-f]{12}-[0-9a-z]{4}", re.ASCII | re.IGNORECASE)


def parse_mac(value: Any) -> str:
    """Return the MAC address in ``value`` as 12 lower-case hex digits.

    Accept 12 hex digits in either case: bare, in six pairs or three groups separated by one of "-", ":", "." and space,
    or in two halves separated by "-". Ignore surrounding space and invisible characters, which come with copied text.
    Raise ValueError, in words for the user, for anything else. The words quote at most the beginning of ``value``, on
    one line.
    """
    if not isinstance(value, str):
        raise ValueError(_why_no_text(value))
    mac = find_mac(value)
    if mac is None:
        raise ValueError(_why(_trimmed(value)))
    return mac


def find_mac(text: str) -> str | None:
    """Return the MAC address in ``text`` as parse_mac() does, or None if it is not one. This is cheap."""
    if not _SPELLING.fullmatch(text):
        text = _trimmed(text)
        if not _SPELLING.fullmatch(text):
            return None
    return (text if len(text) == _DIGITS else text.translate(_SEPARATORS)).lower()


def is_mac(value: Any) -> bool:
    """Return whether ``value`` is text that parse_mac() accepts."""
    return isinstance(value, str) and find_mac(value) is not None


def _trimmed(text: str) -> str:
    if len(text) > _LONGEST:
        text = text.strip()[: _LONGEST + 1]
    return (text if text.isascii() else without_invisible(text).translate(_PLAIN)).strip()


def dashed_mac(mac: str) -> str:
    """Return ``mac`` (12 hex digits) as ``AA-BB-CC-DD-EE-FF``."""
    return "-".join(_pairs(mac.upper()))


def colon_mac(mac: str) -> str:
    """Return ``mac`` (12 lower-case hex digits) as ``aa:bb:cc:dd:ee:ff``."""
    return ":".join(_pairs(mac))


def find_macs(text: str) -> list[str]:
    """Return the MAC addresses in a service's message, in order, as 12 lower-case hex digits."""
    return [match.translate(_SEPARATORS).lower() for match in _WITHIN_TEXT.findall(text)]


def spelled_macs(text: str) -> dict[str, str]:
    """Return the MAC addresses in a service's message, in order, each with its spelling there."""
    return {match.translate(_SEPARATORS).lower(): match for match in _WITHIN_TEXT.findall(text)}


def without_macs(text: str, instead: str = "") -> str:
    """Return ``text`` with each MAC address, and each list of them, replaced by ``instead``."""
    return MAC_LIST.sub(instead, text)


def _pairs(mac: str) -> list[str]:
    return [mac[i : i + 2] for i in range(0, 12, 2)]


def _why_no_text(value: Any) -> str:
    if value is None:
        return "the MAC address is missing"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return f"the MAC address is {kind_of(value)} instead of text"
    if isinstance(value, int) and 0 <= value < 10**12:
        return f"{value} is a number, not a MAC address. {_yaml_words(value)}{HOW_TO_WRITE}"
    return f"the MAC address is a number instead of text. {HOW_TO_WRITE}"


def _why(text: str) -> str:
    """Return why ``text``, which has no surrounding space, is not a MAC address."""
    if not text:
        return "the MAC address is missing"
    if "@" in text or ":/" in text:
        # A URL in the wrong column may hold a password.
        return "a URL or mail address stands where the MAC address belongs: are the columns in order?"
    return f"{shown(text)} is not a MAC address: {_what_is_wrong(text)}"


def _what_is_wrong(text: str) -> str:
    if "*" in text:
        return "it is masked. Give the whole MAC address"
    if text.startswith("#"):
        return "comment lines may stand above the header only"
    if "\n" in text or "\r" in text:
        return "it has several lines. Is a quote not closed?"
    number = _NUMBER.fullmatch(text)
    if number:
        return _number_words(number[1])
    if _SCIENTIFIC.fullmatch(text):
        return (
            "a spreadsheet turned it into a number, and its last digits are lost. They cannot be restored: give the "
            "column the format Text, and enter the MAC address again from its source"
        )
    if _MAC_ID.fullmatch(text):
        return "it looks like a MAC-ID, which belongs in the column mac_id. The MAC address is the part before the dash"
    digits = text.translate(_SEPARATORS)
    if _SPELLING.fullmatch(digits.translate(_LOOK_ALIKES)):
        return _look_alike_words(digits)
    strange = next((character for character in digits if character not in _HEX), None)
    if strange is not None and not strange.isascii() and strange.isalnum():
        return f"{strange!r} is not one of the plain characters 0-9 and a-f"
    if strange is not None:
        return f"{strange!r} is not a hex digit"
    if len(digits) != 12:
        return f"it has {len(digits)} hex digits instead of 12"
    return "its digits are split in an unusual way. Write it like 001565000001 or 00:15:65:00:00:01"


def _look_alike_words(digits: str) -> str:
    for letters, words in (("Oo", "the letter O instead of the digit 0"), ("IilL|", "a letter instead of the digit 1")):
        if any(letter in digits for letter in letters):
            return f"it has {words}"
    return "its digits are split in an unusual way. Write it like 001565000001 or 00:15:65:00:00:01"


def _number_words(digits: str) -> str:
    if len(digits) == 12:
        return "a program turned it into a number. Write it like 001565000001, without a decimal point"
    lost = 12 - len(digits)
    zeros = f" and cut off {lost} leading zero{'s' if lost > 1 else ''}" if lost <= 3 else ""
    return (
        f"it has {len(digits)} digits instead of 12. A spreadsheet may have turned it into a number{zeros}: give the "
        f"column the format Text, and enter it again. {_yaml_words(int(digits))}{HOW_TO_WRITE}"
    )


def _yaml_words(number: int) -> str:
    candidates = list(_before_yaml(number))
    return f"YAML may have read {' or '.join(candidates)} as this number. " if candidates else ""


def _before_yaml(number: int) -> Iterator[str]:
    """Yield the MAC addresses that YAML 1.1 reads as ``number``: octal with a leading zero, or base 60 with colons."""
    octal = f"{number:o}"
    if 8 <= len(octal) < 12:
        yield octal.zfill(12)
    sixties: list[int] = []
    while number and len(sixties) < 6:
        number, digit = divmod(number, 60)
        sixties.append(digit)
    if len(sixties) == 6 and (sixties[-1] + 60 * number) in range(10, 100):
        sixties[-1] += 60 * number
        yield ":".join(f"{digit:02d}" for digit in reversed(sixties))
