# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role migrate: phones reach the new side, or are where they were, whatever the services do in between."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import xmlrpc.client
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rps_simulator import Simulator

from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES
from ansible_collections.voip.rps.plugins.plugin_utils._roles import url_rule
from ansible_collections.voip.rps.plugins.plugin_utils._roles.url_rule import RuleError, UrlRule

Accounts = dict[str, dict[str, Any]]
Migrate = Callable[..., dict[str, Any]]

PASSWORD = "s3cret-of-acme"
BERLIN, PARIS = "https://berlin.example/prov/", "https://paris.example/prov/"
SECRET_URL = "https://site:pa55word@old.example/"
SERVERS = {"berlin": BERLIN, "paris": PARIS}
PREFIXES = {"yealink": "001565", "snom": "00041390", "htek": "001fc1"}
MACS = {vendor: [f"{prefix}{n:0{12 - len(prefix)}x}" for n in range(1, 8)] for vendor, prefix in PREFIXES.items()}
PHONES = MACS["yealink"]
MOVE = {"from_account": "office", "to_account": "labs"}


@pytest.fixture(autouse=True)
def sides(simulator: Simulator, accounts: Accounts) -> None:
    """For every vendor an old account that holds phones, and a new one."""
    more = [("desks2", "snom"), ("shop2", "htek")]
    simulator.seed({"accounts": [{"name": name, "password": PASSWORD, "provider": vendor} for name, vendor in more]})
    for name, vendor in more:
        like = accounts["desks" if vendor == "snom" else "shop"]
        accounts[name] = {**like, "username": name}
    named = [("office", "berlin"), ("office", "paris"), ("labs", "paris-labs"), ("shop", "berlin"), ("shop2", "paris")]
    urls = {**SERVERS, "paris-labs": PARIS}
    simulator.seed({"servers": [{"account": account, "name": name, "url": urls[name]} for account, name in named]})


@pytest.fixture
def migrate(run: Migrate, accounts: Accounts) -> Migrate:
    def migrate(**variables: Any) -> dict[str, Any]:
        return run("migrate", **{"accounts": accounts, **variables})

    return migrate


def holds(
    simulator: Simulator, account: str, *macs: str, server: str | None = "berlin", url: str | None = None
) -> None:
    simulator.seed({"devices": [{"account": account, "mac": mac, "server": server, "url": url} for mac in macs]})


def urls(simulator: Simulator, account: str) -> dict[str, str | None]:
    return {mac: held["url"] for mac, held in simulator.devices(account).items()}


def phones(*macs: str, **columns: str) -> list[dict[str, str]]:
    return [{"mac": mac, **columns} for mac in macs]


