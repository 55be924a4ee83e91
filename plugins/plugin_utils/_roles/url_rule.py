# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rewrite URLs with a regular expression of the user, in a separate process with a timeout."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable

LONGEST_PATTERN = 1000
LONGEST_URL = 2048
MOST_SECONDS = 20.0

# Reads {"pattern", "template", "urls"}. Writes the new URLs, with null for those that do not match, or the error.
_PROGRAM = r"""
import json, re, sys
try:
    asked = json.load(sys.stdin)
    pattern = re.compile(asked["pattern"])
    names = {number: name for name, number in pattern.groupindex.items()}
    groups = ["(?P<%s>)" % names[n] if n in names else "()" for n in range(1, pattern.groups + 1)]
    try:
        re.match("".join(groups), "").expand(asked["template"])
    except (re.error, IndexError) as error:
        print(json.dumps({"template": str(error)}))
        sys.exit()
    found = [pattern.fullmatch(url) for url in asked["urls"]]
    print(json.dumps({"urls": [match and match.expand(asked["template"]) for match in found]}))
except (re.error, OverflowError, RecursionError, MemoryError) as error:
    print(json.dumps({"pattern": str(error) or "it is too large"}))
"""


class RuleError(ValueError):
    """The rule cannot be used. ``part`` is ``pattern`` or ``template``. The message begins with a verb."""

    def __init__(self, part: str, words: str) -> None:
        super().__init__(words)
        self.part = part


class UrlRule:
    """A ``pattern`` that must match a whole URL, and a ``template`` for the new URL, with ``\\1`` or ``\\g<name>``."""

    def __init__(self, pattern: str, template: str) -> None:
        self._pattern = pattern
        self._template = template

    def check(self) -> None:
        """Raise RuleError if the pattern or the template is invalid."""
        if len(self._pattern) > LONGEST_PATTERN:
            raise RuleError("pattern", f"is longer than {LONGEST_PATTERN} characters")
        self._apply([])

    def rewrite(self, urls: Iterable[str]) -> dict[str, str]:
        """Return the new URL of each URL that matches. URLs with more than ``LONGEST_URL`` characters never match.

        Raise RuleError if matching all URLs takes more than ``MOST_SECONDS`` seconds.
        """
        asked = [url for url in dict.fromkeys(urls) if len(url) <= LONGEST_URL]
        if not asked:
            return {}
        return {url: new for url, new in zip(asked, self._apply(asked), strict=True) if new is not None}

    def _apply(self, urls: list[str]) -> list[str | None]:
        asked = json.dumps({"pattern": self._pattern, "template": self._template, "urls": urls})
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-W", "ignore", "-c", _PROGRAM],
                input=asked,
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=MOST_SECONDS,
                check=False,
            )
            answer = json.loads(done.stdout)
        except subprocess.TimeoutExpired:
            words = (
                f"takes more than {MOST_SECONDS:.0f} s to match, which nested repetitions such as (a+)+ can cause: "
                "avoid them, for example with [^/]+ instead of (.+)+"
            )
            raise RuleError("pattern", words) from None
        except (OSError, ValueError):
            raise RuleError("pattern", "could not be used: Python failed to compile or match it") from None
        for part in ("pattern", "template"):
            if part in answer:
                kind = "a Python regular expression" if part == "pattern" else "a replacement for that pattern"
                raise RuleError(part, f"is not {kind}: {answer[part]}")
        new: list[str | None] = answer["urls"]
        return new
