# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The transcript of requests and responses, which a user can attach to a bug report.

An allow-list keeps only the names of methods and fields, booleans, statuses and documented texts. Every other value is
replaced by a pseudonym of the same format, and equal values of a file get equal pseudonyms. The transcript never
contains HTTP headers or a login.
"""

from __future__ import annotations

import html
import json
import os
import re
import secrets
import tempfile
import threading
from collections.abc import Collection
from contextlib import suppress
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from ansible_collections.voip.rps.plugins.module_utils._http.watch import Exchange
from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES
from ansible_collections.voip.rps.plugins.plugin_utils._preflight.documented import (
    FAULT_CODES,
    FIELDS,
    METHODS,
    TAGS,
    kept_spans,
)
from ansible_collections.voip.rps.plugins.plugin_utils._preflight.pseudonyms import Pseudonyms

FORMAT = 1
MOST_EXCHANGES = 1000
MOST_BYTES = 64 * 1024
"""Number of bytes that are kept of a request, and of a response."""
MOST_IN_ALL = 16 * 1024 * 1024

_HEAD = re.compile(r"<\?xml version=[\"']1\.[01][\"'](?: encoding=[\"'](?:utf-8|iso-8859-1)[\"'])?\s*\?>", re.I)
_TAG = re.compile(r"<(/?)([A-Za-z][\w.:-]*)([^<>]*?)(/?)>")
_NAMESPACE = re.compile(r"\s*xmlns:ex=[\"']http://ws\.apache\.org/xmlrpc/namespaces/extensions[\"']\s*")
_CALL = re.compile(r"(redirect\.)(\w+)")
_PLAIN = frozenset(("", "0", "1", "true", "false", "null"))
_DEEPEST = 32


class _Kept(NamedTuple):
    provider: str
    exchange: Exchange


class Transcript:
    """Collect exchanges. ``never``: texts that are never kept, such as the names of accounts."""

    def __init__(self, never: Collection[str] = ()) -> None:
        self._never = {text.strip().casefold() for text in never} - _PLAIN
        self._kept: list[_Kept] = []
        self._left_out = 0
        self._bytes = 0
        self._lock = threading.Lock()

    def add(self, provider: str, exchange: Exchange) -> None:
        """Add an exchange with a service, with the first ``MOST_BYTES`` bytes of its request and response."""
        short = exchange._replace(
            body=exchange.body and exchange.body[:MOST_BYTES], answer=exchange.answer[:MOST_BYTES]
        )
        with self._lock:
            self._bytes += len(short.body or b"") + len(short.answer)
            if len(self._kept) < MOST_EXCHANGES and self._bytes <= MOST_IN_ALL:
                self._kept.append(_Kept(provider, short))
            else:
                self._left_out += 1

    def text(self) -> str:
        """Return the transcript as JSON."""
        vendors = [prefix[:6] for service in SERVICES.values() for prefix in service.mac_prefixes]
        scrub = _Scrubber(Pseudonyms(secrets.token_bytes(32), vendors), self._never)
        exchanges = [
            {
                "provider": kept.provider,
                "verb": kept.exchange.verb,
                "path": scrub.path(kept.exchange.path),
                "request": scrub.body(kept.exchange.body or b"", asked=True),
                "status": kept.exchange.status,
                "answer": scrub.body(kept.exchange.answer, asked=False),
            }
            for kept in self._kept
        ]
        return (
            json.dumps({"rps_transcript": FORMAT, "left_out": self._left_out, "exchanges": exchanges}, indent=1) + "\n"
        )


def write(path: str, text: str) -> None:
    """Write a file atomically that only its owner can read. Raise OSError."""
    descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(path) or ".", prefix=".rps-transcript-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


class _Scrubber:
    def __init__(self, pseudonyms: Pseudonyms, never: Collection[str]) -> None:
        self._pseudonyms = pseudonyms
        self._never = never

    def path(self, path: str) -> str:
        """Return a path under the endpoint, in which only the names of documented methods are kept."""
        return "".join(
            part if part in "/?&=" or self._is_documented(part, METHODS) else self._pseudonyms.of(part)
            for part in re.split(r"([/?&=])", path)
        )

    def _is_documented(self, word: str, words: Collection[str]) -> bool:
        return word in words and word.casefold() not in self._never

    def body(self, octets: bytes, *, asked: bool) -> str:
        """Return the body of a request, or of a response if ``asked`` is false. It may be XML, JSON, HTML or text."""
        text = octets.decode("utf-8", "replace")
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return self._marked_up(text, asked=asked)
        if not isinstance(value, (dict, list)):
            return self._text(text, asked=asked)
        return json.dumps(self._json(value, asked, 0))

    def _marked_up(self, text: str, *, asked: bool) -> str:
        pieces: list[str] = []
        place = 0
        head = _HEAD.match(text)
        if head:
            pieces.append(head.group())
            place = head.end()
        tag = ""
        for found in _TAG.finditer(text, place):
            pieces.append(self._between(text[place : found.start()], tag, asked=asked))
            close, name, attributes, end = found.groups()
            known = name if self._is_documented(name, TAGS) else self._pseudonyms.of(name)
            pieces.append(f"<{close}{known}{self._attributes(attributes)}{end}>")
            tag = "" if close else name
            place = found.end()
        pieces.append(self._between(text[place:], tag, asked=asked))
        return "".join(pieces)

    def _attributes(self, text: str) -> str:
        if not text.strip():
            return text if text.isascii() else ""
        return text if _NAMESPACE.fullmatch(text) else escape(self._pseudonyms.of(html.unescape(text)))

    def _between(self, text: str, tag: str, *, asked: bool) -> str:
        """Return the text after a tag. The tag determines which texts are kept."""
        if not text.strip():
            return text if text.isascii() else " " * len(text)
        plain = html.unescape(text)
        if tag == "methodName":
            return escape(self._method(plain))
        if tag == "name" and self._is_documented(plain.strip(), FIELDS):
            return plain
        if tag in ("int", "i4") and plain.strip() in FAULT_CODES:
            return plain
        return escape(self._text(plain, asked=asked))

    def _method(self, text: str) -> str:
        found = _CALL.fullmatch(text.strip())
        return (
            text if found and self._is_documented(found[2], METHODS) and text.isascii() else self._pseudonyms.of(text)
        )

    def _text(self, text: str, *, asked: bool) -> str:
        if text.strip() in _PLAIN:
            return text if text.isascii() else text.strip()
        # Requests contain data of the user. Responses may contain documented texts.
        if asked or text.strip().casefold() in self._never:
            return self._pseudonyms.of(text)
        spans = kept_spans(text)
        if spans is None:
            return self._pseudonyms.of(text)
        pieces: list[str] = []
        place = 0
        for start, end in spans:
            pieces += [self._pseudonyms.of(text[place:start]), text[start:end]]
            place = end
        return "".join([*pieces, self._pseudonyms.of(text[place:])])

    def _json(self, value: Any, asked: bool, depth: int) -> Any:
        if depth > _DEEPEST:
            return None
        if isinstance(value, dict):
            return {
                key if self._is_documented(key, FIELDS) else self._pseudonyms.of(key): self._json(
                    item, asked, depth + 1
                )
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self._json(item, asked, depth + 1) for item in value]
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, (int, float)):
            kept = str(value) in _PLAIN or str(value) in FAULT_CODES
            return value if kept else _number(self._pseudonyms.of(str(value)), value)
        return self._text(value, asked=asked)


def _number(text: str, like: float) -> float:
    """Return a pseudonym as a number of the same type as ``like``."""
    try:
        return type(like)(text)
    except ValueError:
        return 0
