# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The definition of a vendor, which its file provides."""

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
    """The data that all transports of a simulator share."""

    state: State
    panel: Panel
    vendors: Mapping[str, Collection[str]]
    """Vendor prefix -> the providers of that vendor, which may be none."""
    url: str
    """The base URL."""


MakeTransport = Callable[[Sequence["Dialect"], World], Transport]
"""Create one transport for all dialects that use it."""


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """The service of a vendor, or a PBX. Protocols that several vendors share have subclasses."""

    provider: str
    transports: tuple[MakeTransport, ...]
    """Its protocols, as classes of `transport.Transport`."""
    parts: Mapping[str, Part]
    """The parts of a seed. Parts to which others refer come first."""
    endpoint: str = ""
    """The path of its URL for users."""
    settings: type[Settings] = Settings
    tables: tuple[str, ...] = ()
    """SQL that creates its tables if they do not exist."""
    mac_prefixes: tuple[str, ...] = ()
    """The vendor prefixes (OUI), of 6, 7 or 9 digits."""
    options: tuple[str, str, str] = ("API_URL", "USERNAME", "PASSWORD")
    """The options of the modules for its URL and the name and password of an account. Empty if there is no name."""
    is_pbx: bool = False
    """Whether it is a PBX, which has its own modules and environment variables."""


def vendors(dialects: Iterable[Dialect]) -> dict[str, frozenset[str]]:
    """Return the providers of each vendor prefix, which may be none."""
    known = [*OTHER_VENDORS, *(prefix for prefixes in PREFIXES.values() for prefix in prefixes)]
    providers: dict[str, frozenset[str]] = dict.fromkeys(known, frozenset())
    for dialect in dialects:
        for prefix in dialect.mac_prefixes:
            providers[prefix] = providers.get(prefix, frozenset()) | {dialect.provider}
    return providers


def tables(dialects: Iterable[Dialect]) -> list[str]:
    """Return the SQL statements that create the tables of these dialects if they do not exist."""
    return [sql for dialect in dialects for sql in dialect.tables]
