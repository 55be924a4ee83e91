# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The code that the XML-RPC dialects share: logins, calls, faults, and the base of dialects."""

from __future__ import annotations

import base64
import binascii
import hmac
import xmlrpc.client
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import escape

from .. import dialect
from ..dialect import World
from ..knobs import Settings, choice, number
from ..lag import Lag
from ..parts import Part
from ..records import DEVICES, TABLES
from ..state import Account
from ..transport import Asked, Refused, Reply, Transport
from ..wire import Answer, Request

# The server software -> its fault for a method that does not exist.
MISSING_METHOD_FAULTS = {
    "plain": (1, "no such method: {method}"),
    "apache_handler": (0, "No such handler: {method}"),
    "apache_arguments": (0, "No method matching arguments: {types}"),
    "codeigniter": (1, "This is not a known method for this XML-RPC Server"),
    "ixr": (-32601, "server error. requested method {method} does not exist."),
    "perl": (301, "Unknown method: {method}"),
    "php": (1, "Unknown method"),
    "python": (1, "<class 'Exception'>:method \"{method}\" is not supported"),
    "ruby": (-99, "Method {method} missing or wrong number of parameters!"),
    "twisted": (8001, "procedure {method} not found"),
    "xmlrpc_c": (-506, "Method '{method}' not defined"),
}
LOGIN_FAULT = (401, "Authentication failed")
LOGIN_REFUSAL = "Error:Invalid username or password"

_JAVA = {str: "java.lang.String", list: "[Ljava.lang.Object;", bool: "java.lang.Boolean", int: "java.lang.Integer"}


@dataclass(slots=True)
class XmlRpcSettings(Settings):
    layout: str = choice("compact", "printed")
    """The layout of answers: without white space between tags, or as the vendor's document prints them."""
    wording: str = choice("clients", "printed", "spaced", "no_prefix")
    """The words of refusals: as public clients compare them (`Error:` without a space), as each section prints them,
    with `Error: `, or without `Error:`."""
    boolean: str = choice("1", "true")
    """The content of `<boolean>` for true: the digit, or the word."""
    nil: str = choice("never", "nil", "ex:nil")
    """The form of an empty text or list: empty, `<nil/>` or `<ex:nil/>`."""
    login_refusal: str = choice("http_401", "fault", "false_text")
    """The form of a refused login: HTTP 401, or HTTP 200 with a fault, or with false and a text."""
    missing_method_fault: str = choice(*MISSING_METHOD_FAULTS)
    """The server software whose words the fault for a missing method has."""
    list_rows: str = choice("clean", "untidy")
    """The rows of device lists: each device once; or each twice, with additional rows that are not MAC addresses."""
    foreign_macs: str = choice("take", "refuse")
    """Registering a MAC address of another vendor: accepted, or refused as invalid."""
    read_lag: int = number(0, 0, 100)
    """After a write, this number of calls that read a device still return its old state."""


class NotACall(Exception):
    """The body is not an XML-RPC call."""


class Call(NamedTuple):
    method: str
    parameters: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Method:
    """One form of a method: `answer(records, settings, *parameters)` runs inside a transaction."""

    answer: Callable[..., Reply]
    parameters: tuple[type | UnionType, ...]
    """For each parameter `str`, or `list` for a list of strings; with `| None` it may be nil."""
    writes: bool
    retired: bool = False
    no_devices: bool = False
    """Whether its list contains something other than devices."""

    def devices(self, call: Call) -> int:
        """Return the number of devices in a bulk call; 0 for all other calls."""
        if self.no_devices or not call.parameters or not isinstance(call.parameters[0], list):
            return 0
        return len(call.parameters[0])


@dataclass(frozen=True, kw_only=True)
class Dialect(dialect.Dialect):
    """A vendor's service: the documented path is its endpoint; `also` has other paths that it answers."""

    also: tuple[str, ...] = ()
    methods: Mapping[tuple[str, int], Method]
    """By name and number of parameters."""
    content_type: str | None = None
    """The type that requests must have; None if any is allowed."""
    sent_password: Callable[[str], str] = str
    """Returns what requests contain instead of an account's password."""
    settings: type[XmlRpcSettings] = XmlRpcSettings
    tables: tuple[str, ...] = (TABLES,)
    parts: Mapping[str, Part] = field(default_factory=lambda: {"devices": DEVICES})
    transports: tuple[dialect.MakeTransport, ...] = field(default_factory=lambda: (XmlRpc,))

    def method(self, call: Call) -> Method | None:
        """Return the called method, or None if no method has this name, number and types of parameters."""
        method = self.methods.get((call.method, len(call.parameters)))
        if method is None or not all(map(_is, call.parameters, method.parameters)):
            return None
        return method


def _is(value: object, kind: type | UnionType) -> bool:
    return isinstance(value, kind) and (not isinstance(value, list) or all(isinstance(item, str) for item in value))


def _refuse_doctype(*_: object) -> None:
    raise NotACall("a document type is not accepted")


def read_call(body: bytes) -> Call:
    """Return the call in the body of a request. Raise NotACall if there is none, or a DTD."""
    unmarshaller = xmlrpc.client.Unmarshaller()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = unmarshaller.start
    parser.EndElementHandler = unmarshaller.end
    parser.CharacterDataHandler = unmarshaller.data
    unmarshaller.xml(None, None)  # type: ignore[arg-type]  # texts arrive decoded
    try:
        parser.Parse(body, True)
        parameters = unmarshaller.close()
        method = unmarshaller.getmethodname()
    except NotACall:
        raise
    except Exception as error:  # bad nesting can raise any exception in the unmarshaller
        raise NotACall(f"not an XML-RPC call: {error or type(error).__name__}") from None
    if not method:
        raise NotACall("not an XML-RPC call: no method name")
    return Call(method.strip(), tuple(parameters))


