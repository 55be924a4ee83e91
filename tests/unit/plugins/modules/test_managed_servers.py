# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rps_server and rps_server_info on a service that lists, changes and deletes its servers: one made up here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xmlrpc.client import dumps

import pytest
from rps_simulator import Simulator
from rps_simulator.dialects import DIALECTS, named_servers, yealink
from rps_simulator.dialects.xmlrpc import Dialect, Method
from rps_simulator.knobs import choice
from rps_simulator.parts import Part, read
from rps_simulator.transport import Reply

from ansible_collections.voip.rps.plugins.module_utils._module.options import RPS_OPTIONS
from ansible_collections.voip.rps.plugins.module_utils._pure.model import NamedServer
from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES
from ansible_collections.voip.rps.plugins.module_utils._services.yealink import Yealink

from .test_examples import documentation, is_documented

ROME, OSLO, BONN = "https://rome.example/prov/", "https://oslo.example/prov/", "https://bonn.example/"
MAC = "00aa00000001"


class Acme(Yealink):
    """Yealink's dialect, and calls for named servers that the XML-RPC services lack."""

    provider = "acme"
    mac_prefixes = ("00aa00",)
    lists_servers = changes_servers = deletes_servers = True

    def list_servers(self):
        (rows,) = self._ask("listServers", read=self._values, listing=True)
        return [NamedServer(name, url or None) for name, url in rows]

    def change_server(self, name, url):
        self._write("changeServer", name, url)

    def delete_server(self, name):
        self._write("deleteServer", name)

    def devices_of_server(self, name):
        return self._ask("listDevicesOf", name, read=lambda answer: self._macs(self._values(answer)))


@dataclass(slots=True)
class AcmeSettings(yealink.YealinkSettings):
    acme_rows: str = choice("each_once", "each_twice", "no_urls")
    """How a list of servers has each."""


QUOTAS = "CREATE TABLE IF NOT EXISTS quotas (account TEXT PRIMARY KEY, most INTEGER NOT NULL)"


def put_quotas(state, rows):
    values = [(row.account, int(read(row, ("most",))[0])) for row in rows]
    return state.write("INSERT OR REPLACE INTO quotas VALUES (?, ?)", values)


def answer(*values: Any) -> bytes:
    return dumps((list(values),), methodresponse=True).encode()


def listing(records, settings):
    rows = [[name, "" if settings.acme_rows == "no_urls" else url] for name, url in records.servers().items()]
    return Reply(answer(True, rows * (2 if settings.acme_rows == "each_twice" else 1)), None)


def change(records, settings, name, url):
    sql = "UPDATE servers SET url = ? WHERE provider = ? AND account = ? AND name = ?"
    return done(records._state.write(sql, [(url, records.provider, records.account, name)]))


def delete(records, settings, name):
    sql = "DELETE FROM servers WHERE provider = ? AND account = ? AND name = ?"
    return done(records._state.write(sql, [(records.provider, records.account, name)]))


def done(changed):
    return Reply(answer(bool(changed), "OK" if changed else "Error:Invalid server"), bool(changed))


def bound(records, settings, name):
    return Reply(answer(True, [mac for mac, device in records.devices().items() if device["server"] == name]), None)


def add(records, settings, name, url):
    most = records._state.query("SELECT most FROM quotas WHERE account = ?", [records.account])
    if most and len(records.servers()) >= most[0][0]:
        return Reply(answer(False, "Error:quota exceeded"), False)
    return yealink.DIALECT.methods["redirect.addServer", 2].answer(records, settings, name, url)


DIALECT = Dialect(
    provider="acme",
    endpoint="/acme",
    settings=AcmeSettings,
    tables=(*yealink.DIALECT.tables, QUOTAS),
    parts={**named_servers.PARTS, "quotas": Part("quotas", put_quotas)},
    mac_prefixes=("00aa00",),
    methods={
        **yealink.DIALECT.methods,
        ("redirect.addServer", 2): Method(add, (str, str), writes=True),
        ("redirect.listServers", 0): Method(listing, (), writes=False),
        ("redirect.changeServer", 2): Method(change, (str, str), writes=True),
        ("redirect.deleteServer", 1): Method(delete, (str,), writes=True),
        ("redirect.listDevicesOf", 1): Method(bound, (str,), writes=False),
    },
)


