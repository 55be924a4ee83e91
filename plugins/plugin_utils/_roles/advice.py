# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The advice for each error code, in one table for all roles."""

from __future__ import annotations

ADVICE = {
    "invalid_mac": "The service does not accept this MAC address. Compare it with the label on the phone.",
    "repeated_mac": "The list has this phone twice with different targets. Remove one of the rows.",
    "invalid_server": "This account has no server with this name. Check the name, or whether another account has it.",
    "invalid_server_name": "The service does not accept this name. Use letters, digits, '-', '_', '.' and spaces.",
    "server_exists": "A server with this name exists with another URL. Choose another name.",
    "invalid_url": "The service does not accept this URL. It must begin with http, https, ftp or tftp.",
    "owned_by_other_user": "Another account has registered it. Ask its former owner, or send the vendor the receipt.",
    "needs_override": "Another account has registered it. If the phone is yours, set override to take it over.",
    "override_failed": "It could not be taken over. Send the vendor the receipt.",
    "unknown_mac": "The service does not know this phone. Compare its MAC address, or ask the vendor to add it.",
    "not_registered": "It left the account during the run. Run again.",
    "invalid_input": "The input is wrong. Correct the list or the variables.",
    "unsupported": "The service does not support this. Change the list or the variables.",
    "auth_failed": "The login was refused, and not tried again. Correct it before the account is locked.",
    "forbidden": "Access was denied. Check the permissions of the account and the IP addresses that it allows.",
    "rate_limited": "Too many requests. Run again later, with a lower rate_limit if the account has that option.",
    "unreachable": "The connection failed. Check the address and the network, and run again.",
    "timeout": "The answer took too long. Run again, and set a longer timeout if it happens again.",
    "tls_error": "The TLS certificate is not trusted. Check the address and ca_path.",
    "protocol_error": "The answer is not from the expected API. Check the address and the proxy.",
    "service_error": "The service failed. Run again, and ask the vendor if it happens again.",
    "not_sent": "It was not sent because of another failure. Solve that failure, and run again.",
    "left_unbound": "The phone was released, and no account has registered it now. Run again immediately.",
    "interrupted": "The run was interrupted. Run again.",
    "internal_error": "This is a bug in the collection. Run again.",
}


def advice(code: str) -> str:
    """Return what to do about a failure with this code."""
    return ADVICE.get(code, "Run again, and ask the vendor if it happens again.")
