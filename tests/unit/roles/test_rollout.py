# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role rollout: everything is checked before anything is sent, and every account is carried out to its end."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rps_simulator import Simulator

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError
from ansible_collections.voip.rps.plugins.plugin_utils._roles import account_run, run_role
from ansible_collections.voip.rps.plugins.plugin_utils._roles.advice import ADVICE

Accounts = dict[str, dict[str, Any]]
Rollout = Callable[..., dict[str, Any]]

BERLIN = {"berlin": "https://berlin.example/prov/"}
VALUE = "a-value-that-is-not-shown"


@pytest.fixture
def rollout(run: Rollout, accounts: Accounts) -> Rollout:
    """Roll out to the account office and the server berlin, unless it is told otherwise."""

    def rollout(**variables: Any) -> dict[str, Any]:
        defaults = {"accounts": {"office": accounts["office"]}, "servers": BERLIN, "server": "berlin"}
        given = {**defaults, **variables}
        return run("rollout", **{name: value for name, value in given.items() if value is not ...})

    return rollout


def phones(*macs: str, **columns: str) -> list[dict[str, str]]:
    return [{"mac": mac, **columns} for mac in macs]


def fact(task: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = task["ansible_facts"]["rollout_result"]
    return result


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_result_has_what_is_documented_and_is_true(rollout: Rollout, accounts: Accounts, tmp_path: Path) -> None:
    task = rollout(phones=phones("001565000001", "001565ffffff"), dest="out.csv")

    assert task["failed"]
    assert task["changed"]
    assert fact(task).keys() == {"changed", "failed", "summary", "accounts", "devices", "backup", "dest"}
    assert fact(task)["accounts"]["office"]["summary"] == fact(task)["summary"]
    assert (fact(task)["summary"]["registered"], fact(task)["summary"]["failed"]) == (1, 1)
    assert fact(task)["accounts"]["office"]["failure"] is None
    (failed,) = fact(task)["devices"]
    assert (failed["mac"], failed["account"], failed["error"]["code"]) == (
        "001565ffffff",
        "office",
        "owned_by_other_user",
    )
    assert fact(task)["dest"] == str(tmp_path / "out.csv")
    assert [(row["mac"], row["provider"], row["account"], row["action"]) for row in rows(tmp_path / "out.csv")] == [
        ("001565000001", "yealink", "office", "registered"),
        ("001565ffffff", "yealink", "office", "failed"),
    ]
    assert task["failures"][0].startswith(f"office phone 001565ffffff: {ADVICE['owned_by_other_user']} Reason: ")


def test_check_mode_foresees_the_same_and_writes_another_file(
    rollout: Rollout, simulator: Simulator, tmp_path: Path
) -> None:
    (tmp_path / "out.csv").write_text("as it was")

    checked = rollout(phones=phones("001565000001"), dest="out.csv", check_mode=True)

    assert not any(entry.carried_out for entry in simulator.log)
    assert (tmp_path / "out.csv").read_text() == "as it was"
    assert fact(checked)["dest"] == str(tmp_path / "out.check.csv")
    done = rollout(phones=phones("001565000001"))
    for task in (checked, done):
        assert task["changed"]
        assert task["diff"]["prepared"] == "office:\n001565000001  unknown -> berlin https://berlin.example/prov/\n"
        assert fact(task)["summary"]["registered"] == 1
    assert not rollout(phones=phones("001565000001"))["changed"]
    assert not rollout(phones=phones("001565000001"), check_mode=True)["changed"]


@pytest.mark.parametrize(
    ("options", "where", "words"),
    [
        ({"pasword": VALUE}, "rollout_accounts[labs].pasword", "did you mean password?"),
        ({"Password": VALUE}, "rollout_accounts[labs].Password", "did you mean password?"),
        ({"passwd": VALUE}, "rollout_accounts[labs].passwd", "did you mean password?"),
        ({"server": VALUE}, "rollout_accounts[labs].server", "servers"),
        ({VALUE * 9: VALUE}, "rollout_accounts[labs].a-value", "is not an option"),
        ({"password": ""}, "rollout_accounts[labs].password", "is empty"),
        ({"username": " "}, "rollout_accounts[labs].username", "is empty"),
        ({"api_url": ""}, "rollout_accounts[labs].api_url", "is empty"),
        ({"password": None}, "rollout_accounts[labs].password", "is null"),
        ({"password": [VALUE]}, "rollout_accounts[labs].password", "must be text"),
        ({"password": {"value": VALUE}}, "rollout_accounts[labs].password", "must be text"),
        ({"username": True}, "rollout_accounts[labs].username", "must be text"),
        ({"timeout": VALUE}, "rollout_accounts[labs].timeout", "must be a number"),
        ({"timeout": "nan"}, "rollout_accounts[labs].timeout", "must be a number"),
        ({"timeout": -1}, "rollout_accounts[labs].timeout", "is not above 0"),
        ({"retries": "1.5"}, "rollout_accounts[labs].retries", "must be a whole number"),
        ({"retries": True}, "rollout_accounts[labs].retries", "must be a whole number"),
        ({"validate_certs": VALUE}, "rollout_accounts[labs].validate_certs", "must be true or false"),
        ({"concurrency": "0"}, "rollout_accounts[labs].concurrency", "less than 1"),
        ({"servers": VALUE}, "rollout_accounts[labs].servers", "must be a dict"),
        ({"servers": {"berlin": f"gopher://u:{VALUE}@x/"}}, "rollout_accounts[labs].servers[berlin]", "does not begin"),
        ({"provider": "yealnk"}, "rollout_accounts[labs].provider", "did you mean yealink"),
        ({"provider": None}, "rollout_accounts[labs].provider", "is null"),
        ({"api_url": f"http://u:{VALUE}@127.0.0.1/"}, "rollout_accounts[labs].api_url", "login must not be part of"),
    ],
)
def test_one_account_with_wrong_input_stops_everything_and_shows_no_value(
    rollout: Rollout, accounts: Accounts, simulator: Simulator, options: dict[str, Any], where: str, words: str
) -> None:
    both = {"office": accounts["office"], "labs": {**accounts["labs"], **options}}

    task = rollout(accounts=both, phones=phones("001565000001", account="office"))

    assert task["failed"]
    assert not task["changed"]
    assert simulator.log == []
    assert any(one["where"].startswith(where) and words in one["message"] for one in task["problems"]), task["problems"]
    assert VALUE not in json.dumps(task).replace(VALUE * 2, "").replace("[labs].a-value-that-is-not-shown", "")


@pytest.mark.parametrize("missing", ["provider", "username", "password"])
def test_a_login_is_asked_for_without_naming_the_environment_of_modules(
    rollout: Rollout, accounts: Accounts, simulator: Simulator, missing: str
) -> None:
    del accounts["office"][missing]
    generic = {"RPS_USERNAME": "office", "RPS_PASSWORD": "s3cret-of-acme", "RPS_PROVIDER": "yealink"}

    task = rollout(accounts={"office": accounts["office"]}, phones=phones("001565000001"), environment=generic)

    (problem,) = task["problems"]
    assert problem["where"] == f"rollout_accounts[office].{missing}"
    assert problem["message"].startswith("is required")
    assert "RPS_" not in problem["message"]
    assert simulator.log == []


def test_options_may_be_texts_and_the_provider_in_any_case(
    rollout: Rollout, accounts: Accounts, simulator: Simulator
) -> None:
    options = {"provider": " Yealink", "timeout": "5", "retries": "0", "concurrency": "2", "validate_certs": "no"}

    task = rollout(
        accounts={"office": {**accounts["office"], **options}},
        phones=phones("001565000001"),
        force="false",
        check_target="Yes",
        prune="no",
        concurrency="3",
        prune_limit="5",
    )

    assert not task["failed"], task["msg"]
    assert simulator.devices("office").keys() == {"001565000001"}


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"accounts": {}}, "there is no account"),
        ({"accounts": ...}, "there is no account"),
        ({"accounts": None}, "rollout_accounts: is null"),
        ({"accounts": ["office"]}, "rollout_accounts: must be a dict"),
        ({"accounts": {"office": None}}, "rollout_accounts[office]: must be a dict"),
        ({"phones": None}, "rollout_phones: is null"),
        ({"phones": {"mac": "001565000001"}}, "rollout_phones: must be a list"),
        ({"phones": ...}, "Exactly one of rollout_src, rollout_phones and rollout_hosts is required."),
        ({"src": "phones.csv"}, "Exactly one of rollout_src, rollout_phones and rollout_hosts is required."),
        ({"phones": ..., "src": "none.csv"}, "none.csv was not found. Searched in: "),
        ({"phones": ..., "src": "/nowhere/none.csv"}, "none.csv was not found"),
        ({"phones": ..., "src": "$HOME/none.csv"}, "$HOME/none.csv was not found"),
        ({"phones": ..., "src": "."}, "cannot be read: Is a directory"),
        ({"server": None}, "rollout_server: is null"),
        ({"servers": None}, "rollout_servers: is null"),
        ({"servers": "berlin"}, "rollout_servers: must be a dict"),
        ({"servers": {"berlin": None}}, "rollout_servers[berlin]: it has no URL"),
        ({"servers": {"berlin": "htp://x"}}, "rollout_servers[berlin]: "),
        ({"servers": {"paris": "https://x/"}}, "servers has no 'berlin'"),
        ({"force": "perhaps"}, "rollout_force: must be true or false"),
        ({"prune_limit": "ten"}, "rollout_prune_limit: must be a whole number"),
        ({"prune_limit": -1}, "rollout_prune_limit: must be 0 or more"),
        ({"concurrency": 0}, "rollout_concurrency: must be 1 or more"),
        ({"only": "changed"}, "rollout_only: must be failed"),
        ({"dest": ""}, "rollout_dest: is empty"),
        ({"dest": "missing/out.csv"}, "rollout_dest: "),
        ({"dest": "collection/out.csv"}, "inside the installed collection"),
        ({"phones": phones("001565000001", provider="yealnk")}, "did you mean yealink"),
        ({"phones": phones("001565000001", account="ofice")}, "did you mean office?"),
        ({"phones": phones("001565000001", provider="snom")}, "this run has no account there"),
        ({"phones": phones("000413000001")}, "this run has no account there"),
        ({"phones": phones("00156500000")}, "rollout_phones[0]: "),
        ({"phones": ["001565000001"]}, "rollout_phones[0]: "),
        ({"phones": [None]}, "rollout_phones[0]: "),
        ({"phones": [{"mac": 231997441}]}, "rollout_phones[0]: "),
        ({"phones": [{"mac": ["001565000001"]}]}, "rollout_phones[0]: "),
    ],
)
def test_wrong_variables_are_named_and_nothing_is_sent(
    rollout: Rollout, simulator: Simulator, tmp_path: Path, variables: dict[str, Any], words: str
) -> None:
    (tmp_path / "collection").mkdir()

    task = rollout(**{"phones": phones("001565000001"), **variables})

    assert task["failed"]
    assert not task["changed"]
    assert fact(task)["failed"]
    assert any(words in failure for failure in task["failures"]), task["failures"]
    assert "internal_error" not in str(task)
    assert simulator.log == []


