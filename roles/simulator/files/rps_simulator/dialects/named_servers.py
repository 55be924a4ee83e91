# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the services with named servers share: Yealink's, and those of the vendors that speak its dialect.

A vendor's file gives a `Layout`, a subclass of `Writing` and its table of methods. Sections are those of Yealink's
document, "XML API for Redirection and Provisioning Service (RPS)"; what is decided where it is silent stands at the
head of `yealink.py`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple
from xml.sax.saxutils import escape

from ..mac import bare
from ..settings import Settings
from ..state import Device, Records
from ..transport import Reply
from .xmlrpc import Method

ONLY_0_OR_1 = "Only 0 or 1 can be used:1 to override, 0 to cancel"
BAD_SERVER_NAME = "Error: The server name can only contain 'A-z 0-9 - _ . '(include space)"

_SERVER_NAME = re.compile(r"[A-Za-z0-9\-_. ]+")
_URL = re.compile(r"(?:https?|t?ftp)://", re.IGNORECASE)


class Reason(NamedTuple):
    """Why devices cannot be registered: the refusal, with `{macs}` in it, and instead of it where none is named."""

    text: str
    unnamed: str = ""


INVALID = Reason("Error:Invalid MAC(s):{macs}")
REPEATED = Reason("Error:Repeated MAC(s):{macs}")
ASK = Reason("Are you sure you want to override MAC addresses:{macs}")
OVERRIDING_FAILED = Reason("MAC address(es) overriding failed")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a vendor's document prints an answer, from its head, with the result code, to its tail."""

    head: str
    value: str
    """A text after the result code."""
    listing: str
    """A list after the result code, of devices each laid out as in `listed`."""
    listed: str
    spelling: Callable[[str], str]
    """A listed device's MAC address, from a bare one."""
    tail: str

    def answer(self, result: bool, *values: str) -> bytes:
        return (self.head % result + "".join([self.value % escape(value) for value in values]) + self.tail).encode()

    def listed_devices(self, macs: list[str]) -> bytes:
        devices = "".join([self.listed % self.spelling(mac) for mac in macs])
        return (self.head % True + self.listing % devices + self.tail).encode()


@dataclass(frozen=True, slots=True)
class Section:
    """How a section of the document words what the sections do not word alike."""

    bulk: bool = False
    bad_server: str = "Error:Invalid server"
    bad_server_name: str = BAD_SERVER_NAME
    padding: str = ""
    """What stands before a printed refusal."""


