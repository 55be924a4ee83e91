# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The details of devices in addition to their binding, for vendors whose service keeps such details."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .mac import bare
from .parts import Part, Row, texts
from .state import State

TABLES = """
CREATE TABLE IF NOT EXISTS documents (
    provider TEXT NOT NULL, mac TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (provider, mac)
) WITHOUT ROWID;
"""


def documents(state: State, provider: str, macs: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the details of the devices among `macs` that have any, by MAC address."""
    rows = state.query(
        "SELECT mac, document FROM documents WHERE provider = ? AND mac IN (SELECT value FROM json_each(?))",
        (provider, json.dumps(list(macs))),
    )
    return {str(mac): json.loads(document) for mac, document in rows}


def keep(state: State, provider: str, kept: Mapping[str, Mapping[str, Any]]) -> int:
    """Replace the details of devices. Return the number of devices that changed."""
    values = [(provider, mac, json.dumps(document)) for mac, document in kept.items()]
    return state.write(
        "INSERT INTO documents (provider, mac, document) VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
        " SET document = excluded.document WHERE document <> excluded.document",
        values,
    )


def _put_documents(state: State, rows: Sequence[Row]) -> int:
    changed = 0
    for row in rows:
        (given,) = texts({"mac": row.values.get("mac")}, row.place, ("mac",))
        mac = bare(str(given))
        if mac is None or row.account is None:
            raise ValueError(f"{row.place}: {given} must be a MAC address, and account must not be null")
        document = {name: value for name, value in row.values.items() if name not in ("account", "provider", "mac")}
        changed += keep(state, row.provider, {mac: document})
    return changed


DETAILS = Part("details of devices", _put_documents)
"""Rows `{account, mac, ...}` with the details of a device, with the names that the API of the service uses."""
