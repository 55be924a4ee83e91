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
    """How long an access token holds, those already given included."""
    refresh_seconds: int = number(86400, 0, 86400)
    """How long a refresh token holds, and at most the access token given with it."""
    login_limit: int = number(5, 1, 1000)
    """After how many failed logins in a row none is taken from that address."""


class Token(NamedTuple):
    access: str
    refresh: str
    account: str
    at: float
    """When it was given, in seconds of a clock that only goes on."""


class Tokens:
    """Safe to use from several threads. The settings say for how long tokens hold, those already given included."""

    def __init__(self, settings: TokenSettings) -> None:
        self._settings = settings
        self._tokens: dict[str, Token] = {}
        self._failures: Counter[str] = Counter()
        self._lock = threading.Lock()

    def give(self, account: str) -> Token | None:
        """A new token for the account; None where it has as many live ones as a PBX gives."""
        with self._lock:
            return self._give(account)

    def renew(self, refresh: str) -> Token | None:
        """A new token in place of the one with this refresh token, which ends.

        None where the account has too many live ones. Raise KeyError if there is no such refresh token, any more.
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
        """The account that this access token stands for; None where it stands for none, any more."""
        with self._lock:
            token = self._tokens.get(access)
            return token.account if token is not None and self._alive(token) else None

    def owner(self, refresh: object) -> str | None:
        """The account that this refresh token was given to; None where it is none, any more."""
        with self._lock:
            self._drop_dead()
            token = self._refreshable(refresh)
            return token.account if token is not None else None

    def end(self, access: str) -> None:
        """Make an access token, and the refresh token given with it, worthless."""
        with self._lock:
            self._tokens.pop(access, None)

    def expire(self, access: str) -> None:
        """Make an access token worthless, as when its time is over: it can still be renewed."""
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
        """Forget the failed logins from this address."""
        with self._lock:
            del self._failures[address]

    def blocked(self, address: str) -> bool:
        with self._lock:
            return self._failures[address] >= self._settings.login_limit

    def unblock(self) -> None:
        """Forget all failed logins."""
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
        """Drop the tokens that cannot even be renewed."""
        since = time.monotonic() - self._settings.refresh_seconds
        self._tokens = {access: token for access, token in self._tokens.items() if token.at > since}
