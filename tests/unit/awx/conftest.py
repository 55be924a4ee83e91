# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The definitions for AWX, and a controller that takes them."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import yaml
from ansible.module_utils import basic
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible.utils.unsafe_proxy import wrap_var

import ansible_collections.voip.rps as collection
from ansible_collections.voip.rps.plugins.plugin_utils._roles import run_role
from ansible_collections.voip.rps.plugins.plugin_utils._roles.context import Context

try:
    from ansible.template import trust_as_template
except ImportError:  # ansible-core 2.18

    def trust_as_template(value: str) -> str:
        return value


ROOT = Path(collection.__path__[0])
PROJECT = ROOT / "docs" / "examples" / "awx-project"
ROLE = ROOT / "roles" / "awx"
WHERE = "AWX_COLLECTIONS"
"""The variable that names a folder with awx.awx; the session units of nox brings one."""

Run = Callable[..., dict[str, Any]]
Play = Callable[..., "Played"]

SHARED = yaml.safe_load((PROJECT / "inventory" / "group_vars" / "all.yml").read_text())
GIVEN: dict[str, Any] = {
    "variables": SHARED,
    "prefix": "acme ",
    "project_url": "https://git.acme.example/rps.git",
    "accounts": {
        "office": {"provider": "yealink", "username": "acme", "password": "s3cret-office", "rate_limit": 10},
        "desks": {"provider": "snom", "username": "acme", "password": "s3cret-desks"},
    },
    "credentials": {
        "pbx": {
            "type": "yeastar",
            "inputs": {"base_url": "https://pbx.example", "client_id": "a", "client_secret": "s3cret-pbx"},
        }
    },
}


def role(given: Mapping[str, Any], *, check_mode: bool = False, lookup: Any = lambda *_: []) -> dict[str, Any]:
    """Run the role's logic, with variables by their names without C(awx_)."""
    named = {f"awx_{name}": value for name, value in given.items()}
    context = Context(
        named, list(named), [], ["/"], "/tmp", "/none", {}, lambda _path: {}, check_mode, False, lookup=lookup
    )
    return run_role.run("awx", lambda: context)


@pytest.fixture(scope="session")
def awx_awx() -> Path:
    """The folder of the collection awx.awx."""
    roots = [Path(os.environ[WHERE])] if os.environ.get(WHERE) else []
    for root in roots:
        folder = root / "ansible_collections" / "awx" / "awx"
        if folder.is_dir():
            if str(root) not in sys.path:
                sys.path.append(str(root))
            return folder
    pytest.skip(f"awx.awx is not here: {WHERE} must name a folder with ansible_collections/awx/awx")


class Played:
    """What a run of the role did: C(changed) is a line for each object, C(output) what the modules showed."""

    def __init__(self) -> None:
        self.changed: list[str] = []
        self.output: list[dict[str, Any]] = []


@pytest.fixture
def controller(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A controller that knows the example project, as the environment says."""
    spec = importlib.util.spec_from_file_location("controller", ROOT / "tests" / "awx" / "controller.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    server = module.serve(PROJECT)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    monkeypatch.setenv("CONTROLLER_HOST", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("CONTROLLER_OAUTH_TOKEN", module.PASSWORD)
    # awx.awx reads all certificates of the system for each request, which takes most of the time.
    monkeypatch.setenv("SSL_CERT_FILE", os.devnull)
    yield server.RequestHandlerClass.controller
    server.shutdown()
    server.server_close()


@pytest.fixture
def play(awx_awx: Path, controller: Any) -> Play:
    """Run the role's tasks with the modules of awx.awx themselves, in this process, a hundred of them in a second."""

    def lookup(_name: str, terms: Any, options: Mapping[str, Any]) -> list[Any]:
        url = f"{os.environ['CONTROLLER_HOST']}/api/v2/{terms[0]}/?"
        return controller_list(url, options["query_params"])

    def play(given: Mapping[str, Any], *, check_mode: bool = False) -> Played:
        task = role(given, check_mode=check_mode, lookup=lookup)
        assert not task["failed"], task["failures"]
        variables = {
            **{f"awx_{name}": value for name, value in given.items()},
            "awx_update_secrets": given.get("update_secrets", False),
            "awx_accounts": given.get("accounts", {}),
            "awx_credentials": given.get("credentials", {}),
            "__awx_run": wrap_var(task),
            "ansible_check_mode": check_mode,
        }
        played = Played()
        for one in yaml.safe_load((ROLE / "tasks" / f"{given.get('state', 'present')}.yml").read_text()):
            _task(one, variables, played, check_mode)
        return played

    return play


def controller_list(url: str, filters: Mapping[str, Any]) -> list[Any]:
    from urllib.parse import urlencode
    from urllib.request import Request

    headers = {"Authorization": f"Bearer {os.environ['CONTROLLER_OAUTH_TOKEN']}"}
    with urlopen(Request(url + urlencode(filters), headers=headers)) as answer:
        return list(json.load(answer)["results"])


def _task(task: Mapping[str, Any], variables: Mapping[str, Any], played: Played, check_mode: bool) -> None:
    (name,) = (key for key in task if "." in key)
    for item in _templated(task["loop"], Templar(DataLoader(), variables=dict(variables))):
        its = Templar(DataLoader(), variables={**variables, "item": wrap_var(item), "omit": "__omit__"})
        if "when" in task and not _templated(f"{{{{ {task['when']} }}}}", its):
            continue
        label = item if isinstance(item, str) else item.get("name", item.get("identifier"))
        if name == "ansible.builtin.debug":
            played.changed.append(f"{task['name']}: {label}")
            continue
        arguments = {}
        for key, value in task[name].items():
            with contextlib.suppress(Omitted):
                arguments[key] = _templated(value, its)
        output = run_module(name.rpartition(".")[2], arguments, check_mode)
        assert not output.get("failed"), (task["name"], label, output)
        if not task.get("no_log"):
            played.output.append(output)
        if output.get("changed"):
            played.changed.append(f"{task['name']}: {label}")


class Omitted(Exception):
    """A value that is to be left out."""


def _templated(value: Any, templar: Templar) -> Any:
    if not isinstance(value, str) or "{{" not in value:
        return value
    try:
        result = templar.template(trust_as_template(value))
    except Exception as error:
        if type(error).__name__ == "AnsibleValueOmittedError":
            raise Omitted from None
        raise
    if result == "__omit__" or type(result).__name__ in ("_OmitType", "Omit"):
        raise Omitted
    return json.loads(json.dumps(result, default=str))


def run_module(name: str, arguments: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Run a module of awx.awx in this process, and return its result."""
    module = importlib.import_module(f"ansible_collections.awx.awx.plugins.modules.{name}")
    given = {**arguments, "_ansible_check_mode": check_mode}
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": given}).encode()
    basic._ANSIBLE_PROFILE = "legacy"
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        module.main()
    return dict(json.loads(output.getvalue()))
