# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The figures of a run, and what follows from them: medians, floors, ratios."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

from cases import CASES, OTHERS, Setting


class Figures:
    """What run.py wrote as JSON, to be asked for by setting."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data
        self._rows = {Setting(**{field: row[field] for field in Setting._fields}): row for row in data["rows"]}

    @property
    def ours(self) -> Iterator[Setting]:
        """The settings with rps_device."""
        return (setting for setting in self._rows if setting.case in CASES and setting.way not in OTHERS)

    @property
    def others(self) -> Iterator[Setting]:
        return (setting for setting in self._rows if setting not in set(self.ours))

    @property
    def sizes(self) -> list[int]:
        return sorted({setting.size for setting in self._rows})

    def times(self, setting: Setting) -> int:
        """How often it was measured."""
        return len(self._rows[setting]["wall"])

    def median(self, setting: Setting, field: str) -> float:
        """Return the median of a field of ``Cost``, or of the simulator's CPU. Raise KeyError if not measured."""
        return float(median(self._rows[setting][field]))

    def wall(self, setting: Setting) -> float:
        return self.median(setting, "wall")

    def requests(self, setting: Setting) -> set[int]:
        """Return the numbers of requests that the module and the simulator counted: one number if they agree."""
        row = self._rows[setting]
        return {row["requests"], *row["logged"]}

    def empty(self, setting: Setting) -> Setting:
        """Return the play of one empty task that was measured with this setting."""
        return Setting("empty", "empty", setting.size, setting.latency, 1)

    def noop(self, setting: Setting) -> Setting:
        """Return the module that does nothing with the same list in ``devices``."""
        return setting._replace(case="noop", concurrency=1)

    def floor(self, setting: Setting) -> float:
        """Return the seconds of an empty play and of the requests of the cost model, one latency each."""
        requests = CASES[setting.case].requests(setting.size)
        return self.wall(self.empty(setting)) + requests * setting.latency / setting.concurrency

    def other(self, way: str, size: int, latency: float) -> tuple[float, bool]:
        """Return how long one of ``OTHERS`` takes, and whether that is scaled from fewer phones.

        Raise KeyError if it was not measured.
        """
        settings = [one for one in self._rows if (one.way, one.latency) == (way, latency) and one.size <= size]
        if not settings:
            raise KeyError(way)
        nearest = max(settings, key=lambda one: one.size)
        once = self.wall(self.empty(nearest)) if way == "uri" else 0.0
        return once + (self.wall(nearest) - once) * size / nearest.size, nearest.size < size
