# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a vendor's file gives: all that the simulator knows of that vendor."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .knobs import Panel, Settings
from .mac import OTHER_VENDORS
from .parts import Part
from .prefixes import PREFIXES
from .state import State
from .transport import Transport


class World(NamedTuple):
    """What all transports of a simulator share."""

    state: State
    panel: Panel
    vendors: Mapping[str, Collection[str]]
    """The first six digits of MAC addresses -> the provider of that vendor, empty where there is none."""
    url: str
    """The base address."""


MakeTransport = Callable[[Sequence["Dialect"], World], Transport]
"""Makes the one transport of those dialects that have it."""


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """A vendor's service, or a PBX. Ways to speak that several vendors share have subclasses."""

    provider: str
    transports: tuple[MakeTransport, ...]
    """How it is spoken to: classes of `transport.Transport`."""
    parts: Mapping[str, Part]
    """What accounts have, as in a seed; what others refer to comes first."""
    endpoint: str = ""
    """What follows the host in the address that users are given."""
    settings: type[Settings] = Settings
    tables: tuple[str, ...] = ()
    """SQL that creates its tables where they are not there."""
    mac_prefixes: tuple[str, ...] = ()
    """The first digits of the vendor's MAC addresses: 6, 7 or 9."""
    options: tuple[str, str, str] = ("API_URL", "USERNAME", "PASSWORD")
    """The options of the modules that its address and an account's name and password are given as; empty where an
    account has no name."""
    is_pbx: bool = False
    """Whether it has modules, and so environment variables, of its own."""


def vendors(dialects: Iterable[Dialect]) -> dict[str, frozenset[str]]:
    """The first digits of MAC addresses -> the providers of that vendor, which may be none."""
    known = [*OTHER_VENDORS, *(prefix for prefixes in PREFIXES.values() for prefix in prefixes)]
    providers: dict[str, frozenset[str]] = dict.fromkeys(known, frozenset())
    for dialect in dialects:
        for prefix in dialect.mac_prefixes:
            providers[prefix] = providers.get(prefix, frozenset()) | {dialect.provider}
    return providers


def tables(dialects: Iterable[Dialect]) -> list[str]:
    """SQL that creates the tables of these dialects where they are not there."""
    return [sql for dialect in dialects for sql in dialect.tables]
