# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which account a row of a phone list belongs to: exactly one, or it is an input error."""

from __future__ import annotations

import difflib
from typing import Collection, Mapping, NamedTuple, Protocol, Sequence

from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES, providers_of

_MOST_NAMED = 10


class Owner(NamedTuple):
    """The account that carries a row out; C(account) is None where the row does not name one, C(provider) where
    nothing tells it."""

    provider: str | None
    account: str | None


class Ownership(Protocol):
    """A rule that tells a row's owner."""

    def owner_of(self, mac: str, row: Mapping[str, str]) -> Owner:
        """Return the owner of a row, by its columns C(provider) and C(account) and its MAC address's vendor prefix.

        Raises ValueError, in words for the user, where it has none or more than one.
        """


class OneAccount(NamedTuple):
    """The rule of a single task, which knows its own account only.

    C(by_prefix): rows may be of several vendors, so the vendor prefix tells the provider of a row that names none.
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
    """The rule of a run over several accounts: the provider of each, by its name."""

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
        whose = f"provider {provider}" if provider else f"the vendor prefix of {mac} is that of {' and '.join(vendors)}"
        if account:
            return f"{whose}, but account {account!r} is at another provider"
        return f"{whose}, and this run has no account there"


def _several(owners: Sequence[Owner]) -> str:
    if len({one.provider for one in owners}) == 1:
        names = ", ".join(repr(one.account) for one in owners[:_MOST_NAMED])
        return f"it fits the accounts {names}: name one in the column account"
    names = ", ".join(f"{one.account!r} ({one.provider})" for one in owners[:_MOST_NAMED])
    return f"it fits the accounts {names}: name one in the column account, or its provider in the column provider"


def provider_named(text: str) -> str | None:
    """Return the provider that C(text) names, in any case and with any space around it; None where it names nothing.

    Raises ValueError, with what may have been meant, where there is no such provider.
    """
    name = text.strip().casefold()
    if not name:
        return None
    if name not in SERVICES:
        raise ValueError(f"provider {text.strip()!r} is unknown: {did_you_mean(name, SERVICES)}")
    return name


def did_you_mean(name: str, names: Collection[str]) -> str:
    """Return what may have been meant by C(name), as a question, or else all that there is, up to ten."""
    folded = {other.casefold(): other for other in names}
    near = difflib.get_close_matches(name.casefold(), folded, 3, 0.6)
    if near:
        return f"did you mean {' or '.join(folded[other] for other in near)}?"
    more = f" and {len(folded) - _MOST_NAMED} more" if len(folded) > _MOST_NAMED else ""
    return f"there is {', '.join(list(names)[:_MOST_NAMED]) or 'none'}{more}"


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()
