# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Yealink's former JSON API: the guide's signatures, refusals in an envelope, and what nobody knows."""

from __future__ import annotations

import json

import pytest
from rps_simulator.dialects.yealink_v1 import V1Settings
from rps_simulator.knobs import knobs

from ansible_collections.voip.rps.plugins.module_utils._http.client import Client
from ansible_collections.voip.rps.plugins.module_utils._http.logins import Outgoing
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import Device, Observation, Target
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict
from ansible_collections.voip.rps.plugins.module_utils._services import yealink_v1
from ansible_collections.voip.rps.plugins.module_utils._services.yealink_v1 import YealinkV1, YealinkV1Login, signature

KEY, SECRET = "access-key-7", "v1-top-secret"
SERVERS = {"berlin": "https://berlin.example/", "paris": "https://paris.example/"}
OWN = "https://own.example/"

# The examples of the vendor's guide, section 1.3.4.
GUIDE_KEY, GUIDE_SECRET = "2df23f2d9c255e71" + "38dc603b3847b58a", "d4a4be460a8d4360" + "9d8e8a5e7d0d4ad1"


@pytest.mark.parametrize(
    ("verb", "path", "body", "nonce", "ts", "md5", "signed"),
    [
        (
            "POST",
            "/api/open/v1/server/list",
            b'{"key":"TestServer","skip":0}',
            "b681e77450a04d22aaffc914a3379561",
            "1544008291631",
            "SsPhq3/DEuS3yHj3kYOV9w==",
            "JVPj8C4CVKbFJW6A33yZcdSsde7Hfxy9EoJiE0epeKM=",
        ),
        (
            "GET",
            "/api/open/v1/device/checkMac?mac=001565123123",
            None,
            "9e730a223b48433785494801fb016d39",
            "1544094691000",
            None,
            "+speRmYv89rutzPc9u5Ij1JrtnrUw7nhJnqQfD1h5AU=",
        ),
    ],
)
def test_the_guides_examples(monkeypatch, verb, path, body, nonce, ts, md5, signed):
    monkeypatch.setattr(yealink_v1.secrets, "token_hex", lambda _size: nonce)
    monkeypatch.setattr(yealink_v1.time, "time", lambda: int(ts) / 1000)

    request = YealinkV1Login(GUIDE_KEY, GUIDE_SECRET).sign(Outgoing(verb, "https", "h", path, body, {}), "")

    assert request.headers.get("Content-MD5") == md5
    assert request.headers["X-Ca-Signature"] == signed


def test_an_empty_value_leaves_the_key_alone():
    headers = {"X-Ca-Key": "k"}

    assert signature("s", "GET", "/x?b=2&a=", headers) == signature("s", "GET", "/x?a&b=2", headers)


class Service:
    def __init__(self, simulator, run):
        self.simulator = simulator
        self._run = run
        self.options = {
            "provider": "yealink_v1",
            "api_url": simulator.endpoint("yealink_v1"),
            "client_id": KEY,
            "client_secret": SECRET,
            "timeout": 5,
        }
        names = {KEY: SECRET, "other": "another-secret"}
        servers = [{"account": KEY, "name": name, "url": url} for name, url in SERVERS.items()]
        servers.append({"account": "other", "name": "theirs", "url": "https://theirs.example/"})
        accounts = [{"name": n, "password": p, "provider": "yealink_v1"} for n, p in names.items()]
        simulator.seed({"accounts": accounts, "servers": servers})

    def holds(self, *macs, server="berlin", url=None, account=KEY):
        rows = [{"account": account, "mac": mac, "server": server, "url": url} for mac in macs]
        self.simulator.seed({"devices": rows})

    def device(self, *macs, **options):
        if options.get("state") != "absent":
            options = {"servers": SERVERS, **({} if "url" in options else {"server": "berlin"}), **options}
        return self._run("rps_device", **{**self.options, "macs": list(macs), **options})

    def run(self, module, **options):
        return self._run(module, **{**self.options, **options})

    @property
    def urls(self):
        return {mac: one["url"] for mac, one in self.simulator.devices(KEY).items()}

    @property
    def calls(self):
        return [entry.method.rpartition("/v1/")[2] for entry in self.simulator.log]


@pytest.fixture
def v1(simulator, run):
    return Service(simulator, run)


def macs(count, start=0):
    return [f"001565{number:06x}" for number in range(start, start + count)]


def summary(result):
    return {action: count for action, count in result["summary"].items() if count}


VALUES = [
    {name: value}
    for name, takes in knobs(V1Settings).items()
    if name in ("v1_error", "v1_self", "v1_added", "own_urls", "batches", "culprits")
    for value in takes.values
] + [{"v1_most": 7}, {"batches": "good_ones", "culprits": "unnamed"}, {"batches": "good_ones", "culprits": "first"}]


@pytest.mark.parametrize("values", VALUES, ids=lambda values: "-".join(map(str, values.values())))
def test_whatever_nobody_knows(v1, values):
    v1.simulator.settings(**values)
    v1.holds(*macs(2, 500), server="paris")
    v1.holds(*macs(2, 600), server="theirs", account="other")
    v1.holds(*macs(3, 700), server=None, url=OWN)

    first = v1.device(*macs(12), *macs(2, 600))
    again = v1.device(*macs(12))
    moved = v1.device(*macs(3), *macs(3, 700), server="paris")
    gone = v1.device(*macs(12), *macs(3, 700), state="absent")

    assert summary(first) == {"registered": 12, "failed": 2}
    assert {one["error"]["code"] for one in first["devices"] if "error" in one} == {"owned_by_other_user"}
    assert (summary(again), again["changed"]) == ({"none": 12}, False)
    assert summary(moved) == {"moved": 6}
    assert summary(gone) == {"removed": 15}
    assert v1.urls == dict.fromkeys(macs(2, 500), SERVERS["paris"])
    assert SECRET not in json.dumps([first, again, moved, gone])


