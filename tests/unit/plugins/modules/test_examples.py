# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules' documentation shows is what they do."""

from __future__ import annotations

import importlib
import re
import sys

import pytest
import yaml
from rps_simulator.dialects import DIALECTS

from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES

MODULES = ["rps_device", "rps_device_info", "rps_server"]
# Examples of these providers are run with every service.
SHOWN = ("yealink", "{{ rps_provider }}", "{{ item.provider }}")
ANSIBLES_OWN = {"changed", "failed", "msg", "invocation", "warnings"}


def documentation(name, part):
    return yaml.safe_load(
        getattr(importlib.import_module(f"ansible_collections.voip.rps.plugins.modules.{name}"), part)
    )


def undocumented(shown, documented):
    """Return the keys of a result, or of what is in it, of which the documentation does not tell."""
    found = set(shown) - set(documented)
    for key in set(shown) & set(documented):
        described = documented[key]
        for item in shown[key] if isinstance(shown[key], list) else [shown[key]]:
            if "contains" in described:
                found |= {f"{key}.{inner}" for inner in undocumented(item, described["contains"])}
            elif isinstance(described["sample"], dict) and key not in ("diff", "problem_counts"):
                found |= {f"{key}.{inner}" for inner in set(item) - set(described["sample"])}
    return found


@pytest.fixture
def example_account(rps):
    """What the examples, which are of a service that can do most, take for granted."""
    names = {"acme-berlin": "https://berlin.acme.example/provisioning/"}
    names["acme-paris"] = "https://paris.acme.example/provisioning/"
    servers = [{"account": rps.account, "name": name, "url": url} for name, url in names.items()]
    if rps.can.named_servers:
        rps.simulator.seed({"servers": servers})
    rps.holds(rps.mac(2), server="paris")
    return rps


def of_vendor(rps, value):
    """Return an example's value with phones of the vendor's in place of those that the documentation shows."""
    if isinstance(value, dict):
        return {key: of_vendor(rps, item) for key, item in value.items()}
    if isinstance(value, list):
        return [of_vendor(rps, item) for item in value]
    shown = re.fullmatch(r"(?:00.?15.?65).?(?:00.?0).?(0.?0\d|\d.?\d\d)", str(value))
    return rps.mac(int(re.sub(r"\W", "", shown[1]))) if shown else value


def tasks_of(examples, defaults=None):
    """Yield the modules' tasks of examples, those of blocks with the defaults of their module group."""
    for task in examples:
        if "block" in task:
            yield from tasks_of(task["block"], task["module_defaults"]["group/voip.rps.rps"])
            continue
        (module,) = (key for key in task if "." in key)
        if module.startswith("voip.rps."):
            yield {**task, module: {**(defaults or {}), **task[module]}}


def examples_of(name):
    return list(tasks_of(documentation(name, "EXAMPLES")))