def fact(task: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = task["ansible_facts"]["migrate_result"]
    return result


def summary(task: dict[str, Any]) -> dict[str, int]:
    return {action: count for action, count in fact(task)["summary"].items() if count}


def written(simulator: Simulator) -> list[str]:
    return [str(entry.method).removeprefix("redirect.") for entry in simulator.log if entry.carried_out]


def refuse(simulator: Simulator, words: str, *methods: str, **parameters: Any) -> None:
    body = xmlrpc.client.dumps(([False, words],), methodresponse=True)
    simulator.misbehave({"kind": "answer", "methods": list(methods), "body": body, **parameters})


REGISTERING = ("registerDevice", "registerDevices", "registerDeviceWithUniqueUrl")
RELEASING = ("deRegisterDevice", "deRegisterDevices")


# Between accounts.


def test_all_phones_of_an_account_move_with_their_urls_and_again_nothing_changes(
    migrate: Migrate, simulator: Simulator, tmp_path: Path
) -> None:
    holds(simulator, "office", *PHONES[:3])
    holds(simulator, "office", PHONES[3], server=None, url=SECRET_URL)

    checked = migrate(**MOVE, check_mode=True)
    assert not written(simulator)
    assert list(tmp_path.iterdir()) == []
    done = migrate(**MOVE)

    for task in (checked, done):
        assert (task["failed"], task["changed"], summary(task)) == (False, True, {"moved": 4})
        assert "pa55word" not in json.dumps(task)
    assert checked["diff"] == done["diff"]
    assert urls(simulator, "office") == {}
    assert urls(simulator, "labs") == {**dict.fromkeys(PHONES[:3], BERLIN), PHONES[3]: SECRET_URL}
    again = migrate(**MOVE)
    assert (again["failed"], again["changed"], summary(again)) == (False, False, {})
    assert len(list(tmp_path.glob("rps-migrate-*.json"))) == 1


def test_the_named_phones_move_to_the_named_server_and_no_others(migrate: Migrate, simulator: Simulator) -> None:
    holds(simulator, "office", *PHONES)

    done = migrate(**MOVE, phones=phones(*PHONES[:2], account="office") + phones("000413900001"), server="paris-labs")
    again = migrate(**MOVE, phones=phones(*PHONES[:2]), server="paris-labs")

    assert not done["failed"], done["msg"]
    assert urls(simulator, "labs") == dict.fromkeys(PHONES[:2], PARIS)
    assert set(urls(simulator, "office")) == set(PHONES[2:])
    assert "rows of other accounts, skipped: 1" in done["lines"]
    assert (again["changed"], summary(again)) == (False, {"none": 2})


@pytest.mark.parametrize("pair", [MOVE, {"from_url": ".*", "to_url": PARIS}])
def test_an_empty_list_is_not_the_whole_account(
    migrate: Migrate, simulator: Simulator, accounts: Accounts, pair: dict[str, str]
) -> None:
    holds(simulator, "office", *PHONES)

    done = migrate(**pair, phones=[], accounts={name: accounts[name] for name in ("office", "labs")})

    assert (done["failed"], done["changed"]) == (False, False)
    assert set(urls(simulator, "office")) == set(PHONES)


@pytest.mark.parametrize("force", [False, True])
def test_a_phone_whose_old_target_is_unknown_is_not_released_without_force(
    migrate: Migrate, simulator: Simulator, force: bool
) -> None:
    macs = MACS["htek"]
    holds(simulator, "shop", *macs)

    done = migrate(from_account="shop", to_account="shop2", server="paris", force=force)

    assert done["failed"] is not force
    assert summary(done) == {"moved" if force else "failed": len(macs)}
    assert set(simulator.devices("shop2" if force else "shop")) == set(macs)
    assert force or ("migrate_force" in done["failures"][0] and not written(simulator))


def test_snom_phones_move_one_by_one_or_in_groups(migrate: Migrate, simulator: Simulator) -> None:
    macs = MACS["snom"]
    holds(simulator, "desks", *macs, server=None, url=BERLIN)

    done = migrate(from_account="desks", to_account="desks2", url=PARIS, phones=phones(*macs))

    assert not done["failed"], done["msg"]
    assert urls(simulator, "desks2") == dict.fromkeys(macs, PARIS)


@pytest.mark.parametrize("concurrency", [1, 3])
def test_never_are_more_phones_unbound_than_the_concurrency(
    migrate: Migrate, simulator: Simulator, concurrency: int
) -> None:
    holds(simulator, "office", *PHONES)

    migrate(**MOVE, concurrency=concurrency)

    unbound = most = 0
    for entry in simulator.log:
        if entry.carried_out and entry.method in tuple(f"redirect.{method}" for method in RELEASING):
            unbound += entry.devices or 1
        elif entry.carried_out and entry.method in tuple(f"redirect.{method}" for method in REGISTERING):
            unbound -= entry.devices or 1
        most = max(most, unbound)
    assert (unbound, most) == (0, concurrency)


def test_the_work_list_is_there_before_the_first_release_and_for_its_owner_only(
    migrate: Migrate, simulator: Simulator, tmp_path: Path
) -> None:
    holds(simulator, "office", PHONES[0], server=None, url=SECRET_URL)
    (tmp_path / "gone").mkdir(mode=0o500)

    unwritable = migrate(**MOVE, worklist=str(tmp_path / "missing" / "work.json"))
    assert unwritable["problems"][0]["where"] == "migrate_worklist"
    assert not written(simulator)
    done = migrate(**MOVE, worklist="work.json")

    path = tmp_path / "work.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert f"work list: {path}" in done["lines"]
    assert fact(done)["worklist"] == str(path)
    assert migrate(**MOVE, worklist="work.json")["changed"] is False
    assert migrate(resume="work.json")["changed"] is False
    path.write_text("a file of the user's")
    assert migrate(**MOVE, worklist="work.json")["problems"][0]["where"] == "migrate_worklist"
    assert path.read_text() == "a file of the user's"


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ({"password": "wrong-password"}, "auth_failed"),
        ({"api_url": "http://127.0.0.1:9/xmlrpc"}, "unreachable"),
    ],
)
def test_nothing_is_released_where_the_new_account_cannot_be_used(
    migrate: Migrate, simulator: Simulator, accounts: Accounts, broken: dict[str, str], code: str
) -> None:
    holds(simulator, "office", *PHONES)

    done = migrate(**MOVE, accounts={**accounts, "labs": {**accounts["labs"], **broken}})

    assert done["failed"]
    assert not written(simulator)
    assert fact(done)["accounts"]["office"]["failure"]["code"] == code
    assert "labs" in done["msg"]


