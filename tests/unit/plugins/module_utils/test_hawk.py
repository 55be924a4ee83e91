# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests signed after Hawk: its own examples, and what differs from try to try."""

from __future__ import annotations

import re
import time
from email.utils import formatdate

import pytest

from ansible_collections.voip.rps.plugins.module_utils._http.hawk import HawkLogin, payload_hash, request_mac
from ansible_collections.voip.rps.plugins.module_utils._http.logins import Outgoing
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError

# https://github.com/mozilla/hawk/blob/main/API.md, Protocol Example and Payload Validation.
KEY = "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn"
URL = "http://example.com:8000/resource/1?b=1&a=2"
SIGNED = {"ts": 1353832234, "nonce": "j4h3g2", "ext": "some-app-ext-data"}


def test_the_example_of_the_protocol():
    assert request_mac(KEY, "GET", URL, **SIGNED) == "6R4rV5iE+NPoym+WwjeHzjAGXUtLNIxmo1vpMofpLAE="


def test_the_example_with_a_payload():
    payload = payload_hash("text/plain", b"Thank you for flying Hawk")

    assert payload == "Yi9LfIIFRtBEPt74PVmbTF/xVAwPn7ub15ePICfgnuY="
    assert request_mac(KEY, "POST", URL, payload=payload, **SIGNED) == "aSe1DERmZuRl3pI36/9BdZmnErTw3sNzOOAUlfeKjVw="


def test_of_a_content_type_parameters_and_case_do_not_count():
    assert payload_hash("Text/PLAIN; charset=utf-8", b"x") == payload_hash("text/plain", b"x")


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://example.com/a", "https://example.com:443/a"),
        ("http://EXAMPLE.com/a", "http://example.com:80/a"),
        ("http://[::1]/a", "http://[::1]:80/a"),
    ],
)
def test_the_port_that_a_scheme_has_is_signed(url, same):
    assert request_mac(KEY, "GET", url, **SIGNED) == request_mac(KEY, "GET", same, **SIGNED)


def signed(body=None, **headers):
    request = Outgoing("PUT", "https", "api.example", "/v1/x?y=1", body, headers)
    header = HawkLogin("key 7", KEY).sign(request, "").headers["Authorization"]
    assert header.startswith("Hawk ")
    return dict(re.findall(r'(\w+)="([^"]*)"', header))


def test_a_request_is_signed_with_what_it_holds():
    fields = signed(b"{}", **{"Content-Type": "application/json"})

    assert (fields["id"], fields["hash"]) == ("key 7", payload_hash("application/json", b"{}"))
    assert abs(int(fields["ts"]) - time.time()) < 5
    assert fields["mac"] == request_mac(
        KEY,
        "PUT",
        "https://api.example/v1/x?y=1",
        ts=int(fields["ts"]),
        nonce=fields["nonce"],
        payload=fields["hash"],
    )


def test_no_body_has_no_hash_and_no_two_tries_a_nonce():
    tries = [signed() for _number in range(50)]

    assert len({one["nonce"] for one in tries}) == 50
    assert not any("hash" in one for one in tries)


@pytest.mark.parametrize("client_id", ['a"b', "a\r\nX: y", "é", "a\\b"])
def test_an_id_that_would_be_another_header(client_id):
    with pytest.raises(RpsError, match="client_id"):
        HawkLogin(client_id, KEY)


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        (lambda now: {"WWW-Authenticate": f'Hawk ts="{int(now) + 3600}", tsm="x", error="Stale timestamp"'}, "behind"),
        (lambda now: {"Date": formatdate(now - 7200, usegmt=True)}, "ahead of"),
        (lambda now: {"Date": formatdate(now, usegmt=True)}, ""),
        (lambda _now: {"Date": "no date", "WWW-Authenticate": "Hawk"}, "the clock of this machine is wrong"),
        (lambda _now: {}, "the clock of this machine is wrong"),
    ],
)
def test_a_wrong_clock_is_told(headers, words):
    advice = HawkLogin("key", KEY).advice(headers(time.time()))

    assert words in advice
    assert bool(advice) == bool(words)
