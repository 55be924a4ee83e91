# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the user gets wrong is found before the first request, all of it at once, with where it stands."""

from __future__ import annotations

import pytest

A_PHONE = "a phone of the vendor's"


def a_phone_of(rps, options):
    """Return the options with a MAC address of the vendor in place of C(A_PHONE)."""
    return {**options, "mac": rps.mac(1)} if options.get("mac") == A_PHONE else options


def problems(rps, result):
    """Return the problems that a refused task names; nothing was sent."""
    assert result["requests"] == rps.requests == 0
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"] == result["failure"]["message"]
    assert "devices" not in result
    return result["msg"].partition(" problems: ")[2].split("; ") if " problems: " in result["msg"] else [result["msg"]]


@pytest.mark.dialect("redirect")
@pytest.mark.needs("named_servers", "own_url")
def test_everything_that_is_wrong_is_named_at_once(rps, tmp_path):
    rows = [
        {"mac": rps.mac(0)},
        {"mac": "00:15:65:00:00:00:01"},
        {"mac": rps.mac(1), "server": "ber/lin"},
        {"mac": rps.mac(2), "url": "gopher://lab.example/"},
        {"mac": rps.mac(0).upper(), "server": "paris"},
    ]

    result = rps.device(
        devices=rows,
        servers={**rps.servers, "bad?name": "https://a.example/", "rome": "nowhere"},
        retries=-1,
        timeout=0,
        dest=str(tmp_path),
        prune=True,
        prune_limit=-1,
        api_url="http://rps.example/",
    )

    named = problems(rps, result)
    assert result["failure"]["code"] == "invalid_input"
    assert result["msg"].startswith("11 problems: ")
    for start in [
        "retries: -1 is less than 0",
        "prune_limit: -1 is less than 0",
        "timeout: 0.0 is not above 0",
        "api_url: plain http would expose the password",
        "servers[bad?name]: server name 'bad?name': only letters",
        "servers[rome]: 'nowhere' does not begin with",
        "devices[1]: '00:15:65:00:00:00:01' is not a MAC address",
        "devices[2]: server name 'ber/lin': only letters",
        "devices[3]: 'gopher://lab.example/' does not begin with",
        f"devices[4]: {rps.mac(0)} has another target in devices[0]",
        f"dest: {tmp_path} is a folder",
    ]:
        assert [problem for problem in named if problem.startswith(start)], start


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ({"mac": "0015650000zz"}, "invalid_mac", "mac: '0015650000zz' is not a MAC address"),
        ({"mac": ""}, "invalid_mac", "mac: the MAC address is missing"),
        ({"mac": A_PHONE, "server": ""}, "invalid_input", "mac: neither server nor url says where"),
        ({"mac": A_PHONE, "concurrency": 0}, "invalid_input", "concurrency: 0 is less than 1"),
        ({"mac": A_PHONE, "batch_size": 0}, "invalid_input", "batch_size: 0 is less than 1"),
        ({"mac": A_PHONE, "rate_limit": -1}, "invalid_input", "rate_limit: -1.0 is not above 0"),
        ({"mac": A_PHONE, "timeout": "inf"}, "invalid_input", "timeout: inf is more than 86400"),
        ({"mac": A_PHONE, "timeout": "nan"}, "invalid_input", "timeout: nan is not above 0"),
        ({"mac": A_PHONE, "ca_path": "/no/ca.pem"}, "invalid_input", "ca_path: /no/ca.pem does not exist"),
        ({"mac": A_PHONE, "dest": "/no/folder/outcomes.csv"}, "invalid_input", "dest: /no/folder/outcomes.csv"),
        ({"src": "/no/such/phones.csv"}, "invalid_input", "/no/such/phones.csv: cannot be read: No such file"),
    ],
)
def test_one_problem(rps, options, code, words):
    one_problem(rps, rps.device(**a_phone_of(rps, options)), code, words)


