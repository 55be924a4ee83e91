# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""URLs as the services take them: checked, compared, and fit to be shown."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

SCHEMES = ("http", "https", "ftp", "tftp")
MASK = "***"
"""What we show in place of a secret."""

_UNPRINTABLE = re.compile(r"[\s\x00-\x1f\x7f\ud800-\udfff]")
_USERINFO = re.compile(r"(?<=://)[^\s/?#]*@")
_BEFORE_AT = re.compile(r"^.*@", re.DOTALL)


def check_url(url: str) -> str:
    """Return C(url), or raise ValueError, in words that hold no password, where no phone could be sent there.

    Implements what the vendors say of a provisioning URL: it begins with http, https, ftp or tftp (Yealink 4.9, 4.12).
    """
    shown = _BEFORE_AT.sub("***@", url)
    if MASK in url:
        raise ValueError(f"{shown!r} is masked output, not a URL: give the URL with its user and password")
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _port = parts.port
    except ValueError as error:
        why = "it cannot be told apart" if "@" in url else error
        raise ValueError(f"{shown!r} is not a URL: {why}") from None
    if parts.scheme.lower() not in SCHEMES:
        raise ValueError(f"{shown!r} does not begin with http://, https://, ftp:// or tftp://")
    if not host or _UNPRINTABLE.search(url):
        why = "it has white space, or what is no character" if host else "it names no host"
        raise ValueError(f"{shown!r} is not a URL: {why}")
    return url


def shown_url(url: str) -> str:
    """Return what may be shown of a text that is meant to be a URL; if it is none, nothing from before an C(@)."""
    try:
        return without_userinfo(check_url(url))
    except ValueError:
        return _BEFORE_AT.sub("***@", url)


def same_url(one: str, other: str) -> bool:
    """Tell whether two URLs are one place: scheme and host in any case, an empty path or "/"."""
    return one == other or _normal(one) == _normal(other)


def _normal(url: str) -> tuple[str, str, str, str, str]:
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ("", "", url, "", "")
    userinfo, at, host = parts.netloc.rpartition("@")
    return (parts.scheme.lower(), userinfo + at + host.lower(), parts.path or "/", parts.query, parts.fragment)


def without_userinfo(text: str) -> str:
    """Return C(text) with the C(user:password@) of every URL in it replaced by C(***@)."""
    return _USERINFO.sub("***@", text) if "@" in text else text
