# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snom's SRAPS and Gigaset's GRAPE: what they have in common, and what nobody knows of them, read either way."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest
from rps_simulator.details import documents
from rps_simulator.dialects.sraps import SrapsSettings, setting_uuid
from rps_simulator.knobs import knobs

from ansible_collections.voip.rps.plugins.module_utils._http.client import Client
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import Device, Observation, Target
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict
from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES
from ansible_collections.voip.rps.plugins.module_utils._services import sraps as sraps_file

KEY, SECRET = "key-7", "hawk-top-secret"
HERE, THERE = "https://here.example/", "https://there.example/{mac}"
SECTIONS = {"snom_sraps": "phone-settings", "gigaset_grape": "provisioning"}
PREFIXES = {"snom_sraps": "000413", "gigaset_grape": "7c2f80"}


class Service:
    """A simulated service, with an account of ours and one of somebody else."""

    def __init__(self, simulator, provider, run):
        self.simulator = simulator
        self.provider = provider
        self.kind = SERVICES[provider]
        self._run = run
        self.uuid = setting_uuid(provider, SECTIONS[provider], self.kind.setting)
        self.options = {
            "provider": provider,
            "api_url": simulator.endpoint(provider),
            "client_id": KEY,
            "client_secret": SECRET,
            "timeout": 5,
        }
        names = {KEY: SECRET, "other": "another-secret"}
        simulator.seed({"accounts": [{"name": n, "password": p, "provider": provider} for n, p in names.items()]})

    def mac(self, number):
        return f"{PREFIXES[self.provider]}{number:06x}"

    def macs(self, count, start=0):
        return [self.mac(number) for number in range(start, start + count)]

    def holds(self, *macs, url=HERE, account=KEY, **details):
        self.simulator.seed({"devices": [{"account": account, "mac": mac, "url": url} for mac in macs]})
        if details:
            self.simulator.seed({"details": [{"account": account, "mac": mac, **details} for mac in macs]})

    def device(self, *macs, **options):
        if options.get("state") != "absent":
            options.setdefault("url", HERE)
        return self._run("rps_device", **{**self.options, "macs": list(macs), **options})

    def info(self, **options):
        return self._run("rps_device_info", **{**self.options, **options})

    @property
    def urls(self):
        return {mac: one["url"] for mac, one in self.simulator.devices(KEY).items()}

    def details(self, mac):
        return documents(self.simulator._state, self.provider, [mac])[mac]

    @property
    def verbs(self):
        return [entry.method.partition(" ")[0] for entry in self.simulator.log]

    @property
    def of_devices(self):
        """The requests beside those that find the way in."""
        return [one.method.partition(" ")[0] for one in self.simulator.log if "endpoints" in one.method]


@pytest.fixture(params=sorted(PREFIXES))
def service(request, simulator, run):
    return Service(simulator, request.param, run)


@pytest.fixture
def snom(simulator, run):
    return Service(simulator, "snom_sraps", run)


def summary(result):
    return {action: count for action, count in result["summary"].items() if count}


VALUES = [
    {name: value}
    for name, takes in knobs(SrapsSettings).items()
    if name.startswith("sraps_")
    for value in takes.values
    if (name, value) not in {("sraps_setting", "none"), ("sraps_company", "elsewhere")}
] + [{"sraps_most": 7}, {"sraps_clock": 20}]


@pytest.mark.parametrize("values", VALUES, ids=lambda values: "-".join(map(str, *values.items())))
def test_whatever_nobody_knows(snom, values):
    snom.simulator.settings(**values)
    others, theirs = snom.macs(2, start=500), snom.macs(2, start=600)
    snom.holds(*others, url=THERE)
    snom.holds(*theirs, account="other")
    macs = snom.macs(12)

    first = snom.device(*macs, *theirs)
    again = snom.device(*macs)
    moved = snom.device(*macs[:3], url=THERE)
    gone = snom.device(*macs, state="absent", retries=3)

    assert summary(first) == {"registered": 12, "failed": 2}, first
    assert {one["error"]["code"] for one in first["devices"] if "error" in one} == {"owned_by_other_user"}
    assert (summary(again), again["changed"]) == ({"none": 12}, False)
    assert summary(moved) == {"moved": 3}
    assert summary(gone) == {"removed": 12}
    assert snom.urls == dict.fromkeys(others, THERE)
    assert set(snom.simulator.devices("other")) == set(theirs)
    assert SECRET not in json.dumps([first, again, moved, gone])


