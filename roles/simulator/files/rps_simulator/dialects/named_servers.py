# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The code that services with named servers share: Yealink's, and those of vendors with the same dialect.

The file of a vendor has a `Layout`, a subclass of `Writing` and its table of methods. Section numbers are those of
Yealink's document, "XML API for Redirection and Provisioning Service (RPS)"; decisions that it leaves open are at the
head of `yealink.py`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple
from xml.sax.saxutils import escape

from ..knobs import choice
from ..mac import bare, dashed
from ..records import DEVICES, SERVERS, Device, Records
from ..transport import Reply
from .xmlrpc import Method, XmlRpcSettings, boolean, nil, rows, worded

ONLY_0_OR_1 = "Only 0 or 1 can be used:1 to override, 0 to cancel"
BAD_SERVER_NAME = "Error: The server name can only contain 'A-z 0-9 - _ . '(include space)"

_BAD_URL = "The url can only begin with 'http://' or 'https://' or 'ftp://' or 'tftp://'"
_SERVER_NAME = re.compile(r"[A-Za-z0-9\-_. ]+")
# Sipwise's ngcp-panel sends URLs percent-encoded.
_URL = re.compile(r"(?:https?|t?ftp)(?:://|%3A%2F%2F)", re.IGNORECASE)


PARTS = {"servers": SERVERS, "devices": DEVICES}


@dataclass(slots=True)
class NamedServersSettings(XmlRpcSettings):
    named_macs: str = choice("bare", "given", "dashed")
    """The spelling of MAC addresses in refusals."""
    own_again: str = choice("ask", "ok", "refuse")
    """Registering an own device again: needs override, does not need it, or is always refused."""


class Reason(NamedTuple):
    """Why devices cannot be registered: the refusal, with `{macs}` in it, and the text if no device is named."""

    text: str
    unnamed: str = ""


INVALID = Reason("Error:Invalid MAC(s):{macs}")
REPEATED = Reason("Error:Repeated MAC(s):{macs}")
ASK = Reason("Are you sure you want to override MAC addresses:{macs}")
OVERRIDING_FAILED = Reason("MAC address(es) overriding failed")


