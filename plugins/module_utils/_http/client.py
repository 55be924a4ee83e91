# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP session to one endpoint: TLS, pooling, timeouts, statuses, retries, size and rate limits."""

from __future__ import annotations

import ipaddress
import math
import random
import re
import socket
import ssl
import threading
import time
from contextlib import nullcontext, suppress
from enum import Enum
from http.client import HTTPException
from typing import Callable, Iterator, Mapping, NamedTuple, TypeVar
from urllib.parse import unquote, urljoin, urlsplit

from ansible_collections.voip.rps.plugins.module_utils._http.logins import Login, LoginExpired, Outgoing
from ansible_collections.voip.rps.plugins.module_utils._http.watch import Connected, Exchange, Exchanged, watched
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import MAX_SHOWN, RpsError, excerpt
from ansible_collections.voip.rps.plugins.module_utils._pure.shown import SECRETS
from ansible_collections.voip.rps.plugins.module_utils._pure.url import shown_url

try:
    import requests
    from requests.utils import select_proxy
    from urllib3 import HTTPResponse, disable_warnings
    from urllib3 import exceptions as lower
    from urllib3.util import Retry, Timeout, parse_url

    from ansible_collections.voip.rps.plugins.module_utils._http.deadline import DeadlineAdapter

    _NO_RETRIES = Retry(False)
    # The last for what makes no sense, as a chunk that is no number long.
    _LOST = (lower.HTTPError, HTTPException, OSError, ValueError)
    REQUESTS_IMPORT_ERROR: str | None = None
except ImportError as missing:
    REQUESTS_IMPORT_ERROR = str(missing)

MAX_ANSWER = 1024 * 1024
MAX_LIST = 32 * 1024 * 1024
MAX_WAIT = 60.0
FIRST_WAIT = 0.25

_MOST_DOUBLINGS = 16
_PLAIN = frozenset(("", "identity", "none", "utf-8", "utf8"))
"""Content codings that leave the content as it is; the last two are none, but services say them."""

_NOT_TLS = "nothing speaks TLS there: are the address and its port right?"
_CA_ADVICE = "give the bundle of its CA as ca_path"
_TOO_OLD = "the service speaks no TLS as new as this machine demands"
_TLS_ADVICE = {
    "issuer": _CA_ADVICE,
    "self-signed": _CA_ADVICE,
    "self signed": _CA_ADVICE,
    "has expired": "the service's certificate must be renewed, unless the clock of this machine is wrong",
    "not yet valid": "is the clock of this machine right?",
    "is not valid for": "is the address right?",
    "match": "is the address right?",
    "protocol version": _TOO_OLD,
    "unsupported protocol": _TOO_OLD,
    "wrong version number": _NOT_TLS,
    "record layer failure": _NOT_TLS,
    "http request": _NOT_TLS,
    "certificate required": "the service asks for a client certificate",
    "key too small": "the service's certificate is too weak for this machine: it must be renewed",
}
_TLS_ELSE = "are the address and its port right, and does the service speak TLS there?"
_TLS_NOISE = re.compile(r"^\[[^\]]*\] | \(_ssl\.c:\d+\)$")

_PATH = re.compile(r"[!-~]*")

T = TypeVar("T")


class Fate(Enum):
    """What a status says of a request; one that has none of these is final, like 400."""

    ANSWER = "the service answered, be it with no"
    NOT_NOW = "nothing was carried out, and the same request may be sent again later"
    IN_DOUBT = "it may have been carried out; reads may be sent again later"


STATUSES: Mapping[int, Fate] = {
    200: Fate.ANSWER,
    429: Fate.NOT_NOW,
    **dict.fromkeys((500, 502, 503, 504), Fate.IN_DOUBT),
}
"""What statuses say unless a service says otherwise."""


