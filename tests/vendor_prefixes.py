# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the tables of vendor prefixes (OUI) from the IEEE's registry in Debian's package ieee-data.

The modules and the simulator have their own tables, so that an error in one does not hide in the other.
"""

from __future__ import annotations

import csv
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

REGISTRY = Path("/usr/share/ieee-data")
FILES = ("oui.csv", "mam.csv", "oui36.csv", "iab.csv")
"""Blocks of 6, 7, 9 and 9 digits; a CSV with the columns Assignment and Organization Name each."""

ROOT = Path(__file__).parents[1]
TABLES = (
    ROOT / "plugins" / "module_utils" / "_services" / "prefixes.py",
    ROOT / "roles" / "simulator" / "files" / "rps_simulator" / "prefixes.py",
)

# The registry's names of each vendor, as a regular expression of the whole name, in any case. Only the companies that
# make the phones, as a block of another branch of a group says nothing of a phone's service:
# - panasonic: not the branches that make TV sets, cars or tools.
# - gigaset: not Siemens, whose blocks are other devices', too.
# - poly: not Plantronics (headsets) and Obihai (adapters).
# - ale: not Alcatel-Lucent without "Enterprise", which is Nokia's.
# - unify: not Unify Networks, which is another company.
ORGANIZATIONS = {
    "yealink": r"(xiamen )?yealink *(\(xiamen\))? *network technology co\., ?ltd\.?",
    "snom": r"snom technology (gmbh|ag)",
    "htek": r"(nanjing )?hanlong technology co\., ?ltd\.?",
    "panasonic": r"panasonic communications co\., ?ltd\.?",
    "gigaset": r"gigaset communications gmbh",
    "fanvil": r"fanvil technology co\., ?ltd\.?",
    "poly": r"poly|polycom",
    "ale": r"ale international|alcatel-lucent enterprise( \(china\))?",
    "unify": r"unify (software and solutions )?gmbh( & co\. kg)?",
    "auerswald": r"auerswald gmbh( & co\. ?kg)?",
    "akuvox": r"akuvox \(xiamen\) networks co\., ?ltd\.?",
}
# Blocks that phones of the vendor are known to have, and that the registry of 2022-08-27 does not have yet.
YOUNGER = {"yealink": ("44dbd2", "c4fc22")}

_PAGE = '''# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Vendors' address blocks, from the IEEE's registry of {date}. Written by tests/vendor_prefixes.py."""

from __future__ import annotations

_BLOCKS = """
{blocks}
"""

PREFIXES: dict[str, tuple[str, ...]] = {{
    vendor: tuple(blocks) for vendor, *blocks in map(str.split, _BLOCKS.strip().splitlines())
}}
"""The vendor prefixes of MAC addresses (OUIs): 6, 7 or 9 lower-case hex digits."""
'''


def prefixes(registry: Path) -> dict[str, list[str]]:
    """Return each vendor's prefixes, in order. Raises LookupError for a vendor that the registry does not have."""
    known = {vendor: set(YOUNGER.get(vendor, ())) for vendor in ORGANIZATIONS}
    found: set[str] = set()
    for name in FILES:
        with (registry / name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                organization = " ".join(row["Organization Name"].split())
                for vendor, pattern in ORGANIZATIONS.items():
                    if re.fullmatch(pattern, organization, re.IGNORECASE):
                        known[vendor].add(row["Assignment"].lower())
                        found.add(vendor)
    missing = ORGANIZATIONS.keys() - found
    if missing:
        raise LookupError(f"the registry in {registry} has no block of {', '.join(sorted(missing))}")
    return {vendor: sorted(blocks) for vendor, blocks in known.items()}


def date(registry: Path) -> str:
    """Return the day that the registry is of."""
    seconds = int((registry / ".lastupdate").read_text())
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"


def table(registry: Path) -> str:
    """Return the text of the tables' files."""
    lines = [" ".join([vendor, *blocks]) for vendor, blocks in prefixes(registry).items()]
    return _PAGE.format(date=date(registry), blocks="\n".join(lines))


if __name__ == "__main__":
    text = table(Path(sys.argv[1]) if len(sys.argv) > 1 else REGISTRY)
    for path in TABLES:
        path.write_text(text)
