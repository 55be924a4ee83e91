# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How requests authenticate. Nonces, times and signatures are made for each attempt."""

from __future__ import annotations

import abc
import base64
import hashlib
import threading
from typing import TYPE_CHECKING, Mapping, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.shown import SECRETS

if TYPE_CHECKING:
    from ansible_collections.voip.rps.plugins.module_utils._http.client import Client


class Outgoing(NamedTuple):
    """One attempt of a request, just before it is sent.

    ``host`` includes the port if the URL has one; ``path`` begins with ``/`` and includes the query.
    """

    verb: str
    scheme: str
    host: str
    path: str
    body: bytes | None
    headers: Mapping[str, str]

    def with_headers(self, headers: Mapping[str, str]) -> Outgoing:
        """Return the request with additional or replaced headers."""
        return self._replace(headers={**self.headers, **headers})


class LoginExpired(RpsError):
    """The service does not accept this token, or no longer; nothing was carried out."""

    def __init__(self, words: str) -> None:
        super().__init__("auth_failed", words)


class Login:
    """The base of all logins; it adds nothing to a request.

    ``what``: the user's input, in words. ``certificate``: the paths of a client certificate and its key. ``renewable``:
    a new credential can be obtained if the service does not accept the current one.
    """

    what = "login"
    certificate: tuple[str, str] | None = None
    renewable = False

    def credential(self, _client: Client) -> str:
        """Return the current credential for ``sign``, if it changes over time; this may need a request.

        Raise RpsError if it cannot be obtained.
        """
        return ""

    def sign(self, request: Outgoing, _credential: str) -> Outgoing:
        """Return a request with authentication. Called for every attempt, by several threads."""
        return request

    def advice(self, _headers: Mapping[str, str]) -> str:
        """Return advice for a refused login from the headers of the answer, as the end of a sentence."""
        return ""

    def renew(self, _client: Client, _refused: str) -> None:
        """Obtain a credential other than the refused one. Raise RpsError if that fails."""


class BasicLogin(Login):
    """User name and password for Basic authentication. Raise RpsError ``invalid_input`` if they are not valid text."""

    what = "username and password"

    def __init__(self, username: str, password: str) -> None:
        SECRETS.add_login(username, password)
        try:
            pair = f"{username}:{password}".encode("utf-8", "surrogateescape")
        except UnicodeError:
            raise RpsError("invalid_input", "username or password contains invalid characters") from None
        self._headers = {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}

    def sign(self, request: Outgoing, _credential: str) -> Outgoing:
        return request.with_headers(self._headers)


def hashed(password: str, algorithm: str = "md5", times: int = 1) -> str:
    """Return the hex digest of a password, or the digest of the digest, for services that expect one."""
    SECRETS.add(password)
    for _time in range(times):
        password = hashlib.new(algorithm, password.encode("utf-8", "surrogateescape")).hexdigest()
    return password


class KeyLogin(Login):
    """A key in its own header. Raise RpsError ``invalid_input`` if a header cannot hold it."""

    what = "API key"

    def __init__(self, header: str, key: str) -> None:
        SECRETS.add(key)
        if not (key.isascii() and key.isprintable()):
            raise RpsError("invalid_input", "the API key contains invalid characters")
        self._headers = {header: key}

    def sign(self, request: Outgoing, _credential: str) -> Outgoing:
        return request.with_headers(self._headers)


class CertificateLogin(Login):
    """A TLS client certificate, by the paths of the certificate and its key."""

    what = "client certificate"

    def __init__(self, certificate: str, key: str) -> None:
        self.certificate = (certificate, key)


class TokenLogin(Login, abc.ABC):
    """A token that is obtained before the first request, and again when the service no longer accepts it.

    Only one thread obtains it, and a failed renewal is not repeated.
    """

    what = "token"
    renewable = True

    def __init__(self) -> None:
        self._token: str | None = None
        self._taking = threading.Lock()
        self._failed: RpsError | None = None

    @abc.abstractmethod
    def take(self, client: Client) -> str:
        """Return a token. Requests for it call ``client.request`` with their own ``sign``. Raise RpsError."""

    def take_again(self, client: Client) -> str:
        """Return a new token after one that was refused. Raise RpsError."""
        return self.take(client)

    def credential(self, client: Client) -> str:
        with self._taking:
            if self._token is None:
                self._token = self._taken(client, again=False)
            return self._token

    def renew(self, client: Client, refused: str) -> None:
        with self._taking:
            if self._token == refused:
                self._token = self._taken(client, again=True)
            elif self._failed:
                raise self._failed

    def sign(self, request: Outgoing, credential: str) -> Outgoing:
        return request.with_headers({"Authorization": f"Bearer {credential}"})

    def _taken(self, client: Client, *, again: bool) -> str:
        if self._failed:
            raise self._failed
        try:
            token = self.take_again(client) if again else self.take(client)
        except RpsError as error:
            self._failed = error.without_traceback()
            raise
        SECRETS.add(token)
        if not (token.isascii() and token.isprintable()):
            raise RpsError("protocol_error", "the service's token contains invalid characters")
        return token


def unsigned(request: Outgoing) -> Outgoing:
    """Return a request unchanged: it needs no login, or has the login in its body."""
    return request
