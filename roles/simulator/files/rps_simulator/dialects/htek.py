# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Htek's service, after "Htek XML API for RPS", sections 1 to 6; 7 to 11 of its contents are taken to be Yealink's.

The document ends within section 6. Of 7 (registerDevices with isOverride), 8 (deRegisterDevices), 9 (addServer), 10
and 11 (editDevice, without and with isOverride) it has the names alone: parameters, rules and texts are Yealink's. A
service that lacks them is had with the setting `missing_methods`. Answers are laid out as Yealink's, or byte for byte
as the document prints them (settings `layout` and `wording`). Where it is silent, all is as with Yealink (see
`yealink.py`), but for this:

- Another account's device is asked about ("Are you sure…"), and with isOverride 1 becomes the caller's (setting
  `htek_override`).
- An own device that is registered already is refused ("Existing MAC(s)…"); isOverride 1 binds it anew (setting
  `own_again`). Of the two refusals, "Existing…" is told first.
- isOverride 0 registers what nothing stands in the way of.
- A device may be in a list more than once; the contents of section 6 know no such error.
- A server name that no server can have is an invalid server.
- listDevices, whose printed answer shows no MAC address, lists them as the printed requests spell them: bare.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from ..knobs import choice
from ..prefixes import PREFIXES
from ..records import Device
from . import named_servers
from .named_servers import ASK, OVERRIDING_FAILED, Layout, Reason, Section, Tags
from .xmlrpc import Dialect

_PRINTED = Tags(
    head='<?xml version="1.0" encoding="UTF-8"?> '
    '<methodResponse xmlns:ex="http://ws.apache.org/xmlrpc/namespaces/extensions"> '
    "<params> <param> <value> <array> <data> <value> <boolean>%s</boolean> </value> ",
    value="<value>%s</value> ",
    listing="<value> <array> <data> %s</data> </array> </value> ",
    listed="<value>%s</value> ",
    tail="</data> </array> </value> </param> </params> </methodResponse>",
)
_LAYOUT = Layout(_PRINTED, str)

_EXISTING = Reason("Existing MAC(s):{macs}")


@dataclass(slots=True)
class HtekSettings(named_servers.NamedServersSettings):
    htek_override: str = choice("takes", "fails")
    """What override does to another account's device: makes it the caller's, or fails."""


class Writing(named_servers.Writing):
    """Another account's device is asked about, and can be taken over; one's own is there already."""

    settings: HtekSettings
    reasons = (_EXISTING, OVERRIDING_FAILED, ASK)
    repeatable = True

    def why_not(self, device: Device, override: bool) -> Reason | None:
        if device.account != self.records.account:
            if not override:
                return ASK
            return OVERRIDING_FAILED if self.settings.htek_override == "fails" else None
        if not device.bound or self.settings.own_again == "ok":
            return None
        return None if override and self.settings.own_again == "ask" else _EXISTING


_form = partial(named_servers.form, _LAYOUT, Writing)

_SPACED = "Error: Invalid server"
_SINGLE = Section(bad_server=_SPACED, bad_server_name=_SPACED)
_BULK = Section(bulk=True, bad_server_name="Error:Invalid server")

DIALECT = Dialect(
    provider="htek",
    endpoint="/index.php/xmlrpc",
    settings=HtekSettings,
    parts=named_servers.PARTS,
    mac_prefixes=PREFIXES["htek"],
    methods={
        ("redirect.registerDevice", 2): _form(Writing.register, "macs server", _SINGLE),
        ("redirect.registerDevice", 3): _form(Writing.register, "macs server override", _SINGLE),
        ("redirect.deRegisterDevice", 1): _form(Writing.deregister, "macs"),
        ("redirect.listDevices", 0): named_servers.listing(_LAYOUT),
        ("redirect.checkDevice", 1): named_servers.check(_LAYOUT),
        ("redirect.registerDevices", 2): _form(Writing.register, "macs server", _BULK),
        ("redirect.registerDevices", 3): _form(Writing.register, "macs server override", _BULK),
        ("redirect.deRegisterDevices", 1): _form(Writing.deregister, "macs", _BULK),
        ("redirect.addServer", 2): _form(Writing.add_server, "name url"),
        ("redirect.editDevice", 2): _form(Writing.edit, "mac server", _SINGLE),
        ("redirect.editDevice", 3): _form(Writing.edit, "mac server override", _SINGLE),
    },
)
