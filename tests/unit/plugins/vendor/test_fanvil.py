# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


"""Fanvil's FDPS: named servers, and a list that alone tells which phones are the account's."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import md5

import pytest

from ansible_collections.voip.rps.tests.unit.plugins.vendor.account import (
    HERE,
    PASSWORD,
    SERVERS,
    THERE,
    Account,
    actions,
)


@pytest.fixture
def acme(simulator, run):
    return Account(simulator, "fanvil", run)


@pytest.mark.parametrize("count", [3, 9])
def test_fresh_again_and_moved(acme, count):
    fresh = acme.device(*acme.macs(count))
    assert (fresh["summary"]["registered"], fresh["requests"]) == (count, count + 1)
    assert set(acme.urls.values()) == {HERE}

    again = acme.device(*acme.macs(count), server="paris")
    assert (again["changed"], again["summary"]["unverified"], again["requests"]) == (False, count, 1)

    moved = acme.device(*acme.macs(count), server="paris", force=True)
    assert (moved["summary"]["moved"], moved["requests"]) == (count, 2 * count + 1)
    assert set(acme.urls.values()) == {THERE}

    assert acme.device(*acme.macs(count), state="absent")["summary"]["removed"] == count
    assert acme.urls == {}


@pytest.mark.parametrize("again", ["refuse", "ok"])
@pytest.mark.parametrize("wording", ["clients", "printed", "no_prefix"])
@pytest.mark.parametrize("layout", ["compact", "printed"])
@pytest.mark.parametrize("success", ["", "success", "device_reg_done"])
def test_both_readings_of_what_is_not_known(acme, again, wording, layout, success):
    acme.simulator.settings(fanvil_own_again=again, wording=wording, layout=layout, fanvil_success=success)
    theirs = acme.mac(2)
    acme.holds(acme.mac(0))
    acme.holds(theirs, account="other")

    result = acme.device(*acme.macs(3), server="paris", force=True)

    assert list(actions(result).values()) == ["moved", "registered", "owned_by_other_user"]
    assert acme.urls == dict.fromkeys(acme.macs(2), THERE)
    assert acme.device(*acme.macs(3), state="absent")["summary"]["removed"] == 2
    assert acme.simulator.devices("other").keys() == {theirs}


def test_another_accounts_phone_in_a_list(acme):
    theirs = acme.mac(4)
    acme.holds(theirs, account="other")

    result = acme.device(*acme.macs(9))

    assert result["summary"]["registered"] == 8
    assert actions(result)[theirs] == "owned_by_other_user"


def test_the_account(acme):
    assert acme.info()["devices"] == []
    acme.holds(*acme.macs(3))

    assert list(acme.statuses()) == acme.macs(3)
    assert acme.statuses(macs=acme.macs(2, 2)) == {acme.mac(2): "registered", acme.mac(3): "unknown"}
    assert acme.device(acme.mac(0), acme.mac(1), prune=False)["summary"]["unverified"] == 2
    assert acme.device(*acme.macs(2), prune=True)["summary"]["removed"] == 1


@pytest.mark.parametrize("spelling", ["not_exist", "not_existed"])
@pytest.mark.parametrize("count", [2, 9])
def test_a_server_that_is_not_there(acme, spelling, count):
    acme.simulator.settings(fanvil_spelling=spelling)

    result = acme.device(*acme.macs(count), server="rome", servers={})

    codes = set(actions(result).values())
    assert "invalid_server" in codes
    assert codes <= {"invalid_server", "not_sent"}


@pytest.mark.parametrize("quotes", ["escaped", "escaped_twice", "plain"])
@pytest.mark.parametrize("told", ["material", "name_url", "names"])
def test_servers(acme, quotes, told):
    acme.simulator.settings(fanvil_json=quotes, fanvil_servers=told)
    shown = [{"name": name, "url": None if told == "names" else url} for name, url in SERVERS.items()]
    assert acme.servers()["servers"] == shown

    rome = {"rome": "https://rome.example:8443/a/b.cfg?x=1&y=2"}
    added = acme.server(servers={**SERVERS, **rome})
    known = "unverified" if told == "names" else "none"
    assert [one["action"] for one in added["servers"]] == [known, known, "added"]
    assert "rome" in json.dumps(added["warnings"])
    assert acme.simulator.servers("acme")["rome"] == rome["rome"]
    assert not acme.server(servers=rome).get("changed")

    assert acme.server(name="rome", state="absent")["changed"]
    assert not acme.server(name="rome", state="absent")["changed"]
    assert acme.simulator.servers("acme") == SERVERS


def test_a_server_with_another_url(acme):
    result = acme.server(servers={"berlin": THERE})

    assert result["servers"][0]["error"]["code"] == "server_exists"
    assert acme.server(servers={"berlin": THERE}, change_url=True)["problems"][0]["code"] == "unsupported"


def test_a_server_that_phones_are_bound_to_is_not_deleted(acme):
    acme.holds(acme.mac(1))

    result = acme.server(name="berlin", state="absent")

    assert result["failed"]
    assert acme.simulator.servers("acme") == SERVERS


@pytest.mark.parametrize("told", ["material", "names"])
@pytest.mark.parametrize("kind", ["reset_after", "reset_before", "half_answer"])
def test_a_lost_answer_to_an_added_server(acme, told, kind):
    acme.simulator.settings(fanvil_servers=told)
    acme.simulator.misbehave({"kind": kind, "methods": ["redirect.addMaterialServer"], "times": 1})

    result = acme.server(servers={"rome": "https://rome.example/x"})

    assert [one["action"] for one in result["servers"]] == ["added"]
    assert acme.simulator.servers("acme")["rome"] == "https://rome.example/x"


@pytest.mark.parametrize("what", ["registerDevice", "deRegisterDevice", "listDevices"])
@pytest.mark.parametrize("kind", ["reset_after", "reset_before", "half_answer"])
def test_a_lost_answer(acme, what, kind):
    acme.holds(*acme.macs(3))
    acme.simulator.misbehave({"kind": kind, "methods": [f"redirect.{what}"], "times": 1})

    result = acme.device(*acme.macs(6), server="paris", force=True)

    assert (result["summary"]["moved"], result["summary"]["registered"]) == (3, 3)
    assert acme.urls == dict.fromkeys(acme.macs(6), THERE)


@pytest.mark.parametrize("kind", ["fault", "http_error"])
def test_neither_the_password_nor_its_hash_is_in_any_output(acme, kind):
    once = md5(PASSWORD.encode()).hexdigest()
    twice = md5(once.encode()).hexdigest()
    pair = b64encode(f"acme:{twice}".encode()).decode()
    echoed = f"Basic {pair} is acme:{twice} for {PASSWORD}"
    how = {"code": 7, "message": echoed} if kind == "fault" else {"status": 503, "body": f"<html>{echoed}</html>"}
    acme.simulator.misbehave({"kind": kind, **how})

    for result in (acme.device(acme.mac(1), retries=0), acme.servers()):
        assert result["failed"]
        assert not any(secret in json.dumps(result) for secret in (once, twice, pair))


def test_a_url_of_its_own(acme):
    assert acme.device(acme.mac(1), url=HERE)["problems"][0]["code"] == "unsupported"


@pytest.mark.parametrize("name", ["", " ", "https://u:hunter2@h.example/", "a=b", "a\tb"])
def test_what_is_no_servers_name(acme, name):
    result = acme.server(servers={name: HERE})

    assert [problem["code"] for problem in result["problems"]] == ["invalid_server_name"]
    assert "hunter2" not in json.dumps(result)