class Acmes:
    """The made-up service with an account of ours, which has two servers, and the modules run against it."""

    def __init__(self, simulator: Simulator, run: Callable[..., dict[str, Any]]) -> None:
        self.simulator = simulator
        self._run = run
        accounts = [{"name": name, "password": "s3cret-of-acme", "provider": "acme"} for name in ("acme", "other")]
        servers = [("acme", "rome", ROME), ("acme", "oslo", OSLO), ("other", "theirs", BONN)]
        self.seed(
            accounts=accounts, servers=[dict(zip(("account", "name", "url"), row, strict=True)) for row in servers]
        )
        self.options = {"provider": "acme", "username": "acme", "password": "s3cret-of-acme", "timeout": 5}
        self.options["api_url"] = simulator.endpoint("acme")

    def seed(self, **parts):
        self.simulator.seed(parts)

    def server(self, **options):
        return self._run("rps_server", **{**self.options, **options})

    def info(self, **options):
        return self._run("rps_server_info", **{**self.options, **options})

    def misbehaves(self, kind, *methods, **parameters):
        self.simulator.misbehave({"kind": kind, "methods": list(methods), **parameters})

    @property
    def servers(self):
        return self.simulator.servers("acme")

    @property
    def calls(self):
        return [entry.method.rpartition(".")[2] for entry in self.simulator.log]


@pytest.fixture
def acme(run, monkeypatch):
    monkeypatch.setitem(SERVICES, "acme", Acme)
    monkeypatch.setitem(RPS_OPTIONS["provider"], "choices", list(SERVICES))
    with Simulator(dialects={**DIALECTS, "acme": DIALECT}) as simulator:
        yield Acmes(simulator, run)


def actions(result):
    return [server["action"] for server in result["servers"]]


def test_servers_are_listed(acme):
    result = acme.info()

    assert result["servers"] == [{"name": "oslo", "url": OSLO}, {"name": "rome", "url": ROME}]
    assert (result["changed"], result["requests"]) == (False, 1)
    assert acme.info(check=True)["servers"] == result["servers"]


def test_only_what_differs_is_sent_and_a_second_run_changes_nothing(acme):
    wanted = {"rome": "HTTPS://ROME.example/prov/", "bonn": BONN}

    result = acme.server(servers=wanted, diff=True)

    assert actions(result) == ["none", "added"]
    assert result["diff"] == {"before": {}, "after": {"bonn": BONN}}
    assert acme.calls == ["listServers", "addServer"]
    again = acme.server(servers=wanted, diff=True)
    assert (again["changed"], actions(again), again["requests"]) == (False, ["none", "none"], 1)
    assert again["diff"] == {"before": {}, "after": {}}
    assert "warnings" not in again


def test_a_server_with_another_url_fails_with_both(acme):
    result = acme.server(servers={"rome": OSLO, "bonn": BONN})

    assert (result["failed"], result["changed"], actions(result)) == (True, True, ["failed", "added"])
    failed = result["servers"][0]
    assert failed["error"]["code"] == "server_exists"
    assert ROME in failed["error"]["message"]
    assert OSLO in failed["error"]["message"]
    assert "change_url" in failed["error"]["message"]
    assert failed["current_url"] == ROME
    assert acme.servers["rome"] == ROME


def test_a_url_is_changed_if_that_is_asked_for(acme):
    result = acme.server(name="rome", url=BONN, change_url=True, diff=True)

    assert (result["changed"], actions(result)) == (True, ["changed"])
    assert result["diff"] == {"before": {"rome": ROME}, "after": {"rome": BONN}}
    assert acme.servers == {"rome": BONN, "oslo": OSLO}
    assert not acme.server(name="rome", url=BONN, change_url=True)["changed"]


