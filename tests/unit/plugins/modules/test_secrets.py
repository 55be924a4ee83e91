# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No password is ever shown: not the account's, and not that of a URL, right or wrong."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote

import pytest

# Each holds SECRET before an "@". The first few are URLs that a phone can be sent to, the others are not.
SECRET = "hunter2"
URLS = [
    "https://phone:hunter2@lab.example/prov/",
    "HTTP://hunter2@lab.example/a@b",
    "ftp://phone:x@hunter2@lab.example",
]
NO_URLS = [
    "gopher://phone:hunter2@lab.example/",
    "phone:hunter2@lab.example/prov/",
    "https:/phone:hunter2@lab.example/",
    "https://phone:hunter2@/prov/",
    "https://phone:hunter2@lab.example:port/",
    "https://phone:hun/hunter2@lab.example/",
    "https://phone:hunter2/x@lab.example/",
    "https://phone:hunter2?x@lab.example/",
    "https://phone:hunter2 x@lab.example/",
    "https://phone:x hunter2@lab.example/",
    "https://phone:hunter2\n@lab.example/",
    "https://phone:hunter2@[lab.example/",
    "https://phone:hunter2@lab.example℀/",
]


def keeps_it_to_itself(result, *secrets):
    text = json.dumps(result, ensure_ascii=False)
    for secret in (SECRET, *secrets):
        assert secret not in text


@pytest.mark.needs("own_url")
@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("count", [1, 8])
@pytest.mark.parametrize("check", [False, True])
def test_the_devices_urls(rps, url, count, check, tmp_path):
    dest = tmp_path / "outcomes.csv"
    rps.holds(*rps.macs(count)[::2], server=None, url=f"{url}?old")
    rows = [{"mac": mac, "url": url} for mac in rps.macs(count)]

    result = rps.device(devices=rows, diff=True, dest=str(dest), check=check)

    assert result["changed"]
    keeps_it_to_itself(result, rps.password)
    assert {device["url"].partition("***@")[2] for device in result["devices"]} == {url.rpartition("2@")[2]}
    if not check:
        assert SECRET not in dest.read_text()
        assert set(rps.urls.values()) == {url}


@pytest.mark.parametrize("url", URLS)
def test_the_servers_urls(rps, url):
    rps.holds(rps.mac(1), server="paris")
    if rps.can.named_servers:
        rps.simulator.seed({"servers": [{"account": rps.account, "name": "paris", "url": url}]})

    for options in ({"server": "paris"}, {"server": "berlin"}, {"url": url}):
        keeps_it_to_itself(rps.device(rps.mac(1), rps.mac(2), servers={"paris": url}, diff=True, **options))
    keeps_it_to_itself(rps.server(servers={"rome": url, "paris": url}, diff=True))
    keeps_it_to_itself(rps.server(name="oslo", url=url, diff=True, check=True))


@pytest.mark.needs("read_target", "own_url")
@pytest.mark.parametrize("url", URLS)
def test_the_urls_that_the_service_tells(rps, url):
    rps.holds(rps.mac(1), server=None, url=url)

    told = rps.info(macs=[rps.mac(1)])
    moved = rps.device(rps.mac(1), diff=True)

    assert told["devices"][0]["current_url"].startswith(url.partition("//")[0] + "//***@")
    assert "***@" in moved["diff"]["prepared"]
    keeps_it_to_itself(told)
    keeps_it_to_itself(moved)
    keeps_it_to_itself(rps.info(url=url))


@pytest.mark.parametrize("url", NO_URLS)
def test_what_is_no_url(rps, url, tmp_path):
    src = tmp_path / "phones.csv"
    src.write_text(f'mac,url\n{rps.mac(1)},"{url}"\n', encoding="utf-8")

    for options in (
        {"mac": rps.mac(1), "url": url},
        {"devices": [{"mac": rps.mac(1), "url": url}]},
        {"devices": [], "servers": {"rome": url}},
        {"mac": rps.mac(1), "api_url": url},
        {"src": str(src)},
    ):
        result = rps.device(**options)
        assert result["failed"]
        assert result["requests"] == 0
        keeps_it_to_itself(result, rps.password)
    keeps_it_to_itself(rps.server(name="rome", url=url))
    keeps_it_to_itself(rps.server(servers={"rome": url}))
    keeps_it_to_itself(rps.info(url=url))


def test_a_url_in_the_wrong_place(rps):
    for options in ({"mac": URLS[0]}, {"devices": [{"mac": rps.mac(1), "server": URLS[0]}]}):
        keeps_it_to_itself(rps.device(**options))
    keeps_it_to_itself(rps.info(macs=[URLS[0]]))
    keeps_it_to_itself(rps.server(name=URLS[0], url=URLS[0]))