def one_problem(rps, result, code, words):
    (problem,) = problems(rps, result)
    assert problem.startswith(words)
    assert result["failure"]["code"] == code


@pytest.mark.dialect("redirect")
@pytest.mark.needs("named_servers")
@pytest.mark.parametrize(
    ("server", "words"),
    [("ümlaut", "mac: server name 'ümlaut': only letters"), ("  ", "mac: a server's name cannot be empty")],
)
def test_a_servers_name(rps, server, words):
    one_problem(rps, rps.device(mac=rps.mac(1), server=server), "invalid_server_name", words)


@pytest.mark.lacks("named_servers")
@pytest.mark.parametrize("servers", [None, {"paris": "https://paris.example/"}])
def test_where_no_server_has_a_name_servers_has_to_tell_its_url(rps, servers):
    words = "mac: this service has no named servers, and servers has no 'berlin'"
    one_problem(rps, rps.device(mac=rps.mac(1), server="berlin", servers=servers), "invalid_server", words)


@pytest.mark.lacks("named_servers")
def test_where_no_server_has_a_name_any_will_do(rps):
    result = rps.device(mac=rps.mac(1), server="ümlaut / 1", servers={"ümlaut / 1": "https://lab.example/"})

    assert "failed" not in result
    assert rps.urls == {rps.mac(1): "https://lab.example/"}


@pytest.mark.lacks("named_servers")
@pytest.mark.parametrize("check", [False, True])
def test_there_are_no_servers_to_add(rps, check):
    words = "the service has no named servers: give the devices a url"
    one_problem(rps, rps.server(name="rome", url="https://rome.example/", check=check), "unsupported", words)


@pytest.mark.needs("own_url")
@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sip:phone", "mac: 'sip:phone' does not begin with http://"),
        ("https://a b/", "mac: 'https://a b/' is not a URL"),
    ],
)
def test_a_devices_url(rps, url, words):
    one_problem(rps, rps.device(mac=rps.mac(1), url=url), "invalid_url", words)


@pytest.mark.lacks("own_url")
@pytest.mark.parametrize("options", [{}, {"server": "berlin"}])
def test_a_device_can_have_no_url(rps, options):
    words = "mac: this service cannot give a device a url of its own: name a server"
    one_problem(rps, rps.device(mac=rps.mac(1), url="https://lab.example/", **options), "unsupported", words)


@pytest.mark.needs("list_account")
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mac": A_PHONE, "state": "absent"}, "prune: requires state present"),
        ({"devices": []}, "prune: no row of the list"),
    ],
)
def test_prune(rps, options, words):
    options = {**a_phone_of(rps, options), "prune": True}
    if "mac" in options:
        options["devices"] = [{"mac": options.pop("mac")}]
    one_problem(rps, rps.device(**options), "invalid_input", words)


@pytest.mark.lacks("list_account")
def test_nothing_can_be_pruned(rps):
    words = "prune: this service does not list the devices of the account"
    one_problem(rps, rps.device(devices=[{"mac": rps.mac(1)}], prune=True), "unsupported", words)


@pytest.mark.parametrize(
    ("api_url", "words"),
    [
        ("rps.example/xmlrpc", "does not begin with"),
        ("ftp://rps.example/", "must begin with http"),
        ("https://me:hunter2@rps.example/", "the login must not be part of the URL"),
        ("http://rps.example/", "plain http would expose the password"),
        ("http://localhost.rps.example/", "plain http"),
        ("http://127.0.0.1.rps.example/", "plain http"),
        ("http://127.rps.example/", "plain http"),
        ("https://rps.example:port/", "is not a URL"),
        ("https://.example/", "invalid label"),
        ("https://[v1.x]/", "Failed to parse"),
    ],
)
def test_api_url(rps, api_url, words):
    result = rps.device(rps.mac(1), api_url=api_url)

    (problem,) = problems(rps, result)
    assert problem.startswith("api_url: ")
    assert words in problem
    assert result["failure"]["code"] == "invalid_url"
    assert "hunter2" not in str(result)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.10", "[::1]"])
