# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An account at a simulated service of any vendor, whose calls are told by their methods."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from rps_simulator import Simulator

from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES

PASSWORD = "s3cret-of-acme"
HERE, THERE = "https://here.example/prov/", "https://there.example/prov/"
SERVERS = {"berlin": HERE, "paris": THERE}


class Account:
    """Our account C(acme), beside one of somebody else's, C(other)."""

    def __init__(self, simulator: Simulator, provider: str, run: Callable[..., dict[str, Any]]) -> None:
        self.simulator = simulator
        self.provider = provider
        self.can = SERVICES[provider].can
        self._prefix = SERVICES[provider].mac_prefixes[-1]
        self._run = run
        self.how = {
            "provider": provider,
            "api_url": simulator.endpoint(provider),
            "username": "acme",
            "password": PASSWORD,
            "timeout": 5,
        }
        accounts = [{"name": name, "password": PASSWORD, "provider": provider} for name in ("acme", "other")]
        simulator.seed({"accounts": accounts})
        if self.can.named_servers:
            servers = [{"account": "acme", "name": name, "url": url} for name, url in SERVERS.items()]
            simulator.seed({"servers": [*servers, {"account": "other", "name": "theirs", "url": HERE}]})

    def mac(self, number: int) -> str:
        return f"{self._prefix}{number:06x}"

    def macs(self, count: int, start: int = 0) -> list[str]:
        return [self.mac(number) for number in range(start, start + count)]

    def holds(self, *macs: str, url: str = HERE, account: str = "acme") -> None:
        """Put phones into an account; a URL stands for the server that has it, where there are named servers."""
        names = {**{url: name for name, url in SERVERS.items()}, **({HERE: "theirs"} if account == "other" else {})}
        where = {"server": names[url]} if self.can.named_servers else {"url": url}
        self.simulator.seed({"devices": [{"account": account, "mac": mac, **where} for mac in macs]})

    def device(self, *macs: str, **options: Any) -> dict[str, Any]:
        """Run rps_device for these phones, which shall point to HERE unless it is told otherwise."""
        if macs:
            options["devices"] = [{"mac": mac} for mac in macs]
        if options.get("state") != "absent" and not {"server", "url"} & options.keys():
            options["server"] = "berlin"
        return self._checked(self._run("rps_device", **{"servers": SERVERS, **self.how, **options}))

    def info(self, **options: Any) -> dict[str, Any]:
        return self._checked(self._run("rps_device_info", **{**self.how, **options}))

    def server(self, **options: Any) -> dict[str, Any]:
        return self._checked(self._run("rps_server", **{**self.how, **options}))

    def servers(self) -> dict[str, Any]:
        return self._checked(self._run("rps_server_info", **self.how))

    @property
    def urls(self) -> dict[str, str | None]:
        """Where each phone of our account points, as the service holds it."""
        return {mac: held["url"] for mac, held in self.simulator.devices("acme").items()}

    @property
    def calls(self) -> list[str]:
        """The methods that were called, in their order, without their prefix."""
        return [entry.method.rpartition(".")[2] for entry in self.simulator.log if entry.method]

    def statuses(self, **options: Any) -> dict[str, str]:
        return {one["mac"]: one["status"] for one in self.info(**options)["devices"]}

    @staticmethod
    def _checked(result: dict[str, Any]) -> dict[str, Any]:
        assert PASSWORD not in json.dumps(result)
        assert result.get("failure", {}).get("code") != "internal_error", result
        return result


def actions(result: dict[str, Any]) -> dict[str, str]:
    """Return the action, or the code of the error, of each phone."""
    return {one["mac"]: one["error"]["code"] if "error" in one else one["action"] for one in result["devices"]}