@pytest.mark.parametrize("variables", [{"server": "nowhere"}, {"server": "berlin", "servers": {"berlin": PARIS}}])
def test_nothing_is_lost_where_the_server_is_not_the_new_accounts(
    migrate: Migrate, simulator: Simulator, variables: dict[str, Any]
) -> None:
    holds(simulator, "office", *PHONES)

    done = migrate(**MOVE, **variables)

    assert done["failed"]
    assert not set(RELEASING) & set(written(simulator))
    assert urls(simulator, "office") == dict.fromkeys(PHONES, BERLIN)


def test_a_url_is_kept_where_its_servers_name_is_another_accounts(migrate: Migrate, simulator: Simulator) -> None:
    holds(simulator, "office", *PHONES)

    done = migrate(**MOVE, servers=SERVERS)

    assert not done["failed"], done["msg"]
    assert urls(simulator, "labs") == dict.fromkeys(PHONES, BERLIN)


def test_a_server_with_another_url_than_thought_ends_it_and_the_phone_is_taken_back(
    migrate: Migrate, simulator: Simulator
) -> None:
    holds(simulator, "office", *PHONES)

    done = migrate(**MOVE, server="paris-labs", servers={"paris-labs": "https://meant.example/"})

    assert done["failed"]
    assert urls(simulator, "office") == dict.fromkeys(PHONES, BERLIN)
    assert urls(simulator, "labs") == {}
    assert summary(done) == {"failed": len(PHONES)}


@pytest.mark.parametrize("vendor", ["htek", "snom", "yealink"])
@pytest.mark.parametrize("batches", ["all_or_nothing", "good_ones"])
def test_a_phone_that_the_new_account_refuses_is_registered_again_in_the_old_one(
    migrate: Migrate, simulator: Simulator, vendor: str, batches: str
) -> None:
    simulator.settings(batches=batches)
    source, destination = {"yealink": ("office", "labs"), "snom": ("desks", "desks2"), "htek": ("shop", "shop2")}[
        vendor
    ]
    macs = MACS[vendor]
    named = SERVICES[vendor].can.named_servers
    holds(simulator, source, *macs, server="berlin" if named else None, url=None if named else BERLIN)
    methods = REGISTERING if named else ("registerPhone", "registerPhoneList")
    # The second group as a whole, and then the calls with which the old account takes its phones back are let through.
    refuse(simulator, "Error:The service is out of order", *methods, skip=1, times=1)
    target = {"server": "paris" if vendor == "htek" else "paris-labs"} if named else {"url": PARIS}

    done = migrate(
        from_account=source, to_account=destination, concurrency=3, force=True, phones=phones(*macs), **target
    )

    held = {**simulator.devices(source), **simulator.devices(destination)}
    if SERVICES[vendor].can.read_target:
        assert set(held) == set(macs)
        for mac, url in urls(simulator, source).items():
            assert url == BERLIN, mac
    else:
        assert {row["error"]["code"] for row in fact(done)["devices"]} <= {"left_unbound", "not_sent"}
    assert set(urls(simulator, destination)) | {row["mac"] for row in fact(done)["devices"]} == set(macs)
    assert not set(urls(simulator, destination)) & {row["mac"] for row in fact(done)["devices"]}


