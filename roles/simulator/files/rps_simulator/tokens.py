# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tokens that PBXs have given to API clients, and the addresses that failed to log in. Kept in memory alone."""

from __future__ import annotations

import secrets
import string
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from .knobs import Settings, number

MOST = 8
_ALPHABET = string.ascii_letters + string.digits
_LENGTH = 32


@dataclass(slots=True)
class TokenSettings(Settings):
    token_seconds: int = number(1800, 0, 86400)
    """Lifetime of access tokens in seconds, including existing ones."""
    refresh_seconds: int = number(86400, 0, 86400)
    """Lifetime of refresh tokens in seconds, and the maximum for their access tokens."""
    login_limit: int = number(5, 1, 1000)
    """Number of failed logins in a row after which an address is blocked."""


class Token(NamedTuple):
    access: str
    refresh: str
    account: str
    at: float
    """The time of its creation, in seconds of a monotonic clock."""


class Tokens:
    """The tokens of all accounts. Thread-safe. Changed settings also apply to existing tokens."""

    def __init__(self, settings: TokenSettings) -> None:
        self._settings = settings
        self._tokens: dict[str, Token] = {}
        self._failures: Counter[str] = Counter()
        self._lock = threading.Lock()

    def give(self, account: str) -> Token | None:
        """Return a new token for the account, or None if it has the maximum number of valid tokens."""
        with self._lock:
            return self._give(account)

    def renew(self, refresh: str) -> Token | None:
        """Replace the token with this refresh token by a new one.

        Return None if the account has too many valid tokens. Raise KeyError if the refresh token is not valid.
        """
        with self._lock:
            self._drop_dead()
            old = self._refreshable(refresh)
            if old is None:
                raise KeyError(refresh)
            del self._tokens[old.access]
            new = self._give(old.account)
            if new is None:
                self._tokens[old.access] = old
            return new

    def holder(self, access: str) -> str | None:
        """Return the account of this access token, or None if it is not valid."""
        with self._lock:
            token = self._tokens.get(access)
            return token.account if token is not None and self._alive(token) else None

    def owner(self, refresh: object) -> str | None:
        """Return the account of this refresh token, or None if it is not valid."""
        with self._lock:
            self._drop_dead()
            token = self._refreshable(refresh)
            return token.account if token is not None else None

    def end(self, access: str) -> None:
        """Revoke an access token and its refresh token."""
        with self._lock:
            self._tokens.pop(access, None)

    def expire(self, access: str) -> None:
        """Expire an access token. It can still be renewed."""
        with self._lock:
            token = self._tokens.get(access)
            if token is not None:
                at = min(token.at, time.monotonic() - self._settings.token_seconds)
                self._tokens[access] = token._replace(at=at)

    def fail(self, address: str) -> None:
        """Count a failed login from this address."""
        with self._lock:
            self._failures[address] += 1

    def succeed(self, address: str) -> None:
        """Reset the failed logins from this address."""
        with self._lock:
            del self._failures[address]

    def blocked(self, address: str) -> bool:
        with self._lock:
            return self._failures[address] >= self._settings.login_limit

    def unblock(self) -> None:
        """Reset all failed logins."""
        with self._lock:
            self._failures.clear()

    def _give(self, account: str) -> Token | None:
        self._drop_dead()
        if sum(token.account == account and self._alive(token) for token in self._tokens.values()) >= MOST:
            return None
        access, refresh = ("".join(secrets.choice(_ALPHABET) for _index in range(_LENGTH)) for _kind in "ar")
        token = self._tokens[access] = Token(access, refresh, account, time.monotonic())
        return token

    def _refreshable(self, refresh: object) -> Token | None:
        return next((token for token in self._tokens.values() if token.refresh == refresh), None)

    def _alive(self, token: Token) -> bool:
        return time.monotonic() - token.at < self._settings.token_seconds

    def _drop_dead(self) -> None:
        """Remove the tokens that cannot be renewed any more."""
        since = time.monotonic() - self._settings.refresh_seconds
        self._tokens = {access: token for access, token in self._tokens.items() if token.at > since}
