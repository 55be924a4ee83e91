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
    # ValueError: urllib3 raises it for nonsense, such as a chunk size that is not a number.
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
"""Content codings that leave the content unchanged. The last two are not content codings, but services send them."""

_NOT_TLS = "the server does not use TLS there: check the address and the port"
_CA_ADVICE = "give the bundle of its CA as ca_path"
_TOO_OLD = "the service does not support a TLS version that this machine allows"
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
    """What an HTTP status means for a request. Other statuses are final errors, like 400."""

    ANSWER = "the service answered, possibly with a refusal"
    NOT_NOW = "the request was not carried out, and can be sent again later"
    IN_DOUBT = "the request may have been carried out; only reads can be sent again later"


STATUSES: Mapping[int, Fate] = {
    200: Fate.ANSWER,
    429: Fate.NOT_NOW,
    **dict.fromkeys((500, 502, 503, 504), Fate.IN_DOUBT),
}
"""The meaning of statuses, unless a service defines them otherwise."""


class Answer(NamedTuple):
    """A service's answer; ``headers`` can have names in any case."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class Client:
    """Sends to one endpoint. Counts all sent requests in ``requests`` and the writes in ``writes``.

    ``headers`` go with every request, and the ``login`` signs it. ``statuses``: the meaning of the service's own
    statuses. ``verify``: False, True or the path of a CA bundle. ``timeout``: in seconds, once for connecting and once
    for the whole answer. ``retries``: how often a call is sent again. ``concurrency``: the limit of requests in flight.
    ``rate_limit``: requests per second, over all threads. Proxies, and a CA bundle if none is given, come from the
    environment; requests to this machine never go through a proxy. Raise RpsError ``tls_error``, ``unreachable`` or
    ``invalid_input`` if a bundle, a proxy or the login cannot be used.
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
        # Large lists are read and parsed one at a time, whatever the concurrency, to limit memory use.
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
            # The library's message contains the value.
            words = f"{shown_url(url)} cannot be used: the address or a header contains invalid characters"
            raise RpsError("invalid_input", words) from None
        self._peer = _host_and_port(url)
        proxy = select_proxy(url, proxies)
        self._proxy = None
        if proxy:
            # A proxy without a scheme is http, but requests rejects it if it contains a user.
            proxy = proxy if "://" in proxy else f"http://{proxy}"
            self._proxy = _proxy_peer(proxy)
            proxies = {urlsplit(url).scheme.lower(): proxy}
        # Use the connections of requests without its sessions: this saves a third of the CPU, follows no redirects and
        # keeps no cookies.
        adapter = DeadlineAdapter(pool_connections=1, pool_maxsize=concurrency, pool_block=True)
        try:
            self._pool = adapter.pool(request, environment["verify"] or False, proxies, self._login.certificate)
        except (requests.RequestException, lower.HTTPError, ValueError) as error:
            words = f"no connection to {self._proxy or self._peer} can be made: {type(error).__name__}"
            raise RpsError("unreachable", words) from None
        except OSError as error:
            raise RpsError("tls_error", str(error)) from None
        # A proxy gets the whole URL; only the part after the host is signed.
        target = adapter.request_url(request, proxies)
        self._origin = target[: len(target) - len(request.path_url)]
        address = urlsplit(request.url or url)
        self._request = Outgoing("", address.scheme, address.netloc, request.path_url, None, dict(request.headers))
        self._exchanged: Exchanged | None = None

    @property
    def proxy(self) -> str | None:
        """The name of the proxy in messages, without its user and password; None if there is no proxy."""
        return self._proxy

    @property
    def login(self) -> Login:
        """How requests authenticate."""
        return self._login

    def watch(self, exchanged: Exchanged, connected: Connected) -> None:
        """Pass every exchange to ``exchanged`` from now on, and each new connection's socket to ``connected``."""
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
        """Send a request to ``path`` below the endpoint ("" is the endpoint itself), and return the result of ``read``.

        ``path`` may also be a link from the service, see ``linked``.
        ``read`` gets the answers whose status means ANSWER. An answer may have ``MAX_LIST`` bytes with ``listing``,
        else ``MAX_ANSWER``. ``sign`` is for requests that obtain a login: it signs each attempt instead of the login;
        such a request is retried only as a write is, but does not count as one.
        Retry after a transient error, with exponential backoff or after the time that the service asks for; retry a
        write only if it was certainly not carried out. Renew an expired login once. Raise RpsError:
        ``auth_failed``, ``forbidden``, ``rate_limited``, ``unreachable``, ``timeout``, ``tls_error``,
        ``service_error``, ``protocol_error``, or what ``read`` raises.
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
        """Return the full URL of a link for ``request``. The link may be relative to the ``page`` that contains it.

        ``page`` is a path as in ``request``. Raise RpsError ``protocol_error`` if the link leads to another host, which
        must get neither the login nor signatures.
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
            raise RpsError("protocol_error", f"the service's answer has an invalid link: {shown_url(link)}") from None

    def _own_path(self, url: str) -> str:
        parts = urlsplit(url)
        target, own = _host_and_port(url).lower(), self._peer.lower()
        if (parts.scheme.lower(), target) != (self._request.scheme.lower(), own):
            words = f"the service's answer leads to {parts.scheme}://{target}, but the login is only for {own}"
            raise RpsError("protocol_error", f"{words}: if that host is the vendor's, give it as api_url")
        path = parts.path or "/"
        if not _PATH.fullmatch(path + parts.query):
            raise ValueError("invalid characters")
        return f"{path}?{parts.query}" if parts.query else path

    def stop(self, error: RpsError) -> None:
        """Send nothing from now on, and raise ``error`` instead. Can be called by a signal handler.

        Answers to writes in flight are still awaited; an answer that the main thread reads is not.
        """
        self._stopped = error
        self._pace.wake()
        if self._reading and threading.current_thread() is threading.main_thread():
            raise error

    def resume(self) -> None:
        """Send again after ``stop``."""
        self._stopped = None
        self._pace = _Pace(None)

    def back_off(self, attempt: int) -> None:
        """Delay the next request of every thread, as before the retry after ``attempt`` (counted from 0)."""
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
        # Python runs signal handlers in the main thread.
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
        """Return the error of a request without a complete answer, from what the HTTP libraries raised."""
        causes = list(_causes(error))
        words = str(causes[-1]) or type(causes[-1]).__name__
        peer = self._proxy or self._peer
        # These come first, because NewConnectionError is also a timeout error.
        if any(isinstance(cause, (lower.NewConnectionError, lower.ProxyError)) for cause in causes):
            transient = True
            if isinstance(causes[-1], ConnectionRefusedError):
                words = f"connection to {peer} refused"
            elif isinstance(causes[-1], socket.gaierror):
                words = f"the host name of {peer} cannot be resolved: {causes[-1].strerror}"
            elif words.startswith("Tunnel connection failed"):
                words = f"{peer} does not connect to {self._peer}: {words.partition(': ')[2]}"
                # As after a 401, retries could lock the account.
                transient = "407" not in words
            else:
                words = f"no connection to {peer}: {words}"
            return RpsError("unreachable", words, transient=transient)
        if any(isinstance(cause, lower.ConnectTimeoutError) for cause in causes):
            return RpsError("timeout", "connecting to the service timed out", transient=True)
        if any(isinstance(cause, lower.TimeoutError) for cause in causes):
            return RpsError("timeout", "the service did not answer in time", transient=True, in_doubt=True)
        cut_off = any(isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError)) for cause in causes)
        if not cut_off and any(isinstance(cause, lower.SSLError) for cause in causes):
            advice = next((advice for said, advice in _TLS_ADVICE.items() if said in words.lower()), _TLS_ELSE)
            return RpsError("tls_error", f"no TLS with {peer}: {_TLS_NOISE.sub('', words)}: {advice}")
        return RpsError("unreachable", f"the connection to {peer} was lost: {words}", transient=True, in_doubt=True)


