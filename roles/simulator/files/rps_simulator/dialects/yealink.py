# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Yealink's service, after "XML API for Redirection and Provisioning Service (RPS)", sections 4.1 to 4.16.

Answers have no white space between tags, and refusals have the words that public clients of the service compare. The
settings `layout` and `wording` give both exactly as each section of the document prints them, `named_macs` selects
other spellings of MAC addresses, and `yealink_end` the two ends that the answer to 4.15 is printed with. What the
document leaves open or contradicts:

- Parameters are texts, or lists of texts; any other type is "no such method". Padding around them is ignored.
- Errors are checked in this order, and the first is reported: invalid MAC addresses, URL, server name, value of
  isOverride, repeated MAC addresses, other accounts' devices, own devices that are already registered.
- Another account's device is refused with the "other enterprise" text, whatever isOverride is; the refusal names every
  such device of a batch (setting `foreign`).
- For an own device that is already registered, the service asks ("Are you sure…") unless isOverride is 1, which binds
  it again (setting `own_again`). An unbound or unknown device is bound without asking.
- A refused batch changes nothing (setting `batches`), and the refusal names all devices that cause it (settings
  `culprits`, `most_culprits`), separated by commas. The first of repeated devices counts as right.
- A binding completely replaces the former one: a server alone clears the device's own URL (setting `own_urls`), a URL
  alone clears the server. A URL needs no server name; without a URL there must be one. A given server name must be one
  of the account's own servers.
- Server names are unique over all accounts.
- A deregistered device is unknown. Deregistering or editing an unknown or another account's device: invalid MAC.
- An account's device that is bound to nothing is "Unregistered" for every account, and still belongs to it.
- checkDeviceExt returns the device's own URL, or else its server's; only `Registered` has a second value.
- addServer's refusals begin with `Error:`, like the one that is printed as an answer; in the document's list they do
  not. An invalid URL of a device is refused with the words of addServer, as clients report, not `Invalid server url`.
- A whole URL may be percent-encoded, as ngcp-panel sends it. It is stored as it comes.
- A MAC address of another vendor is accepted, or registering it is invalid (setting `foreign_macs`).
- The retired forms, 4.11 and 4.16, answer as documented: 4.11 checks the value of isOverride, 4.16 ignores it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from ..knobs import choice
from ..mac import dashed
from ..prefixes import PREFIXES
from ..records import Device, Records
from ..transport import Reply
from . import named_servers
from .named_servers import ASK, OVERRIDING_FAILED, Layout, Reason, Refused, Section, Tags
from .xmlrpc import Dialect, Method

_PRINTED = Tags(
    head="""<?xml version="1.0" encoding="UTF-8"?>
<methodResponse
xmlns:ex="http://ws.apache.org/xmlrpc/namespaces/extensions">
<params>
<param>
<value>
<array>
<data>
<value>
<boolean>%s</boolean>
</value>
""",
    value="<value>\n%s\n</value>\n",
    listing="<value>\n<array>\n <data>\n%s</data>\n</array>\n</value>\n",
    listed="<value>\n        %s\n</value>\n",
    tail="""</data>
</array>
</value>
</param>
</params>
</methodResponse>""",
)
_LAYOUT = Layout(_PRINTED, dashed)

_OTHER_ENTERPRISE = Reason(
    """Error: {macs}
Please check the MAC address you entered
 If you need to continue adding this MAC, please create a ticket on https://ticket.yealink.com.
We will review your complaint. You need to provide:
(1)Device MAC and SN
(2)Enterprise Name
(3)Firmware Version
(4)Login Account
 MAC({macs}) has been added to other enterprise.""",
    unnamed=OVERRIDING_FAILED.text,
)


@dataclass(slots=True)
class YealinkSettings(named_servers.NamedServersSettings):
    foreign: str = choice("enterprise", "ask")
    """The answer to registering another account's device without override: held elsewhere, or a question."""
    own_urls: str = choice("cleared", "kept")
    """Whether binding an own device to a named server alone clears or keeps its own URL."""
    yealink_end: str = choice("once", "twice")
    """How often the answer to section 4.15 ends; the document prints two ends."""


