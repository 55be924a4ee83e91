# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every YAML and shell block of the README, the guides and the roles' READMEs runs, against the simulator.

A page is a folder with the files that its blocks name, and a script of its commands in their order. What no command
names is run at the end: a play, or a role with its variables.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from rps_simulator import Simulator
from rps_simulator.dialects import DIALECTS

from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES
from ansible_collections.voip.rps.tests.unit.docs.blocks import GUIDES, ROOT, RUN, Block, blocks, pages

PASSWORD = "s3cret-of-acme"
NOT_RUN = 23
ROLES = {path.name for path in (ROOT / "roles").iterdir()} | {"find"}
# What a page takes for granted.
FILES = {
    "phones.csv": "mac,name,server\n00:15:65:00:00:01,Reception,acme-berlin\n",
    "site-berlin.csv": "mac\n00:15:65:00:00:01\n",
    "scrapped.csv": "mac\n00:15:65:00:00:01\n",
    "vault.yml": "".join(
        f"vault_{name}: {PASSWORD}\n"
        for name in ("rps_password", "rps_password_old", "bought_password", "snom_password", "pbx_client_secret")
    )
    + "vault_pbx_client_id: pbx\n",
}
BACKUP = """{"rows": [{"mac": "001565000001", "provider": "yealink", "account": "acme", "status": "registered",
"server": null, "current_url": "https://berlin.acme.example/provisioning/", "own_url": null,
"seen_at": "2026-03-01T09:00:00Z"}]}"""


def to_run() -> list[Path]:
    """Return the pages with a block that is run here: the services' own are in test_service_pages.py."""
    return [
        page
        for page in pages()
        if page.parent.name != "services" and any(one.language in RUN and not one.why for one in blocks(page))
    ]


def test_a_block_that_is_not_run_says_why() -> None:
    reasons = Counter(one.why for page in pages() for one in blocks(page) if one.language in RUN and one.why)

    assert sum(reasons.values()) == NOT_RUN, reasons
    assert len([page for page in pages() if page.parent == GUIDES]) > 15
    # What marks a block stands before one.
    marks = sum(len(re.findall("not run: ", page.read_text(encoding="utf-8"))) for page in pages())
    assert marks == sum(bool(one.why) for page in pages() for one in blocks(page))


def test_every_block_says_what_it_is() -> None:
    languages = {"console", "csv", "ini", "json", "text", "yaml", "yaml+jinja"}

    assert [(one.page, one.text) for page in pages() for one in blocks(page) if one.language not in languages] == []


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder of a short name, as Ansible's sockets are in it."""
    with tempfile.TemporaryDirectory(prefix="rps-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


class Accounts:
    """The accounts that the blocks of a page name, at the simulated services."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._seed("acme", "yealink")
        servers = [
            {"account": "yealink-acme", "name": "acme-berlin", "url": "https://berlin.acme.example/provisioning/"}
        ]
        self._seed("yealink-acme", "yealink")
        self._seed("pbx", "yeastar")
        extensions = [{"account": "pbx", "number": str(number)} for number in range(1001, 1004)]
        simulator.seed({"servers": servers, "extensions": extensions})

    def _seed(self, name: str, provider: str) -> None:
        self._simulator.seed({"accounts": [{"name": name, "password": PASSWORD, "provider": provider}]})
        if name.endswith("-old"):
            device = {"account": name, "mac": "001565000001", "url": "https://old.acme.example/"}
            self._simulator.seed({"devices": [device]})

    def simulated(self, shown: Any) -> Any:
        """Return what a block shows with the simulator's addresses and logins in place of the vendors'."""
        if isinstance(shown, list):
            return [self.simulated(one) for one in shown]
        if not isinstance(shown, dict):
            return shown
        of = {key: self.simulated(value) for key, value in shown.items()}
        if "base_url" in of:
            return {
                **of,
                "base_url": self._simulator.endpoint("yeastar"),
                "client_id": "pbx",
                "client_secret": PASSWORD,
            }
        if of.get("provider") not in SERVICES or not {*SERVICES[of["provider"]].login} & of.keys() or "name" in of:
            return of
        if "{{" in str(of.get("api_url")):
            return of
        provider = of["provider"]
        name = f"{provider}-{of.get('username', 'key')}"
        self._seed(name, provider)
        address, *login = (option.lower() for option in DIALECTS[provider].options)
        return {**of, address: self._simulator.endpoint(provider), **dict(zip(login, (name, PASSWORD), strict=True))}


@pytest.mark.parametrize("page", to_run(), ids=lambda page: str(page.relative_to(ROOT)))
def test_the_blocks_of_a_page(page: Path, simulator: Simulator, home: Path, run: Callable[..., dict[str, Any]]) -> None:
    accounts = Accounts(simulator)
    mine = blocks(page)
    script: list[str] = []
    for name, text in FILES.items():
        (home / name).write_text(text)
    for name in ("backup.json", "rps-backup-rollout-20260301T090000Z.json"):
        (home / name).write_text(BACKUP)
    commands = "\n".join(one.commands for one in mine if one.language in RUN[2:])
    for name in ("rps", "node_exporter"):
        (home / "lib" / name).mkdir(parents=True)
    for number, one in enumerate(mine):
        if one.language in RUN[2:] and not one.why:
            script.append(one.commands)
        elif one.language in RUN and not one.why:
            script += _with_yaml(one, number, accounts, home, commands, run)
        elif one.name:
            (home / one.name).write_text(one.text)

    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", _against(simulator, "\n".join(script))],
        cwd=home,
        env=_environment(simulator, home),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-6000:]
    assert "Traceback" not in done.stdout


def _with_yaml(
    one: Block, number: int, accounts: Accounts, home: Path, commands: str, run: Callable[..., dict[str, Any]]
) -> list[str]:
    """Write the file of a YAML block, and return the commands that run it if none of the page's does."""
    content = yaml.safe_load(one.text)
    path = home / (one.name or f"block{number}.yml")
    simulated = accounts.simulated(content)
    text = one.text if simulated == content else yaml.safe_dump(simulated, sort_keys=False)
    path.write_text(text.replace("/var/lib/", f"{home}/lib/"))
    if one.name and one.name in commands:
        return []
    if isinstance(content, list) and all("hosts" in play for play in content):
        return [f"ansible-playbook {path.name} -e @vault.yml"]
    if isinstance(content, list) and all("mac" in row for row in content):
        options = accounts.simulated({"provider": "yealink", "username": "acme", "password": ""})
        assert run("rps_device", **options, src=str(path), state="absent")["summary"]
        return []
    roles = {str(key).partition("_")[0] for key in content}
    role = roles.pop()
    assert {role} == roles | {role} <= ROLES, f"{one.page}: run this block, or say why not:\n{one.text}"
    return [f"ansible-playbook voip.rps.{role} -e @{path.name} -e @vault.yml"]


def _against(simulator: Simulator, commands: str) -> str:
    """Return commands with the simulator in place of what a user has."""
    for shown, real in {
        "https://pbx.acme.example": simulator.endpoint("yeastar"),
        "client_id=…": "client_id=pbx",
        "…": PASSWORD,
    }.items():
        commands = commands.replace(shown, real)
    return commands


def _environment(simulator: Simulator, home: Path) -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT.parents[2]),
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "RPS_API_URL": simulator.endpoint("yealink"),
    }
