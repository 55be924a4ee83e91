# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The progress of a long run: one line from time to time."""

from __future__ import annotations

import threading
import time
from typing import Callable

READ = "read"
CHANGED = "changed"
EVERY = 10.0
"""The least number of seconds between two lines."""


class Progress:
    """Shows how many devices were read or changed, with at least ``every`` seconds between two lines.

    ``name``: the account. ``show``: gets the lines, from any thread. ``noun``: what is counted.
    """

    def __init__(self, name: str, show: Callable[[str], None], every: float = EVERY, *, noun: str = "phones") -> None:
        self._name = name
        self._noun = noun
        self._is_whole = False
        self._show = show
        self._every = every
        self._lock = threading.Lock()
        self._what = ""
        self._total = self._done = self._failed = 0
        self._began = 0.0
        self._shown = time.monotonic()

    def begin(self, what: str, total: int) -> None:
        """Start counting: ``total`` devices will be ``READ`` or ``CHANGED``. Reads between changes do not count."""
        with self._lock:
            if (self._what == CHANGED and what == READ) or (self._is_whole and self._what == what):
                return
            self._begin(what, total)

    def begin_whole(self, what: str, total: int) -> None:
        """Start counting ``total`` devices to be ``READ`` or ``CHANGED`` over parts that each call ``begin``."""
        with self._lock:
            self._begin(what, total)
            self._is_whole = True

    def _begin(self, what: str, total: int) -> None:
        self._what, self._total, self._began = what, total, time.monotonic()
        self._done = self._failed = 0

    def did(self, what: str, count: int, failed: int = 0) -> None:
        """Note that ``count`` devices are done, ``failed`` of them with an error."""
        with self._lock:
            if what != self._what:
                return
            self._done = min(self._total, self._done + count)
            self._failed += failed
            now = time.monotonic()
            if now - self._shown < self._every or self._done == self._total:
                return
            self._shown = now
            words = self._line(now - self._began)
        self._show(words)

    def _line(self, seconds: float) -> str:
        rate = self._done / max(seconds, 0.001)
        left = round((self._total - self._done) / max(rate, 0.001))
        return (
            f"{self._name}: {self._done:,} of {self._total:,} {self._noun} {self._what}, {rate:.1f} a second, "
            f"{left // 60}:{left % 60:02} left, {self._failed:,} failed"
        )
