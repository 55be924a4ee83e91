# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The phones of accounts as the hosts of an inventory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.voip.rps.plugins.module_utils._module.options import connect
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError, count_codes
from ansible_collections.voip.rps.plugins.module_utils._pure.model import REGISTERED
from ansible_collections.voip.rps.plugins.module_utils._pure.shown import MASK
from ansible_collections.voip.rps.plugins.module_utils._reconcile.look_up import look_up
from ansible_collections.voip.rps.plugins.plugin_utils._roles.accounts import RoleAccount

VARIABLES = ("rps_mac", "rps_provider", "rps_account", "rps_status", "rps_current_url", "rps_model")
MOST_NAMED = 5

Phone = dict[str, Any]
"""The host variables of a phone, with the names in ``VARIABLES``. Unknown values are None."""


def phones_of_account(account: RoleAccount, *, check_target: bool) -> tuple[list[Phone], list[RpsError]]:
    """Return the phones of an account, sorted by MAC address, and the errors of those that could not be read.

    Phones that could not be read are included, because the account lists them as registered. With ``check_target``,
    read where each phone points, if the service can report it. Raise RpsError if the account cannot be read. Neither
    its message nor the variables contain a password.
    """
    kind = account.account.kind
    try:
        service = connect(account.account, account.params)
        seen = look_up(service, None, None, None, check_target and kind.can.read_target)
    except RpsError as error:
        raise RpsError(error.code, _masked(error.message, account.secrets)) from None
    phones: list[Phone] = []
    for mac in sorted(seen):
        shown = seen[mac].as_dict(mac)
        url = shown["current_url"] or None
        phones.append(
            {
                "rps_mac": mac,
                "rps_provider": account.provider,
                "rps_account": account.name,
                "rps_status": shown["status"] or REGISTERED,
                "rps_current_url": url and _masked(url, account.secrets),
                "rps_model": kind.model(mac),
            }
        )
    unread = [one.error for one in seen.values() if one.error]
    return phones, [RpsError(error.code, _masked(error.message, account.secrets)) for error in unread]


def unread_words(account: RoleAccount, errors: Sequence[RpsError]) -> str:
    """Return the message about the phones of an account that could not be read."""
    return (
        f"account {account.name}: {len(errors)} phones could not be read ({count_codes(errors)}). "
        f"First reason: {errors[0].message}"
    )


def without_repeated(phones: Iterable[Phone]) -> tuple[list[Phone], str]:
    """Return each phone once, with the variables of the first account, and a message if several accounts list it."""
    first: dict[str, Phone] = {}
    repeated: dict[str, str] = {}
    for phone in phones:
        mac = phone["rps_mac"]
        other = first.setdefault(mac, phone)
        if other is not phone:
            repeated.setdefault(mac, f"{mac} in {other['rps_account']} and {phone['rps_account']}")
    if not repeated:
        return list(first.values()), ""
    named = ", ".join(list(repeated.values())[:MOST_NAMED])
    more = f" and {len(repeated) - MOST_NAMED} more" if len(repeated) > MOST_NAMED else ""
    message = f"several accounts list these phones, which have the variables of the first account: {named}{more}"
    return list(first.values()), message


def identity_of(accounts: Sequence[RoleAccount], *, check_target: bool) -> str:
    """Return a text that identifies the inventory in the cache: its accounts and options, without passwords."""
    each = []
    for account in accounts:
        login = {name: value for name, value in account.account.login.items() if value not in account.secrets}
        each.append([account.name, account.provider, account.account.url, sorted(login.items())])
    return repr([each, check_target])


def are_phones(cached: Any) -> bool:
    """Return whether a value from the cache is a list of phones that this version wrote."""
    return isinstance(cached, list) and all(
        isinstance(phone, Mapping) and set(phone) == set(VARIABLES) and isinstance(phone["rps_mac"], str)
        for phone in cached
    )


def _masked(text: str, secrets: Collection[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text