def test_each_has_its_own_setting(service):
    service.device(service.mac(1))

    settings = service.details(service.mac(1))["settings_manager"]
    assert settings == {service.uuid: {"value": HERE, "attrs": {"perm": "RW"}}}
    assert service.info(macs=[service.mac(1)])["devices"][0]["current_url"] == HERE


@pytest.mark.parametrize("many", [0, 2])
def test_gigasets_setting_must_be_the_only_one_of_its_name(simulator, run, many):
    grape = Service(simulator, "gigaset_grape", run)
    simulator.settings(sraps_setting="two" if many else "none")

    result = grape.device(grape.mac(1))

    assert f"{many} settings ProvisioningServer" in result["msg"]
    assert ("global, provisioning" if many else "name: none") in result["msg"]
    assert grape.urls == {}


def test_a_fresh_rollout_takes_a_list_and_a_call_a_device(service):
    result = service.device(*service.macs(40), concurrency=1)

    assert summary(result) == {"registered": 40}
    assert service.of_devices == ["GET"] + ["PUT"] * 40
    assert result["requests"] == 3 + 41


def test_an_answer_to_put_that_tells_nothing_is_looked_into_once(service):
    service.simulator.settings(sraps_put="empty")

    assert summary(service.device(*service.macs(40), concurrency=1)) == {"registered": 40}
    assert service.of_devices == ["GET", "PUT", "GET"] + ["PUT"] * 39


def test_a_device_that_is_read_too_early_is_read_again(service):
    service.simulator.settings(sraps_put="empty", read_lag=2)

    assert summary(service.device(*service.macs(9))) == {"registered": 9}
    assert set(service.urls.values()) == {HERE}


def test_targets_in_a_list_save_a_look_at_each_device(service):
    service.holds(*service.macs(40))
    service.simulator.settings(sraps_list="whole")

    result = service.device(*service.macs(40), url=THERE, concurrency=1)

    assert summary(result) == {"moved": 40}
    assert service.of_devices == ["GET"] + ["PUT"] * 40


KEPT = {
    "settings_manager": {"11111111-aaaa": {"value": "admin", "attrs": {"perm": "R"}}, "2": {"value": "3"}},
    "provisioning_profile": "99999999-eeee",
}


@pytest.mark.parametrize("count", [1, 9])
@pytest.mark.parametrize("read", ["as_sent", "more"])
@pytest.mark.parametrize("listed", ["mac", "whole"])
def test_a_move_loses_nothing_of_the_users(service, count, read, listed):
    service.simulator.settings(sraps_read=read, sraps_list=listed)
    macs = service.macs(count)
    service.holds(*macs, **KEPT)

    assert summary(service.device(*macs, url=THERE)) == {"moved": count}

    for mac in macs:
        assert service.details(mac) == {
            "autoprovisioning_enabled": True,
            "provisioning_profile": KEPT["provisioning_profile"],
            "settings_manager": {
                **KEPT["settings_manager"],
                service.uuid: {"value": THERE, "attrs": {"perm": "RW"}},
            },
        }


def test_the_attributes_of_the_setting_are_the_users_too(service):
    ours = {service.uuid: {"value": HERE, "attrs": {"perm": "R"}}}
    service.holds(service.mac(1), settings_manager=ours)

    service.device(service.mac(1), url=THERE)

    assert service.details(service.mac(1))["settings_manager"] == {
        service.uuid: {"value": THERE, "attrs": {"perm": "R"}}
    }


def test_what_was_read_long_ago_is_read_again(service, monkeypatch):
    monkeypatch.setattr(sraps_file, "_FRESH", -1)
    service.holds(*service.macs(9), **KEPT)

    assert summary(service.device(*service.macs(9), url=THERE, concurrency=1)) == {"moved": 9}

    assert service.of_devices == ["GET"] * 10 + ["GET", "PUT"] * 9