def test_if_the_new_account_refuses_everything_a_few_are_tried_and_none_is_lost(
    migrate: Migrate, simulator: Simulator
) -> None:
    holds(simulator, "office", *PHONES[:6])
    holds(simulator, "office", PHONES[6], server=None, url=SECRET_URL)
    # With which the old account, whose servers are not named here, does not take its phones back.
    refuse(simulator, "The service is out of order", "registerDevice", "registerDevices")

    done = migrate(**MOVE, server="paris-labs")

    assert done["failed"]
    assert urls(simulator, "office") == {**dict.fromkeys(PHONES[:6], BERLIN), PHONES[6]: SECRET_URL}
    assert urls(simulator, "labs") == {}


def test_a_phone_left_in_neither_is_first_in_every_message_and_resume_saves_it(
    migrate: Migrate, simulator: Simulator
) -> None:
    holds(simulator, "office", *PHONES)
    refuse(simulator, "No", *REGISTERING, skip=3)

    done = migrate(**MOVE, concurrency=2, dest="out.csv")

    lost = set(PHONES) - set(urls(simulator, "office")) - set(urls(simulator, "labs"))
    assert lost
    errors = {row["mac"]: row["error"]["code"] for row in fact(done)["devices"]}
    assert {mac for mac, code in errors.items() if code == "left_unbound"} == lost
    assert list(errors.values())[: len(lost)] == ["left_unbound"] * len(lost)
    assert "left_unbound" in done["failures"][0]
    assert re.search(r"phone \w+: The phone was released", done["msg"])
    assert f"migrate_resume={fact(done)['worklist']}" in done["msg"]

    simulator.misbehave()
    assert f"-e migrate_resume={fact(done)['worklist']}" in migrate(**MOVE)["msg"]
    resumed = migrate(resume=fact(done)["worklist"])

    assert not resumed["failed"], resumed["msg"]
    assert urls(simulator, "labs") == dict.fromkeys(PHONES, BERLIN)
    assert not migrate(**MOVE)["failed"]


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "http_error", "http_error_after", "half_answer"])
@pytest.mark.parametrize("methods", [RELEASING, REGISTERING])
@pytest.mark.parametrize("lag", [0, 1])
def test_whatever_happens_to_answers_no_phone_is_lost_silently(
    migrate: Migrate, simulator: Simulator, kind: str, methods: tuple[str, ...], lag: int
) -> None:
    simulator.settings(read_lag=lag)
    holds(simulator, "office", *PHONES)
    status = {"status": 503} if kind.startswith("http_error") else {}
    simulator.misbehave({"kind": kind, "methods": list(methods), "skip": 1, "times": 2, **status})

    done = migrate(**MOVE, concurrency=2)

    office, labs = urls(simulator, "office"), urls(simulator, "labs")
    errors = {row["mac"]: row["error"]["code"] for row in fact(done)["devices"]}
    unbound = {mac for mac, code in errors.items() if code == "left_unbound"}
    assert set(PHONES) - set(office) - set(labs) <= unbound
    assert set(office) <= set(errors)
    assert set(labs).isdisjoint(errors) or lag
    assert set(office.values()) | set(labs.values()) <= {BERLIN}

    if done["failed"]:
        simulator.misbehave()
        simulator.settings(read_lag=0)
        resumed = migrate(resume=fact(done)["worklist"])
        assert not resumed["failed"], resumed["msg"]
    assert urls(simulator, "labs") == dict.fromkeys(PHONES, BERLIN)