class Refused(Exception):
    """The call is answered with False and a text; `carried_out` if part of it was done anyway.

    `text` is what clients of the services know, `printed` what the document has instead.
    """

    def __init__(self, text: str, carried_out: bool = False, printed: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.printed = printed or text
        self.carried_out = carried_out


@dataclass(frozen=True, slots=True)
class Tags:
    """The text of an answer around its values, from the head with the result code to the tail."""

    head: str
    value: str
    """A text after the result code."""
    listing: str
    """A list after the result code; each of its texts has the layout `listed`."""
    listed: str
    tail: str


_NAMESPACE = "http://ws.apache.org/xmlrpc/namespaces/extensions"
COMPACT = Tags(
    head=f'<?xml version="1.0" encoding="UTF-8"?><methodResponse xmlns:ex="{_NAMESPACE}">'
    "<params><param><value><array><data><value><boolean>%s</boolean></value>",
    value="<value>%s</value>",
    listing="<value><array><data>%s</data></array></value>",
    listed="<value>%s</value>",
    tail="</data></array></value></param></params></methodResponse>",
)


@dataclass(frozen=True, slots=True)
class Layout:
    """The form of answers: the tags as its document prints them, and the spelling of listed MAC addresses."""

    printed: Tags
    spelling: Callable[[str], str]

    def answer(self, settings: NamedServersSettings, result: bool, *values: str | list[str]) -> bytes:
        """Return the answer with this result code, followed by these texts or lists of texts."""
        tags = self.printed if settings.layout == "printed" else COMPACT
        parts = [tags.head % boolean(settings, result)]
        for value in values:
            if not value:
                parts.append(tags.value % nil(settings))
            elif isinstance(value, str):
                parts.append(tags.value % escape(value))
            else:
                parts.append(tags.listing % "".join([tags.listed % escape(text) for text in value]))
        return "".join([*parts, tags.tail]).encode()

    def refusal(self, settings: NamedServersSettings, refusal: Refused, padding: str = "") -> bytes:
        """Return the answer for a refused call; `padding` comes before the text if the layout is printed."""
        text = refusal.printed if settings.wording == "printed" else worded(settings, refusal.text)
        return self.answer(settings, False, (padding if settings.layout == "printed" else "") + text)


@dataclass(frozen=True, slots=True)
class Section:
    """Words in a section of the document that differ from those in other sections."""

    bulk: bool = False
    bad_server: str = "Error:Invalid server"
    bad_server_name: str = BAD_SERVER_NAME
    padding: str = ""
    """What comes before a printed refusal."""
    end: str = ""
    """What is printed after the end of the answer."""


class Writing(ABC):
    """One writing call: its caller, settings and section."""

    reasons: ClassVar[tuple[Reason, ...]]
    """The reasons that `why_not` returns, in the order of their priority."""
    repeatable: ClassVar[bool] = False
    """Whether a list may contain a device more than once."""

    def __init__(self, section: Section, records: Records, settings: NamedServersSettings) -> None:
        self.section = section
        self.records = records
        self.settings = settings

    @abstractmethod
    def why_not(self, device: Device, override: bool) -> Reason | None:
        """Return why this device of an account cannot be registered, or None if it can."""

    def register(self, macs: list[str], server: str, url: str = "", override: str | None = None) -> None:
        """Sections 4.1, 4.2, 4.6, 4.7, 4.12, 4.15. `override` is None for the forms without isOverride."""
        good: dict[str, str] = {}
        invalid, repeated = [], []
        for text in macs:
            mac = bare(text)
            if mac is None or (self.settings.foreign_macs == "refuse" and self.records.foreign(mac)):
                invalid.append(text)
            elif mac in good:
                repeated.append(text)
            else:
                good[mac] = text
        problem = self._result(INVALID, invalid) if invalid or not macs else ""
        wrong = self._wrong_target(server, url) or self._wrong_override(override)
        if wrong:
            raise Refused(problem) if problem else wrong

        held: dict[str, Reason] = {}
        for mac, device in self.records.find(good).items():
            reason = self.why_not(device, override == "1") if device.account is not None else None
            if reason:
                held[mac] = reason
        if not problem and repeated and not self.repeatable:
            problem = self._result(REPEATED, repeated)
        for reason in self.reasons:
            if not problem and reason in held.values():
                problem = self._result(reason, [text for mac, text in good.items() if held.get(mac) is reason])
        self._carry_out(problem, [mac for mac in good if mac not in held], lambda macs: self.bind(macs, server, url))

    def deregister(self, macs: list[str]) -> None:
        """Sections 4.3, 4.8."""
        readable = {text: bare(text) for text in macs}
        known = self.records.find(mac for mac in readable.values() if mac)
        mine = {mac: device for mac, device in known.items() if device.account == self.records.account}
        bad = [text for text, mac in readable.items() if mac not in mine]
        problem = self._result(INVALID, bad) if bad or not macs else ""
        self._carry_out(problem, list(mine), self.records.forget)

    def edit(self, mac: str, server: str, url: str = "", override: str | None = None, ignored: str = "") -> None:
        """Sections 4.10, 4.11, 4.13, 4.16. `ignored` is the isOverride of 4.16."""
        readable = bare(mac)
        if readable is None:
            raise Refused(self._result(INVALID, [mac]))
        wrong = self._wrong_target(server, url) or self._wrong_override(override)
        if wrong:
            raise wrong
        device = self.records.find([readable]).get(readable)
        if device is None:
            raise Refused("The MAC is unknown")
        if device.account != self.records.account:
            raise Refused(self._result(INVALID, [mac]))
        self.bind([readable], server, url)

    def add_server(self, name: str, url: str) -> None:
        """Section 4.9."""
        if not name:
            raise _unprefixed("The server name can not be empty.")
        if not url:
            raise _unprefixed("The server url can not be empty")
        if not _SERVER_NAME.fullmatch(name):
            raise _unprefixed("The server name can only contain 'A-z 0-9 - _ . '(include space)")
        if not _URL.match(url):
            raise _unprefixed(_BAD_URL)
        if not self.records.add_server(name, url):
            raise Refused("Error:The server name has been used")

    def bind(self, macs: list[str], server: str, url: str) -> None:
        """Bind devices after all checks."""
        self.records.bind(macs, server, url)

    def end(self) -> str:
        """Return what follows the answer to a successful call."""
        return ""

    def _wrong_target(self, server: str, url: str) -> Refused | None:
        if url and not _URL.match(url):
            return Refused(f"Error:{_BAD_URL}", printed="Invalid server url")
        if not server:
            return None if url else Refused(self.section.bad_server)
        if not _SERVER_NAME.fullmatch(server):
            return Refused(self.section.bad_server_name)
        return Refused(self.section.bad_server) if self.records.server_url(server) is None else None

    @staticmethod
    def _wrong_override(override: str | None) -> Refused | None:
        return None if override in (None, "0", "1") else Refused(ONLY_0_OR_1)

    def _result(self, reason: Reason, macs: list[str]) -> str:
        if self.section.bulk:
            macs = self.settings.cut(macs)
        named = ",".join([self._spelt(mac) for mac in macs])
        return reason.text.format(macs=named) if macs or not reason.unnamed else reason.unnamed

    def _spelt(self, text: str) -> str:
        mac = bare(text)
        if mac is None or self.settings.named_macs == "given":
            return text
        return mac if self.settings.named_macs == "bare" else dashed(mac)

    def _carry_out(self, problem: str, macs: list[str], write: Callable[[list[str]], None]) -> None:
        """Write the good devices, unless a problem makes the service do nothing; then report the problem."""
        if problem and self.settings.batches == "all_or_nothing":
            raise Refused(problem)
        write(macs)
        if problem:
            raise Refused(problem, carried_out=bool(macs))


def _unprefixed(text: str) -> Refused:
    """Return a refusal that the document lists without the `Error:` with which it prints the answer."""
    return Refused(f"Error:{text}", printed=text)


def form(
    layout: Layout,
    writing: type[Writing],
    write: Callable[..., None],
    names: str,
    section: Section = Section(),
    retired: bool = False,
) -> Method:
    """Return a writing form; its parameters are the arguments `names` of `write`, a method of `writing`, in order."""
    arguments = names.split()

    def answer(records: Records, settings: NamedServersSettings, *parameters: str | list[str]) -> Reply:
        given: dict[str, str | list[str]] = {}
        for name, value in zip(arguments, parameters, strict=True):
            given[name] = value.strip() if isinstance(value, str) else [item.strip() for item in value]
        if isinstance(given.get("macs"), str):
            given["macs"] = [str(given["macs"])]
        call = writing(section, records, settings)
        try:
            write(call, **given)
        except Refused as refusal:
            return Reply(layout.refusal(settings, refusal, section.padding), refusal.carried_out)
        return Reply(layout.answer(settings, True, "OK") + call.end().encode(), True)

    kinds = tuple(list if section.bulk and name == "macs" else str for name in arguments)
    return Method(answer, kinds, writes=True, retired=retired)


def status(records: Records, text: str) -> tuple[str, Device | None]:
    """Return what checkDevice reports of a device, and the device if the account has registered it.

    Raise Refused if the text is not a MAC address.
    """
    mac = bare(text.strip())
    if mac is None:
        raise Refused("Error:Invalid MAC(s)")
    device = records.find([mac]).get(mac)
    if device is None:
        return "Unknown", None
    if not device.bound:
        return "Unregistered", None
    if device.account != records.account:
        return "Registered Elsewhere", None
    return "Registered", device


def check(layout: Layout) -> Method:
    """Section 4.5."""

    def answer(records: Records, settings: NamedServersSettings, mac: str) -> Reply:
        try:
            return Reply(layout.answer(settings, True, status(records, mac)[0]), None)
        except Refused as refusal:
            return Reply(layout.refusal(settings, refusal), None)

    return Method(answer, (str,), writes=False)


def listing(layout: Layout) -> Method:
    """Section 4.4."""

    def answer(records: Records, settings: NamedServersSettings) -> Reply:
        macs = [layout.spelling(mac) for mac in records.registered()]
        if not macs and settings.nil == "never":
            return Reply(layout.refusal(settings, Refused("No device(s) exists")), None)
        return Reply(layout.answer(settings, True, rows(settings, macs)), None)

    return Method(answer, (), writes=False)
