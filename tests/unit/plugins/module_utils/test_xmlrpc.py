# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""XML-RPC: calls as the documents print them, and answers however they are spelled; or a protocol_error."""

from __future__ import annotations

import xmlrpc.client
from contextlib import suppress
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.voip.rps.plugins.module_utils._http.xmlrpc import decode, encode
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError

TEXTS = ["", "a & b < c > d", "]]>", "ümlaut ✓", "'\"", "<params>\n</params>\n", "x" * 10_000]


def answer(content):
    return f"<methodResponse><params><param><value>{content}</value></param></params></methodResponse>".encode()


def rejected(data):
    with pytest.raises(RpsError) as caught:
        decode(data)
    assert caught.value.code == "protocol_error"
    assert not isinstance(caught.value, Refused)
    return caught.value


# What XML can hold, but for the carriage return, which it reads as a line feed.
LETTERS = (
    st.characters(exclude_categories=["Cs"])
    .filter(lambda c: c >= " " or c in "\t\n")
    .filter(lambda c: c not in "\ufffe\uffff")
)
ANY_TEXT = st.one_of(st.sampled_from(TEXTS), st.text(LETTERS))
ANY_VALUE = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(xmlrpc.client.MININT, xmlrpc.client.MAXINT),
        st.floats(allow_nan=False),
        ANY_TEXT,
        st.binary(),
        st.datetimes(min_value=datetime(1000, 1, 1)).map(lambda moment: moment.replace(microsecond=0)),
    ),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(ANY_TEXT, inner)),
    max_leaves=10,
)


@given(st.lists(ANY_VALUE))
def test_calls_say_what_they_were_given(parameters):
    call = encode("redirect.x", *parameters)
    assert xmlrpc.client.loads(call, use_builtin_types=True) == (tuple(parameters), "redirect.x")


def test_a_call_without_parameters_has_no_params():
    assert b"params" not in encode("redirect.listDevices")
    assert b"params" in encode("redirect.checkDevice", "")


@given(ANY_VALUE)
def test_answers_of_every_type(value):
    answer = xmlrpc.client.dumps((value,), methodresponse=True, allow_none=True)
    assert decode(answer.encode()) == value == xmlrpc.client.loads(answer, use_builtin_types=True)[0][0]


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("OK", "OK"),
        ("<string>OK</string>", "OK"),
        ("\n OK\n", "\n OK\n"),
        ("<string><![CDATA[OK & fine]]></string>", "OK & fine"),
        ("<boolean>1</boolean>", True),
        ("<boolean>\n 0 \n</boolean>", False),
        ("<int> 7 </int>", 7),
        ("<nil/>", None),
        ("<array><data></data></array>", []),
        ("<array>\n<data>\n<value>\n1\n</value>\n…\n</data>\n</array>", ["\n1\n"]),
        ("&lt;&amp;&#233;", "<&é"),
    ],
)
def test_values_as_they_are_spelled(content, value):
    assert decode(answer(content)) == value


@pytest.mark.parametrize("before", [b"", b"\n \t", b"\xef\xbb\xbf", b"<?xml version='1.0' encoding='UTF-8'?>\n"])
@pytest.mark.parametrize("after", [b"", b"\n", b" </params>\n</methodResponse>", b"<!-- x -->", b"\n\nPHP Warning: x"])
def test_what_stands_around_the_document_is_passed_over(before, after):
    assert decode(before + answer("OK") + after) == "OK"


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16"])
def test_encodings(encoding):
    document = f"<?xml version='1.0' encoding='{encoding}'?>" + answer("für").decode()
    assert decode(document.encode(encoding)) == "für"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"faultCode": -32601, "faultString": "x"}, "unsupported"),
        ({"faultCode": 0, "faultString": "No such method: x"}, "unsupported"),
        ({"faultCode": 0, "faultString": "method redirect.x not found"}, "unsupported"),
        ({"faultCode": 0, "faultString": "Method 'x' is not supported"}, "unsupported"),
        ({"faultCode": 1, "faultString": "internal error"}, "service_error"),
        ({"faultCode": "a", "faultString": None}, "service_error"),
    ],
)
def test_faults(fault, code):
    document = xmlrpc.client.dumps((fault,), methodresponse=True, allow_none=True)
    document = document.replace("<params>\n<param>", "<fault>").replace("</param>\n</params>", "</fault>")
    with pytest.raises(Refused) as caught:
        decode(document.encode())
    assert caught.value.code == code
    assert caught.value.message == f"fault {fault['faultCode']}: {fault['faultString']}"


def test_every_answer_that_is_cut_short_is_one_to_ask_for_again():
    whole = xmlrpc.client.dumps((["é", [True]],), methodresponse=True).encode().rstrip()
    for end in range(1, len(whole)):
        assert rejected(whole[:end]).transient, whole[:end]


GARBLED = xmlrpc.client.dumps(([True, ["a"], {"b": 1}, b"c", 1.5],), methodresponse=True).encode()


@settings(max_examples=1000)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(GARBLED)),
            st.integers(0, 9),
            st.sampled_from([b"", b"<", b"<value>", b"</value>", b"\x00"]),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_no_answer_however_garbled_is_anything_but_a_value_or_an_error(cuts):
    garbled = bytearray(GARBLED)
    for start, length, instead in cuts:
        garbled[start : start + length] = instead
    with suppress(RpsError):
        decode(bytes(garbled))


@given(st.binary())
def test_bytes_are_never_an_answer(data):
    rejected(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"  ",
        b"OK",
        b"<html><body>Log in<br></body></html>",
        b"\x00\x01",
        b"<methodResponse></methodResponse>",
        b"<methodResponse><params></params></methodResponse>",
        b"<methodResponse><params><param><value>1</value></param><param><value>2</value></param></params></methodResponse>",
        b"<methodResponse><fault><value>x</value></fault></methodResponse>",
        b"<methodResponse><fault><value><struct><member><name>x</name></member></struct></value></fault></methodResponse>",
        b"<?xml version='1.0' encoding='klingon'?>" + answer("OK"),
        answer("<boolean>maybe</boolean>"),
        answer("<int>x</int>"),
        answer(f"<int>{'1' * 5000}</int>"),
        answer("<base64>a</base64>"),
        answer("<dateTime.iso8601>never</dateTime.iso8601>"),
        answer("<array><data>" * 100 + "</data></array>" * 100),
        answer("<value><struct><member><name>x</name>" * 40 + "</member></struct></value>" * 40),
    ],
)
def test_anything_else_is_a_protocol_error_with_its_first_characters(data):
    error = rejected(data)
    assert error.message.startswith("the answer is not XML-RPC (")
    assert error.in_doubt


def test_only_so_much_of_an_answer_is_shown():
    assert len(rejected(b"x" * 10_000_000).message) < 200


@pytest.mark.parametrize(
    "declaration",
    [
        b"<!DOCTYPE methodResponse>",
        b'<!DOCTYPE x [<!ENTITY a "b">]>',
        b'<!DOCTYPE x SYSTEM "http://a.example/x.dtd">',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_a_document_type_is_refused(declaration):
    assert "a document type declaration" in rejected(declaration + answer("&a;")).message
