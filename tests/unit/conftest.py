# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulated service over a real socket, and the modules run against it."""

from __future__ import annotations

import contextlib
import importlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils import basic
from rps_simulator import Simulator

try:
    from ansible.module_utils.testing import patch_module_args
except ImportError:  # ansible-core 2.18

    @contextlib.contextmanager
    def patch_module_args(args: dict[str, Any]) -> Iterator[None]:
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode()
        yield
        basic._ANSIBLE_ARGS = None


ACCOUNT = "acme"
PASSWORD = "s3cret-of-acme"
SERVERS = {"berlin": "https://berlin.example/prov/", "paris": "https://paris.example/prov/"}


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for option in ("PROVIDER", "API_URL", "USERNAME", "PASSWORD", "RETRIES", "TIMEOUT", "CONCURRENCY", "BATCH_SIZE"):
        monkeypatch.delenv(f"RPS_{option}", raising=False)


@pytest.fixture
def fixtures() -> Path:
    """The folder of what the vendors' documents print."""
    return Path(__file__).parent / "fixtures"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Run a module in this process and return its result; C(check) and C(diff) set the modes."""

    def run_module(name: str, *, check: bool = False, diff: bool = False, **options: Any) -> dict[str, Any]:
        module = importlib.import_module(f"ansible_collections.voip.rps.plugins.modules.{name}")
        args = {**options, "_ansible_check_mode": check, "_ansible_diff": diff}
        capsys.readouterr()
        with patch_module_args(args), pytest.raises(SystemExit):
            module.main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        return result

    return run_module


class Rps:
    """A simulated service, with an account of ours (C(acme)) and one of somebody else (C(other))."""

    def __init__(self, simulator: Simulator, provider: str, run: Callable[..., dict[str, Any]]) -> None:
        self.simulator = simulator
        self.provider = provider
        self._run = run
        self.options = {
            "provider": provider,
            "api_url": simulator.endpoint(provider),
            "username": ACCOUNT,
            "password": PASSWORD,
            "timeout": 5,
        }
        accounts = [
            {"name": ACCOUNT, "password": PASSWORD, "provider": provider},
            {"name": "other", "password": "another-secret", "provider": provider},
        ]
        servers = [{"account": ACCOUNT, "name": name, "url": url} for name, url in SERVERS.items()]
        servers.append({"account": "other", "name": "theirs", "url": "https://other.example/"})
        simulator.seed({"accounts": accounts, "servers": servers})

    def device(self, *macs: str, **options: Any) -> dict[str, Any]:
        """Run rps_device for these MACs (unless it is told otherwise), bound to berlin unless it is told otherwise."""
        if macs:
            options["devices"] = [{"mac": mac} for mac in macs]
        if options.get("state") != "absent" and not {"server", "url"} & options.keys():
            options["server"] = "berlin"
        return self._run("rps_device", **{"servers": SERVERS, **self.options, **options})

    def info(self, **options: Any) -> dict[str, Any]:
        return self._run("rps_device_info", **{**self.options, **options})

    def server(self, **options: Any) -> dict[str, Any]:
        return self._run("rps_server", **{**self.options, **options})

    def holds(self, *macs: str, server: str = "berlin", account: str = ACCOUNT) -> None:
        """Put devices into an account, bound to its server."""
        devices = [{"account": account, "mac": mac, "server": server} for mac in macs]
        self.simulator.seed({"devices": devices})

    @property
    def urls(self) -> dict[str, str | None]:
        """Where each device of our account points, as the service holds it."""
        return {mac: held["url"] for mac, held in self.simulator.devices(ACCOUNT).items()}

    @property
    def methods(self) -> list[str]:
        """The methods called, in their order."""
        return [entry.method for entry in self.simulator.log]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture(params=["yealink"])
def rps(request: pytest.FixtureRequest, simulator: Simulator, run: Callable[..., dict[str, Any]]) -> Rps:
    return Rps(simulator, request.param, run)


def mac(number: int) -> str:
    """Return a MAC address of Yealink's, 12 lower-case hex digits."""
    return f"001565{number:06x}"
