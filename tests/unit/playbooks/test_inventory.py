# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin, as C(ansible-inventory) and ad hoc commands use it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from rps_simulator import Simulator

PASSWORD = "s3cret-of-acme"
BERLIN = "https://berlin.example/prov/"
HOSTILE = "https://berlin.example/{{ lookup('pipe', 'touch owned') }}"


class Inventory:
    """Writes an inventory file and lists it: C(hosts) is the variables by host, C(output) all that was printed."""

    def __init__(self, ansible: Callable[..., Any], folder: Path) -> None:
        self._ansible = ansible
        self._folder = folder

    def write(self, options: dict[str, Any], name: str = "acme.rps.yml") -> str:
        (self._folder / name).write_text(yaml.safe_dump({"plugin": "voip.rps.rps", **options}, sort_keys=False))
        return name

    def list(self, options: dict[str, Any], *arguments: str, **environment: str) -> dict[str, Any]:
        """Return what C(ansible-inventory --list) prints, values marked as data being bare."""
        list_file = self._folder / "list.json"
        list_file.unlink(missing_ok=True)
        command = ("ansible-inventory", "-i", self.write(options), "--list", "--output", str(list_file), *arguments)
        done = self._ansible(*command, **environment)
        self.output = done.stdout
        assert "Traceback" not in self.output
        listed: dict[str, Any] = json.loads(list_file.read_text(), object_hook=_bare) if list_file.exists() else {}
        return listed

    def hosts(self, options: dict[str, Any], *arguments: str, **environment: str) -> dict[str, Any]:
        hosts: dict[str, Any] = self.list(options, *arguments, **environment)["_meta"]["hostvars"]
        return hosts


def _bare(value: dict[str, Any]) -> Any:
    return value.get("__ansible_unsafe", value) if len(value) == 1 else value


@pytest.fixture
def inventory(ansible: Callable[..., Any], tmp_path: Path) -> Inventory:
    return Inventory(ansible, tmp_path)


@pytest.fixture
def accounts(account: dict[str, Any], simulator: Simulator) -> dict[str, Any]:
    """The options of an account at each of two services."""
    simulator.seed({"accounts": [{"name": "acme-snom", "password": PASSWORD, "provider": "snom"}]})
    snom = {"provider": "snom", "api_url": simulator.endpoint("snom"), "username": "acme-snom"}
    return {"Office": account, "lab": {**account, **snom}}


def holds(simulator: Simulator, *macs: str, account: str = "acme", url: str | None = None) -> None:
    target = {"url": url} if url else {"server": "berlin"}
    simulator.seed({"devices": [{"account": account, "mac": mac, **target} for mac in macs]})


def test_phones_are_hosts(inventory: Inventory, account: dict[str, Any], simulator: Simulator) -> None:
    holds(simulator, "001565000001", "00156500000a")

    hosts = inventory.hosts(account)

    assert hosts.keys() == {"001565000001", "00156500000a"}
    assert hosts["00156500000a"] == {
        "rps_mac": "00156500000a",
        "rps_provider": "yealink",
        "rps_account": "yealink",
        "rps_status": "registered",
        "rps_current_url": None,
        "rps_model": None,
    }
    assert len(simulator.log) == 1
    assert "WARNING" not in inventory.output


def test_the_account_comes_from_the_environment(
    inventory: Inventory, account: dict[str, Any], simulator: Simulator
) -> None:
    holds(simulator, "001565000001")
    environment = {f"RPS_{option.upper()}": str(value) for option, value in account.items()}
    environment.update(RPS_VALIDATE_CERTS="", RPS_TIMEOUT=" ", RPS_CONCURRENCY="2")

    assert inventory.hosts({}, **environment).keys() == {"001565000001"}
    assert inventory.hosts({"password": PASSWORD}, **{**environment, "RPS_PASSWORD": "another"})


def test_options_are_templates(inventory: Inventory, accounts: dict[str, Any], simulator: Simulator) -> None:
    holds(simulator, "001565000001")
    for account in accounts.values():
        account.update(password="{{ lookup('ansible.builtin.env', 'ACME') }}", timeout="{{ 2 + 3 }}")

    assert inventory.hosts(accounts["Office"], ACME=PASSWORD).keys() == {"001565000001"}
    assert inventory.hosts({"accounts": accounts}, ACME=PASSWORD).keys() == {"001565000001"}