@pytest.mark.parametrize("change", [{}, {"check": True}])
@pytest.mark.parametrize("url", [None, HERE])
@pytest.mark.parametrize("listed", ["mac", "whole"])
def test_a_device_that_redirects_nowhere_is_registered(service, url, listed, change):
    service.simulator.settings(sraps_list=listed)
    kept = {"settings_manager": KEPT["settings_manager"], "autoprovisioning_enabled": url is None}
    service.holds(*service.macs(7), url=url, **kept)

    result = service.device(*service.macs(7), **change)

    assert summary(result) == {"registered": 7}
    assert {one["status"] for one in result["devices"]} == {"unregistered"}
    if not change:
        assert set(service.urls.values()) == {HERE}
        details = service.details(service.mac(3))
        assert details["autoprovisioning_enabled"] is True
        assert KEPT["settings_manager"].items() <= details["settings_manager"].items()


def test_a_device_with_a_profile_alone_shows_no_target(service):
    service.holds(service.mac(1), url=None, provisioning_profile="p")

    seen = service.device(service.mac(1))
    forced = service.device(service.mac(1), force=True)

    assert summary(seen) == {"unverified": 1}
    assert summary(forced) == {"moved": 1}
    assert service.details(service.mac(1))["provisioning_profile"] == "p"
    assert service.urls == {service.mac(1): HERE}


@pytest.mark.parametrize("most", [10, 20, 1000])
def test_a_list_that_is_cut_off_costs_no_settings(service, most):
    service.simulator.settings(sraps_most=most)
    macs = service.macs(60)
    service.holds(*macs, url=THERE, **KEPT)
    sees_links = service.kind._page

    def without_links(self, path):
        rows, _link, _linked = sees_links(self, path)
        return rows, "", False

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service.kind, "_page", without_links)
        patch.setattr(service.kind, "_find_setting", lambda _self: service.uuid)
        result = service.device(*macs)

    assert summary(result) == {"moved": 60}
    assert all(service.details(mac)["provisioning_profile"] for mac in macs)


@pytest.mark.parametrize("status", ["400", "403", "404", "409", "500"])
@pytest.mark.parametrize("words", ["taken", "permission"])
@pytest.mark.parametrize("told", ["message", "text"])
def test_another_companys_device(snom, status, words, told):
    snom.simulator.settings(sraps_taken_status=status, sraps_taken=words, sraps_words=told)
    snom.holds(snom.mac(1), account="other")

    result = snom.device(*snom.macs(9), retries=1)
    foreseen = snom.device(*snom.macs(9, start=1), check=True, retries=1)

    assert summary(result) == {"registered": 8, "failed": 1}
    assert result["devices"][1]["error"]["code"] == "owned_by_other_user"
    # Where it has the status of one that is not there, it is told of first.
    assert foreseen["devices"][0]["status"] in ("registered_elsewhere", "unknown")
    assert (foreseen["devices"][0]["action"] == "failed") == (status != "404")


def test_links_to_another_host_are_not_followed(service):
    service.simulator.settings(sraps_company="elsewhere")

    result = service.device(*service.macs(9))

    assert result["failure"]["code"] == "protocol_error"
    assert "elsewhere.example:443" in result["msg"]
    assert "api_url" in result["msg"]
    assert all("companies" not in entry.path for entry in service.simulator.log)


@pytest.mark.parametrize("change", [{"client_secret": "another-secret-9"}, {"client_id": "nobody"}])
def test_a_login_that_is_refused_is_tried_once(service, change):
    result = service.device(*service.macs(9), **change)

    assert result["failure"]["code"] == "auth_failed"
    assert result["requests"] == 1
    assert change.get("client_secret", SECRET) not in json.dumps(result)


@pytest.mark.parametrize("tells", ["header", "date", "no"])
def test_a_wrong_clock(service, tells):
    service.simulator.settings(sraps_clock=7200, sraps_tells_time=tells)

    result = service.info(macs=[service.mac(1)])

    assert result["failure"]["code"] == "auth_failed"
    assert ("clock of this machine is wrong" if tells == "no" else "seconds behind") in result["msg"]


def test_a_put_that_does_nothing_is_no_success(service):
    service.simulator.misbehave({"kind": "answer", "status": 200, "body": "", "methods": [put(service)]})

    result = service.device(*service.macs(9), retries=1, concurrency=2)

    assert result["summary"]["registered"] == 0
    assert service.urls == {}


def put(service):
    path = urlsplit(service.options["api_url"]).path
    return f"PUT {path}/companies/{{company}}/endpoints/{{mac}}"