def check_endpoint(url: str) -> None:
    """Raise ValueError if ``url`` has an invalid host."""
    try:
        requests.Request("POST", url).prepare()
    except (requests.RequestException, ValueError) as error:
        # The URL follows the colon, perhaps with a password.
        why = str(error).partition(":")[0].rstrip(".")
        raise ValueError(f"{shown_url(url)!r} has an invalid host: {why}") from None


def _host_and_port(url: str) -> str:
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{host}:{parts.port or (443 if parts.scheme.lower() == 'https' else 80)}"


def _proxy_peer(url: str) -> str:
    """Return the name of a proxy in messages, without its password.

    Raise RpsError ``unreachable`` if the proxy cannot be used.
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
    words = (
        f"the proxy {host} of the environment is not a valid URL: in a user or password, write / as %2F, ? as %3F, "
        "# as %23 and @ as %40"
    )
    raise RpsError("unreachable", words)


def is_loopback(url: str) -> bool:
    """Return whether a URL's host is this machine, by name or address."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Pace:
    """Spaces requests evenly at ``rate`` per second over all threads, and delays all of them during a backoff."""

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
            # Another thread may have started a backoff while this one waited.
            if slot >= self._held_until:
                return

    def wake(self) -> None:
        """End all waiting, now and later."""
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
    """Return the beginning of an error page, or b"" if it cannot be read."""
    page = b""
    try:
        with suppress(*_LOST):
            page = raw.read(MAX_SHOWN, decode_content=False)
    finally:
        _let_go(raw)
    return page if _is_plain(raw.headers.get("Content-Encoding", "")) else b""


def _let_go(raw: HTTPResponse) -> None:
    """Keep the connection for the next request, unless the answer was not read to its end."""
    if not raw.closed:
        raw.close()
    raw.release_conn()


def _is_plain(coding: str) -> bool:
    return all(one.strip().lower() in _PLAIN for one in coding.split(","))


def _causes(error: object) -> Iterator[Exception]:
    """Yield an exception and its causes, the innermost last."""
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
        refused = f"the service does not accept this {login.what} (HTTP 401){login.advice(response.headers)}"
        return LoginExpired(refused) if login.renewable else RpsError("auth_failed", refused)
    if status == 403:
        return RpsError("forbidden", words)
    if status == 407:
        return RpsError("unreachable", f"the proxy of the environment does not accept its user and password ({words})")
    if 300 <= status < 400:
        location = response.headers.get("Location", "nowhere")
        return RpsError(
            "protocol_error", f"the service redirects to {location}, which is never followed: is the address right?"
        )
    return RpsError("protocol_error", f"{words}: is the address right?", in_doubt=not 400 <= status < 500)


def _retry_after(header: str) -> float | None:
    """Return the seconds that a service asks to wait; infinity if the number is too large."""
    header = header.strip()
    if re.fullmatch(r"[0-9]+", header):
        return float(header) if len(header) < 10 else math.inf
    try:
        return float(Retry().parse_retry_after(header)) if header else None
    except (ValueError, OverflowError, lower.HTTPError):
        return None