@pytest.mark.dialect("redirect")
@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("check", [False, True])
def test_examples_run(example_account, run, name, check, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rps = example_account
    (tmp_path / "phones.csv").write_text(f"mac;server\n{rps.mac(7)};acme-paris\n{rps.mac(8)};\n")
    examples = [task for task in examples_of(name) if task[f"voip.rps.{name}"]["provider"] in SHOWN]
    assert examples

    for task in examples:
        options = {**task[f"voip.rps.{name}"]}
        assert "{{" in options["password"]
        if "{{" in str(options.get("macs")):
            options["macs"] = rps.macs(2, start=20)
        checked = check or task.get("check_mode", False)
        result = run(name, **{**of_vendor(rps, options), **rps.options}, check=checked, diff=task.get("diff", False))
        if result.get("failure", {}).get("code") != "unsupported":
            assert "failed" not in result, task["name"]
            assert result["requests"] or check
        elif name == "rps_server":
            assert not rps.can.named_servers or options.get("state") == "absent", task["name"]
        elif options.get("prune"):
            assert not rps.can.list_account, task["name"]
        else:
            assert not (rps.can.own_url and rps.can.read_target), task["name"]


@pytest.mark.parametrize("provider", SERVICES)
def test_every_provider_has_an_example_with_its_login(simulator, run, provider):
    task = next(one for one in examples_of("rps_device") if one["voip.rps.rps_device"]["provider"] == provider)
    options = task["voip.rps.rps_device"]
    service = SERVICES[provider]
    assert {*service.login} & options.keys() == {*service.login} - {*service.optional}
    name, secret = "key-7", "secret-of-the-example"
    simulator.seed({"accounts": [{"name": name, "password": secret, "provider": provider}]})
    if "server" in options:
        servers = [{"account": name, "name": one, "url": url} for one, url in options["servers"].items()]
        simulator.seed({"servers": servers})
    address, *login = (option.lower() for option in DIALECTS[provider].options)
    given = {option: value for option, value in zip(login, (name, secret), strict=True) if option}
    given |= {option: __file__ for option, value in options.items() if option in service.login and value[0] == "/"}

    result = run("rps_device", **{**options, address: simulator.endpoint(provider), **given})

    assert "failed" not in result, result
    assert result["summary"]["registered"] == len(result["devices"])


def device_results(rps, tmp_path):
    rps.others(rps.mac(1))
    yield rps.device(*rps.macs(8), diff=True, dest=str(tmp_path / "outcomes.csv"))
    yield rps.device(*rps.macs(3), state="absent", diff=True)
    yield rps.device(rps.mac(1), password="guessed")
    yield rps.device("nonsense")


def info_results(rps, _tmp_path):
    rps.others(rps.mac(1))
    yield rps.info(macs=rps.macs(5))
    yield rps.info(password="guessed")
    yield rps.info(macs=["nonsense"])
    rps.misbehaves("fault", rps.look, code=1, message="internal")
    yield rps.info(macs=[rps.mac(1)])


def server_results(rps):
    yield rps.server(servers={"rome": "https://rome.example/", "berlin": "https://berlin.example/"}, diff=True)
    yield rps.server(name="rome", url="https://rome.example/", password="guessed")
    yield rps.server(name="rome", url="nonsense")
    rps.misbehaves("fault", "add", code=1, message="internal")
    yield rps.server(name="oslo", url="https://oslo.example/")


@pytest.mark.parametrize(("name", "results"), [("rps_device", device_results), ("rps_device_info", info_results)])
def test_what_is_returned_is_documented_and_the_other_way_round(rps, name, results, tmp_path):
    is_documented(name, results(rps, tmp_path))


@pytest.mark.needs("named_servers")
def test_what_is_returned_of_servers_is_documented_and_the_other_way_round(rps):
    is_documented("rps_server", server_results(rps))


def is_documented(name, results):
    documented = documentation(name, "RETURN")

    returned = set()
    for result in results:
        shown = {key: value for key, value in result.items() if key not in ANSIBLES_OWN}
        assert undocumented(shown, documented) == set()
        returned |= set(shown)
    assert returned == set(documented)


@pytest.mark.parametrize("name", MODULES)
def test_every_documented_value_has_a_sample(name):
    def without(documented):
        return [
            key
            for key, described in documented.items()
            if ("sample" not in described and "contains" not in described) or without(described.get("contains", {}))
        ]

    assert without(documentation(name, "RETURN")) == []


@pytest.mark.parametrize("name", ["rps_device", "rps_device_info"])
def test_options_may_come_from_the_environment(rps, run, name, monkeypatch):
    options = {"rps_device": {"mac": rps.mac(1), "state": "absent"}, "rps_device_info": {"macs": [rps.mac(1)]}}
    one_failed_request(rps, run, monkeypatch, name, options[name])


@pytest.mark.needs("named_servers")
def test_options_of_servers_may_come_from_the_environment(rps, run, monkeypatch):
    one_failed_request(rps, run, monkeypatch, "rps_server", {"name": "rome", "url": "https://rome.example/"})


def one_failed_request(rps, run, monkeypatch, name, options):
    for option, value in rps.options.items():
        monkeypatch.setenv(f"RPS_{option.upper()}", str(value))
    monkeypatch.setenv("RPS_RETRIES", "0")
    rps.simulator.misbehave({"kind": "http_error", "status": 500})

    result = run(name, **options)

    assert result["failed"]
    assert rps.requests == 1
    assert rps.simulator.log[0].account == rps.account


@pytest.mark.parametrize("name", MODULES)
def test_the_library_is_missing(rps, run, name, monkeypatch):
    collection = importlib.import_module("ansible_collections.voip.rps")
    monkeypatch.setattr(collection, "plugins", collection.plugins)  # to come back, as all that is in it
    monkeypatch.setitem(sys.modules, "requests", None)
    for module in [module for module in sys.modules if module.startswith("ansible_collections.voip.rps.")]:
        monkeypatch.delitem(sys.modules, module)

    options = {"rps_device": {"mac": rps.mac(1)}, "rps_server": {"servers": {}}}
    result = run(name, **rps.options, **options.get(name, {}))

    assert result["msg"].startswith("Failed to import the required Python library (requests)")
    assert (result["failed"], result["failure"]["code"]) == (True, "unsupported")
    assert result["requests"] == 0