@pytest.mark.parametrize("options", [{"name": "rome"}, {"servers": {"rome": None}}, {"servers": {"rome": "any"}}])
def test_a_server_is_removed(acme, options):
    result = acme.server(**options, state="absent", diff=True)

    assert (result["changed"], actions(result)) == (True, ["removed"])
    assert result["servers"][0]["url"] == ROME
    assert result["diff"] == {"before": {"rome": ROME}, "after": {}}
    assert acme.servers == {"oslo": OSLO}
    again = acme.server(**options, state="absent")
    assert (again["changed"], actions(again), again["requests"]) == (False, ["none"], 1)


@pytest.mark.parametrize("check", [False, True])
def test_a_server_with_devices_is_not_removed(acme, check):
    acme.seed(devices=[{"account": "acme", "mac": MAC, "server": "rome", "url": BONN}])

    result = acme.server(servers={"rome": None, "oslo": None}, state="absent", check=check)

    assert actions(result) == ["failed", "removed"]
    assert MAC in result["servers"][0]["error"]["message"]
    assert result["servers"][0]["error"]["code"] == "invalid_input"
    assert "rome" in acme.servers
    assert ("oslo" in acme.servers) == check


def test_nothing_is_removed_where_the_devices_cannot_be_listed(acme):
    acme.misbehaves("http_error", "listDevicesOf", status=500)

    result = acme.server(name="rome", state="absent", retries=0)

    assert result["failed"]
    assert not result["changed"]
    assert "rome" in acme.servers


@pytest.mark.parametrize(
    "options",
    [
        {"servers": {"rome": ROME, "bonn": BONN}},
        {"servers": {"rome": BONN, "bonn": BONN}},
        {"servers": {"rome": BONN, "bonn": BONN}, "change_url": True},
        {"servers": {"rome": None, "bonn": None}, "state": "absent"},
    ],
)
def test_check_mode_foresees_and_writes_nothing(acme, options):
    before = acme.servers
    foreseen = acme.server(**options, check=True, diff=True)

    assert acme.servers == before
    assert not {"addServer", "changeServer", "deleteServer"} & set(acme.calls)
    result = acme.server(**options, diff=True)
    assert [foreseen.get(key) for key in ("changed", "servers", "diff", "failed")] == [
        result.get(key) for key in ("changed", "servers", "diff", "failed")
    ]


WRITES = {
    "addServer": ({"name": "bonn", "url": BONN}, "added", {"rome": ROME, "oslo": OSLO, "bonn": BONN}),
    "changeServer": ({"name": "rome", "url": BONN, "change_url": True}, "changed", {"rome": BONN, "oslo": OSLO}),
    "deleteServer": ({"name": "rome", "state": "absent"}, "removed", {"oslo": OSLO}),
}


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("kind", ["reset_after", "half_answer", "cut_answer", "login_page_after", "reset_before"])
def test_after_a_lost_answer_the_list_tells_what_was_done(acme, method, kind):
    options, action, servers = WRITES[method]
    acme.misbehaves(kind, method, times=1)

    result = acme.server(**options)

    assert (result["changed"], actions(result), "failed" in result) == (True, [action], False)
    assert acme.servers == servers
    assert acme.calls.count(method) == (2 if kind == "reset_before" else 1)


@pytest.mark.parametrize("method", WRITES)
def test_what_stays_lost_fails_and_nothing_was_changed(acme, method):
    options = WRITES[method][0]
    before = acme.servers
    acme.misbehaves("reset_before", method)

    result = acme.server(**options, retries=2)

    assert result["failed"]
    assert not result["changed"]
    assert acme.calls.count(method) == 3
    assert acme.servers == before


