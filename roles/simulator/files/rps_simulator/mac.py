# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MAC addresses as the vendors' services take them."""

from __future__ import annotations

import re

_MAC = re.compile(r"[0-9A-Fa-f]{2}([-: ]?)(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}")
OTHER_VENDORS = ("00085d", "000b82", "00908f", "c074ad")
"""The first digits of MAC addresses of vendors that make phones, beside those of `prefixes`."""
_SEPARATORS = str.maketrans("", "", "-: ")


def bare(text: str) -> str | None:
    """12 lower-case hex digits for a MAC address that is bare or in pairs split by `-`, `:` or a space; else None."""
    return text.translate(_SEPARATORS).lower() if _MAC.fullmatch(text) else None


def dashed(mac: str) -> str:
    """`AA-BB-CC-DD-EE-FF` for a bare MAC address."""
    return bytes.fromhex(mac).hex("-").upper()


def undivided(text: object) -> str | None:
    """The bare MAC address, in lower case, of a text that is one without separators; else None."""
    return text.lower() if isinstance(text, str) and re.fullmatch(r"[0-9A-Fa-f]{12}", text) else None