def test_several_accounts_with_targets_models_and_groups(
    inventory: Inventory, accounts: dict[str, Any], simulator: Simulator
) -> None:
    holds(simulator, "001565000001")
    holds(simulator, "000413900001", account="acme-snom", url="https://u:pw@snom.example/")
    options = {
        "accounts": {name: {**options, "servers": {"berlin": BERLIN}} for name, options in accounts.items()},
        "check_target": True,
        "strict": True,
        "compose": {"rps_name": "rps_mac | upper"},
        "groups": {"berlin": "'berlin' in rps_current_url"},
        "keyed_groups": [{"key": "rps_account", "prefix": "account"}, {"key": "rps_provider", "separator": ""}],
    }

    listed = inventory.list(options)

    phone, snom = (listed["_meta"]["hostvars"][mac] for mac in ("001565000001", "000413900001"))
    assert (phone["rps_account"], phone["rps_current_url"], phone["rps_name"]) == ("Office", BERLIN, "001565000001")
    assert (snom["rps_account"], snom["rps_current_url"]) == ("lab", "https://***@snom.example/")
    assert snom["rps_model"] == "snomD765"
    groups = {name: members["hosts"] for name, members in listed.items() if "hosts" in members}
    assert groups == {
        "account_Office": ["001565000001"],
        "account_lab": ["000413900001"],
        "berlin": ["001565000001"],
        "yealink": ["001565000001"],
        "snom": ["000413900001"],
    }


def test_what_a_service_says_is_never_templated(
    inventory: Inventory, account: dict[str, Any], simulator: Simulator, ansible: Callable[..., Any], tmp_path: Path
) -> None:
    holds(simulator, "001565000001", url=HOSTILE)
    options = {**account, "check_target": True, "compose": {"composed": "rps_current_url"}, "cache": True}
    options.update(cache_plugin="ansible.builtin.jsonfile", cache_connection=str(tmp_path / "cache"))

    for _from_the_cache in (False, True):
        command = ("ansible", "all", "-i", inventory.write(options), "-c", "local", "-m", "ansible.builtin.debug")
        done = ansible(*command, "-a", "msg={{ rps_current_url }}{{ composed }}")
        assert HOSTILE + HOSTILE in json.loads(done.stdout[done.stdout.index("{") :])["msg"]
    assert not (tmp_path / "owned").exists()


def test_the_cache_holds_phones_and_no_password_and_is_another_accounts_never(
    inventory: Inventory, account: dict[str, Any], simulator: Simulator, tmp_path: Path
) -> None:
    holds(simulator, "001565000001", url="https://u:pw-of-url@berlin.example/")
    holds(simulator, "001565000002", account="labs", url=BERLIN)
    cache = tmp_path / "cache"
    options = {**account, "check_target": True, "cache": True, "cache_connection": str(cache)}
    options["cache_plugin"] = "ansible.builtin.jsonfile"
    first = inventory.hosts(options)
    requests = len(simulator.log)

    assert inventory.hosts(options) == first
    assert len(simulator.log) == requests
    (file,) = cache.iterdir()
    assert "001565000001" in file.read_text()
    assert not any(secret in file.read_text() for secret in (PASSWORD, "pw-of-url"))

    assert inventory.hosts({**options, "username": "labs"}).keys() == {"001565000002"}
    assert inventory.hosts({**options, "check_target": False})["001565000001"]["rps_current_url"] is None
    file.write_text(file.read_text().replace("rps_model", "rps_type"))  # as another version wrote it
    assert inventory.hosts(options) == first


@pytest.mark.few(1)
@pytest.mark.parametrize("strict", [False, True])
def test_one_account_that_cannot_be_read_fails_all(
    inventory: Inventory, accounts: dict[str, Any], simulator: Simulator, *, strict: bool
) -> None:
    holds(simulator, "001565000001")
    accounts["lab"]["password"] = "w0rng-password"

    hosts = inventory.hosts({"accounts": accounts, "strict": strict}, "-vvv")

    assert hosts == {}
    assert "account lab: the service does not accept this username and password" in inventory.output.replace("\n", " ")
    assert "w0rng-password" not in inventory.output
    assert PASSWORD not in inventory.output