def test_bulk_calls(v1):
    fresh = v1.device(*macs(250))
    v1.simulator.clear_log()
    moved = v1.device(*macs(250), server="paris")

    assert fresh["requests"] == 1 + 1 + 3 + 1
    assert summary(moved) == {"moved": 250}
    assert v1.calls.count("device/migrate") == 3
    assert v1.calls.count("device/list") == 2


def test_a_url_of_ones_own(v1):
    v1.holds(*macs(3))

    assert summary(v1.device(*macs(9), url=OWN)) == {"moved": 3, "registered": 6}
    assert set(v1.urls.values()) == {OWN}
    assert v1.calls.count("device/edit") == 3


@pytest.mark.parametrize("told", ["told", "null"])
def test_whose_a_device_is(v1, told):
    v1.simulator.settings(v1_self=told)
    v1.holds(*macs(1))
    v1.holds(*macs(1, 1), server="theirs", account="other")

    result = v1.run("rps_device_info", macs=macs(3))
    foreseen = v1.device(*macs(9), check=True)

    others = "registered_elsewhere" if told == "told" else "unknown"
    assert [one["status"] for one in result["devices"]] == ["registered", others, "unknown"]
    assert (foreseen["devices"][1]["action"] == "failed") == (told == "told")


def test_servers(v1):
    added = v1.run("rps_server", name="rome", url="https://rome.example/")
    taken = v1.run("rps_server", name="theirs", url="https://rome.example/")
    v1.holds(*macs(1))
    bound = v1.run("rps_server", name="berlin", state="absent")
    gone = v1.run("rps_server", name="rome", state="absent")

    actions = [one["servers"][0]["action"] for one in (added, taken, bound, gone)]
    assert actions == ["added", "failed", "failed", "removed"]
    assert taken["servers"][0]["error"]["code"] == "server_exists"
    assert {one["name"] for one in v1.run("rps_server_info")["servers"]} == set(SERVERS)


@pytest.mark.parametrize("change", [{"client_id": "nobody"}, {"client_secret": "wrong-secret"}])
def test_a_login_that_is_refused_is_tried_once(v1, change):
    result = v1.device(*macs(9), **change)

    assert result["failure"]["code"] == "auth_failed"
    assert result["requests"] == 1


# The service's answers as they are sent.

MAC = "001565abcdef"
TARGET = Target(None, OWN, own=True)


@pytest.fixture
def service(web):
    login = YealinkV1.login_of({"client_id": KEY, "client_secret": SECRET})
    return YealinkV1(Client(web.url, YealinkV1.headers, login=login, statuses=YealinkV1.statuses, retries=0))


def no(message, *fields, name="error"):
    error = {"msg": message, "errorCode": 409, "fieldErrors": [{"msg": one} for one in fields]}
    return json.dumps({"ret": -1, "data": None, name: error}).encode()


@pytest.mark.parametrize(
    ("words", "code", "verdict"),
    [
        ("device.mac.existed", "needs_override", Verdict.REGISTERED),
        ("device.mac.added.by.other", "owned_by_other_user", Verdict.ELSEWHERE),
        ("device.operate.forbidden", "owned_by_other_user", Verdict.ELSEWHERE),
        ("device.not.found", "not_registered", Verdict.ALREADY),
        ("device.mac.invalid", "invalid_mac", Verdict.DEVICES),
        ("what", "service_error", Verdict.DEVICES),
    ],
)
@pytest.mark.parametrize("name", ["error", "errors"])
@pytest.mark.parametrize("place", ["msg", "field"])
def test_messages(service, web, words, code, verdict, name, place):
    web.answer = no(words, name=name) if place == "msg" else no("bad", words, f"{MAC}: {words}", name=name)

    with pytest.raises(Refused) as raised:
        service.register([Device(MAC)], TARGET, override=False)

    assert (raised.value.of(MAC).code, raised.value.verdict) == (code, verdict)


@pytest.mark.parametrize("words", ["accesskey.id.invalid", "service.common.token.unauthorized"])
def test_messages_about_the_login(service, web, words):
    web.answer = no(words)

    with pytest.raises(RpsError) as raised:
        service.list_devices()

    assert raised.value.code == "auth_failed"
    assert not isinstance(raised.value, Refused)


def test_the_hosts_of_the_next_api_are_named(service, web):
    web.status, web.answer = 401, b'{"code":"500401","message":"Invalid request header"}'

    with pytest.raises(RpsError, match="yealink_ymcs"):
        service.list_devices()


@pytest.mark.parametrize(
    "answer", ["", "7", "[]", '{"ret":true,"data":[]}', '{"data":[]}', '{"ret":1}', '{"ret":1,"data":{"data":{}}}']
)
def test_what_is_no_list(service, web, answer):
    web.answer = answer.encode()

    with pytest.raises(RpsError) as raised:
        service.list_devices()

    assert raised.value.code == "protocol_error"


@pytest.mark.parametrize(
    ("row", "url"),
    [
        ({"serverUrl": "https://s/", "uniqueServerUrl": "https://u/", "serverId": 1}, "https://u/"),
        ({"serverUrl": "https://s/", "uniqueServerUrl": "", "serverId": 1}, "https://s/"),
        ({"serverId": 1}, None),
        ({"serverId": None}, ""),
        ({}, ""),
    ],
)
def test_where_a_device_points(service, web, row, url):
    web.answer = json.dumps({"ret": 0, "data": {"total": 1, "data": [{"id": 7, "mac": MAC.upper(), **row}]}}).encode()

    assert service.list_devices() == {MAC: Observation("registered", url)}
