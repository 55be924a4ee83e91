# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role preflight: it only reads, and a phone that it tries is in the end as it was."""

from __future__ import annotations

import importlib.util
import json
import ssl
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from rps_simulator import Simulator

Accounts = dict[str, dict[str, Any]]
Preflight = Callable[..., dict[str, Any]]

PASSWORD = "s3cret-of-acme"
FREE = "001565000001"
BERLIN = "https://127.0.0.1:1/berlin/"


@pytest.fixture
def preflight(run: Preflight, accounts: Accounts) -> Preflight:
    """Look at the account office, unless it is told otherwise."""

    def preflight(**variables: Any) -> dict[str, Any]:
        return run("preflight", **{"accounts": {"office": accounts["office"]}, **variables})

    return preflight


@pytest.fixture(scope="module")
def certificate_maker() -> ModuleType:
    script = Path(__file__).parents[3] / "roles" / "simulator" / "files" / "certificates.py"
    specification = importlib.util.spec_from_file_location("certificates", script)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def certificates(certificate_maker: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    certificate_maker.make(folder, set(certificate_maker.LOOPBACK))
    return folder


class Target(ThreadingHTTPServer):
    """A provisioning server that remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.status = 200
        self.takes_head = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Target

    def do_GET(self) -> None:
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        self.send_response(self.server.status if self.command == "GET" or self.server.takes_head else 405)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def target() -> Iterator[Target]:
    with Target() as server, serving(server):
        yield server


@contextmanager
def serving(server: Target) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def fact(task: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = task["ansible_facts"]["preflight_result"]
    return result


def phones(count: int, prefix: str = "001565", **columns: str) -> list[dict[str, str]]:
    return [{"mac": f"{prefix}{number:0{12 - len(prefix)}x}", **columns} for number in range(1, count + 1)]


def writes(simulator: Simulator) -> list[str]:
    return [str(entry.method) for entry in simulator.log if entry.carried_out is not None]


def test_it_only_reads_and_tells_of_each_account(
    preflight: Preflight, accounts: Accounts, simulator: Simulator
) -> None:
    simulator.seed({"devices": [{"account": "office", "mac": "001565aaaaaa", "url": BERLIN}]})

    task = preflight(accounts=accounts)

    assert not task["failed"], task["msg"]
    assert not task["changed"]
    assert {"changed", "failed", "summary", "accounts", "devices", "backup", "dest"} <= fact(task).keys()
    assert set(fact(task)["summary"].values()) == {0}
    office = fact(task)["accounts"]["office"]
    assert (office["failure"], office["usable"], office["phones"], office["tls"]) == (None, True, 1, None)
    assert office["requests"] == sum(entry.account == "office" for entry in simulator.log)
    assert 0 < office["latency_ms"] < 5000
    assert office["can"]["named_servers"] is True
    assert fact(task)["accounts"]["desks"]["can"]["named_servers"] is False
    assert fact(task)["accounts"]["desks"]["phones"] == 0
    assert writes(simulator) == []
    assert {entry.account for entry in simulator.log} == set(accounts)


def test_each_account_that_cannot_be_used_is_named_with_what_to_do_and_stops_no_other(
    preflight: Preflight, accounts: Accounts, simulator: Simulator
) -> None:
    wrong = {**accounts["labs"], "password": "wrong-password"}
    away = {**accounts["labs"], "api_url": "http://127.0.0.1:1/xmlrpc"}

    task = preflight(accounts={"away": away, "wrong": wrong, "office": accounts["office"]})

    assert task["failed"]
    assert fact(task)["failed"]
    codes = {name: (one["failure"] or {}).get("code") for name, one in fact(task)["accounts"].items()}
    assert codes == {"away": "unreachable", "wrong": "auth_failed", "office": None}
    assert fact(task)["accounts"]["wrong"]["requests"] == 1
    assert any(line.startswith("wrong: The login was refused") for line in task["failures"])
    assert any(line.startswith("away: The connection failed.") for line in task["failures"])
    assert any(line.startswith("office: can be used") for line in task["lines"])
    assert "wrong-password" not in json.dumps(task)


@pytest.mark.parametrize("what", ["ca", "no ca", "wrong ca", "not verified"])
def test_tls_as_it_is(
    preflight: Preflight,
    accounts: Accounts,
    certificates: Path,
    certificate_maker: ModuleType,
    tmp_path: Path,
    what: str,
) -> None:
    other = tmp_path / "other"
    certificate_maker.make(other, set(certificate_maker.LOOPBACK))
    options = {
        "ca": {"ca_path": str(certificates / "ca.pem")},
        "no ca": {},
        "wrong ca": {"ca_path": str(other / "ca.pem")},
        "not verified": {"validate_certs": False},
    }[what]
    with Simulator(certificate=str(certificates / "server.pem"), key=str(certificates / "server.key")) as secure:
        secure.seed({"accounts": [{"name": "office", "password": PASSWORD, "provider": "yealink"}]})
        account = {**accounts["office"], "api_url": secure.endpoint("yealink"), **options}

        task = preflight(accounts={"office": account})

        usable = what in ("ca", "not verified")
        assert task["failed"] is not usable
        office = fact(task)["accounts"]["office"]
        assert (office["failure"] or {}).get("code") == (None if usable else "tls_error")
        # Whose certificate that is helps most where it is not trusted; the login was not sent to see it.
        assert office["tls"]["version"].startswith("TLSv1.")
        assert office["tls"]["issuer"] == "RPS simulator CA"
        assert 300 < office["tls"]["days"] < 400
        assert office["tls"]["trusted"] is {"ca": True, "not verified": None}.get(what, False)
        assert {entry.account for entry in secure.log} == ({"office"} if usable else {None})


def test_a_certificate_that_ends_soon_is_warned_of(
    preflight: Preflight,
    accounts: Accounts,
    certificate_maker: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(certificate_maker, "LASTS", timedelta(days=12))
    certificate_maker.make(tmp_path, set(certificate_maker.LOOPBACK))
    with Simulator(certificate=str(tmp_path / "server.pem"), key=str(tmp_path / "server.key")) as secure:
        secure.seed({"accounts": [{"name": "office", "password": PASSWORD, "provider": "yealink"}]})
        account = {**accounts["office"], "api_url": secure.endpoint("yealink"), "ca_path": str(tmp_path / "ca.pem")}

        task = preflight(accounts={"office": account}, phones=phones(1, server="hq"), servers={"hq": f"{secure.url}/"})

    assert not task["failed"]
    assert any("office: the certificate of the service expires in 1" in words for words in task["warnings"])


def test_the_proxy_is_told_without_its_password(
    preflight: Preflight, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://bob:hunter2-secret@127.0.0.1:1")
    account = {**accounts["office"], "api_url": "https://rps.example/xmlrpc"}

    task = preflight(accounts={"office": account})

    assert fact(task)["accounts"]["office"]["proxy"] == "the proxy 127.0.0.1:1"
    assert "hunter2" not in json.dumps(task)


@pytest.mark.parametrize("count", [1, 4, 5, 6, 23])
@pytest.mark.parametrize(("name", "prefix"), [("office", "001565"), ("desks", "00041390"), ("shop", "001fc1")])
@pytest.mark.parametrize("check_target", [True, False])
def test_the_requests_of_a_rollout_are_those_that_it_takes(
    preflight: Preflight,
    run: Preflight,
    accounts: Accounts,
    count: int,
    name: str,
    prefix: str,
    check_target: bool,
) -> None:
    variables = {
        "accounts": {name: {**accounts[name], "batch_size": 10}},
        "phones": phones(count, prefix, server="berlin"),
        "servers": {"berlin": BERLIN},
        "check_target": check_target,
    }

    told = fact(preflight(**variables))["accounts"][name]["rollout"]

    taken = [run("rollout", **variables)["ansible_facts"]["rollout_result"]["accounts"][name] for _run in range(2)]
    assert [told["fresh"]["requests"], told["rerun"]["requests"]] == [one["requests"] for one in taken]
    assert told["fresh"]["phones"] == count


def test_the_requests_of_urls_of_their_own(preflight: Preflight, run: Preflight, accounts: Accounts) -> None:
    variables = {"accounts": {"office": accounts["office"]}, "phones": phones(12, url=BERLIN)}

    told = fact(preflight(**variables))["accounts"]["office"]["rollout"]

    taken = [run("rollout", **variables)["ansible_facts"]["rollout_result"]["accounts"]["office"] for _run in range(2)]
    assert [told["fresh"]["requests"], told["rerun"]["requests"]] == [one["requests"] for one in taken]


def test_the_minutes_come_from_the_latency(preflight: Preflight, accounts: Accounts, simulator: Simulator) -> None:
    simulator.settings(latency=0.1)
    account = {**accounts["office"], "concurrency": 2}

    office = fact(preflight(accounts={"office": account}, phones=phones(1000, server="hq"), servers={"hq": BERLIN}))
    rollout = office["accounts"]["office"]["rollout"]

    assert 100 <= office["accounts"]["office"]["latency_ms"] < 200
    # One list and 1,000 reads, two at a time.
    assert 0.8 <= rollout["rerun"]["minutes"] <= 1.5
    assert rollout["fresh"]["minutes"] < 0.1
    slow = {**account, "rate_limit": 20}
    simulator.settings(latency=0)
    limited = fact(preflight(accounts={"office": slow}, phones=phones(1000, server="hq"), servers={"hq": BERLIN}))
    assert limited["accounts"]["office"]["rollout"]["rerun"]["minutes"] == pytest.approx(0.83, abs=0.01)


def test_each_target_is_asked_once_without_a_login(preflight: Preflight, accounts: Accounts, target: Target) -> None:
    host = target.url.removeprefix("http://")
    rows = [
        *phones(3, url=f"http://user:hunter2-secret@{host}/a/{{mac}}.cfg"),
        {"mac": "001565000009", "url": f"{target.url}/b?token=hunter3-secret"},
        {"mac": "00156500000a", "url": "tftp://10.0.0.1/"},
        {"mac": "00156500000b", "server": "hq"},
        {"mac": "00156500000c", "server": "hq"},
    ]

    task = preflight(phones=rows, servers={"hq": f"{target.url}/hq/"})

    assert not task["failed"]
    assert sorted(path for _verb, path, _headers in target.asked) == [
        "/a/001565000001.cfg",
        "/b?token=hunter3-secret",
        "/hq/",
    ]
    for verb, _path, headers in target.asked:
        assert verb == "HEAD"
        assert "authorization" not in {name.lower() for name in headers}
    assert "hunter" not in json.dumps(task)
    asked = {one["url"]: one for one in fact(task)["targets"]}
    assert len(asked) == 4
    assert asked[f"http://***@{host}/a/{{mac}}.cfg"]["status"] == 200
    assert asked["tftp://10.0.0.1/"]["skipped"] == "tftp is not HTTP"
    assert task["warnings"] == []


@pytest.mark.parametrize(
    ("status", "is_warned"),
    [(200, False), (204, False), (401, False), (403, False), (404, True), (302, True), (500, True)],
)
def test_the_status_of_a_target(preflight: Preflight, target: Target, status: int, is_warned: bool) -> None:
    target.status = status

    task = preflight(phones=phones(1, url=f"{target.url}/"))

    assert not task["failed"]
    assert [one["status"] for one in fact(task)["targets"]] == [status]
    assert len(target.asked) == 1
    assert bool(task["warnings"]) is is_warned


def test_a_target_that_takes_no_head_is_asked_otherwise(preflight: Preflight, target: Target) -> None:
    target.takes_head = False

    task = preflight(phones=phones(1, url=f"{target.url}/"))

    assert [verb for verb, _path, _headers in target.asked] == ["HEAD", "GET"]
    assert fact(task)["targets"][0]["status"] == 200


def test_the_certificate_of_a_target_that_is_not_trusted_is_told(
    preflight: Preflight, target: Target, certificates: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    target.socket = context.wrap_socket(target.socket, server_side=True)

    task = preflight(phones=phones(2, url=f"{target.url.replace('http', 'https')}/x"))

    (asked,) = fact(task)["targets"]
    assert asked["status"] == 200
    assert (asked["tls"]["issuer"], asked["tls"]["trusted"]) == ("RPS simulator CA", False)
    assert [path for _verb, path, _headers in target.asked] == ["/x"]
    assert "is not trusted on this machine" in task["warnings"][0]


def test_of_a_host_that_is_away_no_other_url_is_asked_and_the_role_does_not_fail(preflight: Preflight) -> None:
    rows = [{"mac": row["mac"], "url": f"http://127.0.0.1:1/{row['mac']}"} for row in phones(30)]

    task = preflight(phones=rows)

    assert not task["failed"]
    assert {one["error"]["code"] for one in fact(task)["targets"]} == {"unreachable"}
    assert len(fact(task)["targets"]) == 30
    assert len(task["warnings"]) == 21
    assert task["warnings"][-1] == "… and 10 more warnings of target URLs"


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"phone": "nonsense"}, "preflight_phone: "),
        ({"phone": FREE}, "requires preflight_server or preflight_url"),
        ({"phone": FREE, "url": BERLIN}, "set preflight_own_url"),
        ({"phone": "001fc1000001", "server": "berlin"}, "this run has no account there"),
        ({"own_url": True}, "requires preflight_phone"),
        (
            {"phones": phones(1, server="berlin"), "src": "x.csv"},
            "Exactly one of preflight_src, preflight_phones and preflight_hosts",
        ),
        ({"transcript": "/nowhere/at/all.json"}, "does not exist"),
        ({"phone": FREE, "server": "paris", "servers": {"berlin": BERLIN}}, "servers has no 'paris'"),
        ({"transcrpt": "x"}, "did you mean preflight_transcript?"),
    ],
)
def test_wrong_input_is_named_before_anything_is_sent(
    preflight: Preflight, simulator: Simulator, variables: dict[str, Any], words: str
) -> None:
    task = preflight(**variables)

    assert task["failed"]
    assert simulator.log == []
    assert any(words in line for line in task["failures"]), task["failures"]


# The trial of a phone.


@pytest.fixture
def berlin(simulator: Simulator, accounts: Accounts) -> dict[str, str]:
    """A server that each account has."""
    names = [name for name in accounts if name in ("office", "shop")]
    simulator.seed({"servers": [{"account": name, "name": "berlin", "url": BERLIN} for name in names]})
    return {"berlin": BERLIN}


TRIED = [("office", FREE, {}), ("desks", "000413900001", {"own_url": True}), ("shop", "001fc1000001", {})]


@pytest.mark.parametrize(("name", "mac", "more"), TRIED)
def test_a_free_phone_is_registered_moved_and_removed(
    preflight: Preflight,
    accounts: Accounts,
    simulator: Simulator,
    berlin: dict[str, str],
    name: str,
    mac: str,
    more: dict[str, Any],
) -> None:
    task = preflight(accounts={name: accounts[name]}, phone=mac, server="berlin", servers=berlin, **more)

    assert not task["failed"], task["failures"]
    assert not task["changed"]
    assert simulator.devices(name) == {}
    steps = fact(task)["phone"]["steps"]
    assert [step.partition(":")[0] for step in steps[1:4]] == ["register", "move", "remove"]
    assert fact(task)["summary"]["none"] == 1
    sent = writes(simulator)
    assert len(sent) == 3
    assert not any("addServer" in method for method in sent)
    assert not any(
        entry.method.endswith("registerDevice") and entry.parameters == 3 for entry in simulator.log if entry.method
    )


@pytest.mark.parametrize(("name", "mac", "more"), TRIED)
def test_a_bound_phone_whose_target_is_given_is_in_the_end_where_it_was(
    preflight: Preflight,
    accounts: Accounts,
    simulator: Simulator,
    berlin: dict[str, str],
    name: str,
    mac: str,
    more: dict[str, Any],
) -> None:
    place = {"url": BERLIN} if name == "desks" else {"server": "berlin"}
    simulator.seed({"devices": [{"account": name, "mac": mac, **place}]})
    before = simulator.devices(name)

    task = preflight(accounts={name: accounts[name]}, phone=mac, server="berlin", servers=berlin, **more)

    assert not task["failed"], task["failures"]
    assert simulator.devices(name) == before
    assert len(writes(simulator)) == 3


def test_a_url_of_its_own_is_written_only_if_told(
    preflight: Preflight, simulator: Simulator, berlin: dict[str, str]
) -> None:
    task = preflight(phone=FREE, server="berlin", url="https://own.example/", servers=berlin, own_url=True)

    assert not task["failed"], task["failures"]
    assert [method.partition(".")[2] for method in writes(simulator)] == [
        "registerDevice",
        "editDeviceWithUniqueUrl",
        "deRegisterDevice",
    ]
    assert simulator.devices("office") == {}


@pytest.mark.parametrize(
    ("seed", "variables", "words"),
    [
        ({"account": "other", "url": "https://x/"}, {}, "another account has registered this phone"),
        ({"account": "office", "server": "paris"}, {}, "points to https://paris.example/ instead of berlin"),
        ({"account": "office", "server": "berlin"}, {"servers": {}}, "the URL of its server is not known"),
        ({"account": "office", "server": "berlin"}, {"server": ..., "phones": phones(1, server="berlin")}, "set its"),
    ],
)
def test_a_phone_that_could_not_be_put_back_is_left_alone(
    preflight: Preflight,
    simulator: Simulator,
    berlin: dict[str, str],
    seed: dict[str, str],
    variables: dict[str, Any],
    words: str,
) -> None:
    simulator.seed({"servers": [{"account": "office", "name": "paris", "url": "https://paris.example/"}]})
    simulator.seed({"devices": [{"mac": FREE, **seed}]})
    given = {"phone": FREE, "server": "berlin", "servers": berlin, **variables}

    task = preflight(**{name: value for name, value in given.items() if value is not ...})

    assert task["failed"]
    assert writes(simulator) == []
    assert words in task["msg"]
    assert [one["mac"] for one in fact(task)["devices"]] == [FREE]


def test_check_mode_does_nothing_and_says_what_it_would_do(
    preflight: Preflight, simulator: Simulator, berlin: dict[str, str], tmp_path: Path
) -> None:
    task = preflight(phone=FREE, server="berlin", servers=berlin, check_mode=True, transcript="t.json")

    assert not task["failed"]
    assert writes(simulator) == []
    assert any("would register, move, remove it" in line for line in task["lines"])
    assert list(tmp_path.iterdir()) == []


FAULTS = [
    {"kind": "http_error", "status": 500},
    {"kind": "http_error_after", "status": 500},
    {"kind": "reset_before"},
    {"kind": "reset_after"},
    {"kind": "login_page_after"},
    {"kind": "fault", "code": 1, "message": "out of order"},
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault["kind"]))
@pytest.mark.parametrize("skip", [0, 1, 2])
@pytest.mark.parametrize("is_bound", [True, False])
@pytest.mark.parametrize("lag", [0, 2])
def test_whatever_fails_once_the_phone_is_put_back(
    preflight: Preflight,
    simulator: Simulator,
    berlin: dict[str, str],
    fast: None,
    fault: dict[str, Any],
    skip: int,
    is_bound: bool,
    lag: int,
) -> None:
    simulator.settings(read_lag=lag)
    if is_bound:
        simulator.seed({"devices": [{"account": "office", "mac": FREE, "server": "berlin"}]})
    before = simulator.devices("office")
    methods = [f"redirect.{name}" for name in ("registerDevice", "editDevice", "deRegisterDevice")]
    simulator.misbehave({**fault, "methods": methods, "skip": skip, "times": 1})

    task = preflight(phone=FREE, server="berlin", servers=berlin)

    assert simulator.devices("office") == before
    assert fact(task)["phone"]["put_back"]
    assert not task["changed"]
    if task["failed"]:
        assert "The phone was restored." in task["msg"]


def test_a_phone_that_could_not_be_put_back_is_said_first(
    preflight: Preflight, accounts: Accounts, simulator: Simulator, berlin: dict[str, str], fast: None
) -> None:
    simulator.seed({"devices": [{"account": "office", "mac": FREE, "server": "berlin"}]})
    simulator.misbehave({"kind": "http_error", "status": 500, "methods": ["redirect.registerDevice"]})
    both = {
        "wrong": {**accounts["labs"], "password": "wrong-password"},
        "office": accounts["office"],
    }

    task = preflight(
        accounts=both, phones=[{"mac": FREE, "account": "office"}], phone=FREE, server="berlin", servers=berlin
    )

    assert task["failed"]
    assert task["changed"]
    assert "THE PHONE COULD NOT BE RESTORED" in task["failures"][0]
    assert "THE PHONE COULD NOT BE RESTORED" in task["msg"]
    assert fact(task)["devices"][0]["error"]["code"] == "left_unbound"


def test_a_free_phone_that_stays_registered_is_said_first_too(
    preflight: Preflight, simulator: Simulator, berlin: dict[str, str], fast: None
) -> None:
    simulator.misbehave({"kind": "http_error", "status": 500, "methods": ["redirect.deRegisterDevice"]})

    task = preflight(phone=FREE, server="berlin", servers=berlin)

    assert task["changed"]
    assert "THE PHONE COULD NOT BE RESTORED" in task["failures"][0]
    assert f"it is registered at {BERLIN}" in task["failures"][0]


@pytest.mark.parametrize(("name", "mac"), [("office", FREE), ("shop", "001fc1000001")])
@pytest.mark.parametrize("is_bound", [True, False])
def test_it_never_overrides(
    preflight: Preflight,
    accounts: Accounts,
    simulator: Simulator,
    berlin: dict[str, str],
    name: str,
    mac: str,
    is_bound: bool,
) -> None:
    """Where a service has no method to move, nothing but an override would."""
    simulator.settings(missing_methods=["editDevice"])
    if is_bound:
        simulator.seed({"devices": [{"account": name, "mac": mac, "server": "berlin"}]})
    before = simulator.devices(name)

    task = preflight(accounts={name: accounts[name]}, phone=mac, server="berlin", servers=berlin)

    assert not task["failed"], task["failures"]
    assert simulator.devices(name) == before
    assert {entry.parameters for entry in simulator.log if entry.method == "redirect.registerDevice"} == {2}
    assert any("has no method" in step or "editDevice" in step for step in fact(task)["phone"]["steps"])


def test_a_server_that_is_missing_is_not_added(preflight: Preflight, simulator: Simulator, fast: None) -> None:
    task = preflight(phone=FREE, server="berlin", servers={"berlin": BERLIN})

    assert task["failed"]
    assert fact(task)["devices"][0]["error"]["code"] == "invalid_server"
    assert simulator.servers("office") == {}
    assert simulator.devices("office") == {}


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses short enough for tests."""
    from ansible_collections.voip.rps.plugins.module_utils._http import client

    monkeypatch.setattr(client, "FIRST_WAIT", 0.001)


# The transcript.


def test_the_transcript_is_for_its_owner_alone_and_a_simulator_answers_as_it_says(
    preflight: Preflight, accounts: Accounts, simulator: Simulator, berlin: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "t.json"
    path.write_text("older")
    path.chmod(0o644)

    task = preflight(phone=FREE, server="berlin", servers=berlin, transcript="t.json")

    assert fact(task)["transcript"] == str(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    told = json.loads(path.read_text())
    assert len(told["exchanges"]) == fact(task)["accounts"]["office"]["requests"]
    methods = [one["request"].partition("<methodName>")[2].partition("<")[0] for one in told["exchanges"]]
    assert [method for method in methods if "egister" in method] == [
        "redirect.registerDevice",
        "redirect.deRegisterDevice",
    ]
    for text in (FREE, "001565-00", "berlin", PASSWORD, "office", "127.0.0.1"):
        assert text not in path.read_text()
    assert "Registered" in path.read_text()

    with Simulator(replay=path) as replayed:
        again = preflight(
            accounts={"office": {**accounts["office"], "api_url": replayed.endpoint("yealink")}},
            phone=FREE,
            server="berlin",
        )
    assert [one.partition(" at ")[0] for one in fact(again)["phone"]["steps"]] == [
        one.partition(" at ")[0] for one in fact(task)["phone"]["steps"]
    ]
