# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the user asks of a PBX: from a task's options to phones, or every problem with them at once."""

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
"""So many phones an extension can have, by the vendor's developer guide."""


class Kind(NamedTuple):
    """What phones are added as, in the user's words."""

    vendor: str
    model: str
    template_name: str


class Wanted(NamedTuple):
    """A phone that the user named, and C(where); C(kind) and C(extension) are None where it shall be absent."""

    mac: str
    where: str
    kind: Kind | None = None
    extension: Extension | None = None


def wanted_phones(params: Mapping[str, Any], problems: Problems) -> list[Wanted]:
    """Return the phones that C(phones) or C(src) ask for, each once; adds to C(problems) what is wrong."""
    return wanted_of_rows(_rows(params, problems), params, problems)


def wanted_of_rows(
    rows: Iterable[tuple[str, Mapping[str, Any]]], params: Mapping[str, Any], problems: Problems
) -> list[Wanted]:
    """Return the phones of the rows, each of which has its place; adds to C(problems) what is wrong."""
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
            problems.append(Problem("repeated_mac", where, f"{mac} is asked for otherwise in {first.where}"))
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
        problems.append(Problem("invalid_input", where, f"ext_id {given!r} is not the number of an id"))
        return 0
    return int(given)


def _wrong(kind: Kind, extension: Extension) -> Iterator[str]:
    for name, value in kind._asdict().items():
        if not value:
            yield f"no {name}, neither here nor for all phones"
    given = [part for part in extension if part is not None]
    if not given:
        yield "neither extension nor ext_id"


def _rows(params: Mapping[str, Any], problems: Problems) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each phone that the task names, with where it stands."""
    if params["phones"] is not None:
        yield from rows_of_list("phones", params["phones"], problems)
    else:
        yield from phones_of(params["src"], problems)