def test_plain_http_to_this_machine_is_fine(rps, host):
    result = rps.device(rps.mac(1), api_url=f"http://{host}:1/xmlrpc", retries=0)

    assert result["failure"]["code"] == "unreachable"


def test_allow_http(rps):
    result = rps.device(rps.mac(1), api_url="http://0.0.0.0:1/", allow_http=True, retries=0)

    assert result["failure"]["code"] == "unreachable"


def test_one_mac_with_different_targets(rps):
    rows = [
        {"mac": rps.mac(1)},
        {"mac": rps.mac(1), "server": "berlin"},
        {"mac": rps.mac(1), "server": "paris"},
        {"mac": rps.mac(2)},
    ]

    result = rps.device(devices=rows)

    # Twice the same target is no problem, and it is the first place that is named.
    assert problems(rps, result) == [f"devices[2]: {rps.mac(1)} has another target in devices[0]"]
    assert result["failure"]["code"] == "repeated_mac"


def test_check_mode_finds_them_too(rps):
    (problem,) = problems(rps, rps.device("nonsense", check=True))
    assert problem.startswith("devices[0]: 'nonsense' is not a MAC address")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"mac": "001565000001", "devices": []},
        {"mac": "001565000001", "src": "phones.csv"},
        {"mac": "001565000001", "state": "gone"},
        {"mac": "001565000001", "provider": "nobody"},
        {"mac": "001565000001", "provider": None},
        {"mac": "001565000001", "timeout": "soon"},
        {"devices": [{"server": "berlin"}]},
        {"devices": ["nonsense"]},
        {"mac": "001565000001", "servers": "nonsense"},
    ],
)
def test_options_that_do_not_fit(rps, options):
    result = rps.device(**options)

    assert result["failed"]
    assert rps.requests == 0


def test_info_of_what_is_no_mac(rps):
    result = rps.info(macs=[rps.mac(1), "no", ""])

    first, second = problems(rps, result)
    assert first.startswith("macs[1]: 'no'")
    assert second.startswith("macs[2]: the MAC address is missing")
    assert result["failure"]["code"] == "invalid_mac"


@pytest.mark.lacks("list_models")
def test_info_by_model_where_devices_are_not_listed_so(rps):
    words = "models: this service does not list devices by model"
    one_problem(rps, rps.info(models=["T46"]), "unsupported", words)


@pytest.mark.needs("read_target")
def test_info_by_url_needs_targets(rps):
    words = "url: needs check_target"
    one_problem(rps, rps.info(url="https://a.example/", check_target=False), "invalid_input", words)


@pytest.mark.lacks("read_target")
@pytest.mark.parametrize("options", [{}, {"check_target": False}, {"macs": []}])
def test_info_by_url_where_targets_cannot_be_read(rps, options):
    words = "url: this service does not report where a device points"
    one_problem(rps, rps.info(url="https://a.example/", **options), "unsupported", words)


@pytest.mark.dialect("redirect")
@pytest.mark.needs("named_servers")
@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ({"name": "a/b", "url": "https://a.example/"}, "invalid_server_name", ["server 'a/b': server name 'a/b'"]),
        ({"name": "", "url": "https://a.example/"}, "invalid_server_name", ["server '': a server's name cannot be"]),
        (
            {"servers": {"rome": "rome.example", "paris": "", "?": None}},
            "invalid_input",
            ["server 'rome'", "server 'paris'", "server '?'", "server '?'"],
        ),
    ],
)
@pytest.mark.parametrize("check", [False, True])
def test_servers(rps, options, code, words, check):
    result = rps.server(**options, check=check)

    named = problems(rps, result)
    assert len(named) == len(words)
    for problem, start in zip(named, words, strict=True):
        assert problem.startswith(start)
    assert result["failure"]["code"] == code


