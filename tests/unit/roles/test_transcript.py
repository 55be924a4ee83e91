# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The transcript: whatever goes in, no secret, MAC address, URL or name comes out, and its shape stays."""

from __future__ import annotations

import json
import re
import string
import xmlrpc.client
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ansible_collections.voip.rps.plugins.module_utils._http import xmlrpc as codec
from ansible_collections.voip.rps.plugins.module_utils._http.watch import Exchange
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import find_macs
from ansible_collections.voip.rps.plugins.plugin_utils._preflight.documented import FIELDS, METHODS, TAGS, TEXTS
from ansible_collections.voip.rps.plugins.plugin_utils._preflight.transcript import (
    MOST_BYTES,
    MOST_EXCHANGES,
    Transcript,
)

WORDS = ["registered", "unknown", "serverName", "checkDevice", "methodCall", "acme", "error", "string", "OK", "true"]

DOCUMENTED = {word.casefold() for word in (*METHODS, *FIELDS, *TAGS, *TEXTS)}
octets = st.integers(0, 255).map("{:02x}".format)
separators = st.sampled_from(["", ":", "-", ".", " "])
macs = st.tuples(
    st.sampled_from(["001565", "000413", "001fc1", "aabbcc"]), st.lists(octets, min_size=3, max_size=3)
).map(lambda parts: parts[0] + "".join(parts[1]))
plain = st.text(string.ascii_letters + string.digits, min_size=6, max_size=20)
awkward = st.text(
    string.ascii_letters + string.digits + "äßñ№ /:@.,'\"&<>%#?=+-_~{}!$", min_size=8, max_size=24
).filter(lambda text: re.search(r"[A-Za-z0-9]{4}", text))
secrets = (
    (plain | awkward).map(str.strip).filter(lambda text: len(text) > 5 and text.casefold() not in ("true", "false"))
)


def spelled(mac: str, separator: str, upper: bool) -> str:
    text = separator.join(mac[i : i + 2] for i in range(0, 12, 2))
    return text.upper() if upper else text