def test_options_that_do_not_fit(rps):
    """They are refused before anything of ours runs."""
    for options in (
        {"mac": rps.mac(1), "devices": [{"mac": rps.mac(1), "url": URLS[0]}]},
        {"mac": rps.mac(1), "url": URLS[0], "nonsense": 1},
        {"mac": rps.mac(1), "servers": {"rome": URLS[0]}, "timeout": "soon"},
    ):
        result = rps.device(**options)
        assert result["failed"]
        keeps_it_to_itself(result, rps.password)
    keeps_it_to_itself(rps.server(url=URLS[0]), rps.password)
    keeps_it_to_itself(rps.info(url=URLS[0], macs=[], models=[]), rps.password)


@pytest.mark.parametrize("body", ["login {password} again", '<a href="{url}">', "x" * 107 + "{url}"])
@pytest.mark.parametrize("status", [200, 302, 403, 404, 500])
@pytest.mark.parametrize("what", ["list", "register"])
def test_the_services_words(rps, what, status, body, tmp_path):
    dest = tmp_path / "outcomes.csv"
    url = "https://x:hunter2@rps.example/"
    body = body.format(password=rps.password, url=url)
    rps.misbehaves("answer", what, status=status, body=body)

    result = rps.device(*rps.macs(8), dest=str(dest), retries=0)

    assert result["failed"]
    keeps_it_to_itself(result, rps.password, "x:hun")
    assert what == "list" or SECRET not in dest.read_text()
    assert what == "list" or rps.password not in dest.read_text()


@pytest.mark.dialect("redirect")
@pytest.mark.parametrize(
    "values",
    [
        [False, "Error: not for https://x:hunter2@rps.example/"],
        [False, "x" * 495 + "https://x:hunter2@rps.example/"],
        [True, ["x" * 150 + "https://x:hunter2@rps.example/"]],
        [True, "https://x:hunter2@rps.example/", 5],
        ["https://x:hunter2@rps.example/"],
    ],
)
def test_the_services_values(rps, values):
    rps.answers(rps.look, *values)

    result = rps.device(rps.mac(1))

    assert result["failed"]
    keeps_it_to_itself(result, rps.password, "x:hun")


def test_a_redirection_to_a_url_with_a_password(rps):
    rps.misbehaves("redirect", "list", location="https://x:hunter2@rps.example/")

    result = rps.device(*rps.macs(8))

    assert "redirects to https://***@rps.example/" in result["msg"]
    keeps_it_to_itself(result)