@pytest.mark.needs("named_servers")
def test_no_server_is_nothing_to_do(rps):
    result = rps.server(servers={})

    assert (result["servers"], result["changed"], result["requests"]) == ([], False, 0)


def test_no_phone_and_no_list(rps):
    result = rps.device(mac=None)

    one_problem(rps, result, "invalid_input", "neither a phone nor a phone list is given")


@pytest.mark.dialect("redirect")
def test_a_password_in_the_environment_that_is_no_utf_8(rps, monkeypatch):
    monkeypatch.setenv("RPS_PASSWORD", "pa\udcdf")
    options = {key: value for key, value in rps.options.items() if key != "password"}

    result = rps._run("rps_device", **options, mac=rps.mac(1), state="absent")

    assert result["failure"]["code"] == "auth_failed"
    assert rps.requests == 1


@pytest.mark.dialect("redirect")
@pytest.mark.parametrize("option", ["api_url", "username", "password"])
@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_login_or_address_is_refused(rps, option, empty, monkeypatch):
    one_problem(rps, rps.device(mac=rps.mac(1), **{option: empty}), "invalid_input", f"{option}: is empty")

    monkeypatch.setenv(f"RPS_{option.upper()}", empty)
    del rps.options[option]
    one_problem(rps, rps.device(mac=rps.mac(1)), "invalid_input", f"RPS_{option.upper()}: is empty")


@pytest.mark.dialect("redirect")
@pytest.mark.parametrize("option", ["username", "password"])
def test_a_missing_login_is_named_with_where_to_give_it(rps, option):
    del rps.options[option]

    words = f"{option}: is required: give the option or RPS_{option.upper()}"
    one_problem(rps, rps.device(mac=rps.mac(1)), "invalid_input", words)


def test_another_empty_variable_is_as_if_unset(rps, monkeypatch):
    for option in ("CA_PATH", "TIMEOUT", "RETRIES", "CONCURRENCY", "BATCH_SIZE", "RATE_LIMIT", "VALIDATE_CERTS"):
        monkeypatch.setenv(f"RPS_{option}", "")

    assert "failed" not in rps.device(mac=rps.mac(1))


@pytest.mark.parametrize("url", [None, "", 5, ["https://rome.example/"], {"url": "https://rome.example/"}])
def test_a_server_without_a_url(rps, url):
    result = rps.device(mac=rps.mac(1), server="berlin", servers={**rps.servers, "rome": url})

    one_problem(rps, result, "invalid_url", "servers[rome]: it has no URL")


@pytest.mark.needs("named_servers")
def test_a_server_that_servers_does_not_have(rps):
    words = "mac: servers has no 'berlni': did you mean berlin?"
    one_problem(rps, rps.device(mac=rps.mac(1), server="berlni"), "invalid_server", words)


@pytest.mark.needs("own_url")
@pytest.mark.parametrize("form", ["url", "servers", "server"])
def test_masked_output_is_no_input(rps, form):
    options = {
        "url": {"url": "https://***@berlin.example/"},
        "servers": {"servers": {**rps.servers, "rome": "https://***@rome.example/"}, "server": "berlin"},
        "server": {"server": "ber***lin"},
    }[form]

    result = rps.device(mac=rps.mac(1), **options)

    assert "masked output" in result["msg"]
    assert rps.requests == 0


def test_what_was_seen_is_no_wish(rps):
    """What rps_device_info returns can be given back: it asks for nothing that was not said."""
    rps.holds(rps.mac(1))
    seen = rps.info(macs=[rps.mac(1)])["devices"]

    result = rps.device(devices=seen)

    assert (result["changed"], result["devices"][0]["server"]) == (False, "berlin")


def test_macs(rps):
    assert [device["mac"] for device in rps.device(macs=[rps.mac(2), rps.mac(1).upper()])["devices"]] == [
        rps.mac(2),
        rps.mac(1),
    ]