class Answer(NamedTuple):
    """What a service answered; the names of C(headers) may be in any case."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class Client:
    """Sends to one endpoint and counts what it sent in C(requests), and what of it writes in C(writes).

    C(headers) go with every request, and the C(login) signs it; C(statuses): what the service's own statuses say;
    C(verify) is False, True or the path of a CA bundle; C(timeout) is in seconds, for connecting and again for the
    whole answer; C(retries) is how often a call is sent again; C(concurrency) is the most requests in flight;
    C(rate_limit) is in requests per second, over all threads. Proxies, and a CA bundle where none is given, come
    from the environment; what goes to this machine goes through no proxy. Raises RpsError C(tls_error),
    C(unreachable) or C(invalid_input) where a bundle, a proxy or the login cannot be used.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        login: Login | None = None,
        statuses: Mapping[int, Fate] | None = None,
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
        self.writes = 0
        self._counting = threading.Lock()
        # Read and parsed one at a time, whatever the concurrency: more would take too much memory.
        self._listing = threading.Lock()
        self._pace = _Pace(rate_limit)
        self._stopped: RpsError | None = None
        self._reading = False
        self._timeout = Timeout(connect=timeout, read=timeout)
        self._login = login or Login()
        self._statuses = {**STATUSES, **(statuses or {})}
        environment = requests.Session().merge_environment_settings(url, {}, True, verify, None)
        proxies = {} if is_loopback(url) else environment["proxies"]
        try:
            request = requests.Request(
                "GET",
                url,
                headers={"Accept-Encoding": "identity", "User-Agent": "ansible-voip.rps", **headers},
            ).prepare()
            for value in request.headers.values():
                str(value).encode("latin-1")
        except (requests.RequestException, ValueError):
            # Their words hold the value.
            words = f"{shown_url(url)} cannot be asked: the address or a header has what is no character"
            raise RpsError("invalid_input", words) from None
        self._peer = _host_and_port(url)
        proxy = select_proxy(url, proxies)
        self._proxy = None
        if proxy:
            # Without a scheme it is http, but not to requests where there is a user in it.
            proxy = proxy if "://" in proxy else f"http://{proxy}"
            self._proxy = _proxy_peer(proxy)
            proxies = {urlsplit(url).scheme.lower(): proxy}
        # Connections as requests makes them, but without its sessions: that costs a third, follows no redirect and
        # keeps no cookie.
        adapter = DeadlineAdapter(pool_connections=1, pool_maxsize=concurrency, pool_block=True)
        try:
            self._pool = adapter.pool(request, environment["verify"] or False, proxies, self._login.certificate)
        except (requests.RequestException, lower.HTTPError, ValueError) as error:
            words = f"no connection to {self._proxy or self._peer} can be made: {type(error).__name__}"
            raise RpsError("unreachable", words) from None
        except OSError as error:
            raise RpsError("tls_error", str(error)) from None
        # Through a proxy the whole URL is sent; what is signed begins after the host.
        target = adapter.request_url(request, proxies)
        self._origin = target[: len(target) - len(request.path_url)]
        address = urlsplit(request.url or url)
        self._request = Outgoing("", address.scheme, address.netloc, request.path_url, None, dict(request.headers))
        self._exchanged: Exchanged | None = None

    @property
    def proxy(self) -> str | None:
        """What the proxy is called in messages, without its user and password; None where there is none."""
        return self._proxy

    @property
    def login(self) -> Login:
        """How its requests show whose they are."""
        return self._login

    def watch(self, exchanged: Exchanged, connected: Connected) -> None:
        """Show every exchange from now on to C(exchanged), and every new connection's socket to C(connected)."""
        self._exchanged = exchanged
        self._pool.ConnectionCls = watched(self._pool.ConnectionCls, connected)

    def request(
        self,
        verb: str,
        path: str,
        read: Callable[[Answer], T],
        *,
        write: bool,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        listing: bool = False,
        sign: Callable[[Outgoing], Outgoing] | None = None,
    ) -> T:
        """Send a request to C(path) under the endpoint, "" for the endpoint itself; return what C(read) makes of it.

        C(path) may also be a link that the service gave, see C(linked).
        C(read) gets answers of the statuses that the service's table calls so. With C(listing) the answer may be as
        long as C(MAX_LIST), else as C(MAX_ANSWER). C(sign) is for a request that gets the login: it signs it in place
        of the login, for every try; such a request is sent as a write is, but changes nothing.
        A request that failed for a passing reason is sent again, after a growing pause or the one the service asks for;
        a write only where it certainly was not carried out. A login that has expired is renewed once. Raises RpsError:
        C(auth_failed), C(forbidden), C(rate_limited), C(unreachable), C(timeout), C(tls_error), C(service_error),
        C(protocol_error), or what C(read) raises.
        """
        request = self._request._replace(verb=verb, body=body)
        if path.startswith(("http:", "https:")):
            request = request._replace(path=self._own_path(path))
        elif path:
            request = request._replace(path=request.path.rstrip("/") + path)
        if headers:
            request = request.with_headers(headers)

        def send(sign: Callable[[Outgoing], Outgoing], changes: bool) -> T:
            return self._insist(lambda: self._ask(sign(request), read, listing), write=write, changes=changes)

        if sign:
            return send(sign, False)
        credential = self._login.credential(self)
        try:
            return send(lambda request: self._login.sign(request, credential), write)
        except LoginExpired:
            self._login.renew(self, credential)
        renewed = self._login.credential(self)
        return send(lambda request: self._login.sign(request, renewed), write)

    def linked(self, link: str, page: str = "") -> str:
        """Return the whole URL of a link, which may be relative to the C(page) that it stands on, for C(request).

        C(page) is as in C(request). Raises RpsError C(protocol_error) where it leads to another host: the login, and
        what it signs, must not get there.
        """
        base = f"{self._request.scheme}://{self._request.host}"
        at = (
            page
            if page.startswith(base)
            else base + (self._request.path.rstrip("/") + page if page else self._request.path)
        )
        try:
            url = urljoin(at, link.strip())
            return base + self._own_path(url)
        except ValueError:
            raise RpsError(
                "protocol_error", f"the service's answer has a link that is none: {shown_url(link)}"
            ) from None

    def _own_path(self, url: str) -> str:
        parts = urlsplit(url)
        theirs, ours = _host_and_port(url).lower(), self._peer.lower()
        if (parts.scheme.lower(), theirs) != (self._request.scheme.lower(), ours):
            words = f"the service's answer leads to {parts.scheme}://{theirs}, and the login is for {ours} alone"
            raise RpsError("protocol_error", f"{words}: if that host is the vendor's, give it as api_url")
        path = parts.path or "/"
        if not _PATH.fullmatch(path + parts.query):
            raise ValueError("what no URL can hold")
        return f"{path}?{parts.query}" if parts.query else path

    def stop(self, error: RpsError) -> None:
        """Send nothing any more, and raise C(error) instead. Meant for a signal's handler: answers to writes under way
        are still waited for, an answer that only this thread reads is not."""
        self._stopped = error
        self._pace.wake()
        if self._reading and threading.current_thread() is threading.main_thread():
            raise error

    def resume(self) -> None:
        """Send again after C(stop)."""
        self._stopped = None
        self._pace = _Pace(None)

    def back_off(self, attempt: int) -> None:
        """Hold every thread's next request back, as before the retry after C(attempt) (from 0)."""
        self._pace.pause(_backoff(attempt))

    def _insist(self, send: Callable[[], T], *, write: bool, changes: bool) -> T:
        attempt = 0
        while True:
            try:
                return self._exchange(send, write, changes)
            except RpsError as error:
                wait = _backoff(attempt) if error.retry_after is None else error.retry_after
                hopeless = not error.transient or attempt == self.retries or wait > MAX_WAIT
                if hopeless or (write and error.in_doubt):
                    raise
                self._pace.pause(wait)
                attempt += 1

    def _exchange(self, send: Callable[[], T], write: bool, changes: bool) -> T:
        self._pace.wait()
        # It is the main thread that signals come to.
        reads_alone = not write and threading.current_thread() is threading.main_thread()
        try:
            if reads_alone:
                self._reading = True
            if self._stopped:
                raise self._stopped
            with self._counting:
                self.requests += 1
                self.writes += changes
            return send()
        finally:
            if reads_alone:
                self._reading = False

    def _ask(self, request: Outgoing, read: Callable[[Answer], T], listing: bool) -> T:
        started = time.monotonic()

        def show(status: int | None, answer: bytes) -> None:
            if self._exchanged:
                seconds = time.monotonic() - started
                self._exchanged(Exchange(request.verb, request.path, request.body, status, answer, seconds))

        try:
            response: HTTPResponse = self._pool.request(
                request.verb,
                self._origin + request.path,
                body=request.body,
                headers=request.headers,
                retries=_NO_RETRIES,
                redirect=False,
                assert_same_host=False,
                timeout=self._timeout,
                preload_content=False,
                decode_content=False,
            )
        except _LOST as error:
            show(None, b"")
            raise self._lost(error) from None
        fate = self._statuses.get(response.status)
        if fate is not Fate.ANSWER:
            page = _read_error_page(response)
            show(response.status, page)
            raise _status_error(response, page, fate, self._login)
        with self._listing if listing else nullcontext():
            try:
                body = _read(response, MAX_LIST if listing else MAX_ANSWER)
            except _LOST as error:
                show(None, b"")
                raise self._lost(error) from None
            show(response.status, body)
            return read(Answer(response.status, body, response.headers))

    def _lost(self, error: Exception) -> RpsError:
        """Return the error of a request that got no whole answer, from what the HTTP libraries raised."""
        causes = list(_causes(error))
        words = str(causes[-1]) or type(causes[-1]).__name__
        peer = self._proxy or self._peer
        # First, as it counts as a kind of timeout.
        if any(isinstance(cause, (lower.NewConnectionError, lower.ProxyError)) for cause in causes):
            transient = True
            if isinstance(causes[-1], ConnectionRefusedError):
                words = f"connection to {peer} refused"
            elif isinstance(causes[-1], socket.gaierror):
                words = f"the host name of {peer} cannot be resolved: {causes[-1].strerror}"
            elif words.startswith("Tunnel connection failed"):
                words = f"{peer} makes no connection to {self._peer}: {words.partition(': ')[2]}"
                # As with a 401: accounts get locked.
                transient = "407" not in words
            else:
                words = f"no connection to {peer}: {words}"
            return RpsError("unreachable", words, transient=transient)
        if any(isinstance(cause, lower.ConnectTimeoutError) for cause in causes):
            return RpsError("timeout", "the service could not be connected to in time", transient=True)
        if any(isinstance(cause, lower.TimeoutError) for cause in causes):
            return RpsError("timeout", "the service did not answer in time", transient=True, in_doubt=True)
        cut_off = any(isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError)) for cause in causes)
        if not cut_off and any(isinstance(cause, lower.SSLError) for cause in causes):
            advice = next((advice for said, advice in _TLS_ADVICE.items() if said in words.lower()), _TLS_ELSE)
            return RpsError("tls_error", f"no TLS with {peer}: {_TLS_NOISE.sub('', words)}: {advice}")
        return RpsError("unreachable", f"the connection to {peer} was lost: {words}", transient=True, in_doubt=True)


