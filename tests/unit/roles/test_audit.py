# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role audit: it says of each phone what is true, in every file, and writes to no service."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rps_simulator import Simulator

from ansible_collections.voip.rps.plugins.plugin_utils._audit.states import STATES
from ansible_collections.voip.rps.plugins.plugin_utils._roles.audit import WRITERS

Accounts = dict[str, dict[str, Any]]
Audit = Callable[..., dict[str, Any]]

BERLIN = "https://berlin.example/prov/"
ELSEWHERE = "https://somewhere-else.example/"
FILES = {"json": "a.json", "csv": "a.csv", "html": "a.html", "metrics": "a.prom", "claims": "claims.csv"}


@pytest.fixture
def audit(run: Audit, accounts: Accounts) -> Audit:
    """Audit the account office, where phones must point to berlin, unless it is told otherwise."""

    def audit(**variables: Any) -> dict[str, Any]:
        defaults = {"accounts": {"office": accounts["office"]}, "url": BERLIN}
        given = {**defaults, **variables}
        return run("audit", **{name: value for name, value in given.items() if value is not ...})

    return audit


def phones(*macs: str, **columns: str) -> list[dict[str, str]]:
    return [{"mac": mac, **columns} for mac in macs]


def mac(number: int, prefix: str = "001565") -> str:
    return f"{prefix}{number:0{12 - len(prefix)}x}"


def hold(simulator: Simulator, account: str, *macs: str, url: str = BERLIN) -> None:
    simulator.seed({"devices": [{"account": account, "mac": mac, "url": url} for mac in macs]})