def boolean(settings: XmlRpcSettings, value: bool) -> str:
    """Return the content of `<boolean>`."""
    return f"{value:d}" if settings.boolean == "1" else f"{value}".lower()


def nil(settings: XmlRpcSettings) -> str:
    """Return the content of `<value>` for an empty text or list."""
    return "" if settings.nil == "never" else f"<{settings.nil}/>"


def worded(settings: XmlRpcSettings, refusal: str) -> str:
    """Return a refusal with `Error:` in the form of the setting `wording`; a text without it is not changed."""
    prefix, found, text = refusal.partition("Error:")
    if prefix or not found or settings.wording == "printed":
        return refusal
    return {"clients": "Error:", "spaced": "Error: "}.get(settings.wording, "") + text.lstrip(" ")


def rows(settings: XmlRpcSettings, macs: list[str]) -> list[str]:
    """Return the rows of a device list, as untidy as the settings say."""
    if settings.list_rows == "clean" or not macs:
        return macs
    return [*macs, "", f"Total: {len(macs)}", *macs]


def fault(code: int, message: str) -> bytes:
    """Return the document of an XML-RPC fault."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<methodResponse>\n<fault>\n<value>\n<struct>\n'
        f"<member><name>faultCode</name><value><int>{code}</int></value></member>\n"
        f"<member><name>faultString</name><value><string>{escape(message)}</string></value></member>\n"
        "</struct>\n</value>\n</fault>\n</methodResponse>"
    ).encode()


class XmlRpc(Transport):
    """POSTed calls with the login of an account each; the dialect of its provider answers."""

    prefix = "/"
    content_type = "text/xml"
    keep_alive = True

    def __init__(self, dialects: Sequence[dialect.Dialect], world: World) -> None:
        self._dialects = {one.provider: one for one in dialects if isinstance(one, Dialect)}
        self._state = world.state
        self._panel = world.panel
        self._settings = world.panel.of(XmlRpcSettings)
        self._lag = Lag(world.state, lambda: self._settings.read_lag, world.vendors)

    def read(self, peer: str, request: Request) -> Asked:
        account = self._authenticate(request)
        if account is None:
            raise Refused(None, self._unauthorized())
        spoken = self._dialects.get(account.provider)
        if spoken is None or request.path not in (spoken.endpoint, *spoken.also):
            raise Refused(account.name, Answer(404))
        if request.verb != "POST":
            raise Refused(account.name, Answer(405, headers=(("Allow", "POST"),)))
        if spoken.content_type is not None and spoken.content_type != _content_type(request):
            raise Refused(account.name, Answer(415))
        try:
            call = read_call(request.body)
        except NotACall as error:
            raise Refused(account.name, Answer(400, f"{error}\n".encode(), "text/plain")) from None
        method = None if self._settings.lacks(call.method, len(call.parameters)) else spoken.method(call)
        if method is None:
            missing = Reply(_missing(self._settings, call), None)
            return Asked(account.name, call.method, len(call.parameters), 0, False, False, lambda: missing)

        settings = self._panel.of(spoken.settings)

        def answer() -> Reply:
            with self._state.transaction(write=method.writes):
                records = self._lag.records(account, method.writes)
                return method.answer(records, settings, *call.parameters)

        devices = method.devices(call)
        return Asked(account.name, call.method, len(call.parameters), devices, method.writes, method.retired, answer)

    def fault(self, code: int, message: str) -> Answer:
        return Answer(200, fault(code, message))

    def log_out(self, request: Request) -> Answer:
        return self._unauthorized()

    def _unauthorized(self) -> Answer:
        if self._settings.login_refusal == "fault":
            return Answer(200, fault(*LOGIN_FAULT))
        if self._settings.login_refusal == "false_text":
            refusal = (False, worded(self._settings, LOGIN_REFUSAL))
            return Answer(200, xmlrpc.client.dumps((refusal,), methodresponse=True).encode())
        return Answer(401, b"", headers=(("WWW-Authenticate", 'Basic realm="RPS"'),))

    def _password(self, account: Account) -> str:
        spoken = self._dialects.get(account.provider)
        return spoken.sent_password(account.password) if spoken else account.password

    def _authenticate(self, request: Request) -> Account | None:
        scheme, _space, credentials = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            # Some clients pad incorrectly: ngcp-panel adds a sign to the right ones.
            digits = credentials.strip().rstrip("=")
            padded = digits + "=" * (-len(digits) % 4)
            name, _colon, password = base64.b64decode(padded, validate=True).partition(b":")
        except (binascii.Error, ValueError):
            return None
        for encoding in ("utf-8", "latin-1"):
            try:
                account = self._state.account(name.decode(encoding))
            except UnicodeDecodeError:
                continue
            if account and hmac.compare_digest(self._password(account).encode(encoding, "replace"), password):
                return account
        return None


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _missing(settings: XmlRpcSettings, call: Call) -> bytes:
    code, words = MISSING_METHOD_FAULTS[settings.missing_method_fault]
    types = ", ".join(_JAVA.get(type(value), "java.lang.Object") for value in call.parameters)
    return fault(code, words.format(method=call.method, types=types))