def check_endpoint(url: str) -> None:
    """Raise ValueError where C(url) has a host that cannot be."""
    try:
        requests.Request("POST", url).prepare()
    except (requests.RequestException, ValueError) as error:
        # After the colon there is the URL as it is.
        why = str(error).partition(":")[0].rstrip(".")
        raise ValueError(f"{shown_url(url)!r} names a host that cannot be: {why}") from None


def _host_and_port(url: str) -> str:
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{host}:{parts.port or (443 if parts.scheme.lower() == 'https' else 80)}"


def _proxy_peer(url: str) -> str:
    """Return what a proxy is called in messages, which is never by its password.

    Raises RpsError C(unreachable) where it cannot be used.
    """
    userinfo, _at, host = url.partition("://")[2].rpartition("@")
    name, _colon, password = userinfo.partition(":")
    SECRETS.add_login(name, password)
    SECRETS.add_login(unquote(name), unquote(password))
    try:
        parts = urlsplit(url)
        if parts.scheme.lower() not in ("http", "https"):
            raise RpsError("unreachable", f"the proxy {host} of the environment is neither http:// nor https://")
        if parts.hostname and parts.netloc.rpartition("@")[0] == userinfo:
            parse_url(url)
            return f"the proxy {_host_and_port(url)}"
    except (ValueError, lower.HTTPError):
        pass
    words = f"the proxy {host} of the environment is no URL: in a user or password / is %2F, ? %3F, # %23 and @ %40"
    raise RpsError("unreachable", words)


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
        self._awake = threading.Event()

    def wait(self) -> None:
        while not self._awake.is_set():
            with self._lock:
                now = time.monotonic()
                slot = max(now, self._free_at)
                self._free_at = slot + self._interval
            if slot > now:
                self._awake.wait(slot - now)
            # All may have been held back while this one waited.
            if slot >= self._held_until:
                return

    def wake(self) -> None:
        """Let nobody wait any more."""
        self._awake.set()

    def pause(self, seconds: float) -> None:
        with self._lock:
            self._held_until = max(self._held_until, time.monotonic() + seconds)
            self._free_at = max(self._free_at, self._held_until)