def test_a_missing_file_is_found_before_any_server_is_added(
    rollout: Rollout, accounts: Accounts, simulator: Simulator, tmp_path: Path
) -> None:
    task = rollout(src="none.csv", phones=...)

    assert str(tmp_path) in task["failures"][0]
    assert simulator.servers("office") == {}


@pytest.mark.parametrize(
    ("names", "refused"),
    [
        (("rolout_src",), "rollout_src"),
        (("rollout_acounts",), "rollout_accounts"),
        (("rollout_serves",), "rollout_server"),
        (("Rollout_Dest",), "rollout_dest"),
        (("rollout_prnue",), "rollout_prune"),
        (("rollout_concurency",), "rollout_concurrency"),
        (("rollout_log_folder", "rollout_owner_team", "src", "accounts", "deploy_src", "__rollout_run"), None),
        (("rollout_result", "inventory_hostname", "yeastar_src"), None),
    ],
)
def test_only_a_near_miss_of_a_variable_is_refused(
    rollout: Rollout, simulator: Simulator, names: tuple[str, ...], refused: str | None
) -> None:
    task = rollout(phones=phones("001565000001"), names=names)

    assert task["failed"] == bool(refused)
    if refused:
        assert f"{names[0]}: is not a variable of the role rollout: did you mean {refused}" in task["failures"][0]
        assert simulator.log == []


