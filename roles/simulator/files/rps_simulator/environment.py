# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users need to point this collection at a simulator: the services' addresses, and environment variables."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping

from .dialects import DIALECTS
from .state import Account


def api_urls(url: str) -> dict[str, str]:
    """Provider -> the address of its service (of a PBX its base_url), for the simulator with this base address."""
    return {provider: url + dialect.endpoint for provider, dialect in DIALECTS.items()}


def exports(url: str, ca_path: str | None, accounts: Iterable[Account]) -> list[str]:
    """Lines for a shell: each provider's first account for the roles, the first of all for the modules, and PBXs.

    Modules read `RPS_<OPTION>`, roles `RPS_<PROVIDER>_<OPTION>`, and what speaks to a PBX `YEASTAR_<OPTION>`.
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