def fact(task: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = task["ansible_facts"]["audit_result"]
    return result


def found(task: dict[str, Any]) -> dict[str, int]:
    return {state: count for state, count in fact(task)["summary"].items() if count}


def rows(path: Path) -> dict[str, dict[str, Any]]:
    return {row["mac"]: row for row in json.loads(path.read_text())["rows"]}


def reads(simulator: Simulator) -> int:
    """How many phones were asked for one by one since the last time."""
    count = sum("check" in entry.method for entry in simulator.log)
    simulator.clear_log()
    return count


def test_every_state_is_told_in_every_file_and_nothing_is_written_to_the_service(
    audit: Audit, simulator: Simulator, tmp_path: Path
) -> None:
    hold(simulator, "office", "001565000001", "001565000009")
    hold(simulator, "office", "001565000002", url=ELSEWHERE)
    before = simulator.devices("office")

    task = audit(phones=phones("001565000001", "001565000002", "001565000003", "001565ffffff"), **FILES)

    assert not task["failed"], task["msg"]
    assert not task["changed"]
    assert found(task) == {"right": 1, "drifted": 1, "missing": 1, "elsewhere": 1, "extra": 1}
    states = {mac: row["state"] for mac, row in rows(tmp_path / "a.json").items()}
    assert states == {
        "001565000001": "right",
        "001565000002": "drifted",
        "001565000003": "missing",
        "001565ffffff": "elsewhere",
        "001565000009": "extra",
    }
    with (tmp_path / "a.csv").open() as file:
        assert {row["mac"]: row["state"] for row in csv.DictReader(file)} == states
    page = json.loads(re.search(r'id="data">(.*?)</script>', (tmp_path / "a.html").read_text())[1])  # type: ignore[index]
    assert {row[0]: row[1] for row in page["rows"]} == {mac: one for mac, one in states.items() if one != "right"}
    for state in found(task):
        sample = f'voip_rps_audit_phones{{account="office",provider="yealink",state="{state}",source="read"}} 1\n'
        assert sample in (tmp_path / "a.prom").read_text()
    assert simulator.devices("office") == before
    assert not any(entry.carried_out for entry in simulator.log)


def test_a_service_that_lists_by_model_is_asked_for_lists_where_they_spare_reads(
    audit: Audit, accounts: Accounts, simulator: Simulator, tmp_path: Path
) -> None:
    macs = [mac(number, "00041390") for number in range(40)]
    hold(simulator, "desks", *macs[:30])
    hold(simulator, "desks", *macs[30:35], url=ELSEWHERE)
    hold(simulator, "desks", "000413a30001")

    task = audit(accounts={"desks": accounts["desks"]}, phones=phones(*macs), json="a.json")

    assert found(task) == {"right": 30, "drifted": 5, "missing": 5, "extra": 1}
    assert rows(tmp_path / "a.json")["000413a30001"]["state"] == "extra"
    # 5 that point elsewhere and 5 that are in no list are asked for one by one.
    one_by_one = [entry for entry in simulator.log if entry.method != "redirect.listPhones"]
    assert len(one_by_one) <= 5 + 2 * 5


def test_what_the_service_cannot_tell_is_unverifiable_and_not_read(
    audit: Audit, accounts: Accounts, simulator: Simulator, tmp_path: Path
) -> None:
    macs = [mac(number, "001fc1") for number in range(10)]
    simulator.seed(
        {
            "servers": [{"account": "shop", "name": "berlin", "url": BERLIN}],
            "devices": [{"account": "shop", "mac": one, "server": "berlin"} for one in macs],
        }
    )

    task = audit(
        accounts={"shop": accounts["shop"]}, url=..., server="berlin", servers={"berlin": BERLIN}, phones=phones(*macs),
        json="a.json",
    )  # fmt: skip

    assert found(task) == {"unverifiable": 10}
    assert len(simulator.log) == 1
    assert "cannot report where it points" in rows(tmp_path / "a.json")[macs[0]]["advice"]


def test_a_server_without_url_is_named_as_the_reason(audit: Audit, simulator: Simulator, tmp_path: Path) -> None:
    hold(simulator, "office", "001565000001")

    task = audit(phones=phones("001565000001"), url=..., server="berlin", json="a.json")

    assert found(task) == {"unverifiable": 1}
    assert "audit_servers" in rows(tmp_path / "a.json")["001565000001"]["advice"]


@pytest.mark.parametrize("state", [state for state in STATES if state != "right"])
def test_only_the_states_that_the_user_names_fail_the_run(audit: Audit, simulator: Simulator, state: str) -> None:
    hold(simulator, "office", "001565000001", "001565000009")
    hold(simulator, "office", "001565000002", url=ELSEWHERE)
    phone_list = phones("001565000001", "001565000002", "001565000003", "001565ffffff")
    others = [one for one in STATES if one not in (state, "right")]

    task = audit(phones=phone_list, fail_on=[state])

    assert task["failed"] == (found(task).get(state, 0) > 0) == fact(task)["failed"]
    assert [device["state"] for device in fact(task)["devices"]] == [state] * found(task).get(state, 0)
    assert audit(phones=phone_list, fail_on=others)["failed"]
    assert not audit(phones=phone_list)["failed"]


def test_an_account_that_cannot_be_read_fails_the_run_and_the_others_are_read(
    audit: Audit, accounts: Accounts, simulator: Simulator, tmp_path: Path
) -> None:
    hold(simulator, "office", "001565000001")
    closed = {**accounts["labs"], "password": "wrong-password"}

    task = audit(
        accounts={"closed": closed, "office": accounts["office"]},
        phones=[{"mac": "001565000001", "account": "office"}, {"mac": "001565000002", "account": "closed"}],
        **FILES,
    )

    assert task["failed"]
    assert found(task) == {"right": 1, "unverifiable": 1}
    assert fact(task)["accounts"]["closed"]["failure"]["code"] == "auth_failed"
    assert rows(tmp_path / "a.json")["001565000002"]["code"] == "auth_failed"
    assert 'voip_rps_audit_account_up{account="closed",provider="yealink"} 0\n' in (tmp_path / "a.prom").read_text()
    assert "voip_rps_audit_unread_accounts 1\n" in (tmp_path / "a.prom").read_text()
    assert [entry.status for entry in simulator.log].count(401) == 1


def test_what_was_read_before_the_service_failed_is_kept(
    audit: Audit, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    macs = [mac(number) for number in range(30)]
    hold(simulator, "office", *macs)
    monkeypatch.setattr("ansible_collections.voip.rps.plugins.plugin_utils._audit.observe.CHUNK", 10)
    simulator.misbehave({"kind": "http_error", "status": 500, "skip": 20})

    task = audit(phones=phones(*macs), history="h.db", concurrency=1)

    assert task["failed"]
    assert found(task)["right"] >= 10
    assert found(task)["unverifiable"] > 0
    simulator.misbehave()
    simulator.clear_log()
    assert found(audit(phones=phones(*macs), history="h.db", max_age=1)) == {"right": 30}
    assert reads(simulator) == 30 - found(task)["right"]


def test_one_phone_that_cannot_be_read_is_unverifiable_and_does_not_fail_the_run(
    audit: Audit, simulator: Simulator
) -> None:
    hold(simulator, "office", "001565000001", "001565000002")
    simulator.misbehave({"kind": "http_error", "status": 500, "times": 1, "methods": ["checkDeviceExt"]})

    task = audit(phones=phones("001565000001", "001565000002"))

    assert found(task) == {"right": 1, "unverifiable": 1}
    assert not task["failed"]
    assert fact(task)["devices"][0]["error"]["code"] == "service_error"


HOSTILE = [
    "</script><script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    '=HYPERLINK("https://evil.example")',
    "\u202egnp.exe",
    "@@SCRIPT@@",
    '"quoted\\ and\ttabbed',
]


def test_hostile_texts_stay_texts_in_every_file(
    audit: Audit, accounts: Accounts, simulator: Simulator, tmp_path: Path
) -> None:
    names = dict(zip([mac(number) for number in range(len(HOSTILE))], HOSTILE, strict=True))
    hold(simulator, "office", *names, url="https://evil.example/?</script>=<b>")
    phone_list = [{"mac": one, "name": name, "group": name, "sn": name} for one, name in names.items()]

    task = audit(accounts={f'{HOSTILE[0]}\\"\n': accounts["office"]}, phones=phone_list, **FILES)

    assert found(task) == {"drifted": len(HOSTILE)}
    page = (tmp_path / "a.html").read_text()
    assert page.count("</script>") == page.count("<script") == 2
    assert "<img" not in page
    for path in tmp_path.iterdir():
        assert "\u202e" not in path.read_text(), path
    with (tmp_path / "a.csv").open(newline="") as file:
        for row in csv.reader(file):
            assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
    for line in (tmp_path / "a.prom").read_text().splitlines():
        assert re.fullmatch(r'# (HELP|TYPE) \w+ .+|\w+(\{(\w+="([^"\\]|\\[\\"n])*",?)+\})? [0-9.e+-]+', line), line


def test_claims_have_what_a_ticket_needs_and_none_of_our_own_phones(
    audit: Audit, accounts: Accounts, simulator: Simulator, tmp_path: Path
) -> None:
    hold(simulator, "labs", "001565000005")
    both = {"office": accounts["office"], "labs": accounts["labs"]}
    rows_ = [
        {"mac": "001565ffffff", "account": "office", "sn": "8051234", "model": "T54W"},
        {"mac": "001565000005", "account": "office"},
        {"mac": "001565000006", "account": "office"},
    ]

    audit(accounts=both, phones=rows_, **FILES)

    with (tmp_path / "claims.csv").open(newline="") as file:
        (claim,) = csv.DictReader(file)
    assert (claim["mac"], claim["sn"], claim["vendor"], claim["model"]) == (
        "001565ffffff",
        "8051234",
        "Yealink",
        "T54W",
    )
    for part in ("00:15:65:FF:FF:FF", "8051234", "Yealink", "office"):
        assert part in claim["ticket"]
    ours = rows(tmp_path / "a.json")["001565000005"]
    assert ours["state"] == "elsewhere"
    assert "Your account labs has registered it" in ours["advice"]


def test_the_login_is_in_no_file_whatever_repeats_it(
    audit: Audit, accounts: Accounts, simulator: Simulator, tmp_path: Path
) -> None:
    password = accounts["office"]["password"]
    hold(simulator, "office", "001565000001", url=f"https://x:{password}@prov.example/")

    task = audit(
        phones=phones("001565000001", name=f"the password is {password}", sn=password), history="h.db", **FILES
    )

    assert found(task) == {"drifted": 1}
    assert password not in json.dumps(task)
    for path in tmp_path.iterdir():
        assert password.encode() not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"fail_on": ["driftd"]}, "audit_fail_on: must be a list of states: right, missing, drifted"),
        ({"fail_on": "drifted"}, "audit_fail_on: must be a list"),
        ({"fail_on": [["drifted"]]}, "audit_fail_on: must be a list of states"),
        ({"max_age": -1}, "audit_max_age: must be 0 or more"),
        ({"max_age": "old"}, "audit_max_age: must be a number"),
        ({"reads": 1.5}, "audit_reads: must be a whole number"),
        ({"json": "a.x", "csv": "a.x"}, "a.x is also the file of audit_json"),
        ({"json": "h.db", "history": "./h.db"}, "h.db is also the file of audit_json"),
        ({"html": "nowhere/a.html"}, "audit_html: "),
        ({"metrics": "collection/a.prom"}, "audit_metrics: "),
        ({"history": "."}, "audit_history: "),
        ({"phones": ...}, "Exactly one of audit_src, audit_phones and audit_hosts is required."),
        ({"phones": ..., "src": "list.csv", "csv": "list.csv"}, "is the phone list itself"),
        ({"url": ...}, "neither server nor url says where the device must point"),
        ({"names": ("audit_htlm",)}, "audit_htlm: is not a variable of the role audit: did you mean audit_html?"),
    ],
)
def test_wrong_input_is_told_before_anything_is_sent_or_written(
    audit: Audit, simulator: Simulator, tmp_path: Path, variables: dict[str, Any], words: str
) -> None:
    (tmp_path / "list.csv").write_text("mac\n001565000001\n")
    (tmp_path / "collection").mkdir()

    task = audit(**{"phones": phones("001565000001"), **variables})

    assert task["failed"]
    assert any(words in line for line in task["failures"]), task["failures"]
    assert set(fact(task)["summary"]) == set(STATES)
    assert simulator.log == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["collection", "list.csv"]