def _backoff(attempt: int) -> float:
    return min(FIRST_WAIT * 2.0 ** min(attempt, _MOST_DOUBLINGS), MAX_WAIT) * random.uniform(0.5, 1)


def _read(raw: HTTPResponse, limit: int) -> bytes:
    coding = raw.headers.get("Content-Encoding", "")
    plain = _is_plain(coding)
    try:
        answer: bytes = raw.read(limit + 1, decode_content=False) if plain else b""
    finally:
        _let_go(raw)
    if len(answer) > limit or not plain:
        why = f"is longer than {limit} bytes" if plain else f"is encoded as {coding}"
        raise RpsError("protocol_error", f"the answer {why}", in_doubt=True)
    return answer


def _read_error_page(raw: HTTPResponse) -> bytes:
    """Return the beginning of what comes with a status that is an error, if anything readable does."""
    page = b""
    try:
        with suppress(*_LOST):
            page = raw.read(MAX_SHOWN, decode_content=False)
    finally:
        _let_go(raw)
    return page if _is_plain(raw.headers.get("Content-Encoding", "")) else b""


def _let_go(raw: HTTPResponse) -> None:
    """Keep an answer's connection for the next request, unless it was not read up."""
    if not raw.closed:
        raw.close()
    raw.release_conn()