def test_names_that_differ_only_in_case_are_refused(rollout: Rollout, accounts: Accounts, simulator: Simulator) -> None:
    task = rollout(accounts={"office": accounts["office"], "Office": accounts["labs"]}, phones=[])

    assert "differs from account 'office' only in case" in task["failures"][0]
    assert simulator.log == []


def test_a_row_that_fits_two_accounts_is_refused(rollout: Rollout, accounts: Accounts, simulator: Simulator) -> None:
    both = {name: accounts[name] for name in ("office", "labs")}

    task = rollout(accounts=both, phones=[*phones("001565000001", account="labs"), *phones("001565000002")])

    assert "rollout_phones[1]: it fits the accounts 'office', 'labs'" in task["failures"][0]
    assert simulator.log == []


def test_an_account_that_fails_at_run_time_stops_no_other(
    rollout: Rollout, accounts: Accounts, simulator: Simulator, tmp_path: Path
) -> None:
    accounts["desks"]["password"] = "wr0ng"
    accounts["shop"]["api_url"] = "http://127.0.0.1:9/"
    three = {name: accounts[name] for name in ("desks", "shop", "office")}

    task = rollout(accounts=three, phones=phones("000413000001", "001fc1000001", "001565000001"), dest="out.csv")

    assert task["failed"]
    assert task["changed"]
    codes = {name: (one["failure"] or {}).get("code") for name, one in fact(task)["accounts"].items()}
    assert codes == {"desks": "auth_failed", "shop": "unreachable", "office": None}
    assert simulator.devices("office").keys() == {"001565000001"}
    assert [(row["mac"], row["action"], row["code"]) for row in rows(tmp_path / "out.csv")] == [
        ("000413000001", "failed", "auth_failed"),
        ("001fc1000001", "failed", "unreachable"),
        ("001565000001", "registered", ""),
    ]
    assert len(task["failures"]) == 2