KILLED = """
import json, os, signal, sys
from urllib3.connectionpool import HTTPConnectionPool
from ansible_collections.voip.rps.plugins.plugin_utils._roles import run_role
from ansible_collections.voip.rps.plugins.plugin_utils._roles.context import Context

asked = json.load(sys.stdin)
send, count = HTTPConnectionPool.urlopen, 0


def killed(self, *args, **options):
    global count
    answer = send(self, *args, **options)
    count += 1
    if count == asked["after"]:
        os.kill(os.getpid(), signal.SIGKILL)
    return answer


HTTPConnectionPool.urlopen = killed
given = asked["given"]
cwd = asked["cwd"]
context = Context(given, list(given), [], [cwd], cwd, "/nonexistent", {}, open, False, False)
json.dump(run_role.run("migrate", lambda: context), sys.stdout)
"""


def test_a_run_that_is_killed_after_any_request_is_gone_on_with(
    migrate: Migrate, simulator: Simulator, accounts: Accounts, tmp_path: Path
) -> None:
    both = {name: {**accounts[name], "concurrency": 2} for name in ("office", "labs")}
    given = {f"migrate_{name}": value for name, value in {**MOVE, "accounts": both}.items()}
    macs = PHONES[:4]
    after, resumed = 0, 0
    while after < 100:
        after += 1
        folder = tmp_path / str(after)
        folder.mkdir()
        holds(simulator, "office", *macs[:3])
        holds(simulator, "office", macs[3], server=None, url=SECRET_URL)
        asked = {"after": after, "given": given, "cwd": str(folder)}
        done = subprocess.run(
            [sys.executable, "-c", KILLED],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            timeout=60,
            check=False,
        )
        if done.returncode == 0:
            assert not json.loads(done.stdout)["failed"]
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        work = list(folder.glob("rps-migrate-*.json"))
        if work:
            resumed += 1
            task = migrate(accounts=both, resume=str(work[0]))
        else:
            assert set(simulator.devices("office")) == set(macs)
            task = migrate(accounts=both, **MOVE)
        assert not task["failed"], (after, task["msg"])
        assert urls(simulator, "labs") == {**dict.fromkeys(macs[:3], BERLIN), macs[3]: SECRET_URL}, after
        assert simulator.devices("office") == {}
    assert resumed > 5


def test_resume_stands_alone_and_takes_only_a_work_list_of_these_accounts(
    migrate: Migrate, simulator: Simulator, accounts: Accounts, tmp_path: Path
) -> None:
    holds(simulator, "office", PHONES[0], server=None, url=SECRET_URL)
    migrate(**MOVE, worklist="work.json")
    content = json.loads((tmp_path / "work.json").read_text())
    other = {**accounts, "labs": {**accounts["labs"], "username": "office"}}
    simulator.clear_log()

    def words(**variables: Any) -> str:
        task = migrate(**variables)
        assert task["failed"]
        assert "pa55word" not in json.dumps(task)
        return str(task["msg"])

    assert "leave out migrate_from_account, migrate_to_account" in words(resume="work.json", **MOVE)
    assert "another login" in words(resume="work.json", accounts=other)
    assert "not one of this run" in words(resume="work.json", accounts={"labs": accounts["labs"]})
    assert "was not found" in words(resume="nowhere.json")
    rows = content["rows"]
    for damaged in (
        [],
        {**content, "rows": None},
        {**content, "rows": [{**rows[0], "mac": "no"}]},
        {**content, "rows": [{**rows[0], "new": {}}]},
        {**content, "rows": [{**rows[0], "old": {**rows[0]["old"], "url": "***"}}]},
        {**content, "accounts": {"office": 3}},
        "[" * 10**5,
    ):
        (tmp_path / "bad.json").write_text(damaged if isinstance(damaged, str) else json.dumps(damaged))
        assert re.search("not a work list|is damaged", words(resume="bad.json"))
    assert simulator.log == []


