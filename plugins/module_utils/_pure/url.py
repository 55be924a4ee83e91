# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""URLs: validate, compare, and show them without secrets."""

from __future__ import annotations

import functools
import re
from urllib.parse import urlsplit

from ansible_collections.voip.rps.plugins.module_utils._pure.shown import MASK, visible

SCHEMES = ("http", "https", "ftp", "tftp")
MAC_WORD = "{mac}"
"""The placeholder in a URL for the MAC address of each phone."""

_UNPRINTABLE = re.compile(r"[\s\x00-\x1f\x7f\ud800-\udfff]")
_AFTER_SCHEME = re.compile(r"(?<=://)(?:(?!://)\S)+")
_AUTHORITY = re.compile(r"[^/?#]*")
_BEFORE_AT = re.compile(r"^.*@", re.DOTALL)
# As written in JSON, a query or XML.
_ESCAPED_USERINFO = re.compile(
    r"((?::|%3a|&#58;|&#x3a;)(?:\\+/|%2f|&#47;|&#x2f;){2})\S*(?=@|%40|&#64;|&#x40;|\\+u0040)", re.IGNORECASE
)
_SECRET_PARAMETER = re.compile(
    r"""((?:[?&;#]|%3f|%26)[\w.\-\[\]]*(?:token|key|secret|pass|pwd|auth|sig|cred)[\w.\-\[\]]*(?:=|%3d))([^&\s"'<>]+)""",
    re.IGNORECASE,
)
_PLACEHOLDERS = re.compile(r"(?:\{\w+\}|\$\w+|\$\{\w+\})+")


def check_url(url: str) -> str:
    """Return ``url`` if a phone could be redirected to it; else raise ValueError, in words without passwords.

    As the vendors require, a provisioning URL begins with http, https, ftp or tftp (Yealink 4.9, 4.12).
    """
    shown = without_userinfo(_BEFORE_AT.sub(f"{MASK}@", url))
    if MASK in url:
        raise ValueError(f"{shown!r} is masked output, not a URL: give the URL with its user and password")
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _port = parts.port
    except ValueError as error:
        why = "it has an invalid host, port or password" if "@" in url else error
        raise ValueError(f"{shown!r} is not a URL: {why}") from None
    if parts.scheme.lower() not in SCHEMES:
        raise ValueError(f"{shown!r} does not begin with http://, https://, ftp:// or tftp://")
    if not host or _UNPRINTABLE.search(url):
        why = "it contains white space or invalid characters" if host else "it has no host"
        raise ValueError(f"{shown!r} is not a URL: {why}")
    return url


def shown_url(url: str) -> str:
    """Return what may be shown of text that should be a URL. If it is invalid, hide everything before an ``@``."""
    try:
        return without_userinfo(check_url(url))
    except ValueError:
        return without_userinfo(_BEFORE_AT.sub(f"{MASK}@", url))


def same_url(one: str, other: str) -> bool:
    """Return whether two URLs are equal; the case of scheme and host is ignored, and an empty path equals "/"."""
    return one == other or _normal(one) == _normal(other)


def _normal(url: str) -> tuple[str, str, str, str, str]:
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ("", "", url, "", "")
    userinfo, at, host = parts.netloc.rpartition("@")
    return (parts.scheme.lower(), userinfo + at + host.lower(), parts.path or "/", parts.query, parts.fragment)


def has_userinfo(url: str) -> bool:
    """Return whether a URL has a user, with or without a password."""
    return "@" in urlsplit(url).netloc


@functools.lru_cache(maxsize=1024)
def without_userinfo(text: str) -> str:
    """Return ``text`` ready to be shown: secrets of URLs are ``***``, control characters are escaped.

    Secrets are ``user:password@``, even with characters that are not allowed there, and the values of parameters whose
    names suggest a secret, unless the value is a placeholder such as ``{mac}``.
    """
    if "@" in text:
        text = _AFTER_SCHEME.sub(lambda found: _without_user(found.group()), text)
    if "%" in text or "\\" in text or "&#" in text:
        text = _ESCAPED_USERINFO.sub(rf"\1{MASK}", text)
    if "=" in text or "%" in text:
        text = _SECRET_PARAMETER.sub(_hide_value, text)
    return visible(text)


def shown_text(text: str) -> str:
    """Return what may be shown of a user's text that may contain a URL, even an invalid one."""
    scheme, _slashes, rest = text.partition("://")
    if "@" in rest and any(char.isspace() for char in rest.rpartition("@")[0]):
        text = f"{scheme}://{MASK}@{rest.rpartition('@')[2]}"
    return without_userinfo(text)


def _without_user(after_scheme: str) -> str:
    authority = _AUTHORITY.match(after_scheme).group()  # type: ignore[union-attr]  # it also matches the empty string
    rest = after_scheme[len(authority) :]
    if "@" in authority:
        host = authority.rpartition("@")[2]
        # A host without a dot before another @ is more likely to be part of the password.
        if "@" not in rest or "." in host or host.startswith("["):
            return f"{MASK}@{host}{rest}"
    elif "@" not in rest or ":" not in authority:
        return after_scheme
    return f"{MASK}@{after_scheme.rpartition('@')[2]}"


def _hide_value(found: re.Match[str]) -> str:
    return found.group() if _PLACEHOLDERS.fullmatch(found.group(2)) else found.group(1) + MASK