def test_an_unforeseen_error_is_a_sentence_and_what_was_done_is_reported(
    rollout: Rollout, accounts: Accounts, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    reconcile = account_run.reconcile

    def failing(service: Any, *arguments: Any, **more: Any) -> Any:
        if service.provider == "snom":
            raise KeyError(VALUE)
        return reconcile(service, *arguments, **more)

    monkeypatch.setattr(account_run, "reconcile", failing)
    both = {name: accounts[name] for name in ("desks", "office")}

    task = rollout(accounts=both, phones=phones("000413000001", "001565000001"))

    assert fact(task)["accounts"]["desks"]["failure"]["code"] == "internal_error"
    assert fact(task)["accounts"]["office"]["summary"]["registered"] == 1
    assert "desks: This is a bug in the collection." in task["failures"][0]
    assert VALUE not in json.dumps(task)


def test_an_unforeseen_error_before_the_first_account_is_a_sentence() -> None:
    def context() -> Any:
        raise KeyError(VALUE)

    task = run_role.run("rollout", context)

    assert task["failed"]
    assert fact(task)["failed"]
    assert task["failure"]["code"] == "internal_error"
    assert "KeyError in test_rollout.py, line" in task["failures"][0]
    assert VALUE not in json.dumps(task)


def test_accounts_come_from_a_file_or_the_environment(
    rollout: Rollout, accounts: Accounts, simulator: Simulator, tmp_path: Path
) -> None:
    file = tmp_path / "accounts.json"
    file.write_text(json.dumps({"labs": accounts["labs"]}))
    office = accounts["office"]
    environment = {f"RPS_YEALINK_{name.upper()}": str(office[name]) for name in ("api_url", "username", "password")}
    environment |= {"RPS_YEALINK_TIMEOUT": "", "RPS_API_URL": "https://elsewhere.example/", "RPS_USERNAME": "nobody"}

    by_environment = rollout(accounts=..., phones=phones("001565000001"), environment=environment)
    by_file = rollout(
        accounts=...,
        phones=phones("001565000002"),
        servers={"munich": "https://munich.example/"},
        server="munich",
        environment={**environment, "RPS_ACCOUNTS_FILE": "accounts.json"},
    )

    assert fact(by_environment)["accounts"].keys() == {"yealink"}, by_environment["msg"]
    assert fact(by_file)["accounts"].keys() == {"labs"}, by_file["msg"]
    assert simulator.devices("office").keys() == {"001565000001"}
    assert simulator.devices("labs").keys() == {"001565000002"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"RPS_YEALINK_PASSWORD": ""}, "RPS_YEALINK_PASSWORD: is empty"),
        ({"RPS_YEALINK_API_URL": " "}, "RPS_YEALINK_API_URL: is empty"),
        ({"RPS_YEALINK_PASWORD": VALUE}, "RPS_YEALINK_PASWORD: is unknown: did you mean RPS_YEALINK_PASSWORD"),
        ({"RPS_SNOM_USERNAME": "acme"}, "RPS_SNOM_PASSWORD: is required"),
        ({"RPS_YEALINK_RETRIES": VALUE}, "RPS_YEALINK_RETRIES: must be a whole number"),
    ],
)
def test_a_wrong_environment_is_named_and_shows_no_value(
    rollout: Rollout, accounts: Accounts, simulator: Simulator, changes: dict[str, str], words: str
) -> None:
    office = accounts["office"]
    environment = {f"RPS_YEALINK_{name.upper()}": str(office[name]) for name in ("api_url", "username", "password")}

    task = rollout(accounts=..., phones=phones("001565000001"), environment={**environment, **changes})

    assert any(failure.startswith(words) for failure in task["failures"]), task["failures"]
    assert VALUE not in str(task)
    assert simulator.log == []