class Refused(Exception):
    """The call is answered with False and this text; `carried_out` where some of it was done all the same."""

    def __init__(self, text: str, carried_out: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.carried_out = carried_out


class Writing(ABC):
    """One writing call: who calls, under which settings, after which section."""

    reasons: ClassVar[tuple[Reason, ...]]
    """Those that `why_not` gives, in the order in which they are told."""
    repeatable: ClassVar[bool] = False
    """Whether a list may name a device more than once."""

    def __init__(self, section: Section, records: Records, settings: Settings) -> None:
        self.section = section
        self.records = records
        self.settings = settings

    @abstractmethod
    def why_not(self, device: Device, override: bool) -> Reason | None:
        """Why this device, which is an account's, cannot be registered; None where it can."""

    def register(self, macs: list[str], server: str, url: str = "", override: str | None = None) -> None:
        """4.1, 4.2, 4.6, 4.7, 4.12, 4.15. `override` is None for the forms without isOverride."""
        good: dict[str, str] = {}
        invalid, repeated = [], []
        for text in macs:
            mac = bare(text)
            if mac is None:
                invalid.append(text)
            elif mac in good:
                repeated.append(text)
            else:
                good[mac] = text
        problem = self._told(INVALID, invalid) if invalid or not macs else ""
        wrong = self._wrong_target(server, url) or self._wrong_override(override)
        if wrong:
            raise Refused(problem or wrong)

        held: dict[str, Reason] = {}
        for mac, device in self.records.find(good).items():
            reason = self.why_not(device, override == "1") if device.account is not None else None
            if reason:
                held[mac] = reason
        if not problem and repeated and not self.repeatable:
            problem = self._told(REPEATED, repeated)
        for reason in self.reasons:
            if not problem and reason in held.values():
                problem = self._told(reason, [text for mac, text in good.items() if held.get(mac) is reason])
        self._carry_out(problem, [mac for mac in good if mac not in held], lambda macs: self._bind(macs, server, url))

    def deregister(self, macs: list[str]) -> None:
        """4.3, 4.8."""
        readable = {text: bare(text) for text in macs}
        known = self.records.find(mac for mac in readable.values() if mac)
        mine = {mac: device for mac, device in known.items() if device.account == self.records.account}
        bad = [text for text, mac in readable.items() if mac not in mine]
        problem = self._told(INVALID, bad) if bad or not macs else ""
        self._carry_out(problem, list(mine), self.records.forget)

    def edit(self, mac: str, server: str, url: str = "", override: str | None = None, ignored: str = "") -> None:
        """4.10, 4.11, 4.13, 4.16. `ignored` is the isOverride of 4.16."""
        readable = bare(mac)
        if readable is None:
            raise Refused(self._told(INVALID, [mac]))
        wrong = self._wrong_target(server, url) or self._wrong_override(override)
        if wrong:
            raise Refused(wrong)
        device = self.records.find([readable]).get(readable)
        if device is None:
            raise Refused("The MAC is unknown")
        if device.account != self.records.account:
            raise Refused(self._told(INVALID, [mac]))
        self._bind([readable], server, url)

    def add_server(self, name: str, url: str) -> None:
        """4.9."""
        if not name:
            raise Refused("The server name can not be empty.")
        if not url:
            raise Refused("The server url can not be empty")
        if not _SERVER_NAME.fullmatch(name):
            raise Refused("The server name can only contain 'A-z 0-9 - _ . '(include space)")
        if not _URL.match(url):
            raise Refused("The url can only begin with 'http://' or 'https://' or 'ftp://' or 'tftp://'")
        if not self.records.add_server(name, url):
            raise Refused("Error:The server name has been used")

    def _bind(self, macs: list[str], server: str, url: str) -> None:
        kept: dict[str, str] = {}
        if self.settings.own_urls == "kept" and not url:
            known = self.records.find(macs)
            kept = {mac: one.url for mac, one in known.items() if one.url and one.account == self.records.account}
        self.records.bind([mac for mac in macs if mac not in kept], server, url)
        for mac, own_url in kept.items():
            self.records.bind([mac], server, own_url)

    def _wrong_target(self, server: str, url: str) -> str:
        if url and not _URL.match(url):
            return "Invalid server url"
        if not server:
            return "" if url else self.section.bad_server
        if not _SERVER_NAME.fullmatch(server):
            return self.section.bad_server_name
        return "" if self.records.server_url(server) is not None else self.section.bad_server

    @staticmethod
    def _wrong_override(override: str | None) -> str:
        return "" if override in (None, "0", "1") else ONLY_0_OR_1

    def _told(self, reason: Reason, macs: list[str]) -> str:
        if self.section.bulk and self.settings.culprits != "named":
            macs = macs[:1] if self.settings.culprits == "first" else []
        return reason.text.format(macs=",".join(macs)) if macs or not reason.unnamed else reason.unnamed

    def _carry_out(self, problem: str, macs: list[str], write: Callable[[list[str]], None]) -> None:
        """Write what is good, unless there is a problem and the service then does nothing; tell the problem."""
        if problem and self.settings.batches == "all_or_nothing":
            raise Refused(problem)
        write(macs)
        if problem:
            raise Refused(problem, carried_out=bool(macs))


def form(
    layout: Layout,
    writing: type[Writing],
    write: Callable[..., None],
    names: str,
    section: Section = Section(),
    retired: bool = False,
) -> Method:
    """A writing form whose parameters are, in this order, the arguments `names` of `write`, a method of `writing`."""
    arguments = names.split()

    def answer(records: Records, settings: Settings, *parameters: str | list[str]) -> Reply:
        given: dict[str, str | list[str]] = {}
        for name, value in zip(arguments, parameters, strict=True):
            given[name] = value.strip() if isinstance(value, str) else [item.strip() for item in value]
        if isinstance(given.get("macs"), str):
            given["macs"] = [str(given["macs"])]
        try:
            write(writing(section, records, settings), **given)
        except Refused as refusal:
            return Reply(layout.answer(False, section.padding + refusal.text), refusal.carried_out)
        return Reply(layout.answer(True, "OK"), True)

    kinds = tuple(list if section.bulk and name == "macs" else str for name in arguments)
    return Method(answer, kinds, writes=True, retired=retired)


def status(records: Records, text: str) -> tuple[str, Device | None]:
    """What checkDevice tells of a device, and the device where it is the account's own and registered.

    Raises Refused where the text is no MAC address.
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
    """4.5."""

    def answer(records: Records, settings: Settings, mac: str) -> Reply:
        try:
            return Reply(layout.answer(True, status(records, mac)[0]), None)
        except Refused as refusal:
            return Reply(layout.answer(False, refusal.text), None)

    return Method(answer, (str,), writes=False)


def listing(layout: Layout) -> Method:
    """4.4."""

    def answer(records: Records, settings: Settings) -> Reply:
        macs = records.registered()
        if not macs:
            return Reply(layout.answer(False, "No device(s) exists"), None)
        return Reply(layout.listed_devices(macs), None)

    return Method(answer, (), writes=False)