@pytest.mark.parametrize("status", [500, 403])
@pytest.mark.parametrize("method", WRITES)
def test_what_cannot_be_read_back_may_have_been_done(acme, method, status):
    acme.simulator.misbehave(
        {"kind": "reset_after", "methods": [method], "times": 1},
        {"kind": "http_error", "status": status, "methods": ["listServers"], "skip": 1},
    )

    result = acme.server(**WRITES[method][0], retries=0)

    assert (result["failed"], result["changed"]) == (True, True)


def test_another_accounts_name_is_a_failure(acme):
    result = acme.server(servers={"theirs": BONN, "bonn": BONN})

    assert actions(result) == ["failed", "added"]
    assert result["servers"][0]["error"]["code"] == "server_exists"


def test_a_name_that_the_service_has_twice_is_not_touched(acme):
    acme.simulator.settings(acme_rows="each_twice")

    result = acme.server(name="rome", url=BONN, change_url=True)

    assert result["servers"][0]["error"]["code"] == "server_exists"
    assert "2 servers of this name" in result["servers"][0]["error"]["message"]
    assert acme.servers["rome"] == ROME


def test_a_url_that_the_service_does_not_show_is_unverified(acme):
    acme.simulator.settings(acme_rows="no_urls")

    result = acme.server(name="rome", url=BONN, change_url=True)

    assert (result["changed"], actions(result)) == (False, ["unverified"])
    assert "is not verified: 'rome'" in result["warnings"][0]
    assert acme.info()["servers"] == [{"name": "oslo", "url": None}, {"name": "rome", "url": None}]
    assert actions(acme.server(name="rome", state="absent")) == ["removed"]


def test_no_server_is_nothing_to_do(acme):
    result = acme.server(servers={}, state="absent")

    assert (result["servers"], result["changed"], result["requests"]) == ([], False, 0)


def test_a_refusal_is_the_service_s_own(acme):
    acme.seed(quotas=[{"account": "acme", "most": "3"}])

    result = acme.server(servers={"bonn": BONN, "kyiv": BONN}, concurrency=1)

    assert actions(result) == ["added", "failed"]
    assert result["servers"][1]["error"]["message"] == "Error:quota exceeded"


def test_a_wrong_password_is_tried_once(acme):
    for result in (acme.server(name="rome", url=ROME, password="guessed"), acme.info(password="guessed")):
        assert (result["failure"]["code"], result["requests"]) == ("auth_failed", 1)
        assert "servers" not in result


def test_no_password_of_a_url_is_shown(acme):
    acme.seed(servers=[{"account": "acme", "name": "rome", "url": "https://me:hunter2@rome.example/"}])

    for result in (
        acme.info(),
        acme.server(name="rome", url="https://me:hunter3@rome.example/", diff=True),
        acme.server(name="rome", url="https://me:hunter4@rome.example/", change_url=True, diff=True),
        acme.server(name="rome", state="absent", diff=True),
    ):
        assert "hunter" not in str(result)
        assert "https://***@rome.example/" in str(result)


def test_results_are_documented(acme):
    is_documented("rps_server_info", [acme.info(), acme.info(api_url="nonsense"), acme.info(password="guessed")])
    (item,) = acme.server(name="rome", state="absent")["servers"]
    assert set(item) <= set(documentation("rps_server", "RETURN")["servers"]["contains"])


@pytest.mark.dialect("redirect")
@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("module", "options", "where"),
    [
        ("server", {"name": "berlin", "state": "absent"}, "state"),
        ("server", {"name": "berlin", "url": BONN, "change_url": True}, "change_url"),
        ("server_info", {}, ""),
    ],
)
def test_the_other_services_say_what_they_cannot_do(rps, run, module, options, where, check):
    result = run(f"rps_{module}", **rps.options, **options, check=check)

    assert (result["failure"]["code"], result["requests"], result["changed"]) == ("unsupported", 0, False)
    (problem,) = result["problems"]
    if rps.can.named_servers:
        assert problem["where"] == where
        assert "this service has no call that" in problem["message"]
    else:
        assert "the service has no named servers" in problem["message"]
