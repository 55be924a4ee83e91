# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables for the waves in which a role changes phones."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import parse_mac
from ansible_collections.voip.rps.plugins.module_utils._reconcile.desired import Rows
from ansible_collections.voip.rps.plugins.module_utils._reconcile.ownership import did_you_mean
from ansible_collections.voip.rps.plugins.module_utils._reconcile.waves import Size, Waves
from ansible_collections.voip.rps.plugins.plugin_utils._roles.values import as_int
from ansible_collections.voip.rps.plugins.plugin_utils._roles.variables import Variable

_GROUP = "group:"


class Group(str):
    """The name of a group of phones in the column ``group``."""


def as_size(value: Any) -> Size:
    """Return a number of phones, or a percentage of them, such as ``5%``. Raise ValueError."""
    if isinstance(value, str) and value.strip().endswith("%"):
        share = as_percentage(value)
        if share == 0:
            raise ValueError("must be more than 0%")
        return Size(share=share)
    try:
        number = as_int(value)
    except ValueError:
        raise ValueError("must be a number of phones, or a percentage such as 5%") from None
    if number < 1:
        raise ValueError("must be 1 or more")
    return Size(number)


def as_size_or_group(value: Any) -> Size | Group:
    """Return a number of phones, a percentage, or the group of ``group:NAME``. Raise ValueError."""
    if isinstance(value, str) and value.strip().startswith(_GROUP):
        name = value.strip()[len(_GROUP) :].strip()
        if not name:
            raise ValueError("names no group: write group:NAME")
        return Group(name)
    try:
        return as_size(value)
    except ValueError as error:
        raise ValueError(str(error).replace(" such as 5%", " such as 5%, or group:NAME")) from None


def as_percentage(value: Any) -> Fraction:
    """Return the fraction for a text such as ``5%``. Raise ValueError."""
    words = "must be a percentage such as 5%"
    text = value.strip() if isinstance(value, str) else ""
    if not text.endswith("%") or len(text) > 20:
        raise ValueError(words)
    try:
        share = Fraction(text[:-1].strip()) / 100
    except (ValueError, ZeroDivisionError):
        raise ValueError(words) from None
    if not 0 <= share <= 1 or "/" in text:
        raise ValueError("must be between 0% and 100%" if "/" not in text else words)
    return share


WAVES = {
    "canary": Variable("raw", read=as_size_or_group),
    "canary_only": Variable("bool", False),
    "wave": Variable("raw", read=as_size),
    "stop_at": Variable("raw", read=as_percentage),
}
"""The variables for waves, which all roles with waves have in common."""


class GroupRows:
    """Pass on the rows of a phone list, and collect the ``macs`` of one group."""

    def __init__(self, group: Group | None) -> None:
        self.macs: set[str] = set()
        self._group = group
        self._names: dict[str, None] = {}

    def passing(self, rows: Rows) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Yield all rows unchanged, and collect the MAC addresses of the group."""
        for where, row in rows:
            name = " ".join(str(row.get("group") or "").split())
            if self._group is not None and name:
                self._names.setdefault(name)
                if name.casefold() == " ".join(self._group.split()).casefold():
                    self._keep(row)
            yield where, row

    def _keep(self, row: Mapping[str, str]) -> None:
        # The reader of the rows reports an invalid MAC address.
        with contextlib.suppress(ValueError):
            self.macs.add(parse_mac(row["mac"]))

    def problems(self, option: str) -> Problems:
        """Return a problem if no row is in the group."""
        if self._group is None or self.macs:
            return []
        words = f"no phone of the list is in the group {str(self._group)!r}: {did_you_mean(self._group, self._names)}"
        return [Problem("invalid_input", option, words)]


def group_of(values: Mapping[str, Any]) -> Group | None:
    """Return the group that is the canary, or None."""
    return values["canary"] if isinstance(values["canary"], Group) else None


def waves_of(values: Mapping[str, Any], group: GroupRows) -> Waves | None:
    """Return the waves from the variables of a role, or None if all phones are changed at once."""
    canary = group.macs if group_of(values) else values["canary"]
    if canary is None and values["wave"] is None:
        return None
    return Waves(canary, values["canary_only"], values["wave"], values["stop_at"])


def wave_problems(role: str, values: Mapping[str, Any], given: Mapping[str, Any]) -> Problems:
    """Return the problems of variables that exclude or require each other. ``given``: the variables that are set."""
    if values["canary_only"] and f"{role}_canary" not in given:
        return [Problem("invalid_input", f"{role}_canary_only", f"requires {role}_canary")]
    return []
