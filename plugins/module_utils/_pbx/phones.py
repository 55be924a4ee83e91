# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The phones that the user wants in a PBX, from a task's options, or all errors in them at once."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, Iterable, Iterator, Mapping, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pbx.assignment import Extension
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import parse_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.phone_list import extra_problems, phones_of
from ansible_collections.voip.rps.plugins.module_utils._reconcile.desired import rows_of_list
from ansible_collections.voip.rps.plugins.module_utils._services import providers_of

MOST_PHONES = 5
"""The most phones of one extension, by the vendor's developer guide."""


class Kind(NamedTuple):
    """The vendor, model and template of phones, in the user's words."""

    vendor: str
    model: str
    template_name: str


class Wanted(NamedTuple):
    """A phone from the user, and its place in ``where``; ``kind`` and ``extension`` are None if it must be absent."""

    mac: str
    where: str
    kind: Kind | None = None
    extension: Extension | None = None


def wanted_phones(params: Mapping[str, Any], problems: Problems) -> list[Wanted]:
    """Return the phones from ``phones`` or ``src``, once each; add errors to ``problems``."""
    return wanted_of_rows(_rows(params, problems), params, problems)


def wanted_of_rows(
    rows: Iterable[tuple[str, Mapping[str, Any]]], params: Mapping[str, Any], problems: Problems
) -> list[Wanted]:
    """Return the phones of the rows, which are given with their places; add errors to ``problems``."""
    wanted: dict[str, Wanted] = {}
    for where, row in rows:
        try:
            mac = parse_mac(row["mac"])
        except ValueError as error:
            problems.append(Problem("invalid_mac", where, str(error)))
            continue
        problems += extra_problems(where, row)
        phone = Wanted(mac, where)
        if params["state"] == "present":
            kind = _kind(mac, row, params)
            extension = Extension(row.get("extension") or None, _id(row, where, problems))
            wrong = list(_wrong(kind, extension))
            problems += [Problem("invalid_input", where, words) for words in wrong]
            if wrong:
                continue
            phone = Wanted(mac, where, kind, extension)
        first = wanted.setdefault(mac, phone)
        if first._replace(where=where) != phone:
            problems.append(Problem("repeated_mac", where, f"{mac} has different values in {first.where}"))
    counts = Counter(phone.extension for phone in wanted.values() if phone.extension)
    for extension, count in counts.items():
        if count > MOST_PHONES:
            name = f"extension {extension.number}" if extension.number is not None else f"ext_id {extension.id}"
            problems.append(Problem("invalid_input", name, f"{count} phones; an extension has {MOST_PHONES} at most"))
    return list(wanted.values())


def _kind(mac: str, row: Mapping[str, Any], params: Mapping[str, Any]) -> Kind:
    return Kind(
        row.get("vendor") or row.get("provider") or params["vendor"] or next(iter(providers_of(mac)), ""),
        row.get("model") or params["model"] or "",
        row.get("template") or params["template_name"] or "",
    )


def _id(row: Mapping[str, str], where: str, problems: Problems) -> int | None:
    given = row.get("ext_id")
    if not given or row.get("extension"):
        return None
    if not re.fullmatch("[0-9]{1,9}", given):
        problems.append(Problem("invalid_input", where, f"ext_id {given!r} is not a number"))
        return 0
    return int(given)


def _wrong(kind: Kind, extension: Extension) -> Iterator[str]:
    for name, value in kind._asdict().items():
        if not value:
            yield f"{name} is missing, here and as default for all phones"
    given = [part for part in extension if part is not None]
    if not given:
        yield "extension and ext_id are both missing"


def _rows(params: Mapping[str, Any], problems: Problems) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each phone of the task with its place."""
    if params["phones"] is not None:
        yield from rows_of_list("phones", params["phones"], problems)
    else:
        yield from phones_of(params["src"], problems)