# Within accounts.


@pytest.mark.parametrize("named", [False, True])
def test_only_phones_that_point_at_the_old_server_move(migrate: Migrate, simulator: Simulator, named: bool) -> None:
    holds(simulator, "office", *PHONES[:2])
    holds(simulator, "office", PHONES[2], server=None, url=BERLIN.upper().replace("PROV", "prov"))
    holds(simulator, "office", PHONES[3], server=None, url="https://own.example/")
    holds(simulator, "office", PHONES[4], server="paris")
    holds(simulator, "desks", *MACS["snom"][:2], server=None, url=BERLIN)
    unused = "00156500ffff"
    readable = {name: account for name, account in migrate_accounts(migrate).items() if name in ("office", "desks")}
    rows = phones(*PHONES[:5], unused, MACS["snom"][0])
    asked: dict[str, Any] = {"from_server": "berlin", "to_server": "paris", "servers": SERVERS, "accounts": readable}
    if named:
        asked["phones"] = rows

    checked = migrate(**asked, check_mode=True)
    assert not written(simulator)
    done = migrate(**asked)
    again = migrate(**asked)

    assert not done["failed"], done["msg"]
    assert summary(done)["moved"] == (3 + 1 if named else 3 + 2)
    assert summary(done).get("none", 0) == (3 if named else 0)
    assert summary(checked) == summary(done)
    assert checked["diff"] == done["diff"]
    moved = {mac: url for mac, url in urls(simulator, "office").items() if url == PARIS}
    assert set(moved) == {*PHONES[:3], PHONES[4]}
    assert urls(simulator, "office")[PHONES[3]] == "https://own.example/"
    assert unused not in urls(simulator, "office")
    assert (again["failed"], again["changed"]) == (False, False)


def migrate_accounts(migrate: Migrate) -> Accounts:
    """Return the accounts that the fixture migrate is used with."""
    cells = dict(zip(migrate.__code__.co_freevars, migrate.__closure__ or (), strict=True))  # type: ignore[attr-defined]
    accounts: Accounts = cells["accounts"].cell_contents
    return accounts


def test_urls_that_match_the_whole_pattern_are_rewritten(
    migrate: Migrate, simulator: Simulator, accounts: Accounts
) -> None:
    holds(simulator, "office", PHONES[0], server=None, url="https://u:pa55word@old.example/berlin/cfg")
    holds(simulator, "office", PHONES[1], server=None, url="https://old.example/paris/cfg")
    holds(simulator, "office", PHONES[2], server=None, url="https://old.example/paris/cfg/more")
    holds(simulator, "office", PHONES[3], server=None, url="https://old.example/" + "x" * 3000 + "/cfg")
    readable = {name: accounts[name] for name in ("office", "desks")}
    asked = {"from_url": r"https://([^/]*)old\.example/([^/]+)/cfg", "to_url": r"https://\1new.example/\2"}

    done = migrate(**asked, accounts=readable)

    assert not done["failed"], done["msg"]
    assert "pa55word" not in json.dumps(done)
    held = urls(simulator, "office")
    assert held[PHONES[0]] == "https://u:pa55word@new.example/berlin"
    assert held[PHONES[1]] == "https://new.example/paris"
    assert held[PHONES[2]] == "https://old.example/paris/cfg/more"
    assert summary(done) == {"moved": 2}
    assert migrate(**asked, accounts=readable)["changed"] is False


