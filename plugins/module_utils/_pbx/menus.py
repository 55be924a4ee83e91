# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check against the menus of a PBX whether it can provision phones as requested."""

from __future__ import annotations

import difflib
from typing import Sequence

from ansible_collections.voip.rps.plugins.module_utils._pbx.assignment import Assignment, Option
from ansible_collections.voip.rps.plugins.module_utils._pbx.pbx import METHOD, Pbx
from ansible_collections.voip.rps.plugins.module_utils._pbx.phones import Kind

MOST_NAMED = 3


class Menus:
    """The menus of a PBX; each is requested only once."""

    def __init__(self, pbx: Pbx) -> None:
        self._pbx = pbx
        self._read: dict[tuple[str, ...], list[Option]] = {}

    def assignment(self, kind: Kind, rps_auth: bool) -> Assignment:
        """Return the assignment for a kind of phones, with the ``link`` if the PBX does not use the vendor's RPS.

        Raise ValueError with the available options if the PBX does not know the kind; raise RpsError if its menus
        cannot be read.
        """
        vendor = _find("vendor", kind.vendor, self._options("phone_vendor"))
        model = _find("model", kind.model, self._options("phone_model", vendor=vendor.value))
        template = _find("template_name", kind.template_name, self._options("phone_template", model=model.value))
        found = Assignment(vendor, model, template.text, rps_auth)
        methods = self._options("autop_method", vendor=vendor.value, model=model.value)
        if METHOD not in (method.value for method in methods):
            link = next((method.text for method in methods if method.text), "")
            found.link = link if "://" in link or not link else f"https://{link}"
        return found

    def _options(self, menu: str, **about: str) -> list[Option]:
        key = (menu, *about.values())
        if key not in self._read:
            rows = self._pbx.menu(menu, **about)
            self._read[key] = [Option(str(row["text"] or ""), str(row["value"])) for row in rows]
        return self._read[key]


def _find(what: str, name: str, options: Sequence[Option]) -> Option:
    for option in options:
        if option.is_called(name):
            return option
    names = list(dict.fromkeys(option.text for option in options))
    near = near_misses(name, names)
    if near:
        raise ValueError(f"{what} {name}: did you mean {' or '.join(near)}?")
    raise ValueError(f"{what} {name}: the PBX has {', '.join(names) or 'none'}")


def near_misses(name: str, names: Sequence[str]) -> list[str]:
    """Return the ``names`` that are similar to ``name``, the most similar first."""
    folded = {other.casefold(): other for other in names}
    within = [other for other in folded if name.casefold() in other]
    alike = difflib.get_close_matches(name.casefold(), folded, MOST_NAMED)
    return [folded[other] for other in dict.fromkeys([*within, *alike])][:MOST_NAMED]