class Writing(named_servers.Writing):
    """Another account's device cannot be taken over; for an own device, the service asks."""

    settings: YealinkSettings
    reasons = (_OTHER_ENTERPRISE, OVERRIDING_FAILED, ASK)

    def why_not(self, device: Device, override: bool) -> Reason | None:
        if device.account != self.records.account:
            return ASK if self.settings.foreign == "ask" and not override else _OTHER_ENTERPRISE
        if not device.bound or self.settings.own_again == "ok":
            return None
        if not override:
            return ASK
        return OVERRIDING_FAILED if self.settings.own_again == "refuse" else None

    def bind(self, macs: list[str], server: str, url: str) -> None:
        kept: dict[str, str] = {}
        if self.settings.own_urls == "kept" and not url:
            known = self.records.find(macs)
            kept = {mac: one.url for mac, one in known.items() if one.url and one.account == self.records.account}
        super().bind([mac for mac in macs if mac not in kept], server, url)
        for mac, own_url in kept.items():
            super().bind([mac], server, own_url)

    def end(self) -> str:
        return self.section.end if self.settings.yealink_end == "twice" else ""


def _check_ext(records: Records, settings: YealinkSettings, mac: str) -> Reply:
    """Section 4.14."""
    try:
        status, device = named_servers.status(records, mac)
    except Refused as refusal:
        return Reply(_LAYOUT.refusal(settings, refusal), None)
    if device is None:
        return Reply(_LAYOUT.answer(settings, True, status), None)
    url = device.url or records.server_url(device.server or "") or ""
    return Reply(_LAYOUT.answer(settings, True, status, f" {url}" if settings.layout == "printed" else url), None)


_form = partial(named_servers.form, _LAYOUT, Writing)
_BULK = Section(bulk=True)
_EDIT = Section(bad_server="Error: Invalid server", bad_server_name="Error: Invalid server")
_EDIT_URL = Section(bad_server="Invalid server", bad_server_name="Invalid server")

DIALECT = Dialect(
    provider="yealink",
    endpoint="/xmlrpc",
    also=("/xmlrpc/",),
    settings=YealinkSettings,
    parts=named_servers.PARTS,
    mac_prefixes=PREFIXES["yealink"],
    methods={
        ("redirect.registerDevice", 2): _form(
            Writing.register, "macs server", Section(bad_server="Error: Invalid server", padding=" ")
        ),
        ("redirect.registerDevice", 3): _form(Writing.register, "macs server override"),
        ("redirect.deRegisterDevice", 1): _form(Writing.deregister, "macs"),
        ("redirect.listDevices", 0): named_servers.listing(_LAYOUT),
        ("redirect.checkDevice", 1): named_servers.check(_LAYOUT),
        ("redirect.registerDevices", 2): _form(Writing.register, "macs server", _BULK),
        ("redirect.registerDevices", 3): _form(Writing.register, "macs server override", _BULK),
        ("redirect.deRegisterDevices", 1): _form(Writing.deregister, "macs", _BULK),
        ("redirect.addServer", 2): _form(Writing.add_server, "name url"),
        ("redirect.editDevice", 2): _form(Writing.edit, "mac server", _EDIT),
        ("redirect.editDevice", 3): _form(Writing.edit, "mac server override", _EDIT, retired=True),
        ("redirect.registerDeviceWithUniqueUrl", 3): _form(Writing.register, "macs server url"),
        ("redirect.editDeviceWithUniqueUrl", 3): _form(Writing.edit, "mac server url", _EDIT_URL),
        ("redirect.checkDeviceExt", 1): Method(_check_ext, (str,), writes=False),
        ("redirect.registerDeviceWithUniqueUrl", 4): _form(
            Writing.register,
            "macs server url override",
            Section(bad_server="Invalid server", end=" </params>\n</methodResponse>"),
        ),
        ("redirect.editDeviceWithUniqueUrl", 4): _form(Writing.edit, "mac server url ignored", _EDIT_URL, retired=True),
    },
)