def test_a_new_url_that_is_none_fails_its_phone_alone(
    migrate: Migrate, simulator: Simulator, accounts: Accounts
) -> None:
    holds(simulator, "office", PHONES[0], server=None, url="https://old.example/tftp:")
    holds(simulator, "office", PHONES[1], server=None, url="https://old.example/https:")

    done = migrate(
        from_url=r"https://old\.example/(\w+:)", to_url=r"gopher://\1//x", accounts={"office": accounts["office"]}
    )

    assert {row["error"]["code"] for row in fact(done)["devices"]} == {"invalid_url"}
    assert not written(simulator)


@pytest.mark.parametrize("pattern", [r"https://(a+)+", r"https://(a|a)*", r"https://(a*)*(a*)*(a*)*"])
def test_a_catastrophic_pattern_ends_the_run_before_anything_is_written(
    migrate: Migrate, simulator: Simulator, accounts: Accounts, monkeypatch: pytest.MonkeyPatch, pattern: str
) -> None:
    monkeypatch.setattr(url_rule, "MOST_SECONDS", 1.0)
    holds(simulator, "office", PHONES[0], server=None, url=f"https://{'a' * 200}.example/")

    done = migrate(from_url=pattern, to_url="https://new.example/", accounts={"office": accounts["office"]})

    assert done["failed"]
    assert "takes more than 1 s to match" in done["msg"]
    assert not written(simulator)


@pytest.mark.parametrize(
    ("pattern", "template", "part"),
    [
        ("(", "x", "pattern"),
        ("*", "x", "pattern"),
        ("a" * 1001, "x", "pattern"),
        ("a{99999999999999999999}", "x", "pattern"),
        ("(?P<name>x)", r"\g<other>", "template"),
        ("(x)", r"\2", "template"),
        ("(x)", "\\", "template"),
        ("(x)", r"\q", "template"),
    ],
)
def test_a_rule_that_cannot_be_used_is_an_input_error(
    migrate: Migrate, simulator: Simulator, accounts: Accounts, pattern: str, template: str, part: str
) -> None:
    with pytest.raises(RuleError) as wrong:
        UrlRule(pattern, template).check()
    assert wrong.value.part == part

    done = migrate(from_url=pattern, to_url=template, accounts={"office": accounts["office"]})
    assert done["problems"][0]["where"] == f"migrate_{'from' if part == 'pattern' else 'to'}_url"
    assert simulator.log == []


def test_a_rule_may_name_groups_and_leave_some_out() -> None:
    rule = UrlRule(r"(?P<scheme>https?)://(x\.)?(?P<host>[^/]+)/(.*)", r"\g<scheme>://\2\g<host>:8443/\4\g<0>")
    rule.check()
    assert rule.rewrite(["http://a/b", "ftp://a/b"]) == {"http://a/b": "http://a:8443/bhttp://a/b"}


def test_a_service_that_cannot_tell_targets_needs_the_list_and_force(
    migrate: Migrate, simulator: Simulator, accounts: Accounts
) -> None:
    macs = MACS["htek"]
    simulator.seed({"servers": [{"account": "shop", "name": "madrid", "url": "https://madrid.example/"}]})
    holds(simulator, "shop", *macs[:3])
    shop = {"shop": accounts["shop"]}
    pair = {"from_server": "berlin", "to_server": "madrid", "accounts": shop}

    for variables in ({}, {"force": True}, {"phones": phones(*macs[:2])}):
        done = migrate(**pair, **variables)
        assert "cannot report where a phone points" in done["msg"]
    assert "phone's own URL" in migrate(from_url="x", to_url="y", accounts=shop, phones=phones(macs[0]))["msg"]
    assert simulator.log == []

    done = migrate(**pair, force=True, phones=phones(macs[0], macs[1], macs[5]))

    assert not done["failed"], done["msg"]
    held = {mac: one["server"] for mac, one in simulator.devices("shop").items()}
    assert held == {macs[0]: "madrid", macs[1]: "madrid", macs[2]: "berlin"}
    assert summary(done) == {"moved": 2, "none": 1}


