# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Htek's service, after "Htek XML API for RPS", sections 1 to 6; sections 7 to 11 are assumed to be like Yealink's.

The document ends within section 6. Of 7 (registerDevices with isOverride), 8 (deRegisterDevices), 9 (addServer), 10
and 11 (editDevice, without and with isOverride) only the names are known: parameters, rules and texts are Yealink's.
The setting `missing_methods` simulates a service without them. Answers have Yealink's layout, or exactly that of the
document (settings `layout` and `wording`). Other behaviour that the document does not mention is Yealink's (see
`yealink.py`), except:

- For another account's device, the service asks ("Are you sure…"); isOverride 1 takes it over (setting
  `htek_override`).
- An own device that is already registered is refused ("Existing MAC(s)…"); isOverride 1 binds it again (setting
  `own_again`). If both refusals apply, "Existing…" is reported.
- isOverride 0 registers devices for which there is no such refusal.
- A list may contain a device more than once; the table of contents of section 6 has no error for that.
- A server name that no server can have is an invalid server.
- listDevices, whose printed answer shows no MAC address, lists bare ones, as the printed requests do.
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
    """Whether override takes over another account's device, or fails."""


class Writing(named_servers.Writing):
    """For another account's device, ask before taking it over; an own device exists already."""

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
