# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP session to one endpoint: authentication, TLS, pooling, timeouts, retries, size and rate limits."""

from __future__ import annotations

import ipaddress
import random
import ssl
import threading
import time
from contextlib import nullcontext
from typing import Callable, Iterator, Mapping, TypeVar
from urllib.parse import urlsplit

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError, excerpt

try:
    import requests
    from urllib3 import HTTPResponse, disable_warnings
    from urllib3 import exceptions as lower
    from urllib3.util import Retry, Timeout

    from ansible_collections.voip.rps.plugins.module_utils._http.deadline import DeadlineAdapter

    _NO_RETRIES = Retry(False)
    REQUESTS_IMPORT_ERROR: str | None = None
except ImportError as missing:
    REQUESTS_IMPORT_ERROR = str(missing)

MAX_ANSWER = 1024 * 1024
MAX_LIST = 32 * 1024 * 1024
MAX_WAIT = 60.0
FIRST_WAIT = 0.25

_OVERLOADED = frozenset((500, 502, 503, 504))
_CA_ADVICE = "give the bundle of its CA as ca_path"
_TLS_ADVICE = {
    "issuer": _CA_ADVICE,
    "self-signed": _CA_ADVICE,
    "self signed": _CA_ADVICE,
    "has expired": "the service's certificate must be renewed, unless the clock of this machine is wrong",
    "is not valid for": "is the address right?",
    "protocol version": "the service speaks no TLS as new as this machine demands",
    "unsupported protocol": "the service speaks no TLS as new as this machine demands",
}

T = TypeVar("T")


class Client:
    """Sends to one endpoint and counts what it sent in C(requests).

    C(headers) go with every request, and C(auth), a name and a password, as Basic authentication; C(verify) is False,
    True or the path of a CA bundle; C(timeout) is in seconds, for connecting and again for the whole answer;
    C(retries) is how often a call is sent again; C(concurrency) is the most requests in flight; C(rate_limit) is in
    requests per second, over all threads. Proxies, and a CA bundle where none is given, come from the environment.
    Raises RpsError C(tls_error) or C(unreachable) where a bundle or a proxy cannot be used.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        auth: tuple[str, str] | None = None,
        verify: bool | str = True,
        timeout: float = 30,
        retries: int = 3,
        concurrency: int = 8,
        rate_limit: float | None = None,
    ) -> None:
        if not verify:
            disable_warnings(lower.InsecureRequestWarning)
        self.retries = retries
        self.concurrency = concurrency
        self.requests = 0
        self._counting = threading.Lock()
        # Read and parsed one at a time, whatever the concurrency: more would take too much memory.
        self._listing = threading.Lock()
        self._pace = _Pace(rate_limit)
        self._timeout = Timeout(connect=timeout, read=timeout)
        environment = requests.Session().merge_environment_settings(url, {}, True, verify, None)
        request = requests.Request(
            "GET",
            url,
            headers={"Accept-Encoding": "identity", "User-Agent": "ansible-voip.rps", **headers},
            auth=auth and tuple(part.encode("utf-8", "surrogateescape") for part in auth),
        ).prepare()
        self._headers = dict(request.headers)
        # Connections as requests makes them, but without its sessions: that costs a third, follows no redirect and
        # keeps no cookie.
        adapter = DeadlineAdapter(pool_connections=1, pool_maxsize=concurrency, pool_block=True)
        try:
            self._pool = adapter.pool(request, environment["verify"] or False, environment["proxies"])
        except requests.RequestException as error:
            raise RpsError("unreachable", str(error)) from None
        except OSError as error:
            raise RpsError("tls_error", str(error)) from None
        self._target = adapter.request_url(request, environment["proxies"])

    def post(
        self, body: bytes, parse: Callable[[bytes], T], *, write: bool, path: str = "", listing: bool = False
    ) -> T:
        """Post C(body) to the endpoint, or to C(path) under it, and return what C(parse) makes of the answer's bytes.

        With C(listing) the answer may be as long as C(MAX_LIST), else as C(MAX_ANSWER).
        A call that failed for a passing reason is sent again, after a growing pause or the one the service asks for; a
        write only where it certainly was not carried out. Raises RpsError: C(auth_failed), C(forbidden),
        C(rate_limited), C(unreachable), C(timeout), C(tls_error), C(service_error), C(protocol_error), or what
        C(parse) raises.
        """
        return self._send("POST", path, body, parse, write=write, listing=listing)

    def get(self, path: str, parse: Callable[[bytes], T]) -> T:
        """Get C(path) under the endpoint, which reads, and return what C(parse) makes of the answer's bytes.

        Tries again and raises as C(post) does.
        """
        return self._send("GET", path, None, parse, write=False, listing=False)

    def rest(self, attempt: int) -> None:
        """Hold every thread's next request back, as before the retry after C(attempt) (from 0)."""
        self._pace.pause(_backoff(attempt))

    def _send(
        self, verb: str, path: str, body: bytes | None, parse: Callable[[bytes], T], write: bool, listing: bool
    ) -> T:
        attempt = 0
        while True:
            try:
                return self._exchange(verb, path, body, parse, listing)
            except RpsError as error:
                wait = _backoff(attempt) if error.retry_after is None else error.retry_after
                hopeless = not error.transient or attempt == self.retries or wait > MAX_WAIT
                if hopeless or (write and error.in_doubt):
                    raise
                self._pace.pause(wait)
                attempt += 1

    def _exchange(self, verb: str, path: str, body: bytes | None, parse: Callable[[bytes], T], listing: bool) -> T:
        self._pace.wait()
        with self._counting:
            self.requests += 1
        try:
            response: HTTPResponse = self._pool.request(
                verb,
                self._target + path,
                body=body,
                headers=self._headers,
                retries=_NO_RETRIES,
                redirect=False,
                assert_same_host=False,
                timeout=self._timeout,
                preload_content=False,
                decode_content=False,
            )
        except (lower.HTTPError, OSError) as error:
            raise _lost(error) from None
        with self._listing if listing else nullcontext():
            try:
                answer = _read(response, MAX_LIST if listing else MAX_ANSWER)
            except (lower.HTTPError, OSError) as error:
                raise _lost(error) from None
            if response.status != 200:
                raise _status_error(response, answer)
            return parse(answer)


