# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Vendors' address blocks, from the IEEE's registry of 2022-08-27. Written by tests/vendor_prefixes.py."""

from __future__ import annotations

_BLOCKS = """
yealink 001565 249ad8 44dbd2 805e0c 805ec0 c4fc22
snom 000413
htek 001fc1
panasonic 0080f0 080023 bcc342
gigaset 002104 589ec6 7c2f80
fanvil 0c383e
poly 0004f2 482567 64167f
ale 00118b 0020da 00809f 00d095 00e0b1 00e0da 2cfaa2 3c28a6 487a55 883c93 9424e1 dc0856 e8e732
unify 001ae8
auerswald 000952
akuvox 0c1105
"""

PREFIXES: dict[str, tuple[str, ...]] = {
    vendor: tuple(blocks) for vendor, *blocks in map(str.split, _BLOCKS.strip().splitlines())
}
"""The vendor prefixes of MAC addresses (OUIs): 6, 7 or 9 lower-case hex digits."""
