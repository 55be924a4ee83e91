# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe the user's values in messages: their type, and the beginning of long ones."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.voip.rps.plugins.module_utils._pure.url import without_userinfo

MAX_SHOWN = 40

_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def without_invisible(text: str) -> str:
    """Return ``text`` without characters that have no width, such as byte order and direction marks."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def shown(text: str) -> str:
    """Return the beginning of ``text`` in quotes, on one line, with control characters escaped and logins masked."""
    if "@" in text:
        text = without_userinfo(text)
    return repr(text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…")


def kind_of(value: Any) -> str:
    """Return the type of a value that should be text, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, dict):
        return "a dict"
    if isinstance(value, (int, float)):
        return "a number"
    return f"a {type(value).__name__}"
