# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe a TLS connection."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.shown import visible

SOON = 30
"""Number of days before the expiry of a certificate at which a warning is shown."""

_MOST_NAME = 100


class Tls(NamedTuple):
    """The protocol version, and the issuer and expiry date of the certificate. Unknown values are None.

    ``days``: the days until the expiry. ``trusted``: whether the certificate is trusted, or None if not verified.
    """

    version: str | None
    issuer: str | None
    ends: str | None
    days: int | None
    trusted: bool | None

    def words(self) -> str:
        """Return the description for a line of output."""
        words = [self.version or "TLS"]
        if self.ends is not None:
            words.append(f"certificate until {self.ends} ({self.days} days)")
        if self.issuer is not None:
            words.append(f"issued by {self.issuer}")
        if not self.trusted:
            words.append("not verified" if self.trusted is None else "not trusted on this machine")
        return ", ".join(words)


def tls_of(sock: Any, *, trusted: bool | None) -> Tls | None:
    """Return the TLS data of the socket of a connection, or None if it does not use TLS."""
    if not hasattr(sock, "getpeercert"):
        return None
    issuer, end = _certificate(sock.getpeercert(binary_form=True))
    days = None if end is None else (end - datetime.now(UTC)).days
    return Tls(sock.version(), issuer, end.date().isoformat() if end else None, days, trusted)


def _certificate(octets: bytes | None) -> tuple[str | None, datetime | None]:
    """Return the issuer and the expiry of a certificate."""
    try:
        from cryptography import x509

        certificate = x509.load_der_x509_certificate(octets or b"")
        end = getattr(certificate, "not_valid_after_utc", None)
        # Before cryptography 42.
        end = end or certificate.not_valid_after.replace(tzinfo=UTC)
        names = [visible(str(name.value))[:_MOST_NAME] for name in certificate.issuer]
        return ", ".join(names[-2:]) or None, end
    except (ImportError, ValueError):
        return None, None