def _is_plain(coding: str) -> bool:
    return all(one.strip().lower() in _PLAIN for one in coding.split(","))


def _causes(error: object) -> Iterator[Exception]:
    """Yield an exception and all that it wraps, the innermost last."""
    while isinstance(error, Exception):
        yield error
        inner = [error.__cause__, getattr(error, "reason", None), error.__context__, *error.args]
        error = next((cause for cause in inner if isinstance(cause, Exception)), None)


def _status_error(response: HTTPResponse, page: bytes, fate: Fate | None, login: Login) -> RpsError:
    status = response.status
    words = ": ".join(part for part in (f"HTTP {status} {response.reason or ''}".strip(), excerpt(page)) if part)
    if fate:
        code = "rate_limited" if status == 429 else "service_error"
        retry_after = _retry_after(response.headers.get("Retry-After", ""))
        return RpsError(code, words, transient=True, in_doubt=fate is Fate.IN_DOUBT, retry_after=retry_after)
    if status == 401:
        refused = f"the service does not take this {login.what} (HTTP 401){login.advice(response.headers)}"
        return LoginExpired(refused) if login.renewable else RpsError("auth_failed", refused)
    if status == 403:
        return RpsError("forbidden", words)
    if status == 407:
        return RpsError("unreachable", f"the proxy of the environment does not take its user and password ({words})")
    if 300 <= status < 400:
        location = response.headers.get("Location", "nowhere")
        return RpsError(
            "protocol_error", f"the service redirects to {location}, which is never followed: is the address right?"
        )
    return RpsError("protocol_error", f"{words}: is the address right?", in_doubt=not 400 <= status < 500)


def _retry_after(header: str) -> float | None:
    """Return the seconds that a service asks to wait, endless where they are more than a clock can tell."""
    header = header.strip()
    if re.fullmatch(r"[0-9]+", header):
        return float(header) if len(header) < 10 else math.inf
    try:
        return float(Retry().parse_retry_after(header)) if header else None
    except (ValueError, OverflowError, lower.HTTPError):
        return None
