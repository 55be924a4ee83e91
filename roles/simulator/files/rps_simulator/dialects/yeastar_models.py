# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue of a PBX: vendors, models, templates and provisioning methods.

It contains all that Yeastar's page on the configuration options prints, and similar entries. Only Yealink's CP920,
SIP-T53W, SIP-W80DM and VP59, the vendor Ale, and the templates of CP920 (with its id) and SIP-T53W are on the page.
"""

from __future__ import annotations

from typing import NamedTuple

PHONES_PER_EXTENSION = 5
RPS = ("rps",)
NO_RPS = ("pnp", "dhcp")


class Model(NamedTuple):
    name: str
    type: str
    templates: dict[str, str]
    """The names of the templates, with their ids."""


class Vendor(NamedTuple):
    value: str
    """Its name in requests and lists of phones."""
    text: str
    methods: tuple[str, ...]
    """The provisioning methods of its phones."""
    models: dict[str, Model]


def _vendor(value: str, methods: tuple[str, ...], *series: tuple[str, str, dict[str, str]], text: str = "") -> Vendor:
    models = {name: Model(name, kind, templates) for names, kind, templates in series for name in names.split()}
    return Vendor(value, text or value, methods, dict(sorted(models.items())))


VENDORS = {
    vendor.value: vendor
    for vendor in (
        _vendor("Ale", RPS, ("M3 M5 M7", "Deskphone", {"YSDP_AleM": "2"}), text="Alcatel-Lucent Enterprise"),
        _vendor("Fanvil", RPS, ("V64 X3U X4U X7", "Deskphone", {"YSDP_Fanvil": "5", "YSDP_FanvilX": "6"})),
        _vendor("Htek", NO_RPS, ("UC902 UC924E UC926E", "Deskphone", {"YSDP_Htek": "11"})),
        _vendor(
            "Snom",
            NO_RPS,
            ("D120 D385 D735 D785", "Deskphone", {"YSDP_SnomD": "18"}),
            ("M900", "DECT", {"YSDP_SnomM": "19"}),
        ),
        _vendor(
            "Yealink",
            RPS,
            ("CP920", "Conferencephone", {"YSDP_YealinkCP": "24"}),
            ("SIP-T31P SIP-T33G", "Deskphone", {"YSDP_YealinkT3": "25"}),
            ("SIP-T53W SIP-T54W", "Deskphone", {"YSDP_YealinkT5": "26"}),
            ("SIP-W80DM", "DECT", {"YSDP_YealinkDECT": "27"}),
            ("VP59", "Deskphone", {"YSDP_YealinkVP": "28"}),
        ),
    )
}
