# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How requests show whose they are. What each try needs anew (a nonce, the time, a signature) is made for each try."""

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
    """One try of a request, just before it is sent.

    C(host) has the port where the URL has one; C(path) begins with C(/) and has the query.
    """

    verb: str
    scheme: str
    host: str
    path: str
    body: bytes | None
    headers: Mapping[str, str]

    def with_headers(self, headers: Mapping[str, str]) -> Outgoing:
        """Return this with more headers, or others in place of those it has."""
        return self._replace(headers={**self.headers, **headers})


class LoginExpired(RpsError):
    """The service does not take this token, or no longer; nothing was carried out."""

    def __init__(self, words: str) -> None:
        super().__init__("auth_failed", words)


class Login:
    """A login that is nothing to a request; others derive from it.

    C(what): what the user gave, in words; C(certificate): the paths of a client certificate and its key; C(renewable):
    there may be another credential once the service does not take this one.
    """

    what = "login"
    certificate: tuple[str, str] | None = None
    renewable = False

    def credential(self, _client: Client) -> str:
        """Return what a request is signed with now, if that changes. It may take a request to get it.

        Raises RpsError where there is none.
        """
        return ""

    def sign(self, request: Outgoing, _credential: str) -> Outgoing:
        """Return a request with what shows whose it is. It is called for every try, by several threads at a time."""
        return request

    def advice(self, _headers: Mapping[str, str]) -> str:
        """Return what the headers of an answer that refuses the login tell a user to do, as the end of a sentence."""
        return ""

    def renew(self, _client: Client, _refused: str) -> None:
        """Get a credential other than the one that the service refused. Raises RpsError where there is none."""


class BasicLogin(Login):
    """A user name and a password, as Basic authentication. Raises RpsError C(invalid_input) where they are no text."""

    what = "username and password"

    def __init__(self, username: str, password: str) -> None:
        SECRETS.add_login(username, password)
        try:
            pair = f"{username}:{password}".encode("utf-8", "surrogateescape")
        except UnicodeError:
            raise RpsError("invalid_input", "the login has what is no character") from None
        self._headers = {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}

    def sign(self, request: Outgoing, _credential: str) -> Outgoing:
        return request.with_headers(self._headers)


def hashed(password: str, algorithm: str = "md5", times: int = 1) -> str:
    """Return a password as a service wants it that takes its digest in hex, or the digest of that, in place of it."""
    SECRETS.add(password)
    for _time in range(times):
        password = hashlib.new(algorithm, password.encode("utf-8", "surrogateescape")).hexdigest()
    return password


class KeyLogin(Login):
    """A key in a header of its own. Raises RpsError C(invalid_input) where it cannot stand there."""

    what = "API key"

    def __init__(self, header: str, key: str) -> None:
        SECRETS.add(key)
        if not (key.isascii() and key.isprintable()):
            raise RpsError("invalid_input", "the API key has what no header can hold")
        self._headers = {header: key}

    def sign(self, request: Outgoing, _credential: str) -> Outgoing:
        return request.with_headers(self._headers)


class CertificateLogin(Login):
    """A TLS client certificate, by the paths of it and its key."""

    what = "client certificate"

    def __init__(self, certificate: str, key: str) -> None:
        self.certificate = (certificate, key)


class TokenLogin(Login, abc.ABC):
    """A token that is taken before the first request, and anew once the service does not take it any more.

    However many threads there are, one of them takes it; where it could not be renewed, that is not tried again.
    """

    what = "token"
    renewable = True

    def __init__(self) -> None:
        self._token: str | None = None
        self._taking = threading.Lock()
        self._failed: RpsError | None = None

    @abc.abstractmethod
    def take(self, client: Client) -> str:
        """Return a token, with a request to which C(client.request) is given a C(sign) of its own. Raises RpsError."""

    def take_again(self, client: Client) -> str:
        """Return a token in place of one that is no longer taken. Raises RpsError."""
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
            raise RpsError("protocol_error", "the service's token has what no header can hold")
        return token


def unsigned(request: Outgoing) -> Outgoing:
    """Return a request as it is: it takes no login, or has it in its body."""
    return request
