# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text that is safe to show: without the secrets of this run in any spelling, and without control characters."""

from __future__ import annotations

import base64
import re
import threading

MASK = "***"

SHORTEST_SECRET = 4
"""Shorter secrets are part of many words: they are hidden only in places that are known to hold secrets."""

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_NAMED = {'"': "quot", "'": "apos", "<": "lt", ">": "gt", "&": "amp"}
_LONGEST_SPELLING = 12
_ANY_SPACE = (
    r"(?:\s|\+|%(?:25)*20|&nbsp;|\\+[nrt]|\\+u00(?:20|0a|0d|09)|"
    r"&(?:amp;)*#(?:x0*20|0*32|x0*a|0*10|x0*9|0*9|x0*d|0*13);)+"
)
_CUT_URL = re.compile(r"(?<=://)[^\s/?#@]*:\S*\Z")


def visible(text: str) -> str:
    r"""Return ``text`` with characters that control a terminal or reverse text written as escapes, such as ``\x1b``."""
    if text.isprintable():
        return text
    return _CONTROLS.sub(lambda found: _escape(found.group()), text)


def _escape(char: str) -> str:
    return f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}"


class Secrets:
    """The secrets of a run; hides them in any spelling: plain, or escaped for a URL, XML, JSON or base64."""

    def __init__(self) -> None:
        self._adding = threading.Lock()
        self.clear()

    def clear(self) -> None:
        self._patterns: frozenset[str] = frozenset()
        # The pattern is compiled when first needed, because a long secret takes milliseconds.
        self._compiled: tuple[frozenset[str], re.Pattern[str] | None] = (self._patterns, None)
        self._margin = 0

    def add(self, *secrets: str) -> None:
        """Hide these secrets from now on, unless they are shorter than ``SHORTEST_SECRET``."""
        added = set()
        for secret in secrets:
            stripped = secret.strip()
            if len(stripped) >= SHORTEST_SECRET:
                added.add("".join(map(_any_spelling, stripped)))
                added.update(_in_base64(secret))
                self._margin = max(self._margin, len(stripped) * _LONGEST_SPELLING)
        self._add(added)

    def add_login(self, name: str, password: str) -> None:
        """Hide a password, and the name and password as Basic authentication sends them."""
        self.add(password)
        pair = f"{name}:{password}"
        self._margin = max(self._margin, 2 * len(pair) * _LONGEST_SPELLING)
        self._add(_in_base64(pair))

    def _add(self, patterns: set[str]) -> None:
        with self._adding:
            if not patterns <= self._patterns:
                self._patterns |= patterns

    def hide(self, text: str) -> str:
        """Return ``text`` with each secret replaced by ``***``."""
        patterns = self._patterns
        if not patterns:
            return text
        compiled_of, hidden = self._compiled
        # Another thread may have added a secret in the meantime.
        if hidden is None or compiled_of is not patterns:
            # The longest first, because one secret may be the beginning of another.
            hidden = re.compile("|".join(sorted(patterns, key=len, reverse=True)))
            self._compiled = (patterns, hidden)
        return hidden.sub(MASK, text)

    def beginning(self, text: str, limit: int) -> str:
        """Return at least the first ``limit`` characters of ``text``, without secrets, not even truncated ones."""
        window = text[: 8 * limit + self._margin]
        hidden = self.hide(window)
        if len(window) < len(text):
            hidden = _CUT_URL.sub(MASK, hidden[: max(0, len(hidden) - self._margin)])
        return hidden


SECRETS = Secrets()
"""The secrets of this process, which runs one task."""


def _any_spelling(char: str) -> str:
    """Return a pattern for a character, plain or escaped for URLs, XML and JSON, also if escaped twice."""
    if char.isspace():
        return _ANY_SPACE
    code = ord(char)
    octets = char.encode("utf-8", "surrogatepass")
    units = char.encode("utf-16-be", "surrogatepass").hex()
    spellings = [
        "(?i:" + "".join(f"%(?:25)*{octet:02x}" for octet in octets) + ")",
        rf"(?i:&(?:amp;)*#(?:0*{code}|x0*{code:x});?)",
        r"(?i:\\+u" + r"\\+u".join(units[i : i + 4] for i in range(0, len(units), 4)) + ")",
    ]
    if code < 256:
        spellings.append(rf"(?i:\\+x{code:02x})")
    if char in _NAMED:
        spellings.append(f"&(?:amp;)*{_NAMED[char]};")
    # After the escapes, because it may be the first letter of one.
    spellings.append(re.escape(char) if char.isalnum() else rf"\\*{re.escape(char)}")
    if code > 127:
        # Text that was written in one encoding and read in another.
        spellings += [re.escape(octets.decode("latin-1")), "\ufffd+"]
    return f"(?:{'|'.join(spellings)})"


def _in_base64(secret: str) -> set[str]:
    """Return patterns for a secret in base64, in both alphabets, with or without line breaks."""
    found = set()
    for encoding in ("utf-8", "latin-1"):
        octets = secret.encode(encoding, "replace")
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            letters = encode(octets).decode().rstrip("=")
            found.add(r"\s*".join(letter if letter.isalnum() else _any_spelling(letter) for letter in letters))
    return found
