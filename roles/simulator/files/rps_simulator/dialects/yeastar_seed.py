# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The seed of a PBX: its extensions, and phones with an extension."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from ..mac import bare
from ..parts import Part, Row, read
from ..pbx import Pbx
from ..state import Account, State
from .yeastar_models import PHONES_PER_EXTENSION, VENDORS

_EXTENSION = """
INSERT INTO extensions (account, id, number, name) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET name = excluded.name WHERE name <> excluded.name
"""
_PHONE = """
INSERT INTO phones (account, mac, vendor, model, template_name, provisioning_method, rps_auth, extension)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET vendor = excluded.vendor, model = excluded.model, template_name = excluded.template_name,
    provisioning_method = excluded.provisioning_method, rps_auth = excluded.rps_auth, extension = excluded.extension
WHERE (vendor, model, template_name, provisioning_method, rps_auth, extension) IS NOT (excluded.vendor, excluded.model,
    excluded.template_name, excluded.provisioning_method, excluded.rps_auth, excluded.extension)
"""
_CROWDED = """
SELECT number FROM phones JOIN extensions ON extensions.account = phones.account AND extensions.id = extension
GROUP BY phones.account, extension HAVING count(*) > ?
"""


def _put_extensions(state: State, rows: Sequence[Row]) -> int:
    values: list[tuple[object, ...]] = []
    keys = _extension_ids(state)
    free: dict[str | None, count[int]] = {row.account: count(1) for row in rows}
    used = {(account, key) for (account, _number), key in keys.items()}
    for row in rows:
        wanted = row.values.pop("id", None)
        whole = isinstance(wanted, int) and not isinstance(wanted, bool)
        if wanted is not None and not (whole and 0 < wanted < 2**31):
            raise ValueError(f"{row.place}: id must be a whole number from 1 up, or null")
        number, name = read(row, ("number",), ("name",))
        account = row.account
        if (account, number) not in keys:
            if (account, wanted) in used:
                raise ValueError(f"{row.place}: another extension has the id {wanted}")
            keys[account, number] = wanted or next(key for key in free[account] if (account, key) not in used)
            used.add((account, keys[account, number]))
        key = keys[account, number]
        if wanted not in (None, key):
            raise ValueError(f"{row.place}: {number} has the id {key}")
        values.append((account, key, number, name or number))
    return state.write(_EXTENSION, values)


def _extension_ids(state: State) -> dict[tuple[str | None, str | None], int]:
    """Return the ids of extensions by account and number."""
    rows = state.query("SELECT account, number, id FROM extensions")
    return {(account, number): key for account, number, key in rows}


def _put_phones(state: State, rows: Sequence[Row]) -> int:
    values: list[tuple[object, ...]] = []
    extensions = _extension_ids(state)
    for row in rows:
        auth = row.values.pop("rps_auth", False)
        if not isinstance(auth, bool):
            raise ValueError(f"{row.place}: rps_auth must be true or false")
        given, vendor, model, template, extension = read(
            row, ("mac", "vendor", "model", "template_name"), ("extension",)
        )
        mac = bare(str(given))
        if mac is None:
            raise ValueError(f"{row.place}: {given} is no MAC address")
        if vendor not in VENDORS or model not in VENDORS[vendor].models:
            raise ValueError(f"{row.place}: no such vendor and model: {vendor} {model}")
        if template not in VENDORS[vendor].models[model].templates:
            raise ValueError(f"{row.place}: {model} has no template {template}")
        if extension is not None and (row.account, extension) not in extensions:
            raise ValueError(f"{row.place}: {row.account} has no extension {extension}")
        method = VENDORS[vendor].methods[0]
        key = extensions.get((row.account, extension))
        values.append((row.account, mac, vendor, model, template, method, auth, key))
    changed = state.write(_PHONE, values)
    for (number,) in state.query(_CROWDED, (PHONES_PER_EXTENSION,)):
        raise ValueError(f"phones: extension {number} has more than {PHONES_PER_EXTENSION} phones")
    return changed


def _show_phones(state: State, account: Account) -> dict[str, Any]:
    return {
        phone.mac: {
            "id": phone.id,
            "vendor": phone.vendor,
            "model": phone.model,
            "template_name": phone.template_name,
            "extension": phone.extension.number if phone.extension else None,
            "rps_auth": phone.rps_auth,
            "provisioning_method": phone.provisioning_method,
        }
        for phone in Pbx(state, account).phones()
    }


PARTS = {
    "extensions": Part("extensions", _put_extensions),
    "phones": Part("phones of a PBX", _put_phones, _show_phones),
}
"""Rows `{account, number, name?, id?}`, where the id of one that is there cannot be changed, and `{account, mac,
vendor, model, template_name, extension?: a number, rps_auth?: a boolean}`."""
