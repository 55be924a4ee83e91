# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create a certificate for the simulator and its CA, with the package `cryptography` that ansible-core requires.

`certificates.py FOLDER [NAME...]` writes `ca.pem`, `server.pem` and `server.key` into the folder, and prints
`{"changed": ...}`. The certificate is valid for the loopback names of this machine and the given names and addresses.
Existing files are kept if they match and are valid for another month. The key of the CA is not stored, so nobody can
sign anything else with it.
"""

from __future__ import annotations

import argparse
import ipaddress
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from rps_simulator.files import make_folder

LASTS = timedelta(days=365)
RENEW = timedelta(days=30)
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def make(folder: Path, names: set[str]) -> bool:
    """Create the three files in the folder if needed. The certificate is valid for `names`.

    Returns whether they were created. Raise OSError. Links are replaced, not followed.
    """
    make_folder(folder)
    ca, server, key = folder / "ca.pem", folder / "server.pem", folder / "server.key"
    if all(path.is_file() and not path.is_symlink() for path in (ca, server, key)) and _good(ca, server, key, names):
        return False
    ca_key = ec.generate_private_key(ec.SECP256R1())
    server_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "RPS simulator CA")])
    ca_certificate = _certificate(ca_name, ca_name, ca_key.public_key(), ca_key, authority=True)
    server_certificate = _certificate(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "RPS simulator")]),
        ca_name,
        server_key.public_key(),
        ca_key,
        names=names,
    )
    private = server_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(key, private, 0o600)
    _write(server, server_certificate.public_bytes(serialization.Encoding.PEM), 0o644)
    _write(ca, ca_certificate.public_bytes(serialization.Encoding.PEM), 0o644)
    return True


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    ca_key: ec.EllipticCurvePrivateKey,
    authority: bool = False,
    names: set[str] | None = None,
) -> x509.Certificate:
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LASTS)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=0 if authority else None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
    )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_general_name(name) for name in sorted(names)]), critical=False
        ).add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(ca_key, hashes.SHA256())


def _good(ca: Path, server: Path, key: Path, names: set[str]) -> bool:
    try:
        ca_certificate = x509.load_pem_x509_certificate(ca.read_bytes())
        certificate = x509.load_pem_x509_certificate(server.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), None)
        certificate.verify_directly_issued_by(ca_certificate)
        present = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (FileNotFoundError, ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return (
        private.public_key() == certificate.public_key()
        and {_general_name(name) for name in names} <= set(present)
        and min(_ends(ca_certificate), _ends(certificate)) > datetime.now(UTC) + RENEW
    )


def _ends(certificate: x509.Certificate) -> datetime:
    if hasattr(certificate, "not_valid_after_utc"):
        return certificate.not_valid_after_utc
    return certificate.not_valid_after.replace(tzinfo=UTC)  # cryptography before 42


def _write(path: Path, content: bytes, mode: int) -> None:
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as file:
        file.write(content)
    new.replace(path)


def main() -> int:
    """Run the command line, and return the exit code."""
    parser = argparse.ArgumentParser("certificates.py", description="Create a certificate for the RPS simulator.")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("names", nargs="*", metavar="NAME", help="another host name or address for the certificate")
    options = parser.parse_args()
    try:
        changed = make(options.folder, {*LOOPBACK, *options.names})
    except (OSError, ValueError) as error:
        print(f"certificates.py: {error}", file=sys.stderr)
        return 1
    print(json.dumps({"changed": changed}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