# The variables.


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "Exactly one pair"),
        ({"from_server": "berlin", "to_account": "labs"}, "Exactly one pair"),
        ({**MOVE, "from_url": "x", "to_url": "y"}, "Exactly one pair"),
        ({"from_server": "berlin"}, "migrate_to_server"),
        ({"to_url": "x"}, "migrate_from_url"),
        ({**MOVE, "src": "a.csv", "phones": []}, "Exactly one of"),
        ({**MOVE, "to_account": "lab"}, "did you mean labs?"),
        ({**MOVE, "to_account": "office"}, "same account"),
        ({**MOVE, "to_account": "desks"}, "does not accept phones of yealink"),
        ({**MOVE, "phones": phones("001565")}, "001565"),
        ({**MOVE, "phones": phones(PHONES[0], account="nobody")}, "nobody"),
        ({**MOVE, "url": "gopher://x/"}, "gopher"),
        ({**MOVE, "only": "failed"}, "migrate_only"),
        ({"from_account": "shop", "to_account": "shop2", "force": True}, "migrate_server"),
        ({"from_server": "berlin", "to_server": "berlin", "servers": SERVERS}, "same server"),
        ({"from_server": "berlin", "to_server": "b", "servers": {"berlin": BERLIN, "b": BERLIN}}, "same URL"),
        ({"from_server": "berlin", "to_server": "paris"}, "URL is required"),
        ({"from_server": "berln", "to_server": "paris", "servers": SERVERS}, "did you mean berlin?"),
        ({"from_server": "berlin", "to_server": "pars", "servers": SERVERS}, "did you mean paris?"),
        ({"from_server": "berlin", "to_server": "paris", "servers": SERVERS, "server": "paris"}, "migrate_server"),
        ({"worklist": "x.json", "from_url": "x", "to_url": "y"}, "migrate_worklist"),
        ({**MOVE, "form_account": "office"}, "migrate_from_account"),
    ],
)
def test_wrong_variables_are_named_and_nothing_is_sent(
    migrate: Migrate, simulator: Simulator, accounts: Accounts, variables: dict[str, Any], words: str
) -> None:
    readable = {name: one for name, one in accounts.items() if "from_server" not in variables or name == "office"}

    names = tuple(f"migrate_{name}" for name in variables)
    done = migrate(accounts=readable, names=names, **variables)

    assert done["failed"]
    assert words in json.dumps(done["failures"]), done["failures"]
    assert simulator.log == []


def test_the_new_url_of_each_phone_has_its_mac_address(
    migrate: Migrate, simulator: Simulator, accounts: Accounts
) -> None:
    holds(simulator, "office", *PHONES[:2], server=None, url="https://old.example/")
    holds(simulator, "desks", *MACS["snom"][:1], server=None, url="https://old.example/")
    rule = {"from_url": ".*old.*", "to_url": "https://new.example/{mac}"}

    done = migrate(**rule, accounts={name: accounts[name] for name in ("office", "desks")})

    assert (done["failed"], summary(done)) == (False, {"moved": 3})
    assert urls(simulator, "office") == {mac: f"https://new.example/{mac}" for mac in PHONES[:2]}
    assert urls(simulator, "desks") == {MACS["snom"][0]: "https://new.example/{mac}"}


@pytest.mark.parametrize("named", [False, True])
def test_the_url_in_another_account_has_the_mac_address_of_each_phone(
    migrate: Migrate, simulator: Simulator, named: bool
) -> None:
    holds(simulator, "office", *PHONES[:2])

    done = migrate(**MOVE, url="https://new.example/{mac}", **({"phones": phones(*PHONES[:2])} if named else {}))

    assert (done["failed"], summary(done)) == (False, {"moved": 2})
    assert urls(simulator, "labs") == {mac: f"https://new.example/{mac}" for mac in PHONES[:2]}
