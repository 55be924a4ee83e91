# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Yealink's service, after "XML API for Redirection and Provisioning Service (RPS)", sections 4.1 to 4.16.

Answers are laid out, and worded, byte for byte as the document prints them in each section. Where it is silent or
contradicts itself, this is what happens here:

- Parameters are texts, or lists of texts; any other type is "no such method". Padding around them is ignored.
- What is wrong is looked for in this order, and the first is told: MAC addresses that are none, URL, server name, the
  value of isOverride, repeated MAC addresses, other accounts' devices, own devices that are registered already.
- Another account's device is refused with the "other enterprise" text, whatever isOverride is, naming every such
  device of a batch (setting `foreign`).
- An own device that is registered already is asked about ("Are you sure…") unless isOverride is 1, which binds it anew
  (setting `own_again`). One that is bound to nothing, or is nobody's, is just bound.
- A refused batch changes nothing (setting `batches`) and the refusal names all the devices that are the cause of it
  (setting `culprits`), as they were given, with commas in between. Of a repeated one the first counts as right.
- A binding replaces the former one whole: to a server alone clears the device's own URL, to a URL alone clears the
  server. A URL needs no server name; without a URL there must be one. A server name that is given must be that of
  one of the account's own servers.
- Server names are unique over all accounts.
- A deregistered device is unknown. Nobody's device, or another's, cannot be deregistered or edited: invalid MAC.
- A device that is an account's but bound to nothing is "Unregistered", whoever asks, and still that account's.
- checkDeviceExt tells the device's own URL, or else its server's; only `Registered` has a second value.
- addServer's refusals are worded as in its list; the one that is printed as an answer has `Error:` in front.
- The retired forms, 4.11 and 4.16, answer as documented: 4.11 minds the value of isOverride, 4.16 ignores it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape

from ..mac import bare, dashed
from ..settings import Settings
from ..state import Device, Records
from .xmlrpc import Dialect, Method, Reply

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<methodResponse
xmlns:ex="http://ws.apache.org/xmlrpc/namespaces/extensions">
<params>
<param>
<value>
<array>
<data>
<value>
<boolean>%d</boolean>
</value>
"""
_TAIL = """</data>
</array>
</value>
</param>
</params>
</methodResponse>"""

ONLY_0_OR_1 = "Only 0 or 1 can be used:1 to override, 0 to cancel"
BAD_SERVER_NAME = "Error: The server name can only contain 'A-z 0-9 - _ . '(include space)"
OVERRIDING_FAILED = "MAC address(es) overriding failed"
OTHER_ENTERPRISE = """Error: {macs}
Please check the MAC address you entered
 If you need to continue adding this MAC, please create a ticket on https://ticket.yealink.com.
We will review your complaint. You need to provide:
(1)Device MAC and SN
(2)Enterprise Name
(3)Firmware Version
(4)Login Account
 MAC({macs}) has been added to other enterprise."""

_SERVER_NAME = re.compile(r"[A-Za-z0-9\-_. ]+")
_URL = re.compile(r"(?:https?|t?ftp)://", re.IGNORECASE)


def _answer(result: bool, *values: str) -> bytes:
    shown = "".join(f"<value>\n{escape(value)}\n</value>\n" for value in values)
    return (_HEAD % result + shown + _TAIL).encode()


_OK = _answer(True, "OK")


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


class Writing:
    """One writing call: who calls, under which settings, after which section."""

    def __init__(self, section: Section, records: Records, settings: Settings) -> None:
        self.section = section
        self.records = records
        self.settings = settings

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
        problem = f"Error:Invalid MAC(s):{self._culprits(invalid)}" if invalid or not macs else ""
        wrong = self._wrong_target(server, url) or self._wrong_override(override)
        if wrong:
            raise Refused(problem or wrong)

        known = self.records.find(good)
        asked, refused = self._held(good, known, override == "1")
        if not problem and repeated:
            problem = f"Error:Repeated MAC(s):{self._culprits(repeated)}"
        if not problem and refused:
            problem = self._other_enterprise([good[mac] for mac in refused])
        if not problem and asked:
            named = self._culprits([good[mac] for mac in asked])
            problem = f"Are you sure you want to override MAC addresses:{named}"
        held = {*asked, *refused}
        self._carry_out(
            problem, [mac for mac in good if mac not in held], lambda macs: self.records.bind(macs, server, url)
        )

    def deregister(self, macs: list[str]) -> None:
        """4.3, 4.8."""
        readable = {text: bare(text) for text in macs}
        known = self.records.find(mac for mac in readable.values() if mac)
        mine = {mac: device for mac, device in known.items() if device.account == self.records.account}
        bad = [text for text, mac in readable.items() if mac not in mine]
        problem = f"Error:Invalid MAC(s):{self._culprits(bad)}" if bad or not macs else ""
        self._carry_out(problem, list(mine), self.records.forget)

    def edit(self, mac: str, server: str, url: str = "", override: str | None = None, ignored: str = "") -> None:
        """4.10, 4.11, 4.13, 4.16. `ignored` is the isOverride of 4.16."""
        readable = bare(mac)
        if readable is None:
            raise Refused(f"Error:Invalid MAC(s):{mac}")
        wrong = self._wrong_target(server, url) or self._wrong_override(override)
        if wrong:
            raise Refused(wrong)
        device = self.records.find([readable]).get(readable)
        if device is None:
            raise Refused("The MAC is unknown")
        if device.account != self.records.account:
            raise Refused(f"Error:Invalid MAC(s):{mac}")
        self.records.bind([readable], server, url)

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

    def _held(self, macs: Iterable[str], known: dict[str, Device], override: bool) -> tuple[list[str], list[str]]:
        """Those of `macs` that stand in the way: the ones to ask about, and the ones to refuse as another's."""
        asked: list[str] = []
        refused: list[str] = []
        for mac in macs:
            device = known.get(mac)
            if device is None or device.account is None:
                continue
            if device.account != self.records.account:
                (asked if self.settings.foreign == "ask" and not override else refused).append(mac)
            elif device.bound and not override and self.settings.own_again == "ask":
                asked.append(mac)
        return asked, refused

    def _culprits(self, macs: list[str]) -> str:
        if self.section.bulk and self.settings.culprits != "named":
            macs = macs[:1] if self.settings.culprits == "first" else []
        return ",".join(macs)

    def _other_enterprise(self, macs: list[str]) -> str:
        named = self._culprits(macs)
        return OTHER_ENTERPRISE.format(macs=named) if named else OVERRIDING_FAILED

    def _carry_out(self, problem: str, macs: list[str], write: Callable[[list[str]], None]) -> None:
        """Write what is good, unless there is a problem and the service then does nothing; tell the problem."""
        if problem and self.settings.batches == "all_or_nothing":
            raise Refused(problem)
        write(macs)
        if problem:
            raise Refused(problem, carried_out=bool(macs))


