# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MAC addresses as the vendors' services take them."""

from __future__ import annotations

import re

_MAC = re.compile(r"[0-9A-Fa-f]{2}([-: ]?)(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}")
OTHER_VENDORS = ("00085d", "000b82", "00908f", "c074ad")
"""Vendor prefixes of phone vendors that are not in `prefixes`."""
_SEPARATORS = str.maketrans("", "", "-: ")


def bare(text: str) -> str | None:
    """Return 12 lower-case hex digits for a MAC address without separators or in pairs, or None for other texts."""
    return text.translate(_SEPARATORS).lower() if _MAC.fullmatch(text) else None


def dashed(mac: str) -> str:
    """Return a MAC address as `AA-BB-CC-DD-EE-FF`."""
    return bytes.fromhex(mac).hex("-").upper()


def undivided(text: object) -> str | None:
    """Return the lower-case MAC address if the text is one without separators, or else None."""
    return text.lower() if isinstance(text, str) and re.fullmatch(r"[0-9A-Fa-f]{12}", text) else None
