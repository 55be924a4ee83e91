# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs as AWX runs them: credentials injected, extra variables written and ansible-runner called as its source does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2.sandbox import ImmutableSandboxedEnvironment
from rps_simulator import Simulator

from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES
from ansible_collections.voip.rps.plugins.plugin_utils._awx.types import credential_types
from ansible_collections.voip.rps.plugins.plugin_utils._roles.accounts import read_accounts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.context import Context

from .conftest import GIVEN, PROJECT, ROOT, SHARED, role

PASSWORD = "s3cret-of-acme"
PHONES = ("001565000001", "001565000002", "001565000003")


class Unsafe(yaml.SafeDumper):
    """How AWX writes what it does not trust: awx/main/utils/safe_yaml.py."""

    def represent_data(self, data: Any) -> Any:
        return self.represent_scalar("!unsafe", data) if isinstance(data, str) else super().represent_data(data)


def extra_variables(template: Mapping[str, Any], answers: Mapping[str, Any], job: int) -> str:
    """Return the file of extra variables: the template's own as they are, and what was answered as unsafe text."""
    spec = (template.get("survey_spec") or {}).get("spec", [])
    defaults = {question["variable"]: question["default"] for question in spec if "default" in question}
    meta = {f"{name}_job_id": job for name in ("awx", "tower")} | {"awx_job_launch_type": "manual"}
    own = template["extra_vars"]
    whole = {**own, **defaults, **answers, **meta}
    return "".join(
        yaml.dump({name: value}, Dumper=yaml.SafeDumper if own.get(name, ...) == value else Unsafe)
        for name, value in whole.items()
    )