def test_a_proxys_password(rps, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://x:hunter2@127.0.0.1:1")

    result = rps.device(rps.mac(1), api_url="http://rps.invalid/", allow_http=True, retries=0)

    assert result["failure"]["code"] == "unreachable"
    keeps_it_to_itself(result)


@pytest.mark.dialect("redirect")
def test_a_password_from_the_environment(rps, monkeypatch):
    monkeypatch.setenv("RPS_PASSWORD", "of-the-environment")
    rps.misbehaves("answer", rps.look, body="of-the-environment")

    del rps.options["password"]
    result = rps.device(rps.mac(1))

    assert result["failed"]
    keeps_it_to_itself(result, "of-the-environment")


WRONG_TYPES = [
    {"devices": ["001565000001"]},
    {"devices": [{"mac": "001565000001"}, "x"]},
    {"devices": "001565000001"},
    {"devices": [["x"]]},
    {"servers": ["x"]},
    {"servers": 7},
    {"timeout": "soon"},
    {"retries": {"a": 1}},
    {"nonsense": 1},
    {"passwrd": "another-s3cret"},
    {"state": "gone"},
    {"provider": "acme"},
    {"prune": "perhaps"},
    {"mac": {"a": "b"}},
]


@pytest.mark.dialect("redirect")
@pytest.mark.parametrize("number", range(len(WRONG_TYPES)))
def test_an_option_of_a_wrong_type(rps, number):
    """With ansible-core 2.18 and 2.19 it knows of no secret where a suboption is of a wrong type."""
    result = rps.device(**WRONG_TYPES[number])

    keeps_it_to_itself(result, rps.password, "another-s3cret")
    assert result["invocation"]["module_args"]["password"] == "***"


@pytest.mark.parametrize("password", [12345678, ["hunter2", "x"], {"a": "hunter2"}, 12345678.5, True])
@pytest.mark.parametrize("options", [{}, {"devices": ["001565000001"]}])
def test_a_password_of_a_wrong_type(rps, password, options):
    result = rps.device(**{"mac": rps.mac(1), **options, "password": password})

    assert result["failed"] is True
    keeps_it_to_itself({key: value for key, value in result.items() if key != "devices"}, "12345678")
    assert result["invocation"]["module_args"]["password"] == "***"


def test_a_url_as_a_key(rps):
    for url in (*URLS, "https://bob:hunter2/pw@host/", "https://bob:x hunter2@host/", "https://h/?token=hunter2"):
        keeps_it_to_itself(rps.device(rps.mac(1), servers={url: url}, server=url))
        keeps_it_to_itself(rps.device(rps.mac(1), servers={url: {url: url}}, server="x"))
        keeps_it_to_itself(rps.server(servers={url: url}, diff=True))
        keeps_it_to_itself(rps.server(servers={url: url}, diff=True, check=True))


@pytest.mark.needs("own_url")
@pytest.mark.parametrize("url", ["https://lab.example/?token=hunter2&mac={mac}", "https://bob:12/hunter2@lab.example/"])
def test_secrets_in_other_parts_of_a_url(rps, url, tmp_path):
    dest = tmp_path / "outcomes.csv"
    rps.holds(*rps.macs(4), server=None, url=f"{url}&old")

    keeps_it_to_itself(rps.info(macs=rps.macs(2)))
    result = rps.device(*rps.macs(8), url=url, diff=True, dest=str(dest))

    assert result["changed"]
    keeps_it_to_itself(result)
    assert SECRET not in dest.read_text()


ESCAPED = {
    "plain": "{password}",
    "basic": "Authorization: Basic {basic}",
    "xml": "{xml}",
    "url": "password={url}",
    "json": '{{"password": {json}}}',
    "cut off": "x" * 105 + " {password} {basic}",
    "cut off before the pair": "x" * 110 + "{basic}",
    "far out": "{password}" * 500,
}


@pytest.mark.parametrize("escaped", ESCAPED)
@pytest.mark.parametrize("status", [200, 302, 403, 404, 503])
@pytest.mark.parametrize("what", ["list", "register"])
def test_no_spelling_of_the_password_is_shown(rps, what, status, escaped):
    password = "s3<cr>\"e't/&of acme%"
    rps.simulator.seed({"accounts": [{"name": rps.account, "password": password, "provider": rps.provider}]})
    basic = base64.b64encode(f"{rps.account}:{password}".encode()).decode()
    spellings = {"xml": html.escape(password), "url": quote(password, safe=""), "json": json.dumps(password)}
    body = ESCAPED[escaped].format(password=password, basic=basic, **spellings)
    rps.misbehaves("answer", what, status=status, body=body)

    result = rps.device(*rps.macs(8), password=password, retries=0)

    assert result["failed"]
    text = json.dumps({key: value for key, value in result.items() if key != "invocation"}, ensure_ascii=False)
    for part in ("s3<", "s3&", "s3%", basic[:8]):
        assert part not in text


CONTROLS = "\x1b\x07\x7f\x9b\u202e\u2066\u200f\u061c\u2028"


@pytest.mark.parametrize("status", [200, 403, 404, 503])
@pytest.mark.parametrize("what", ["list", "register"])
def test_the_services_words_steer_no_terminal(rps, what, status, tmp_path):
    dest = tmp_path / "outcomes.csv"
    rps.misbehaves("answer", what, status=status, body=f"no{CONTROLS}yes")

    result = rps.device(*rps.macs(8), dest=str(dest), retries=0)

    assert result["failed"]
    assert not dest.exists() or not set(CONTROLS) & set(dest.read_text())
    assert not set(CONTROLS) & set("".join(strings(result)))


@pytest.mark.needs("read_target", "own_url")
def test_the_services_values_steer_no_terminal(rps):
    url = f"https://lab.example/{CONTROLS[2:]}"
    rps.holds(rps.mac(1), server=None, url=url)

    told = rps.info(macs=[rps.mac(1)])
    moved = rps.device(rps.mac(1), diff=True)

    assert "\\u202e" in json.dumps(told).replace("\\\\", "\\")
    for result in (told, moved):
        assert not set(CONTROLS) & set("".join(strings(result)))


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from strings(key)
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY", "HTTP_PROXY"])
@pytest.mark.parametrize("proxy", ["http://bob:hunt#er2@proxy:3128", "http://bob:hunter2@proxy:99999", "bob:hunter2@:"])
def test_a_proxy_that_cannot_be_parsed(rps, monkeypatch, variable, proxy):
    monkeypatch.setenv(variable, proxy)
    scheme = "http" if variable == "HTTP_PROXY" else "https"

    result = rps.device(rps.mac(1), api_url=f"{scheme}://rps.invalid/", allow_http=True, retries=0)

    assert result["failure"]["code"] == "unreachable"
    keeps_it_to_itself(result, "er2", "bob")


def test_api_urls_that_no_library_can_parse(rps):
    for url in ("https://bob:hunter2@.example/", "https://bob:hunter2@[v1.x]/", "https://h.example/?token=hunter2 x"):
        keeps_it_to_itself(rps.device(rps.mac(1), api_url=url))