def test_phones_that_cannot_be_read(inventory: Inventory, account: dict[str, Any], simulator: Simulator) -> None:
    holds(simulator, "001565000001", "001565000002")
    methods = ["redirect.checkDeviceExt"]
    simulator.misbehave({"kind": "http_error", "methods": methods, "status": 500, "times": 1})
    options = {**account, "check_target": True}

    hosts = inventory.hosts(options)

    assert sorted(str(variables["rps_current_url"]) for variables in hosts.values()) == ["None", BERLIN]
    assert {variables["rps_status"] for variables in hosts.values()} == {"registered"}
    assert "account yealink: 1 phones could not be read (1 service_error)" in inventory.output.replace("\n", " ")

    simulator.misbehave({"kind": "http_error", "methods": methods, "status": 500, "times": 1})
    assert inventory.hosts({**options, "strict": True}) == {}


def test_a_phone_of_two_accounts_is_the_first_ones(
    inventory: Inventory, accounts: dict[str, Any], simulator: Simulator
) -> None:
    # No account of a service can hold another one's phone: the same account under two names stands for that.
    holds(simulator, "001565000001", "001565000002")

    hosts = inventory.hosts({"accounts": {"b": accounts["Office"], "a": accounts["Office"]}})

    assert {variables["rps_account"] for variables in hosts.values()} == {"b"}
    assert "001565000001 in b and a, 001565000002 in b and a" in inventory.output.replace("\n", " ")


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"usrname": "x"}, "usrname: is not an option: did you mean username?"),
        ({"api_url": None}, "api_url: is null"),
        ({"password": ""}, "password: is empty"),
        ({"password": ["hunter2"]}, "password: must be text"),
        ({"timeout": "hunter2"}, "timeout: must be a number"),
        ({"password": "{{ undefined_one }}"}, "password: uses the variable"),
        ({"provider": "hunters"}, "provider: "),
        ({"accounts": {"a": {}}}, "accounts: is mutually exclusive with provider, "),
        ({"api_url": "http://rps.example/"}, "api_url: plain http"),
    ],
)
def test_options_that_are_wrong(
    inventory: Inventory, account: dict[str, Any], simulator: Simulator, options: dict[str, Any], words: str
) -> None:
    assert inventory.hosts({**account, **options}, "-vvv") == {}

    assert f"voip.rps.rps: {words}" in " ".join(inventory.output.split()).replace("2 problems: ", "")
    assert PASSWORD not in inventory.output
    assert "password" not in options or "hunter2'" not in inventory.output
    assert not simulator.log


def test_empty_and_missing_accounts(inventory: Inventory) -> None:
    assert inventory.hosts({"accounts": {}}) == {}
    assert "voip.rps.rps: accounts: has no account" in inventory.output
    assert inventory.hosts({"accounts": ["hunter2"]}) == {}
    assert "voip.rps.rps: accounts: must be a dictionary of account names and options" in inventory.output
    assert inventory.hosts({}) == {}
    assert "voip.rps.rps: provider: is required" in inventory.output


def test_without_requests(inventory: Inventory, account: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "requests.py").write_text("raise ImportError('no requests')")

    assert inventory.hosts(account, PYTHONPATH=str(tmp_path)) == {}
    assert "voip.rps.rps: the Python library requests is missing. Install it for" in inventory.output


def test_other_files_are_left_to_other_plugins(
    inventory: Inventory, account: dict[str, Any], ansible: Callable[..., Any]
) -> None:
    for name, is_ours in (("rps.yaml", True), ("acme.rps.yml", True), ("acme.yml", False)):
        done = ansible("ansible-inventory", "-i", inventory.write(account, name), "--list")
        assert ("could not be verified" not in done.stdout) is is_ours, name


def test_ten_thousand_phones_take_at_most_three_times_a_static_inventory(
    inventory: Inventory, account: dict[str, Any], simulator: Simulator, ansible: Callable[..., Any], tmp_path: Path
) -> None:
    macs = [f"001565{number:06x}" for number in range(10_000)]
    holds(simulator, *macs)
    groups = [{"key": "rps_provider", "prefix": "provider"}]
    name = inventory.write({**account, "keyed_groups": groups})
    variables = {"rps_provider": "yealink", "rps_account": "yealink", "rps_status": "registered"}
    rest = {"rps_current_url": None, "rps_model": None}
    static = {"all": {"hosts": {mac: {"rps_mac": mac, **variables, **rest} for mac in macs}}}
    (tmp_path / "static.json").write_text(json.dumps(static))

    seconds = {}
    for source in ("static.json", name):
        begin = time.monotonic()
        done = ansible("ansible", "all", "-i", source, "--list-hosts")
        seconds[source] = time.monotonic() - begin
        assert "hosts (10000)" in done.stdout

    assert seconds[name] <= 3 * seconds["static.json"], seconds