def test_the_result_has_the_shape_of_all_roles(audit: Audit, simulator: Simulator) -> None:
    hold(simulator, "office", "001565000001")

    task = audit(phones=phones("001565000001"), json="a.json")

    assert fact(task).keys() == {"changed", "failed", "summary", "accounts", "devices", "backup", "dest"}
    assert fact(task)["accounts"]["office"].keys() == {"summary", "requests", "failure"}
    assert fact(task)["accounts"]["office"]["requests"] == len(simulator.log)
    assert task["lines"][0] == "office: 1 right (phones read: 1, from the history: 0, requests: 2)"


def test_a_file_that_cannot_be_written_fails_the_run_and_the_others_are_written(
    audit: Audit, simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    hold(simulator, "office", "001565000001")
    monkeypatch.setitem(WRITERS, "csv", full)

    task = audit(phones=phones("001565000001"), **FILES)

    assert task["failed"]
    assert "a.csv could not be written: No space left on device" in task["msg"]
    assert {path.name for path in tmp_path.iterdir()} == set(FILES.values()) - {"a.csv"}


def test_the_page_says_how_many_exceptions_it_leaves_out(
    audit: Audit, simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ansible_collections.voip.rps.plugins.plugin_utils._audit.page.MOST_ROWS", 10)

    audit(phones=phones(*(mac(number) for number in range(15))), **FILES)

    page = (tmp_path / "a.html").read_text()
    assert "The first 10 of them. The CSV file has 5 more." in page
    assert len(json.loads(re.search(r'id="data">(.*?)</script>', page)[1])["rows"]) == 10  # type: ignore[index]
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 16