def kept(*exchanges: Exchange, never: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    transcript = Transcript(never)
    for one in exchanges:
        transcript.add("yealink", one)
    exchanges_kept: list[dict[str, Any]] = json.loads(transcript.text())["exchanges"]
    return exchanges_kept


def exchange(answer: bytes, body: bytes | None = None, path: str = "", status: int | None = 200) -> Exchange:
    return Exchange("POST", path, body, status, answer, 0.1)


def answer_of(answer: str) -> str:
    (one,) = kept(exchange(answer.encode("utf-8", "surrogatepass")))
    text: str = one["answer"]
    return text


SHAPES = [
    "<methodResponse><params><param><value><array><data><value><boolean>1</boolean></value>"
    "<value><string>{}</string></value></data></array></value></param></params></methodResponse>",
    "<value> {} </value>",
    "<fault><value><struct><member><name>{}</name><value>x</value></member></struct></value></fault>",
    "<value>Error:Invalid MAC(s):{}</value>",
    "<value>{}(MAC address)</value>",
    '<html><body class="{}"><!-- {} --><h1>{}</h1></body></html>',
    "<{}>",
    "<!DOCTYPE {}><![CDATA[{}]]>",
    "{}",
    "Log in as {} at https://{}/path?token={}",
    "https://user:{}@host.example/",
    "<value>{}",
]


@given(secret=secrets, shape=st.sampled_from(SHAPES), is_escaped=st.booleans(), is_known=st.booleans())
@example(secret="registered!", shape=SHAPES[1], is_escaped=True, is_known=False)
@example(secret="getPhoneRedirection", shape=SHAPES[0], is_escaped=False, is_known=True)
@settings(max_examples=200)
def test_no_secret_is_in_it(secret: str, shape: str, is_escaped: bool, is_known: bool) -> None:
    assume(secret.casefold() not in "".join(SHAPES).casefold())
    text = shape.replace("{}", escape(secret) if is_escaped else secret)

    # A secret that is one of the documented words is known to be one.
    never = (secret,) if is_known else ()
    assume(is_known or secret.casefold() not in DOCUMENTED)
    (one,) = kept(exchange(text.encode(), text.encode(), f"/{secret}/x?{secret}={secret}"), never=never)

    for part in ("answer", "request", "path"):
        assert secret.casefold() not in one[part].casefold()


@given(mac=macs, separator=separators, upper=st.booleans(), shape=st.sampled_from(SHAPES))
@settings(max_examples=200)
def test_no_mac_is_whole_in_it(mac: str, separator: str, upper: bool, shape: str) -> None:
    text = shape.replace("{}", spelled(mac, separator, upper))

    (one,) = kept(exchange(text.encode(), text.encode(), f"/{spelled(mac, separator, upper)}"))

    for part in ("answer", "request", "path"):
        assert mac not in find_macs(one[part])
        assert mac not in re.sub(r"[^0-9a-z]", "", one[part].lower())


@given(secret=secrets, mac=macs, key=plain)
@settings(max_examples=100)
def test_nor_in_json(secret: str, mac: str, key: str) -> None:
    value = {
        key: secret,
        "mac": mac,
        "status": secret,
        mac: [True, None, 10**9 + 7, 3.25, {"url": f"https://{secret}/"}],
    }

    (one,) = kept(exchange(json.dumps(value).encode(), json.dumps(value, ensure_ascii=False).encode()))

    for part in ("answer", "request"):
        told = json.loads(one[part])
        assert secret.casefold() not in json.dumps(told, ensure_ascii=False).casefold()
        assert secret.casefold() not in one[part].casefold()
        assert key.casefold() not in one[part].casefold() or key.casefold() in ("status",)
        assert mac not in one[part]
        assert "1000000007" not in one[part]


@pytest.mark.parametrize("word", WORDS)
def test_what_we_send_is_the_users_even_where_a_document_has_that_word(word: str) -> None:
    request = codec.encode("redirect.addServer", word, f"https://{word}.example/")

    (one,) = kept(exchange(b"", request))

    assert "redirect.addServer" in one["request"]
    if word != "true":
        assert f">{word}<" not in one["request"]
    assert f"//{word}." not in one["request"]


def test_what_may_never_be_kept_is_not_even_where_a_document_prints_it() -> None:
    (one,) = kept(exchange(b"<value>Registered</value>"), never=("registered",))

    assert "Registered" not in one["answer"]


@pytest.mark.parametrize(
    "text",
    [
        "Registered Elsewhere",
        " Unregistered\n",
        "OK",
        "Error:Invalid server",
        "Error: Invalid server",
        "The MAC is unknown",
        "Error:owned_by_other_user",
        "No device(s) exists",
        "MAC address(es) overriding failed",
    ],
)
def test_documented_texts_stay(text: str) -> None:
    answer = f"<methodResponse><params><param><value><string>{text}</string></value></param></params></methodResponse>"

    assert answer_of(answer) == answer


def test_of_a_refusal_that_names_phones_the_words_stay() -> None:
    told = answer_of("<value>Error:Invalid MAC(s):001565000001, 00-15-65-00-00-02</value>")

    assert re.fullmatch(
        r"<value>Error:Invalid MAC\(s\):001565[0-9a-f]{6}, 00-15-65-[0-9a-f]{2}-[0-9a-f]{2}-[0-9a-f]{2}</value>", told
    )


def test_other_values_are_of_the_same_shape_and_the_same_everywhere() -> None:
    url = "https://prov.acme.example:8443/001565000001.cfg?site=Berlin"

    first, second = kept(
        exchange(f"<value>{url}</value>".encode(), codec.encode("redirect.checkDevice", "00:15:65:00:00:01")),
        exchange(f"<value>{url}</value>".encode(), codec.encode("redirect.checkDevice", "001565000001")),
    )

    told = first["answer"]
    assert told == second["answer"]
    assert re.fullmatch(
        r"<value>https://[a-z]{4}\.[a-z]{4}\.[a-z]{7}:\d{4}/001565[0-9a-f]{6}\.[a-z]{3}\?[a-z]{4}=[A-Z][a-z]{5}</value>",
        told,
    )
    (mac,) = find_macs(told)
    assert find_macs(first["request"]) == [mac]
    assert find_macs(second["request"]) == [mac]


def test_two_files_have_other_pseudonyms() -> None:
    assert answer_of("<value>acme-provisioning</value>") != answer_of("<value>acme-provisioning</value>")


def test_an_answer_is_parsed_as_it_was(fixtures: Any) -> None:
    checked = 0
    for path in sorted(fixtures.rglob("*-answer.xml")):
        octets_of_answer = path.read_bytes()
        (one,) = kept(exchange(octets_of_answer))
        was, now = (_shape(codec, octets) for octets in (octets_of_answer, one["answer"].encode()))
        assert was == now, path
        checked += 1
    assert checked > 10


def _shape(decoder: Any, octets: bytes) -> Any:
    def shape(value: Any) -> Any:
        if isinstance(value, list):
            return [shape(item) for item in value]
        if isinstance(value, dict):
            return sorted(map(shape, value.values()), key=str)
        return value if isinstance(value, bool) else type(value)

    try:
        return shape(decoder.decode(octets))
    except Exception as error:
        return type(error)


def test_faults_keep_their_known_code_and_a_text_that_is_known() -> None:
    fault = xmlrpc.client.dumps(xmlrpc.client.Fault(401, "Authentication failed"))

    assert answer_of(fault) == fault
    assert "4711" not in answer_of(xmlrpc.client.dumps(xmlrpc.client.Fault(4711, "x")))


def test_it_is_bounded() -> None:
    long = b"<value>" + b"0015650000" * MOST_BYTES
    exchanges = kept(*[exchange(long)] * 3, *[exchange(b"<value>1</value>")] * (MOST_EXCHANGES + 5))

    assert len(exchanges) == MOST_EXCHANGES
    assert len(exchanges[0]["answer"]) == MOST_BYTES


@given(st.binary(max_size=400))
def test_any_bytes_are_taken(octets: bytes) -> None:
    kept(exchange(octets, octets, status=None))