def inject(kind: Mapping[str, Any], inputs: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Return the environment of a job with a credential, and write its files: awx/main/models/credential.py."""
    jinja = ImmutableSandboxedEnvironment()
    namespace: dict[str, Any] = {name: value for name, value in inputs.items() if value}
    names: dict[str, str] = {}
    for label, template in kind["injectors"].get("file", {}).items():
        handle, path = tempfile.mkstemp(dir=folder)
        os.write(handle, jinja.from_string(template).render(**namespace).encode())
        os.close(handle)
        names[label.partition(".")[2]] = path
    namespace["tower"] = {"filename": names.get("", names)}
    return {
        name: jinja.from_string(template).render(**namespace)
        for name, template in kind["injectors"].get("env", {}).items()
    }


@pytest.mark.parametrize("provider", SERVICES)
@pytest.mark.parametrize("filled", [False, True])
def test_what_a_credential_injects_is_the_account(provider: str, filled: bool, tmp_path: Path) -> None:
    service = SERVICES[provider]
    login = {name: f"the {name} of {provider}" for name in service.login if name not in service.optional}
    url = {"api_url": "https://proxy.example/rps"} if filled or not service.default_url else {}
    ca = {"ca": "-----BEGIN CERTIFICATE-----\n"} if filled else {}
    kind = credential_types()[provider]
    assert set(kind["inputs"]["required"]) <= {*login, *url}

    environment = inject(kind, {**login, **url, **ca}, tmp_path)

    problems: list[Any] = []
    context = Context({}, [], [], [], "/tmp", "/none", environment, lambda _path: {}, False, False)
    ((account,), _all) = read_accounts("rollout", None, context, problems)
    assert not problems
    assert account.account.url == url.get("api_url", service.default_url)
    for name, value in account.account.login.items():
        if value and os.path.isabs(value):
            value = Path(value).read_text()
        assert value == login.get(name)
    assert bool(account.params["ca_path"]) == filled


@pytest.fixture
def home() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="rps-", ignore_cleanup_errors=True) as folder:
        yield folder


@pytest.fixture
def job(home: str, tmp_path: Path) -> Callable[..., tuple[int, list[dict[str, Any]], str]]:
    """Run a template of the role as a job; returns its status, its events, and all that is kept of it."""
    if shutil.which("ansible-runner", path=Path(sys.executable).parent) is None:
        pytest.skip("ansible-runner is not installed")

    def job(
        template: Mapping[str, Any],
        answers: Mapping[str, Any],
        credentials: Mapping[str, Mapping[str, Any]],
        *,
        hosts: Mapping[str, Any] | None = None,
        limit: str = "",
    ) -> tuple[int, list[dict[str, Any]], str]:
        folder = tmp_path / "runner"
        shutil.rmtree(folder, ignore_errors=True)
        for name in ("env", "inventory"):
            (folder / name).mkdir(parents=True)
        shutil.copytree(PROJECT, folder / "project")
        (folder / "env" / "extravars").write_text(extra_variables(template, answers, 4711))
        (folder / "inventory" / "hosts.yml").write_text(json.dumps({"all": {"hosts": hosts or {}, "vars": SHARED}}))
        injected: dict[str, str] = {}
        for kind, inputs in credentials.items():
            injected |= inject(credential_types()[kind], inputs, folder / "env")
        limits = ["-l", limit] if limit else []
        line = " ".join(["-u", "root", f"--forks={template['forks']}", *limits])
        done = subprocess.run(
            ["ansible-runner", "run", str(folder), "-p", template["playbook"], f"--cmdline={line}", "-i", "job"],
            env={
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "HOME": home,
                "LANG": "C.UTF-8",
                "ANSIBLE_COLLECTIONS_PATH": str(ROOT.parents[2]),
                "ANSIBLE_DEVEL_WARNING": "False",
                **injected,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        kept = folder / "artifacts" / "job"
        events = [json.loads(path.read_text()) for path in sorted((kept / "job_events").glob("*.json"))]
        return done.returncode, events, done.stdout + json.dumps(events) + (kept / "stdout").read_text()

    return job


@pytest.fixture
def accounts(simulator: Simulator) -> dict[str, dict[str, Any]]:
    simulator.seed({"accounts": [{"name": "acme", "password": PASSWORD, "provider": "yealink"}]})
    options = {"provider": "yealink", "api_url": simulator.endpoint("yealink"), "username": "acme"}
    return {"office": {**options, "password": PASSWORD}}


def templates(**given: Any) -> dict[str, dict[str, Any]]:
    task = role({**GIVEN, **given})
    return {item["name"].removeprefix("acme "): item for item in task["definitions"]["job_templates"]}


def test_a_rollout_of_phones_that_a_survey_names(job: Any, accounts: Any, simulator: Simulator, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    answers = {
        "rollout_src": "",
        "rollout_phones": "00-15-65-00-00-01\n00-15-65-00-00-02\n",
        "rollout_url": "",
        "rollout_canary": "1",
        "rollout_stop_at": "50%",
        "rollout_override": "yes",
    }
    given = {"accounts": json.dumps(accounts)}

    status, events, shown = job(templates(state_dir=str(state))["rollout"], answers, {"accounts": given})

    assert status == 0, shown
    assert events
    assert PASSWORD not in shown
    assert sorted(simulator.devices("acme")) == list(PHONES[:2])
    assert sorted(path.name for path in state.iterdir()) == ["rollout-4711.csv", "rps-backup-rollout-4711.json"]


def test_a_slice_of_hosts_with_the_account_in_the_environment(
    job: Any, accounts: Any, simulator: Simulator, tmp_path: Path
) -> None:
    (office,) = accounts.values()
    hosts = {mac: {"rps_mac": mac} for mac in PHONES}
    login = {name: office[name] for name in ("username", "password", "api_url")}
    template = templates(hosts=True, slices=2, state_dir=str(tmp_path))["rollout"]

    status, _events, shown = job(template, {}, {"yealink": login}, hosts=hosts, limit=",".join(PHONES[::2]))

    assert status == 0, shown
    assert PASSWORD not in shown
    assert sorted(simulator.devices("acme")) == [PHONES[0], PHONES[2]]


def test_digits_that_became_a_number_are_refused_with_how_to_write_them(job: Any, accounts: Any) -> None:
    given = {"accounts": json.dumps(accounts)}

    status, _events, shown = job(templates()["find"], {"find_mac": "001565123456"}, {"accounts": given})
    later, _events, found = job(templates()["find"], {"find_mac": "00-15-65-12-34-56"}, {"accounts": given})

    assert later == 0, found
    if status != 0:  # from ansible-core 2.19 on
        assert "YAML may have read 001565123456 as this number" in shown
        assert "write it with dashes" in shown


def test_the_project_runs_without_awx_and_shows_the_phones_as_hosts(
    accounts: Any, simulator: Simulator, home: str, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    shutil.copytree(PROJECT, project)
    (tmp_path / "accounts.json").write_text(json.dumps(accounts))
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": home,
        "LANG": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT.parents[2]),
        "RPS_ACCOUNTS_FILE": str(tmp_path / "accounts.json"),
    }

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=project, env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    (project / "phones.csv").write_text("mac,server\n00-15-65-00-00-01,acme-berlin\n00-15-65-00-00-02,acme-hamburg\n")
    rollout = run("ansible-playbook", "rollout.yml")
    inventory = run("ansible-inventory", "-i", "inventory/accounts.rps.yml", "--list")

    assert rollout.returncode == 0, rollout.stdout
    assert {mac: device["server"] for mac, device in simulator.devices("acme").items()} == {
        PHONES[0]: "acme-berlin",
        PHONES[1]: "acme-hamburg",
    }
    hosts = json.loads(inventory.stdout)
    assert hosts["account_office"]["hosts"] == list(PHONES[:2])
    assert PASSWORD not in rollout.stdout + inventory.stdout + inventory.stderr
