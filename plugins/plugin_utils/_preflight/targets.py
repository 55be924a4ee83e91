# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send one request without a login to each target URL of a list."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from ansible_collections.voip.rps.plugins.module_utils._http.client import Client
from ansible_collections.voip.rps.plugins.module_utils._http.watch import Exchange
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError, unforeseen
from ansible_collections.voip.rps.plugins.module_utils._pure.url import shown_url
from ansible_collections.voip.rps.plugins.module_utils._reconcile.progress import READ, Progress
from ansible_collections.voip.rps.plugins.plugin_utils._preflight.tls import SOON, Tls, tls_of

MOST_TARGETS = 1000
"""Maximum number of URLs that get a request. The others are only counted."""
MOST_SECONDS = 10.0
"""Timeout in seconds, for connecting to a target and again for its answer."""

_CONCURRENCY = 16
_HEAD_REFUSED = (405, 501)
_MAC = re.compile(r"\{mac\}|\$\{mac\}|\$mac\b|%7bmac%7d", re.IGNORECASE)


class Answered(NamedTuple):
    """The answer of a target URL. ``url``: without a password. ``skipped``: why no request was sent, or None."""

    url: str
    status: int | None = None
    tls: Tls | None = None
    error: RpsError | None = None
    skipped: str | None = None

    @property
    def is_wrong(self) -> bool:
        """Whether a phone would get no configuration there. An answer that asks for a login is not wrong."""
        if self.skipped or self.status in (401, 403):
            return False
        return self.error is not None and not (self.status is not None and self.status < 300)

    def words(self) -> str:
        """Return the line that shows the target."""
        if self.skipped:
            return f"target {self.url}: skipped, {self.skipped}"
        status = f"HTTP {self.status}" if self.status is not None else "no answer"
        if self.status in (401, 403):
            status += ", which may be correct, because no login was sent"
        words = [status, self.tls.words() if self.tls else "no TLS"]
        if self.is_wrong and self.error and (self.status is None or 300 <= self.status < 400):
            words.append(self.error.message)
        return f"target {self.url}: {'; '.join(words)}"

    def warning(self) -> str | None:
        """Return a warning about the target, or None."""
        if self.is_wrong:
            return self.words()
        if self.tls and self.tls.trusted is False:
            return f"target {self.url}: its certificate is not trusted on this machine: {self.tls.words()}"
        if self.tls and self.tls.days is not None and self.tls.days < SOON:
            return f"target {self.url}: its certificate expires in {self.tls.days} days"
        return None

    def as_dict(self) -> dict[str, Any]:
        return {
            "url": self.url,
            "status": self.status,
            "tls": self.tls and self.tls._asdict(),
            "error": self.error and self.error.as_dict(),
            "skipped": self.skipped,
        }


def ask_targets(urls: Mapping[str, str], timeout: float, progress: Progress) -> list[Answered]:
    """Send one request to each URL, and return the answers. Raise nothing.

    ``urls``: the MAC address of one phone for each URL. If a host cannot be reached, its other URLs get no request.
    """
    asker = _Asker(min(timeout, MOST_SECONDS))
    asked = list(urls.items())[:MOST_TARGETS]
    if not asked:
        return []
    progress.begin(READ, len(asked))

    def ask(item: tuple[str, str]) -> Answered:
        answered = asker.ask(*item)
        progress.did(READ, 1, int(answered.is_wrong))
        return answered

    with ThreadPoolExecutor(min(_CONCURRENCY, len(asked))) as pool:
        return list(pool.map(ask, asked))


class _Asker:
    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._lost: dict[str, RpsError] = {}
        self._lock = threading.Lock()

    def ask(self, url: str, mac: str) -> Answered:
        shown = shown_url(url)
        try:
            return self._ask(shown, _bare(url, mac))
        except RpsError as error:
            return Answered(shown, error=error)
        except Exception as error:
            return Answered(shown, error=unforeseen(error))

    def _ask(self, shown: str, url: str) -> Answered:
        parts = urlsplit(url)
        if parts.scheme.lower() not in ("http", "https"):
            return Answered(shown, skipped=f"{parts.scheme.lower()} is not HTTP")
        with self._lock:
            lost = self._lost.get(parts.netloc.lower())
        if lost:
            return Answered(shown, error=lost)
        found = look(url, self._timeout)
        if found.error and found.status is None and found.error.code in ("unreachable", "timeout"):
            with self._lock:
                self._lost[parts.netloc.lower()] = found.error
        return found._replace(url=shown)


def _bare(url: str, mac: str) -> str:
    """Return the URL for the phone ``mac``, without a login."""
    parts = urlsplit(_MAC.sub(mac, url))
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def look(url: str, timeout: float, *, verify: bool | str = True) -> Answered:
    """Return the answer to a request without a login. If the certificate is not trusted, retry without verifying it."""
    answered = _look(url, timeout, verify)
    if answered.error and answered.error.code == "tls_error" and verify is not False:
        again = _look(url, timeout, False)
        if again.tls:
            return again._replace(tls=again.tls._replace(trusted=False))
    return answered


def _look(url: str, timeout: float, verify: bool | str) -> Answered:
    statuses: list[int | None] = []
    connections: list[Tls | None] = []

    def exchanged(exchange: Exchange) -> None:
        statuses.append(exchange.status)

    def connected(sock: Any) -> None:
        connections.append(tls_of(sock, trusted=None if verify is False else True))

    try:
        client = Client(url, {}, verify=verify, timeout=timeout, retries=0)
        client.watch(exchanged, connected)
        error = _sent(client)
        if statuses and statuses[-1] in _HEAD_REFUSED:
            error = _sent(client, head=False)
    except RpsError as unusable:
        error = unusable
    last: Sequence[Tls | None] = connections[-1:] or [None]
    return Answered(url, statuses[-1] if statuses else None, last[0], error)


def _sent(client: Client, *, head: bool = True) -> RpsError | None:
    try:
        client.request("HEAD" if head else "GET", "", bool, write=False)
    except RpsError as error:
        return error
    return None
