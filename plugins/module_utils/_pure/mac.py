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
_WITHIN_TEXT = re.compile(r"(?<![0-9a-z])[0-9a-f]{2}(?:[-: ]?[0-9a-f]{2}){5}(?![0-9a-z])", re.IGNORECASE)
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


def _pairs(mac: str) -> list[str]:
    return [mac[i : i + 2] for i in range(0, 12, 2)]
