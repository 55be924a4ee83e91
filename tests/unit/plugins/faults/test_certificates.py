# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates: only those of a known CA, of the host asked for, that are in date, over a TLS that is not outdated."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
from rps_simulator import Simulator


def serving(folder, host="127.0.0.1"):
    """Return a simulator that shows the certificate in a folder."""
    return Simulator(certificate=str(folder / "server.pem"), key=str(folder / "server.key"), host=host)


@pytest.fixture
def simulator(certificates):
    with serving(certificates) as running:
        yield running


def refused(result, *words):
    """Expect that nothing was sent over TLS that cannot be trusted, and that it is said why, and what to do."""
    assert result["failure"]["code"] == "tls_error"
    for part in words:
        assert part in result["msg"]
    assert result["requests"] == 1
    assert not result["changed"]


def test_it_is_not_trusted(rps):
    result = rps.device(*rps.macs(8))

    refused(result, "certificate verify failed", "give the bundle of its CA as ca_path")
    assert rps.requests == 0


def test_it_is_trusted_by_its_ca(rps, certificates):
    result = rps.device(*rps.macs(8), ca_path=str(certificates / "ca.pem"))

    assert result["summary"]["registered"] == 8


def test_it_is_not_asked_for(rps):
    result = rps.device(*rps.macs(8), validate_certs=False)

    assert result["summary"]["registered"] == 8
    assert "warnings" not in result


def test_without_validation_the_ca_does_not_matter(rps, certificates):
    result = rps.info(validate_certs=False, ca_path=str(certificates / "server.key"))

    assert "failed" not in result


def test_from_the_environment(rps, certificates, monkeypatch):
    monkeypatch.setenv("RPS_CA_PATH", str(certificates / "ca.pem"))
    assert "failed" not in rps.info()

    monkeypatch.delenv("RPS_CA_PATH")
    monkeypatch.setenv("RPS_VALIDATE_CERTS", "false")
    assert "failed" not in rps.info()


def test_it_is_trusted_by_the_bundle_that_requests_is_told_of(rps, certificates, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates / "ca.pem"))
    assert "failed" not in rps.info()

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates / "server.key"))
    assert "failed" not in rps.info(ca_path=str(certificates / "ca.pem"))
    assert "failed" not in rps.info(validate_certs=False)


def test_it_is_for_another_host(rps, anew, certificates):
    with serving(certificates, host="127.0.0.2") as elsewhere:
        result = anew(elsewhere).device(*rps.macs(8), ca_path=str(certificates / "ca.pem"))

        refused(result, "'127.0.0.2'", "is the address right?")
        assert "ca_path" not in result["msg"]
        assert elsewhere.log == []


def test_it_has_expired(rps, anew, certificate_maker, tmp_path, monkeypatch):
    monkeypatch.setattr(certificate_maker, "LASTS", timedelta(minutes=-1))
    certificate_maker.make(tmp_path, set(certificate_maker.LOOPBACK))

    with serving(tmp_path) as late:
        result = anew(late).device(*rps.macs(8), ca_path=str(tmp_path / "ca.pem"))

        refused(result, "certificate has expired", "must be renewed", "the clock of this machine")
        assert late.log == []


@contextmanager
def shaking_hands(context):
    """Do no more than that with whoever comes; gives the address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            with suppress(OSError):
                while True:
                    connection = listener.accept()[0]
                    with connection, suppress(ssl.SSLError):
                        context.wrap_socket(connection, server_side=True).close()

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("options", [{}, {"validate_certs": False}], ids=["validated", "not validated"])
def test_tls_is_outdated(rps, certificates, options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1

    with shaking_hands(context) as address:
        result = rps.device(*rps.macs(8), api_url=address, ca_path=str(certificates / "ca.pem"), **options)

    refused(result, "the service does not support a TLS version that this machine allows")
