# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A vendor is one file: a dialect made up here brings all of its own. Versions are told rightly."""

from __future__ import annotations

import ast
import http.client
import json
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import rps_simulator
import yaml
from rps_simulator import Simulator, control, version
from rps_simulator.dialect import Dialect, vendors
from rps_simulator.dialects import DIALECTS
from rps_simulator.knobs import Settings, choice, number
from rps_simulator.parts import Part, read
from rps_simulator.records import Records
from rps_simulator.state import Account, State
from rps_simulator.transport import Asked, Refused, Reply, Transport
from rps_simulator.wire import Answer

PACKAGE = Path(rps_simulator.__file__).parent
COLLECTION = PACKAGE.parents[3]


@dataclass(slots=True)
class AcmeSettings(Settings):
    acme_case: str = choice("lower", "upper")
    acme_most: int = number(2, 1, 9)


def put_phones(state, rows):
    values = [(row.account, *read(row, ("mac", "serial"))) for row in rows]
    return state.write("INSERT OR IGNORE INTO acme_phones VALUES (?, ?, ?)", values)


def show_phones(state, account):
    return dict(state.query("SELECT mac, serial FROM acme_phones WHERE account = ?", [account.name]))


class Rest(Transport):
    """`GET /acme/phones` with the account's name as its key."""

    prefix = "/acme/"
    content_type = "application/json"
    keep_alive = True

    def __init__(self, dialects, world) -> None:
        assert [dialect.provider for dialect in dialects] == ["acme"]
        self._state = world.state
        self._settings = world.panel.of(AcmeSettings)

    def read(self, peer, request):
        account = self._state.account(request.headers.get("x-key", ""))
        if account is None or account.provider != "acme":
            raise Refused(None, Answer(401))

        def answer():
            with self._state.transaction(write=False):
                macs = list(show_phones(self._state, account))[: self._settings.acme_most]
            return Reply(json.dumps([getattr(mac, self._settings.acme_case)() for mac in macs]).encode(), None)

        return Asked(account.name, request.path.removeprefix(self.prefix), 0, 0, False, False, answer)

    def fault(self, code, message):
        return Answer(200, json.dumps({"error": message}).encode(), self.content_type)

    def log_out(self, request):
        return Answer(401)


ACME = Dialect(
    provider="acme",
    endpoint="/acme",
    transports=(Rest,),
    settings=AcmeSettings,
    tables=("CREATE TABLE acme_phones (account TEXT, mac TEXT, serial TEXT, PRIMARY KEY (account, mac))",),
    parts={"serials": Part("serial numbers", put_phones, show_phones)},
    mac_prefixes=("00aa00",),
)
MACS = ["00aa00000001", "00aa0000000b", "00aa0000000c"]
SEED = {
    "accounts": [
        {"name": "acme", "password": "x", "provider": "acme"},
        {"name": "yealink", "password": "x", "provider": "yealink"},
    ],
    "serials": [{"account": "acme", "mac": mac, "serial": f"s{mac}"} for mac in MACS],
}


@pytest.fixture
def simulator():
    with Simulator(dialects={**DIALECTS, "acme": ACME}) as running:
        running.seed(SEED)
        yield running


def get(simulator, path, **headers: str) -> tuple[int, Any]:
    with closing(http.client.HTTPConnection(urlsplit(simulator.url).netloc, timeout=10)) as connection:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        body = response.read()
        return response.status, json.loads(body) if body else None


def test_a_made_up_vendor_is_served(simulator):
    path = urlsplit(simulator.endpoint("acme")).path + "/phones"

    assert get(simulator, path) == (401, None)
    assert get(simulator, path, **{"X-Key": "yealink"}) == (401, None)
    assert get(simulator, path, **{"X-Key": "acme"}) == (200, MACS[:2])
    simulator.settings(acme_case="upper", acme_most=3)
    assert get(simulator, path, **{"X-Key": "acme"}) == (200, [mac.upper() for mac in MACS])
    simulator.misbehave({"kind": "fault", "code": 1, "message": "broken", "methods": ["phones"]})
    assert get(simulator, path, **{"X-Key": "acme"}) == (200, {"error": "broken"})
    assert [(entry.account, entry.status) for entry in simulator.log][-1] == ("acme", 200)


def test_blocks_of_a_vendor_are_of_any_size_and_all_its_services():
    other = replace(ACME, provider="acme2", mac_prefixes=("00aa00", "00bb007", "00bb00123"))
    known = vendors([ACME, other])

    def foreign(mac: str, provider: str = "acme") -> bool:
        return Records(State(":memory:", ()), Account("name", "x", provider), known).foreign(mac)

    assert not foreign("00aa00000001")
    assert not foreign("00aa00000001", "acme2")
    assert foreign("00aa00000001", "yealink")
    assert [foreign(mac) for mac in ("00bb00700000", "00bb00123000", "00bb00124000", "00bb00000000")] == [
        True,
        True,
        False,
        False,
    ]


