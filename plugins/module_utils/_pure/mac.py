# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""MAC addresses: one device has one, however it is spelled."""

from __future__ import annotations

import re

_SPELLING = re.compile(
    r"[0-9a-f]{12}"
    r"|[0-9a-f]{2}([-: ])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}"
    r"|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}",
    re.IGNORECASE,
)
_ONE = r"(?<![0-9a-z])[0-9a-f]{2}(?:[-: .]?[0-9a-f]{2}){5}(?![0-9a-z])"
_WITHIN_TEXT = re.compile(_ONE, re.IGNORECASE)
MAC_LIST = re.compile(rf"{_ONE}(?:[\s,;|&'\"()\[\]\uff0c\u3001]+(?:and )?{_ONE})*", re.IGNORECASE)
"""One MAC address within a service's words, or several side by side."""
_SEPARATORS = str.maketrans("", "", "-: .")


def parse_mac(text: str) -> str:
    """Return the MAC address that C(text) spells, as 12 lower-case hex digits.

    Raises ValueError unless it is 12 hex digits in either case: bare, in six pairs split by one of "-", ":" and space,
    or in three groups split by ".".
    """
    if not _SPELLING.fullmatch(text):
        raise ValueError(f"{text!r} is not a MAC address")
    return text.translate(_SEPARATORS).lower()


def dashed_mac(mac: str) -> str:
    """Return C(mac) (12 hex digits) as C(AA-BB-CC-DD-EE-FF)."""
    return "-".join(_pairs(mac.upper()))


def colon_mac(mac: str) -> str:
    """Return C(mac) (12 lower-case hex digits) as C(aa:bb:cc:dd:ee:ff)."""
    return ":".join(_pairs(mac))


def find_macs(text: str) -> list[str]:
    """Return the MAC addresses that stand in a service's words, in their order, as 12 lower-case hex digits."""
    return [match.translate(_SEPARATORS).lower() for match in _WITHIN_TEXT.findall(text)]


def spelled_macs(text: str) -> dict[str, str]:
    """Return the MAC addresses that stand in a service's words, in their order, each with how it is spelled there."""
    return {match.translate(_SEPARATORS).lower(): match for match in _WITHIN_TEXT.findall(text)}


def without_macs(text: str, instead: str = "") -> str:
    """Return C(text) with C(instead) for every MAC address in it, and for every list of MAC addresses."""
    return MAC_LIST.sub(instead, text)


def _pairs(mac: str) -> list[str]:
    return [mac[i : i + 2] for i in range(0, 12, 2)]