def _writing(write: Callable[..., None], names: str, section: Section = Section(), retired: bool = False) -> Method:
    """A writing form whose parameters are, in this order, the arguments `names` of `write`."""
    arguments = names.split()

    def answer(records: Records, settings: Settings, *parameters: str | list[str]) -> Reply:
        given: dict[str, str | list[str]] = {}
        for name, value in zip(arguments, parameters, strict=True):
            given[name] = value.strip() if isinstance(value, str) else [item.strip() for item in value]
        if isinstance(given.get("macs"), str):
            given["macs"] = [str(given["macs"])]
        try:
            write(Writing(section, records, settings), **given)
        except Refused as refusal:
            return Reply(_answer(False, section.padding + refusal.text), refusal.carried_out)
        return Reply(_OK, True)

    kinds = tuple(list if section.bulk and name == "macs" else str for name in arguments)
    return Method(answer, kinds, writes=True, retired=retired)


def _check(records: Records, settings: Settings, mac: str) -> Reply:
    """4.5."""
    return _checked(records, mac, with_url=False)


def _check_ext(records: Records, settings: Settings, mac: str) -> Reply:
    """4.14."""
    return _checked(records, mac, with_url=True)


def _checked(records: Records, given: str, with_url: bool) -> Reply:
    mac = bare(given.strip())
    if mac is None:
        return Reply(_answer(False, "Error:Invalid MAC(s)"), None)
    device = records.find([mac]).get(mac)
    if device is None:
        values = ["Unknown"]
    elif not device.bound:
        values = ["Unregistered"]
    elif device.account != records.account:
        values = ["Registered Elsewhere"]
    else:
        values = ["Registered"]
        if with_url:
            values.append(f" {device.url or records.server_url(device.server or '')}")
    return Reply(_answer(True, *values), None)


def _list(records: Records, settings: Settings) -> Reply:
    """4.4."""
    macs = records.registered()
    if not macs:
        return Reply(_answer(False, "No device(s) exists"), None)
    shown = "".join([f"<value>\n        {dashed(mac)}\n</value>\n" for mac in macs])
    document = f"{_HEAD % True}<value>\n<array>\n <data>\n{shown}</data>\n</array>\n</value>\n{_TAIL}"
    return Reply(document.encode(), None)


_BULK = Section(bulk=True)
_EDIT = Section(bad_server="Error: Invalid server", bad_server_name="Error: Invalid server")
_EDIT_URL = Section(bad_server="Invalid server", bad_server_name="Invalid server")

DIALECT = Dialect(
    paths=("/xmlrpc", "/xmlrpc/"),
    methods={
        ("redirect.registerDevice", 2): _writing(
            Writing.register, "macs server", Section(bad_server="Error: Invalid server", padding=" ")
        ),
        ("redirect.registerDevice", 3): _writing(Writing.register, "macs server override"),
        ("redirect.deRegisterDevice", 1): _writing(Writing.deregister, "macs"),
        ("redirect.listDevices", 0): Method(_list, (), writes=False),
        ("redirect.checkDevice", 1): Method(_check, (str,), writes=False),
        ("redirect.registerDevices", 2): _writing(Writing.register, "macs server", _BULK),
        ("redirect.registerDevices", 3): _writing(Writing.register, "macs server override", _BULK),
        ("redirect.deRegisterDevices", 1): _writing(Writing.deregister, "macs", _BULK),
        ("redirect.addServer", 2): _writing(Writing.add_server, "name url"),
        ("redirect.editDevice", 2): _writing(Writing.edit, "mac server", _EDIT),
        ("redirect.editDevice", 3): _writing(Writing.edit, "mac server override", _EDIT, retired=True),
        ("redirect.registerDeviceWithUniqueUrl", 3): _writing(Writing.register, "macs server url"),
        ("redirect.editDeviceWithUniqueUrl", 3): _writing(Writing.edit, "mac server url", _EDIT_URL),
        ("redirect.checkDeviceExt", 1): Method(_check_ext, (str,), writes=False),
        ("redirect.registerDeviceWithUniqueUrl", 4): _writing(
            Writing.register, "macs server url override", Section(bad_server="Invalid server")
        ),
        ("redirect.editDeviceWithUniqueUrl", 4): _writing(
            Writing.edit, "mac server url ignored", _EDIT_URL, retired=True
        ),
    },
)
