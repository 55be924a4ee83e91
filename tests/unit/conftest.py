# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulated service over a real socket, and the modules run against it."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import xmlrpc.client
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import warnings
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


class Vendor(NamedTuple):
    """What the tests have to know of a vendor: the first six digits of its MACs, and what its calls are for, each by
    its method and number of parameters."""

    prefix: str
    calls: dict[tuple[str, int], str]


VENDORS = {
    "yealink": Vendor(
        "001565",
        {
            ("redirect.listDevices", 0): "list",
            ("redirect.checkDevice", 1): "check",
            ("redirect.checkDeviceExt", 1): "locate",
            ("redirect.registerDevice", 2): "register",
            ("redirect.registerDevices", 2): "register",
            ("redirect.registerDeviceWithUniqueUrl", 3): "register",
            ("redirect.registerDevice", 3): "confirm",
            ("redirect.registerDevices", 3): "confirm",
            ("redirect.registerDeviceWithUniqueUrl", 4): "confirm",
            ("redirect.editDevice", 2): "move",
            ("redirect.editDeviceWithUniqueUrl", 3): "move",
            ("redirect.deRegisterDevice", 1): "remove",
            ("redirect.deRegisterDevices", 1): "remove",
            ("redirect.addServer", 2): "add",
        },
    ),
}
READING = {"list", "check", "locate"}


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in os.environ:
        if variable.startswith("RPS_") or variable.lower().endswith("_proxy"):
            monkeypatch.delenv(variable)


@pytest.fixture
def fixtures() -> Path:
    """The folder of what the vendors' documents print."""
    return Path(__file__).parent / "fixtures"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Run a module in this process and return its result; C(check) and C(diff) set the modes."""

    def run_module(name: str, /, *, check: bool = False, diff: bool = False, **options: Any) -> dict[str, Any]:
        module = importlib.import_module(f"ansible_collections.voip.rps.plugins.modules.{name}")
        args = {**options, "_ansible_check_mode": check, "_ansible_diff": diff}
        capsys.readouterr()
        warnings._global_warnings.clear()
        with patch_module_args(args), pytest.raises(SystemExit):
            module.main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        if "warnings" in result:
            result["warnings"] = [_words(warning) for warning in result["warnings"]]
        return result

    return run_module


def _words(warning: Any) -> str:
    words = warning["event"]["msg"] if isinstance(warning, dict) else warning  # since ansible-core 2.19, and before
    return str(words)


class Call(NamedTuple):
    """A call as the service got it: what it is for, and how many devices it names."""

    what: str
    devices: int


class Rps:
    """A simulated service, with an account of ours (C(acme)) and one of somebody else (C(other))."""

    account = ACCOUNT
    password = PASSWORD
    servers = SERVERS

    def __init__(self, simulator: Simulator, provider: str, run: Callable[..., dict[str, Any]]) -> None:
        self.simulator = simulator
        self.provider = provider
        self.vendor = VENDORS[provider]
        self._run = run
        self.options: dict[str, Any] = {
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

    def mac(self, number: int) -> str:
        """Return a MAC address of the vendor's, 12 lower-case hex digits."""
        return f"{self.vendor.prefix}{number:06x}"

    def macs(self, count: int, start: int = 0) -> list[str]:
        return [self.mac(number) for number in range(start, start + count)]

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

    def holds(self, *macs: str, server: str | None = "berlin", url: str | None = None, account: str = ACCOUNT) -> None:
        """Put devices into an account, bound to its server or to a URL of their own."""
        devices = [{"account": account, "mac": mac, "server": server, "url": url} for mac in macs]
        self.simulator.seed({"devices": devices})

    def others(self, *macs: str) -> None:
        """Put devices into somebody else's account."""
        self.holds(*macs, server="theirs", account="other")

    def misbehaves(self, kind: str, *what: str, **parameters: Any) -> None:
        """Let calls that are for one of C(what) go wrong, see the simulator's C(faults.Rule)."""
        methods = [method for (method, _count), meant in self.vendor.calls.items() if meant in what]
        self.simulator.misbehave({"kind": kind, "methods": methods, **parameters})

    def answers(self, what: str, *values: Any, **parameters: Any) -> None:
        """Let calls that are for this be answered with these values."""
        body = xmlrpc.client.dumps((list(values),), methodresponse=True, allow_none=True)
        self.misbehaves("answer", what, body=body, **parameters)

    @property
    def urls(self) -> dict[str, str | None]:
        """Where each device of our account points, as the service holds it."""
        return {mac: held["url"] for mac, held in self.simulator.devices(ACCOUNT).items()}

    @property
    def requests(self) -> int:
        """How many requests the service got."""
        return len(self.simulator.log)

    @property
    def calls(self) -> list[Call]:
        """The calls that the service got, in their order."""
        calls = []
        for entry in self.simulator.log:
            if entry.method is not None:
                what = self.vendor.calls[(entry.method, entry.parameters)]
                calls.append(Call(what, entry.devices or int(what not in ("list", "add"))))
        return calls

    @property
    def writes(self) -> list[Call]:
        """Those of the calls that write."""
        return [call for call in self.calls if call.what not in READING]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture(params=sorted(VENDORS))
def rps(request: pytest.FixtureRequest, simulator: Simulator, run: Callable[..., dict[str, Any]]) -> Rps:
    return Rps(simulator, request.param, run)
