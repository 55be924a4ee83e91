# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The column ``replaces`` of a phone list: which phone replaces which other one, and errors in that."""

from __future__ import annotations

from typing import Mapping

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import parse_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.model import Device
from ansible_collections.voip.rps.plugins.module_utils._reconcile.ownership import Owner
from ansible_collections.voip.rps.plugins.module_utils._services import providers_of
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service


class SwapRows:
    """Collects the swaps of a list. ``swaps``: new to old MAC address, by owner; ``replaced``: all old phones."""

    def __init__(self) -> None:
        self.swaps: dict[Owner, dict[str, str]] = {}
        self.replaced: set[str] = set()
        self._by_new: dict[str, tuple[str, str]] = {}
        self._by_old: dict[str, tuple[str, str]] = {}

    def add(self, where: str, new: str, replaces: str, owner: Owner, service: type[Service] | None) -> Problems:
        """Add a row, and return the errors of its swap.

        ``service``: the owner's service; None if the row is not ours, or the column is not used.
        """
        try:
            old = parse_mac(replaces)
        except ValueError as error:
            return [] if service is None else [Problem("invalid_mac", where, f"replaces: {error}")]
        if service is None:
            self.replaced.add(old)
            return []
        wrong = self._problems(where, new, old, service)
        if not wrong:
            self.replaced.add(old)
            self.swaps.setdefault(owner, {})[new] = old
            self._by_new.setdefault(new, (where, old))
            self._by_old.setdefault(old, (where, new))
        return wrong

    def listed_problems(self, places: Mapping[str, str]) -> Problems:
        """Return errors for replaced phones that have a row of their own; ``places``: the place of each row, by MAC."""
        problems: Problems = []
        for old, (where, new) in self._by_old.items():
            if old not in places:
                continue
            words = (
                f"replaces: {old} has a row of its own, {places[old]}, but {new} replaces it: remove one of the rows"
            )
            if old in self._by_new:
                further = self._by_new[old][1]
                words = (
                    f"replaces: {old} replaces {further} itself in {places[old]}: keep one row for {new}, and let "
                    f"it replace the phone that is registered now, {old} or {further}"
                )
            problems.append(Problem("repeated_mac", where, words))
        return problems

    def _problems(self, where: str, new: str, old: str, service: type[Service]) -> Problems:
        if new == old:
            words = f"replaces: {new} cannot replace itself. Give the MAC address of the phone that was there before"
            return [Problem("invalid_input", where, words)]
        vendors = providers_of(old)
        if vendors and service.provider not in vendors:
            words = (
                f"replaces: {old} has the vendor prefix of {' and '.join(vendors)}, but this row is for "
                f"{service.provider}. Leave replaces empty here, and release {old} from its own account with the role "
                "decommission"
            )
            return [Problem("invalid_input", where, words)]
        if self._by_new.get(new, (where, old))[1] != old:
            return [Problem("repeated_mac", where, f"{new} replaces another phone in {self._by_new[new][0]}")]
        if self._by_old.get(old, (where, new))[1] != new:
            words = f"replaces: {old} is replaced by {self._by_old[old][1]} in {self._by_old[old][0]}"
            return [Problem("repeated_mac", where, words)]
        return [
            Problem("invalid_input", where, f"replaces: {old} cannot be released here: {words}")
            for words in service.device_problems(Device(old))
        ]