def test_fifty_thousand_bad_rows_are_counted_and_all_in_dest(rollout: Rollout, tmp_path: Path) -> None:
    (tmp_path / "phones.csv").write_text("mac,provider\n" + "".join(f"0015650{n},yealnk\n" for n in range(50000)))

    task = rollout(src="phones.csv", phones=..., dest="out.csv")

    assert len(json.dumps([task["failures"], task["msg"]])) < 6000
    assert task["problem_counts"] == {"invalid_mac": 10000, "invalid_input": 40000}
    assert len(task["problems"]) == 20
    written = rows(tmp_path / "out.csv")
    assert len(written) == 50000
    assert max(len(row["message"]) for row in written) < 300


def test_many_failed_phones_are_named_first_and_then_counted(
    rollout: Rollout, simulator: Simulator, tmp_path: Path
) -> None:
    macs = [f"0015650a{number:04x}" for number in range(150)]
    simulator.seed({"devices": [{"account": "other", "mac": mac, "url": "https://o.example/"} for mac in macs]})

    task = rollout(phones=phones(*macs))

    assert len(task["failures"]) == 21
    assert task["failures"][-1] == "… and 130 more: 130 owned_by_other_user"
    assert len(fact(task)["devices"]) == 100
    assert fact(task)["summary"]["failed"] == 150


