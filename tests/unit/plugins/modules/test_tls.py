# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service whose certificate a private CA signed."""

from __future__ import annotations

import pytest
from rps_simulator import Simulator


@pytest.fixture
def simulator(certificates):
    with Simulator(certificate=str(certificates / "server.pem"), key=str(certificates / "server.key")) as running:
        yield running


def test_it_is_not_trusted(rps):
    result = rps.device(*rps.macs(8))

    assert result["failure"]["code"] == "tls_error"
    assert "ca_path" in result["msg"]
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
