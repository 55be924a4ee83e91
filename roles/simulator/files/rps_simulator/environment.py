# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The URLs and environment variables with which this collection uses a simulator."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping

from .dialects import DIALECTS
from .state import Account


def api_urls(url: str) -> dict[str, str]:
    """Return the URL of each provider's service (`base_url` of a PBX) at the simulator with the base URL `url`."""
    return {provider: url + dialect.endpoint for provider, dialect in DIALECTS.items()}


def exports(url: str, ca_path: str | None, accounts: Iterable[Account]) -> list[str]:
    """Return `export` lines for a shell, with the first account of each provider.

    Roles read `RPS_<PROVIDER>_<OPTION>`, and modules `RPS_<OPTION>`, which has the first of all accounts. The modules
    and the role for a PBX read `YEASTAR_<OPTION>`.
    """
    addresses = api_urls(url)
    first: dict[str, Account] = {}
    for account in accounts:
        first.setdefault(account.provider, account)
    tls = {"CA_PATH": ca_path} if ca_path else {}
    lines: list[str] = []
    for provider in [name for name in addresses if name in first]:
        account = first[provider]
        address, name, password = DIALECTS[provider].options
        options = {address: addresses[provider], **tls, name: account.name, password: account.password}
        if DIALECTS[provider].is_pbx:
            lines.append(_export(provider.upper(), options))
            continue
        if not any(line.startswith("export RPS_PROVIDER=") for line in lines):
            lines.append(_export("RPS", {"PROVIDER": provider, **options}))
        lines.append(_export(f"RPS_{provider.upper()}", options))
    return lines


def _export(prefix: str, options: Mapping[str, str]) -> str:
    return "export " + " ".join(f"{prefix}_{name}={shlex.quote(value)}" for name, value in options.items() if name)