@pytest.mark.parametrize("gone", ["404", "204"])
def test_a_device_that_went_meanwhile_is_absent(service, gone):
    service.simulator.settings(sraps_gone=gone)
    service.holds(*service.macs(3))
    service.simulator.misbehave({"kind": "reset_after", "methods": [put(service).replace("PUT", "DELETE")], "times": 2})

    assert summary(service.device(*service.macs(3), state="absent")) == {"removed": 3}
    assert service.urls == {}


def test_prune_and_the_whole_account(service):
    service.holds(*service.macs(25))
    service.simulator.settings(sraps_most=10)

    listed = service.info()
    result = service._run(
        "rps_device", **service.options, devices=[{"mac": service.mac(3)}], url=HERE, prune=True, prune_limit=30
    )

    assert listed["summary"]["registered"] == 25
    assert summary(result) == {"removed": 24, "none": 1}


# The service's answers as they are sent, for what no document tells.


@pytest.fixture
def answered(web):
    """Run calls against a service that answers each path as told; return the service and what it was asked."""
    base = web.url.rsplit("/", 1)[0] + "/api/v1"
    paths = {
        "/tokens/key-7": json.dumps({"links": {"company": f"{base}/companies/c"}}),
        "/companies/c": json.dumps({"links": {"endpoints": f"{base}/companies/c/endpoints/"}}),
        "/settings/?page_size=1000": json.dumps(
            [
                {"uuid": "<other>", "param_name": "setting_server", "section": "global"},
                {"uuid": "<uuid>", "param_name": "setting_server", "section": "phone-settings"},
            ]
        ),
    }
    web.respond = lambda path, _headers: answer_of(paths, path)
    kind = SERVICES["snom_sraps"]
    login = kind.login_of({"client_id": KEY, "client_secret": SECRET})
    client = Client(base, kind.headers, login=login, statuses=kind.statuses, retries=0)
    return kind(client), paths


def answer_of(paths, path):
    told = paths.get(path.removeprefix("/api/v1"), (404, '{"message":"Not found."}'))
    status, body = told if isinstance(told, tuple) else (200, told)
    return status, body.encode()


MAC = "000413abcdef"
DEVICE = f"/companies/c/endpoints/{MAC}"
TARGET = Target(None, "https://…", own=True)


def test_the_requests_are_those_of_the_clients(answered, web, fixtures):
    service, paths = answered
    printed = (fixtures / "sraps" / "put-request.json").read_text()
    paths["/companies/c/endpoints/?page_size=1000"] = "[]"
    service.list_devices()
    paths[DEVICE] = printed

    service.register([Device(MAC)], TARGET, override=False)

    assert [path for path in web.paths if not path.startswith("GET /api/v1/settings")] == [
        "GET /api/v1/tokens/key-7",
        "GET /api/v1/companies/c",
        "GET /api/v1/companies/c/endpoints/?page_size=1000",
        f"PUT /api/v1{DEVICE}",
    ]
    assert json.loads(web.bodies[-1]) == json.loads(printed)
    assert web.heads[-1]["Content-Type"] == "application/json"
    assert 'hash="' in web.heads[-1]["Authorization"]


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        ((404, ""), Observation("unknown")),
        ((404, "<html>"), Observation("unknown")),
        ((400, '{"error":"taken_mac_or_forbidden"}'), Observation("registered_elsewhere")),
        ((403, '{"detail":"User lacks permission to endpoint"}'), Observation("registered_elsewhere")),
        (
            '{"settings_manager":{"<uuid>":{"value":"https://x.example/"}}}',
            Observation("registered", "https://x.example/"),
        ),
        ('{"settings_manager":{"<uuid>":"https://x.example/"}}', Observation("registered", "https://x.example/")),
        ('{"settings_manager":{"<other>":{"value":"https://x.example/"}}}', Observation("unregistered")),
        ('{"settings_manager":{},"provisioning_profile":"p"}', Observation("registered")),
        ('{"settings_manager":null,"provisioning_profile":null}', Observation("unregistered")),
        (
            '{"settings_manager":{"<uuid>":{"value":"https://x.example/"}},"autoprovisioning_enabled":"false"}',
            Observation("unregistered"),
        ),
    ],
)
def test_what_a_device_is(answered, answer, seen):
    service, paths = answered
    paths[DEVICE] = answer

    assert service.check(Device(MAC), target=True) == seen


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((403, '{"message":"role None"}'), "forbidden"),
        ((500, '{"message":"internal"}'), "service_error"),
        ("", "protocol_error"),
        ("[]", "protocol_error"),
        ('{"settings_manager":[1]}', "protocol_error"),
        ('{"settings_manager":{"<uuid>":{"value":["x"]}}}', "protocol_error"),
        ((405, "no"), "protocol_error"),
    ],
)
def test_what_is_no_answer_about_a_device(answered, answer, code):
    service, paths = answered
    paths[DEVICE] = answer

    with pytest.raises(RpsError) as raised:
        service.check(Device(MAC), target=True)

    assert raised.value.code == code
    assert not isinstance(raised.value, Refused)