def check_endpoint(url: str) -> None:
    """Raise ValueError where C(url) has a host that cannot be."""
    try:
        requests.Request("POST", url).prepare()
    except requests.RequestException as error:
        raise ValueError(str(error)) from None


def is_loopback(url: str) -> bool:
    """Tell whether a URL's host is this machine by its name or address."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Pace:
    """Spaces requests evenly at C(rate) a second over all threads, and holds all back where one is told to wait."""

    def __init__(self, rate: float | None) -> None:
        self._interval = 1 / rate if rate else 0.0
        self._free_at = 0.0
        self._held_until = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        while True:
            with self._lock:
                now = time.monotonic()
                slot = max(now, self._free_at)
                self._free_at = slot + self._interval
            if slot > now:
                time.sleep(slot - now)
            # All may have been held back while this one waited.
            if slot >= self._held_until:
                return

    def pause(self, seconds: float) -> None:
        with self._lock:
            self._held_until = max(self._held_until, time.monotonic() + seconds)
            self._free_at = max(self._free_at, self._held_until)


def _backoff(attempt: int) -> float:
    return min(FIRST_WAIT * 2.0**attempt, MAX_WAIT) * random.uniform(0.5, 1)


def _read(raw: HTTPResponse, limit: int) -> bytes:
    encoding = raw.headers.get("Content-Encoding", "identity")
    answer: bytes = raw.read(limit + 1, decode_content=False)
    if len(answer) > limit or encoding != "identity":
        raw.close()
        raw.release_conn()
        why = f"is encoded as {encoding}" if encoding != "identity" else f"is longer than {limit} bytes"
        raise RpsError("protocol_error", f"the answer {why}", in_doubt=True)
    raw.release_conn()
    return answer


def _lost(error: Exception) -> RpsError:
    """Return the error of a request that got no whole answer, from what the HTTP libraries raised."""
    causes = list(_causes(error))
    words = str(causes[-1]) or type(causes[-1]).__name__
    # First, as it counts as a kind of timeout.
    if any(isinstance(cause, (lower.NewConnectionError, lower.ProxyError)) for cause in causes):
        return RpsError("unreachable", f"no connection: {words}", transient=True)
    if any(isinstance(cause, lower.ConnectTimeoutError) for cause in causes):
        return RpsError("timeout", "the service could not be connected to in time", transient=True)
    if any(isinstance(cause, lower.TimeoutError) for cause in causes):
        return RpsError("timeout", "the service did not answer in time", transient=True, in_doubt=True)
    cut_off = any(isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError)) for cause in causes)
    if not cut_off and any(isinstance(cause, lower.SSLError) for cause in causes):
        advice = next((f": {advice}" for said, advice in _TLS_ADVICE.items() if said in words.lower()), "")
        return RpsError("tls_error", words + advice)
    return RpsError("unreachable", f"the connection was lost: {words}", transient=True, in_doubt=True)


def _causes(error: object) -> Iterator[Exception]:
    """Yield an exception and all that it wraps, the innermost last."""
    while isinstance(error, Exception):
        yield error
        inner = [error.__cause__, getattr(error, "reason", None), error.__context__, *error.args]
        error = next((cause for cause in inner if isinstance(cause, Exception)), None)


def _status_error(response: HTTPResponse, answer: bytes) -> RpsError:
    status = response.status
    words = f"HTTP {status} {response.reason or ''}: {excerpt(answer)}"
    if status == 401:
        return RpsError("auth_failed", "the service does not take this username and password (HTTP 401)")
    if status == 403:
        return RpsError("forbidden", words)
    if status == 429 or status in _OVERLOADED:
        code = "rate_limited" if status == 429 else "service_error"
        retry_after = _retry_after(response)
        return RpsError(code, words, transient=True, in_doubt=status != 429, retry_after=retry_after)
    if 300 <= status < 400:
        location = response.headers.get("Location", "nowhere")
        return RpsError(
            "protocol_error", f"the service redirects to {location}, which is never followed: is the address right?"
        )
    return RpsError("protocol_error", f"{words}: is the address right?", in_doubt=not 400 <= status < 500)


def _retry_after(response: HTTPResponse) -> float | None:
    try:
        return float(Retry().parse_retry_after(response.headers["Retry-After"]))
    except (KeyError, lower.HTTPError):
        return None
