# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON within bounds: what is no JSON, or too much of it, is an error in our own words."""

from __future__ import annotations

import json

import pytest

from ansible_collections.voip.rps.plugins.module_utils._http.json_codec import decode, encode
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError


@pytest.mark.parametrize("value", [None, True, 0, 1.5, "ü", [], {}, {"data": [{"id": 7, "mac": None}]}, [[[[1]]]]])
def test_there_and_back(value):
    assert decode(encode(value)) == value


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>login</html>",
        b"{'a': 1}",
        b"[1] [2]",
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"[1e999]",
        b"[" + b"9" * 31 + b"]",
        b"\xff\xfe\xfa",
        b'"\x00"',
        b"[" * 33 + b"]" * 33,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b"[" + b"1," * 1_000_001 + b"1]",
        b"[" + b"[]," * 600_000 + b"[]]",
    ],
    ids=lambda answer: answer[:12].decode("latin-1") + str(len(answer)),
)
def test_what_is_not_taken(answer):
    with pytest.raises(RpsError) as caught:
        decode(answer)

    error = caught.value
    assert (error.code, error.in_doubt, error.transient) == ("protocol_error", True, False)
    assert len(error.message) < 500


@pytest.mark.parametrize("answer", [b'{"data": [', b'[1, {"a"', b'{"a": "b'])
def test_what_ends_too_early_may_come_whole_the_next_time(answer):
    with pytest.raises(RpsError) as caught:
        decode(answer)

    assert caught.value.transient


def test_a_large_list_is_taken():
    rows = [{"id": number, "mac": f"{number:012x}", "url": "https://a.example/"} for number in range(100_000)]

    assert len(decode(json.dumps(rows).encode())) == 100_000


def test_what_is_no_number_is_never_sent():
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode({"a": float("nan")})


def test_no_secret_of_an_answer_is_in_the_message():
    with pytest.raises(RpsError) as caught:
        decode(b'{"access_token": "abc123def", nothing')

    assert "abc123def" not in caught.value.message
