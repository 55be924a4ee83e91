# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulator serves accounts of several providers, each with phones of its own."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

MAC = "001565000001"
REGISTER = {
    "yealink": ("registerDevice", "yealink server"),
    "htek": ("registerDevice", "htek server"),
    "snom": ("registerPhone", "https://snom.example.com/"),
}
DEREGISTER = {"yealink": "deRegisterDevice", "htek": "deRegisterDevice", "snom": "deregisterPhone"}


@pytest.fixture
def simulator(simulator):
    simulator.seed(
        {
            "accounts": [{"name": name, "password": f"{name} password", "provider": name} for name in REGISTER],
            "servers": [
                {"account": name, "name": f"{name} server", "url": f"https://{name}.example.com/"}
                for name in ("yealink", "htek")
            ],
        }
    )
    return simulator


@pytest.fixture
def clients(simulator, connect):
    return {name: connect(simulator.url, name, path=urlsplit(simulator.endpoint(name)).path) for name in REGISTER}


def test_each_provider_has_phones_of_its_own(simulator, clients):
    for name, client in clients.items():
        method, target = REGISTER[name]
        assert client.call(method, MAC, target)[0] is True
    for name in clients:
        assert simulator.devices(name)[MAC]["url"] == f"https://{name}.example.com/"

    for name, client in clients.items():
        assert client.call(DEREGISTER[name], MAC)[0] is True
        assert simulator.devices(name) == {}
        assert client.call(DEREGISTER[name], MAC)[0] is False


def test_an_account_is_known_to_its_provider_alone(clients):
    statuses = {
        (account, provider): client.send("<x/>", clients[provider].path).status
        for account, client in clients.items()
        for provider in clients
    }

    served = {pair for pair, status in statuses.items() if status != 404}
    assert served == {(name, name) for name in clients} | {
        ("yealink", "snom"),
        ("snom", "yealink"),
    }  # with and without a slash


def test_snom_has_no_named_servers(simulator):
    with pytest.raises(ValueError, match=r"servers\[0\]: snom has no named servers"):
        simulator.seed({"servers": [{"account": "snom", "name": "x", "url": "https://x.example.com/"}]})