def test_what_failed_can_be_taken_again(
    rollout: Rollout, accounts: Accounts, simulator: Simulator, tmp_path: Path
) -> None:
    servers = {"berlin": "https://u:url-passw0rd@berlin.example/"}
    wrong = {"office": {**accounts["office"], "password": "wr0ng"}, "desks": accounts["desks"]}
    list_ = phones("001565000001", "000413000001", "001565000002")
    rollout(accounts=wrong, servers=servers, phones=list_, dest="out.csv")
    assert "url-passw0rd" not in (tmp_path / "out.csv").read_text()
    simulator.clear_log()
    right = {name: accounts[name] for name in ("office", "desks")}

    task = rollout(accounts=right, servers=servers, server=..., phones=..., src="out.csv", only="failed", dest="2.csv")

    assert not task["failed"], task["failures"]
    assert {mac: held["server"] for mac, held in simulator.devices("office").items()} == {
        "001565000001": "berlin",
        "001565000002": "berlin",
    }
    assert fact(task)["accounts"]["desks"]["requests"] == 0
    assert [row["mac"] for row in rows(tmp_path / "2.csv")] == ["001565000001", "001565000002"]


def test_only_what_failed_takes_a_list_of_outcomes(rollout: Rollout, simulator: Simulator) -> None:
    task = rollout(phones=phones("001565000001"), only="failed")

    assert "requires a file with the column action" in task["failures"][0]
    assert simulator.log == []


def test_a_list_that_is_foreign_or_wrong_prunes_nothing(
    rollout: Rollout, accounts: Accounts, simulator: Simulator
) -> None:
    simulator.seed({"devices": [{"account": "office", "mac": "001565000009", "url": "https://x.example/"}]})
    both = {name: accounts[name] for name in ("office", "shop")}

    foreign = rollout(accounts=both, prune=True, phones=phones("001fc1000001"))
    wrong = rollout(prune=True, phones=phones("001565000001", "bad"))

    assert "account office: no row of the list belongs to this account" in foreign["failures"][0]
    assert "is not a MAC address" in wrong["failures"][0]
    assert simulator.devices("office").keys() == {"001565000009"}
    assert simulator.log == []


def test_prune_removes_what_no_row_names_if_nothing_failed(rollout: Rollout, simulator: Simulator) -> None:
    held = [{"account": "office", "mac": f"0015650000a{n}", "url": "https://x.example/"} for n in range(3)]
    simulator.seed({"devices": held})

    failed = rollout(phones=phones("001565000001", "001565ffffff"), prune=True)
    assert len(simulator.devices("office")) == 4
    assert failed["failed"]
    limited = rollout(phones=phones("001565000001", "001565000002"), prune=True, prune_limit=2)
    assert fact(limited)["accounts"]["office"]["failure"]["code"] == "invalid_input"
    assert len(simulator.devices("office")) == 4
    checked = rollout(phones=phones("001565000001"), prune=True, check_mode=True)
    assert fact(checked)["summary"]["removed"] == 3
    done = rollout(phones=phones("001565000001"), prune=True)
    assert fact(done)["summary"] == fact(checked)["summary"]
    assert simulator.devices("office").keys() == {"001565000001"}


def test_every_error_code_has_its_advice() -> None:
    codes = (
        "invalid_mac repeated_mac invalid_server invalid_server_name server_exists invalid_url owned_by_other_user "
        "needs_override override_failed unknown_mac not_registered invalid_input unsupported auth_failed forbidden "
        "rate_limited unreachable timeout tls_error protocol_error service_error not_sent left_unbound interrupted "
        "internal_error"
    )
    assert set(codes.split()) == ADVICE.keys()
    assert all(RpsError(code, text).message == text and text.endswith(".") for code, text in ADVICE.items())