@pytest.mark.parametrize(
    ("status", "words", "code", "verdict"),
    [
        (400, "taken_mac_or_forbidden", "owned_by_other_user", Verdict.ELSEWHERE),
        (409, "User lacks permission to endpoint", "owned_by_other_user", Verdict.ELSEWHERE),
        (400, "mac: invalid", "invalid_input", Verdict.DEVICES),
        (422, "value: invalid", "invalid_input", Verdict.DEVICES),
        (404, "no such", "unknown_mac", Verdict.DEVICES),
        (409, "busy", "service_error", Verdict.DEVICES),
    ],
)
@pytest.mark.parametrize("name", ["message", "error", "detail", None])
def test_the_words_of_a_refusal(answered, name, status, words, code, verdict):
    service, paths = answered
    paths["/companies/c/endpoints/?page_size=1000"] = "[]"
    service.list_devices()
    paths[DEVICE] = (status, json.dumps({name: words}) if name else words)

    with pytest.raises(Refused) as raised:
        service.register([Device(MAC)], TARGET, override=False)

    assert (raised.value.code, raised.value.verdict) == (code, verdict)
    assert raised.value.message == f"HTTP {status}: {words}"


@pytest.mark.parametrize(
    "link",
    [
        "</api/v1/companies/c/endpoints/?page=2>; rel=next",
        '<?page=2>; rel="next"',
        '<{base}/x/?page=1>; rel="first", <{base}/companies/c/endpoints/?page=2>; title="a"; rel="next"',
        '<{base}/companies/c/endpoints/?page=2>; rel="last next"',
    ],
)
def test_pages(answered, web, link):
    service, paths = answered
    base = web.url.rsplit("/", 1)[0] + "/api/v1"
    paths["/companies/c/endpoints/?page_size=1000"] = '[{"mac":"000413ABCDEF"}]'
    paths["/companies/c/endpoints/?page=2"] = '[{"mac":"00:04:13:00:00:01"},{"no":"mac"},7]'
    respond = web.respond

    def with_link(path, headers):
        web.headers = {"Link": link.format(base=base)} if path.endswith("endpoints/?page_size=1000") else {}
        return respond(path, headers)

    web.respond = with_link

    assert list(service.list_devices()) == [MAC, "000413000001"]
    assert len(service.warnings) == 2


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ('<https://elsewhere.example/x>; rel="next"', "elsewhere.example:443"),
        ('<//elsewhere.example/x>; rel="next"', "elsewhere.example:80"),
        ('<http://127.0.0.1:1/x>; rel="next"', "127.0.0.1:1"),
        ('<http://127.0.0.1@elsewhere.example/>; rel="next"', "elsewhere.example"),
        ('<http://[/>; rel="next"', "an invalid link"),
        ('<?page_size=1000>; rel="next"', "do not end"),
    ],
)
def test_pages_that_lead_nowhere(answered, web, link, words):
    service, paths = answered
    paths["/companies/c/endpoints/?page_size=1000"] = "[]"
    respond = web.respond

    def with_link(path, headers):
        web.headers = {"Link": link} if "/endpoints/" in path else {}
        return respond(path, headers)

    web.respond = with_link

    with pytest.raises(RpsError) as raised:
        service.list_devices()

    assert words in raised.value.message
    assert raised.value.code == "protocol_error"
    assert len(web.paths) <= 6


@pytest.mark.parametrize("name", ["token", "company"])
def test_the_printed_answers_are_understood(answered, fixtures, name):
    """Their hosts are dots: that they are read is told by what is refused."""
    service, paths = answered
    paths["/tokens/key-7" if name == "token" else "/companies/c"] = (
        fixtures / "sraps" / f"{name}-answer.json"
    ).read_text()

    with pytest.raises(RpsError, match="leads to https"):
        service.list_devices()
