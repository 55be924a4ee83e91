# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text that may be shown: without the secrets of this run in any spelling, and without control characters."""

from __future__ import annotations

import base64
import re
import threading

MASK = "***"

SHORTEST_SECRET = 4
"""A shorter secret is part of many words: it is hidden where its place tells what it is, and not everywhere."""

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_NAMED = {'"': "quot", "'": "apos", "<": "lt", ">": "gt", "&": "amp"}
_LONGEST_SPELLING = 12
_ANY_SPACE = (
    r"(?:\s|\+|%(?:25)*20|&nbsp;|\\+[nrt]|\\+u00(?:20|0a|0d|09)|"
    r"&(?:amp;)*#(?:x0*20|0*32|x0*a|0*10|x0*9|0*9|x0*d|0*13);)+"
)
_CUT_URL = re.compile(r"(?<=://)[^\s/?#@]*:\S*\Z")


def visible(text: str) -> str:
    r"""Return C(text) with what would steer a terminal or turn its text around written as an escape, as C(\x1b)."""
    if text.isprintable():
        return text
    return _CONTROLS.sub(lambda found: _escape(found.group()), text)


def _escape(char: str) -> str:
    return f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}"


class Secrets:
    """The secrets of a run, hidden however they are spelled: plain, or escaped for a URL, XML, JSON or base64."""

    def __init__(self) -> None:
        self._adding = threading.Lock()
        self.clear()

    def clear(self) -> None:
        self._patterns: frozenset[str] = frozenset()
        # Of which patterns, and to what: only once it is needed, as a long secret takes milliseconds.
        self._compiled: tuple[frozenset[str], re.Pattern[str] | None] = (self._patterns, None)
        self._margin = 0

    def add(self, *secrets: str) -> None:
        """Hide these from now on, unless they are shorter than C(SHORTEST_SECRET)."""
        added = set()
        for secret in secrets:
            stripped = secret.strip()
            if len(stripped) >= SHORTEST_SECRET:
                added.add("".join(map(_any_spelling, stripped)))
                added.update(_in_base64(secret))
                self._margin = max(self._margin, len(stripped) * _LONGEST_SPELLING)
        self._add(added)

    def add_login(self, name: str, password: str) -> None:
        """Hide a password, and both as Basic authentication sends them."""
        self.add(password)
        pair = f"{name}:{password}"
        self._margin = max(self._margin, 2 * len(pair) * _LONGEST_SPELLING)
        self._add(_in_base64(pair))

    def _add(self, patterns: set[str]) -> None:
        with self._adding:
            if not patterns <= self._patterns:
                self._patterns |= patterns

    def hide(self, text: str) -> str:
        """Return C(text) with C(***) for every secret."""
        patterns = self._patterns
        if not patterns:
            return text
        compiled_of, hidden = self._compiled
        # Another thread may have added a secret meanwhile.
        if hidden is None or compiled_of is not patterns:
            # The longest first, as one secret may begin with another.
            hidden = re.compile("|".join(sorted(patterns, key=len, reverse=True)))
            self._compiled = (patterns, hidden)
        return hidden.sub(MASK, text)

    def beginning(self, text: str, limit: int) -> str:
        """Return the first C(limit) characters of C(text) or more, without secrets, one that is cut off included."""
        window = text[: 8 * limit + self._margin]
        hidden = self.hide(window)
        if len(window) < len(text):
            hidden = _CUT_URL.sub(MASK, hidden[: max(0, len(hidden) - self._margin)])
        return hidden


SECRETS = Secrets()
"""Those of this process, which runs one task."""


def _any_spelling(char: str) -> str:
    """Return a pattern of a character as it is and as URLs, XML and JSON escape it, twice over too."""
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
    # After its escapes, as it may be the first letter of one.
    spellings.append(re.escape(char) if char.isalnum() else rf"\\*{re.escape(char)}")
    if code > 127:
        # What was written in one encoding and read in another.
        spellings += [re.escape(octets.decode("latin-1")), "\ufffd+"]
    return f"(?:{'|'.join(spellings)})"


def _in_base64(secret: str) -> set[str]:
    """Return the patterns of a secret in base64, in either alphabet and broken into lines or not."""
    found = set()
    for encoding in ("utf-8", "latin-1"):
        octets = secret.encode(encoding, "replace")
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            letters = encode(octets).decode().rstrip("=")
            found.add(r"\s*".join(letter if letter.isalnum() else _any_spelling(letter) for letter in letters))
    return found
