# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The services that are simulated: provider name -> its dialect. A new vendor is one file and one row here."""

from __future__ import annotations

from . import htek, openapi, snom, xmlrpc, yealink, yeastar

XMLRPC: dict[str, xmlrpc.Dialect] = {
    "yealink": yealink.DIALECT,
    "htek": htek.DIALECT,
    "snom": snom.DIALECT,
}
OPENAPI: dict[str, openapi.Dialect] = {
    "yeastar": yeastar.DIALECT,
}
DIALECTS: dict[str, xmlrpc.Dialect | openapi.Dialect] = {**XMLRPC, **OPENAPI}
