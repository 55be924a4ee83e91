# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the account that a row of a phone list belongs to: exactly one, or it is an input error."""

from __future__ import annotations

import difflib
from typing import Collection, Mapping, NamedTuple, Protocol, Sequence

from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES, providers_of

_MOST_NAMED = 10


class Owner(NamedTuple):
    """The account of a row. ``account`` is None if the row does not name one, ``provider`` if it is unknown."""

    provider: str | None
    account: str | None


class Ownership(Protocol):
    """A rule that decides the owner of a row."""

    def owner_of(self, mac: str, row: Mapping[str, str]) -> Owner:
        """Return the owner of a row, from its columns ``provider`` and ``account`` and its MAC's vendor prefix (OUI).

        Raise ValueError, in words for the user, if it has no owner or several.
        """


class OneAccount(NamedTuple):
    """The rule of a single task, which only knows its own account.

    ``by_prefix``: rows may belong to several vendors, so a row without a provider gets it from its vendor prefix.
    """

    provider: str
    account: str | None
    by_prefix: bool

    @property
    def owner(self) -> Owner:
        """The owner of the task's own rows."""
        return Owner(self.provider, self.account)

    def owner_of(self, mac: str, row: Mapping[str, str]) -> Owner:
        account = row.get("account") or None
        if account is not None and self.account is None:
            raise ValueError(f"it is for account {account!r}, and the option account is not set")
        ours = account is None or self.account is None or _same(account, self.account)
        provider = self._provider(mac, row, is_named=ours and account is not None)
        if ours and provider == self.provider:
            return self.owner
        return Owner(provider, account)

    def _provider(self, mac: str, row: Mapping[str, str], *, is_named: bool) -> str | None:
        if row.get("provider"):
            return provider_named(row["provider"])
        vendors = providers_of(mac)
        if self.provider in vendors or (not vendors and (is_named or not self.by_prefix)):
            return self.provider
        if not vendors:
            raise ValueError(f"the vendor prefix of {mac} is unknown: name its provider in the column provider")
        if not self.by_prefix:
            raise ValueError(
                f"{mac} has the vendor prefix of {' and '.join(vendors)}, not of {self.provider}: "
                "if that is right, name its provider in the column provider"
            )
        return vendors[0]


class AllAccounts:
    """The rule of a run over several accounts; ``providers`` has the provider of each account, by name."""

    def __init__(self, providers: Mapping[str, str]) -> None:
        self._owners = [Owner(provider, name) for name, provider in providers.items()]

    def owner_of(self, mac: str, row: Mapping[str, str]) -> Owner:
        owners = self._owners
        account, provider = row.get("account") or "", provider_named(row.get("provider") or "")
        if account:
            owners = [one for one in owners if _same(one.account or "", account)]
            if not owners:
                names = [one.account or "" for one in self._owners]
                raise ValueError(f"account {account!r} is not one of this run: {did_you_mean(account, names)}")
        vendors = [provider] if provider else providers_of(mac)
        fitting = [one for one in owners if not vendors or one.provider in vendors]
        if len({one.provider for one in fitting}) > 1 and not vendors:
            raise ValueError(f"the vendor prefix of {mac} is unknown: name its provider in the column provider")
        if len(fitting) > 1:
            raise ValueError(_several(fitting))
        if not fitting:
            raise ValueError(self._nobody(mac, account, provider, vendors))
        return fitting[0]

    @staticmethod
    def _nobody(mac: str, account: str, provider: str | None, vendors: Collection[str]) -> str:
        reason = (
            f"provider {provider}" if provider else f"the vendor prefix of {mac} belongs to {' and '.join(vendors)}"
        )
        if account:
            return f"{reason}, but account {account!r} is at another provider"
        return f"{reason}, and this run has no account there"


def _several(owners: Sequence[Owner]) -> str:
    if len({one.provider for one in owners}) == 1:
        names = ", ".join(repr(one.account) for one in owners[:_MOST_NAMED])
        return f"it fits the accounts {names}: name one in the column account"
    names = ", ".join(f"{one.account!r} ({one.provider})" for one in owners[:_MOST_NAMED])
    return f"it fits the accounts {names}: name one in the column account, or its provider in the column provider"


def provider_named(text: str) -> str | None:
    """Return the provider in ``text``, in any case and with surrounding space, or None if the text is empty.

    Raise ValueError with suggestions if there is no such provider.
    """
    name = text.strip().casefold()
    if not name:
        return None
    if name not in SERVICES:
        raise ValueError(f"provider {text.strip()!r} is unknown: {did_you_mean(name, SERVICES)}")
    return name


def did_you_mean(name: str, names: Collection[str]) -> str:
    """Return a question that suggests similar names, or else a list of all names, ten at most."""
    folded = {other.casefold(): other for other in names}
    near = difflib.get_close_matches(name.casefold(), folded, 3, 0.6)
    if near:
        return f"did you mean {' or '.join(folded[other] for other in near)}?"
    more = f" and {len(folded) - _MOST_NAMED} more" if len(folded) > _MOST_NAMED else ""
    return f"there is {', '.join(list(names)[:_MOST_NAMED]) or 'none'}{more}"


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()