def test_a_made_up_vendor_has_settings_and_a_part_of_the_seed(simulator):
    assert not simulator.seed(SEED)
    state = get(simulator, f"{control.PREFIX}/state?account=acme")[1]
    assert state == {"devices": {}, "servers": {}, "phones": {}, "serials": {mac: f"s{mac}" for mac in MACS}}
    assert "acme" in get(simulator, control.PREFIX)[1]["providers"]
    assert (simulator.settings()["acme_case"], simulator.settings()["snom_ok"]) == ("lower", "left_out")

    for knobs in ({"acme_case": "Upper"}, {"acme_most": 10}, {"acme_least": 1}):
        with pytest.raises(ValueError, match=next(iter(knobs))):
            simulator.settings(**knobs)
    for part, row, words in (
        ("serials", {"account": "yealink", "mac": MACS[0], "serial": "s"}, "yealink has no serial numbers"),
        ("serials", {"account": None, "mac": MACS[0], "serial": "s"}, "account must be a text"),
        ("serials", {"account": 1, "mac": MACS[0], "serial": "s"}, "account must be a text"),
        ("serials", {"account": "acme", "mac": MACS[0], "colour": "red", "serial": "s"}, "unknown: colour"),
        ("devices", {"account": "acme", "mac": MACS[0]}, "acme has no devices to redirect"),
        ("devices", {"account": None, "mac": MACS[0], "provider": "acme"}, "one of yealink, htek, snom"),
        ("devices", {"account": None, "mac": MACS[0], "provider": ["acme"]}, "one of yealink, htek, snom"),
    ):
        with pytest.raises(ValueError, match=words):
            simulator.seed({part: [row]})


def test_macs_of_a_made_up_vendor_are_foreign_to_the_others(simulator, connect):
    simulator.seed({"servers": [{"account": "yealink", "name": "s", "url": "https://s.example/"}]})
    simulator.settings(foreign_macs="refuse")

    client = connect(simulator.url, "yealink")
    client.headers["Authorization"] = "Basic eWVhbGluazp4"  # yealink:x
    assert client.call("registerDevice", MACS[0], "s")[0] is False


def imports() -> dict[str, set[str]]:
    """Which modules of the package each one imports, be it for types alone."""
    found: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        here = ["rps_simulator", *path.relative_to(PACKAGE).with_suffix("").parts]
        package = here[:-1]
        name = ".".join(package if here[-1] == "__init__" else here)
        found[name] = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level:
                base = package[: len(package) - node.level + 1] + ([node.module] if node.module else [])
                submodules = [[*base, alias.name] for alias in node.names]
                for target in (
                    one if PACKAGE.joinpath(*one[1:]).with_suffix(".py").exists() else base for one in submodules
                ):
                    found[name].add(".".join(target))
    return found


def test_no_circle_of_imports():
    graph = imports()

    assert graph["rps_simulator.simulator"] >= {"rps_simulator.control", "rps_simulator.dialects"}
    assert "rps_simulator.simulator" in TopologicalSorter(graph).static_order()


def test_vendors_are_named_in_their_own_files_alone():
    named = set()
    for path in PACKAGE.rglob("*.py"):
        texts = {node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)}
        named |= {(path.stem, name) for name in DIALECTS if name in texts}
    own = {stem for stem, _name in named}

    assert own <= {path.stem for path in (PACKAGE / "dialects").glob("*.py")}
    assert named >= {(name, name) for name in DIALECTS}


def test_the_version_is_the_collections():
    galaxy = yaml.safe_load((COLLECTION / "galaxy.yml").read_text())

    with Simulator() as simulator:
        assert get(simulator, control.PREFIX)[1]["version"] == galaxy["version"]


def test_the_oldest_python_is_told():
    oldest = ".".join(map(str, version.PYTHON))
    old = (version.PYTHON[0], version.PYTHON[1] - 1, 7)
    code = f"import sys; sys.version_info = {old}; sys.argv = ['x', 'status']; "
    code += f"import runpy; runpy.run_path({str(PACKAGE)!r}, run_name='__main__')"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)

    assert done.returncode == 1
    assert done.stderr == f"rps_simulator: Python {oldest} or later is needed, and this is {'.'.join(map(str, old))}\n"
    assert f"needs Python {oldest} or later" in (PACKAGE.parents[1] / "README.md").read_text()
    for path in PACKAGE.rglob("*.py"):
        ast.parse(path.read_text(), feature_version=version.PYTHON)
