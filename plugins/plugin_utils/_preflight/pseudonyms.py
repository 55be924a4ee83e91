# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pseudonyms, which replace values in a transcript. They keep the format, and equal values get equal pseudonyms."""

from __future__ import annotations

import hashlib
import hmac
import re
import string
from collections.abc import Collection

_MAC = re.compile(r"(?<![0-9a-z])([0-9a-f]{2}(?:[-: .]?[0-9a-f]{2}){2})((?:[-: .]?[0-9a-f]{2}){3})(?![0-9a-z])", re.I)
_LOGIN = re.compile(r"(?<=://)[^/?#\s]*(?=@)")
_SCHEME = re.compile(r"\b(?:https?|t?ftp)(?=://)", re.IGNORECASE)
_TOKEN = re.compile(r"[^\W_]+")
_KEPT = frozenset(" \t\r\n.,:;/\\-_@?&=+#%(){}[]<>'\"|!*\uff0c\uff1a")
"""The characters between words. Pseudonyms keep them, because they make up the format."""


class Pseudonyms:
    """Create pseudonyms.

    ``key``: a random key for one transcript. It is never written, so no pseudonym can be reversed. ``vendors``: the
    vendor prefixes that pseudonyms keep, 6 digits each. Nothing of other MAC addresses is kept.
    """

    def __init__(self, key: bytes, vendors: Collection[str]) -> None:
        self._key = key
        self._vendors = frozenset(vendors)

    def of(self, text: str) -> str:
        """Return a text of the same format, with letters for letters and digits for digits.

        Keep the vendor prefix of a known vendor's MAC address, and the scheme of a URL.
        """
        text = _LOGIN.sub(lambda found: self._every_character(found.group()), text)
        pieces: list[str] = []
        place = 0
        for found in _MAC.finditer(text):
            pieces += [self._words(text[place : found.start()]), self._mac(found[1], found[2])]
            place = found.end()
        return "".join([*pieces, self._words(text[place:])])

    def _words(self, text: str) -> str:
        pieces: list[str] = []
        place = 0
        for found in _SCHEME.finditer(text):
            pieces += [self._tokens(text[place : found.start()]), found.group()]
            place = found.end()
        return "".join([*pieces, self._tokens(text[place:])])

    def _tokens(self, text: str) -> str:
        replaced = _TOKEN.sub(lambda found: self._token(found.group()), text)
        return "".join(char if char.isascii() and (char.isalnum() or char in _KEPT) else "~" for char in replaced)

    def _token(self, token: str) -> str:
        for attempt in range(256):
            stream = self._stream(f"{attempt} {token.casefold()}", len(token))
            made = "".join(map(_same_kind, token, stream))
            # A token must not be its own pseudonym.
            if made.casefold() != token.casefold():
                return made
        return "~" * len(token)

    def _mac(self, prefix: str, suffix: str) -> str:
        """Return another MAC address in the same format. Keep the prefix of a known vendor."""
        bare = re.sub(r"[^0-9a-f]", "", f"{prefix}{suffix}".lower())
        stays = bare[:6] in self._vendors
        for attempt in range(256):
            made = "".join(f"{octet:02x}" for octet in self._stream(f"mac {attempt} {bare}", 6))
            if made[6:] != bare[6:]:
                break
        letters = iter(bare[:6] + made[6:] if stays else made)
        spelled = "".join(next(letters) if char.isalnum() else char for char in f"{prefix}{suffix}")
        return spelled.upper() if any(char.isupper() for char in f"{prefix}{suffix}") else spelled

    def _every_character(self, text: str) -> str:
        stream = self._stream(f"login {text}", len(text))
        return "".join(":" if char == ":" else _same_kind("a", octet) for char, octet in zip(text, stream, strict=True))

    def _stream(self, text: str, length: int) -> bytes:
        octets = b""
        block = 0
        while len(octets) < length:
            message = f"{block} {text}".encode("utf-8", "surrogatepass")
            octets += hmac.new(self._key, message, hashlib.sha256).digest()
            block += 1
        return octets[:length]


def _same_kind(char: str, octet: int) -> str:
    if char.isdigit():
        return string.digits[octet % 10]
    return (string.ascii_uppercase if char.isupper() else string.ascii_lowercase)[octet % 26]
