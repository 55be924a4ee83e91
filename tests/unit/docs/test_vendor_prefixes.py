# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of vendors' address blocks are what the script makes of the IEEE's registry."""

from __future__ import annotations

from pathlib import Path

import pytest
from rps_simulator.prefixes import PREFIXES as SIMULATED

from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES
from ansible_collections.voip.rps.plugins.module_utils._services.prefixes import PREFIXES
from ansible_collections.voip.rps.tests.vendor_prefixes import (
    FILES,
    ORGANIZATIONS,
    REGISTRY,
    TABLES,
    date,
    prefixes,
    table,
)

NAMES = {
    "yealink": "YEALINK(XIAMEN) NETWORK TECHNOLOGY CO.,LTD.",
    "snom": "snom technology GmbH",
    "htek": "Hanlong Technology Co.,LTD",
    "panasonic": "Panasonic Communications Co., Ltd.",
    "gigaset": "Gigaset Communications GmbH",
    "fanvil": "Fanvil Technology Co., Ltd.",
    "poly": "Polycom",
    "ale": "Alcatel-Lucent Enterprise",
    "unify": "Unify Software and Solutions GmbH & Co. KG",
    "auerswald": "Auerswald GmbH & Co. KG",
    "akuvox": "AKUVOX (XIAMEN) NETWORKS CO., LTD",
}
OTHERS = ["Panasonic Appliances Company", "Alcatel-Lucent", "Polycomp", "PLANTRONICS, INC.", "Unify Networks, Inc."]


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """A registry that is as the IEEE's files are, with a block of 9 digits of Snom's, and one of 7 of Fanvil's."""
    rows = {name: ["Registry,Assignment,Organization Name,Organization Address"] for name in FILES}
    for number, name in enumerate([*NAMES.values(), *OTHERS]):
        rows["oui.csv"].append(f'MA-L,0A00{number:02X},"{name}","Somewhere 1, Town, ""DE"" 12345 "')
    rows["mam.csv"].append('MA-M,AABBCC7,"  FANVIL  TECHNOLOGY CO., LTD. ",')
    rows["oui36.csv"].append('MA-S,70B3D5F2F,SNOM TECHNOLOGY AG,"Straße 1"')
    for name, lines in rows.items():
        (tmp_path / name).write_text("\r\n".join(lines) + "\r\n", encoding="utf-8")
    (tmp_path / ".lastupdate").write_text("1661630937")
    return tmp_path


def test_each_vendor_has_its_own_blocks_of_every_size_and_no_others(registry: Path) -> None:
    made = prefixes(registry)

    assert made["snom"] == ["0a0001", "70b3d5f2f"]
    assert made["fanvil"] == ["0a0005", "aabbcc7"]
    assert made["yealink"] == ["0a0000", "44dbd2", "c4fc22"]
    assert sum(map(len, made.values())) == len(NAMES) + 4
    assert "of 2022-08-27." in table(registry)


def test_a_registry_without_a_vendor_makes_no_table(registry: Path) -> None:
    text = (registry / "oui.csv").read_text(encoding="utf-8")
    (registry / "oui.csv").write_text(text.replace("Akuvox".upper(), "Another"), encoding="utf-8")

    with pytest.raises(LookupError, match="akuvox"):
        table(registry)


def test_the_tables_of_the_modules_and_of_the_simulator_are_one() -> None:
    assert PREFIXES == SIMULATED
    assert list(PREFIXES) == list(ORGANIZATIONS)
    assert TABLES[0].read_text() == TABLES[1].read_text()


def test_the_tables_are_as_the_registry_says() -> None:
    if not (REGISTRY / "oui.csv").exists() or date(REGISTRY) not in TABLES[0].read_text():
        pytest.skip("Debian's ieee-data of that day is not installed")
    assert TABLES[0].read_text() == table(REGISTRY), "write them anew: python tests/vendor_prefixes.py"


def test_no_block_is_within_another_vendors() -> None:
    blocks = {block: vendor for vendor, blocks in PREFIXES.items() for block in blocks}

    for block, vendor in blocks.items():
        assert len(block) in (6, 7, 9)
        assert {other for one, other in blocks.items() if block.startswith(one)} == {vendor}


def test_services_have_the_blocks_of_their_vendors() -> None:
    assert {service.mac_prefixes for service in SERVICES.values()} <= set(PREFIXES.values())
