# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The columns of a phone list, and the names that people and portals use for them."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Any, Dict, Mapping, Sequence

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import parse_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.words import kind_of, shown, without_invisible

Row = Dict[str, Any]
"""The cells of a phone by our column names: text without surrounding space, "" if nothing is given.

Only ``mac`` can have another type, in a row that was not read from a file; parse_mac() then reports the error.
"""

NAMES = {
    "mac": [
        "MAC",  # Snom, Yealink and Htek APIs
        "MAC Address",  # Yeastar P-Series export; Poly Lens and ServiceNow: mac_address
        "MAC Addr",
        "Device MAC",
        "Phone MAC",
        "Ethernet MAC",
        "MAC-Adresse",  # German portals, such as outbox.de
        "Adresse MAC",
        "Dirección MAC",
        "Indirizzo MAC",
        "MAC-adres",
    ],
    "server": [
        "Server",
        "Server Name",  # Yealink RPS and YMCS: serverName
        "RPS Server",
        "RPS Server Name",
        "Config Server",
        "Configuration Server",
    ],
    "url": [
        "URL",  # Snom API
        "Config URL",
        "Configuration URL",
        "Provisioning URL",
        "Provision URL",
        "Auto Provisioning URL",
        "Redirect URL",
        "Redirection URL",
        "Server URL",  # Yealink YMCS: serverUrl
        "Unique Server URL",  # Yealink RPS v1 and YMCS: uniqueServerUrl
        "Setting URL",  # Snom phones: setting server
    ],
    "provider": ["Provider", "RPS Provider"],
    "account": ["Account", "RPS Account"],
    "model": [
        "Model",  # Yeastar P-Series export
        "Model Name",
        "Device Model",  # Poly Lens: device_model
        "Phone Model",  # Adtran
        "Modell",
        "Typ/Model",  # outbox.de
        "Modèle",
        "Modelo",
    ],
    "name": ["Name", "Device Name", "Phone Name", "Display Name"],  # Grandstream GDMS: deviceName
    "extension": [
        "Extension",
        "Extension Number",
        "Ext",
        "Assign Extension",  # Yeastar P-Series export
        "Nebenstelle",  # outbox.de
        "Durchwahl",
    ],
    "group": ["Group", "Group Name", "Site", "Site Name", "Standort"],  # Zoom: Site Name; outbox.de: Standort
    "sn": [
        "SN",  # Yealink YMCS and Grandstream GDMS: sn
        "S/N",
        "Serial",  # NetBox
        "Serial Number",  # Poly Lens and ServiceNow: serial_number
        "Serial No",
        "Seriennummer",
    ],
    "mac_id": ["MAC-ID"],  # Gigaset
    "replaces": ["Replaces", "Replaces MAC"],
    "vendor": ["Vendor", "Vendor Name", "Brand", "Manufacturer", "Hersteller"],  # Yeastar export: Vendor
    "template": ["Template", "Template Name"],  # Yeastar P-Series export and API: template_name
    "ext_id": ["Ext ID", "Extension ID"],  # Yeastar API: ext_id
}
"""The names of each column. "MAC Address" also matches "macAddress" and "mac_address":

case, spaces, punctuation and accents are ignored.
"""

_DESCRIPTIVE = frozenset(["model", "name", "extension", "group", "vendor"])
"""Columns that many lists have under several names: if our own name is there, the others are ignored."""


@lru_cache(maxsize=1024)
def column_of(name: str) -> str | None:
    """Return our name of the column with the heading ``name``, or None if the column is not ours."""
    return _COLUMNS.get(_squeezed(name))


def columns_of(header: Sequence[str]) -> list[str | None]:
    """Return our column for each name of a header, or None if it is ignored.

    Raise ValueError, in words for the user, if two names mean the same column, or if there is no ``mac`` column.
    """
    columns = [column_of(name) for name in header]
    for column in _DESCRIPTIVE.intersection(filter(None, columns)):
        own = [_squeezed(name) == _squeezed(column) for name in header]
        if any(own):
            columns = [None if found == column and not is_own else found for found, is_own in zip(columns, own)]
    for column in NAMES:
        if columns.count(column) > 1:
            names = [shown(name.strip()) for name, found in zip(header, columns) if found == column]
            raise ValueError(f"has {len(names)} columns for {column}: {_some(names)}. Keep one of them")
    if "mac" not in columns:
        filled = [name.strip() for name in header if name.strip()]
        raise ValueError(
            f"has no column mac. Columns found: {_some([shown(name) for name in filled])}. The first line names the "
            "columns, for example mac,server"
        )
    return columns


def row_of(where: str, given: Any, problems: Problems) -> Row:
    """Return a phone that was given as a dict, by our columns. Ignore other keys; null is an empty cell.

    The row always has ``mac``. Add to ``problems``: a value that is not a dict, two keys that mean the same column and
    differ, and cells that are neither text nor a whole number.
    """
    row: Row = {"mac": ""}
    if not isinstance(given, Mapping):
        problems.append(Problem("invalid_input", where, f"is {kind_of(given)} instead of a dict such as {{mac: …}}"))
        return row
    keys: dict[str, str] = {}
    for key, value in given.items():
        column = column_of(key) if isinstance(key, str) else None
        if column is None or (column in _DESCRIPTIVE and _is_ignored(key, value, column, given)):
            continue
        try:
            text = _text(column, value)
        except ValueError as error:
            problems.append(Problem("invalid_input", where, f"{key.strip()} {error}"))
            text = ""
        if text == "":
            row.setdefault(column, "")
        elif column not in keys:
            row[column] = text
            keys[column] = key
        elif not _same(column, row[column], text):
            names = f"{shown(keys[column])} and {shown(key)}"
            problems.append(Problem("invalid_input", where, f"{names} both mean {column}, and they differ"))
    return row


def _is_ignored(key: str, value: Any, column: str, given: Mapping[Any, Any]) -> bool:
    """Return whether to ignore a key that is an alias: our own name is there too, or the value is nested ITSM data."""
    if _squeezed(key) == column:
        return False
    return isinstance(value, (dict, list)) or any(
        other != key and isinstance(other, str) and _squeezed(other) == column for other in given
    )


def _text(column: str, value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str):
        return without_invisible(value).strip()
    if column == "mac":
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**30:
        return str(value)
    raise ValueError(f"is {kind_of(value)} instead of text. Put it in quotes")


def _same(column: str, one: Any, other: Any) -> bool:
    try:
        return bool(one == other or (column == "mac" and parse_mac(one) == parse_mac(other)))
    except ValueError:
        return False


def _squeezed(name: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", name))).lower()


def _some(names: Sequence[str], most: int = 8) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more if names else "none"


_COLUMNS = {_squeezed(name): column for column, names in NAMES.items() for name in names}
_COLUMNS.update((_squeezed(column), column) for column in NAMES)
