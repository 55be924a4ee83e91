# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""URLs: which a phone can be sent to, which are one, and what is shown of them."""

from __future__ import annotations

from itertools import combinations, permutations

import pytest

from ansible_collections.voip.rps.plugins.module_utils._http.client import is_loopback
from ansible_collections.voip.rps.plugins.module_utils._pure.url import check_url, same_url, shown_url, without_userinfo


@pytest.mark.parametrize(
    "url",
    [
        "http://a",
        "https://a.example/",
        "HTTPS://A.EXAMPLE/x",
        "ftp://a.example:21/x",
        "tftp://10.0.0.1",
        "https://[2001:db8::1]:8443/x?y=z#w",
        "http://httpconfig.vonag.net/xxxttyy",
        "https://user:pass@a.example/$mac.cfg",
    ],
)
def test_what_a_phone_can_be_sent_to(url):
    assert check_url(url) == url


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "does not begin with"),
        ("a.example", "does not begin with"),
        ("//a.example/", "does not begin with"),
        ("sip:a@a.example", "does not begin with"),
        ("httpx://a.example", "does not begin with"),
        ("https:a.example", "has no host"),
        ("https://", "has no host"),
        ("https:///x", "has no host"),
        ("https://:443/", "has no host"),
        ("https://a b/", "white space"),
        ("https://a.example/\udce4", "invalid characters"),
        ("https://a.example/x y", "white space"),
        ("https://a.example/x\n", "white space"),
        ("https://a.example/\x7f", "white space"),
        ("https://a.example:port/", "is not a URL: Port could not be"),
        ("https://a.example:70000/", "is not a URL: Port out of range"),
        ("https://[a.example/", "is not a URL: Invalid IPv6"),
    ],
)
def test_what_a_phone_cannot_be_sent_to(url, why):
    with pytest.raises(ValueError, match=why):
        check_url(url)


@pytest.mark.parametrize(
    "alike",
    [
        ["https://a.example", "https://a.example/", "HTTPS://A.Example/", " https://a.example/\n"],
        ["http://u:p@a.example:80/X?y", "HTTP://u:p@A.EXAMPLE:80/X?y"],
        ["not [a url", "not [a url"],
    ],
)
def test_urls_that_are_one(alike):
    for one, other in permutations(alike, 2):
        assert same_url(one, other)


def test_urls_that_are_not_one():
    urls = ["http://a.example/", "https://a.example/", "https://a.example/x", "https://a.example/X"]
    urls += ["https://a.example/x/", "https://a.example/x?y", "https://a.example/x#y", "https://a.example:444/"]
    urls += ["https://u:p@a.example/", "https://u:P@a.example/", "http://[a", "http://[b", ""]
    for one, other in combinations(urls, 2):
        assert not same_url(one, other)


def test_passwords_are_taken_out_of_text():
    text = "from https://u:p@a.example/x@y to ftp://u@b.example, tftp://c.example and me@d.example"
    assert without_userinfo(text) == (
        "from https://***@a.example/x@y to ftp://***@b.example, tftp://c.example and me@d.example"
    )
    assert shown_url("https://u:p@ss@a.example/") == "https://***@a.example/"
    assert shown_url("https://a.example/x@y") == "https://a.example/x@y"
    assert shown_url("u:p@a.example/x@y") == "***@y"
    assert shown_url("nonsense") == "nonsense"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("Localhost:8080", True),
        ("127.0.0.1:1", True),
        ("127.255.0.9", True),
        ("[::1]:8080", True),
        ("127.0.0.1.example.com", False),
        ("localhost.example.com", False),
        ("127.example.com", False),
        ("10.0.0.1", False),
        ("[::2]", False),
        ("0.0.0.0", False),
        ("", False),
    ],
)
def test_this_machine(host, expected):
    assert is_loopback(f"http://{host}/xmlrpc") is expected
