# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do about a failure, by its error code: one table for all roles."""

from __future__ import annotations

ADVICE = {
    "invalid_mac": "The service does not accept this MAC address. Compare it with the label on the phone.",
    "repeated_mac": "The list has this phone twice with different targets. Remove one of the rows.",
    "invalid_server": "The service has no server of this name in this account. Check the name, or who owns it.",
    "invalid_server_name": "The service does not accept this name. Use letters, digits, '-', '_', '.' and space.",
    "server_exists": "A server of this name exists with another URL. Choose another name.",
    "invalid_url": "The service does not accept this URL. It must begin with http, https, ftp or tftp.",
    "owned_by_other_user": "Another account holds it. Ask its former owner, or the vendor with a receipt.",
    "needs_override": "Another account holds it. If the phone is yours, set override to take it over.",
    "override_failed": "It could not be taken over. Ask the vendor with a receipt.",
    "unknown_mac": "The service does not know this phone. Compare its MAC address, or ask the vendor to add it.",
    "not_registered": "It left the account during the run. Run again.",
    "invalid_input": "This cannot be done. Correct the list or the variables.",
    "unsupported": "This cannot be done in this way. Change what the list asks for.",
    "auth_failed": "The login was refused, and not tried again. Correct it before the account is locked.",
    "forbidden": "Access was denied. Check the permissions of the account and the addresses that it allows.",
    "rate_limited": "Too many requests. Run again later, with a lower rate_limit where there is one.",
    "unreachable": "The connection failed. Check the address and the network, and run again.",
    "timeout": "The answer took too long. Run again, with a longer timeout if it stays so.",
    "tls_error": "The TLS certificate is not trusted. Check the address and ca_path.",
    "protocol_error": "Something other than the expected API answered. Check the address and the proxy.",
    "service_error": "The service failed. Run again, and ask the vendor if it stays so.",
    "not_sent": "It was held back after another failure. Solve that one, and run again.",
    "left_unbound": "The phone was released and is registered nowhere now. Run again at once.",
    "interrupted": "The run was interrupted. Run again.",
    "internal_error": "This is a bug in the collection. Run again.",
}


def advice(code: str) -> str:
    """Return what to do about a failure with this code."""
    return ADVICE.get(code, "Run again, and ask the vendor if it stays so.")
