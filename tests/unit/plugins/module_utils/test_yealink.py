# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Yealink's service as its document prints it: every request, every answer and every error text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import product
from typing import NamedTuple

import pytest

from ansible_collections.voip.rps.plugins.module_utils.errors import Refused, RpsError
from ansible_collections.voip.rps.plugins.module_utils.http import Client
from ansible_collections.voip.rps.plugins.module_utils.model import Observation, Target
from ansible_collections.voip.rps.plugins.module_utils.services.yealink import Yealink
from ansible_collections.voip.rps.plugins.module_utils.xmlrpc import decode

MAC, OTHER = "001565000001", "001565000002"
DASHED = "1a6f654d839b"
SERVER = Target("serverName", None, own=False)
OWN = Target("serverName", "http://httpconfig.vonag.net/xxxttyy", own=True)
ANSWER = """<methodResponse><params><param><value><array><data><value>{}</value><value>{}</value></data></array></value>
</param></params></methodResponse>"""


def accepted(text="OK"):
    return ANSWER.format("<boolean>1</boolean>", text).encode()


def refused(text):
    return ANSWER.format("<boolean>0</boolean>", text).encode()


@pytest.fixture
def service(web):
    web.answer = accepted()
    return Yealink(Client(web.url, "acme", "secret", retries=0))


CALLS = {
    "4.1": lambda service: service.register([MAC], SERVER, override=False),
    "4.2": lambda service: service.register([MAC], SERVER, override=True),
    "4.3": lambda service: service.remove(["001122334401"]),
    "4.4": lambda service: service.list_devices(),
    "4.5": lambda service: service.check(MAC, target=False),
    "4.6": lambda service: service.register([MAC, OTHER], SERVER, override=False),
    "4.7": lambda service: service.register([MAC, OTHER], SERVER, override=True),
    "4.8": lambda service: service.remove([MAC, OTHER]),
    "4.9": lambda service: service.add_server("serverName", "serverUrl"),
    "4.10": lambda service: service.move([MAC], SERVER),
    "4.12": lambda service: service.register([DASHED], OWN, override=False),
    "4.13": lambda service: service.move([DASHED], OWN),
    "4.14": lambda service: service.check("001122334400", target=True),
    "4.15": lambda service: service.register([DASHED], OWN, override=True),
}
RETIRED = {("redirect.editDevice", 3), ("redirect.editDeviceWithUniqueUrl", 4)}


class Element(NamedTuple):
    """An element of a document without what the document may be laid out like."""

    tag: str
    text: str
    children: tuple[Element, ...]


def parsed(document):
    def reduced(element):
        return Element(element.tag, (element.text or "").strip(" \n…"), tuple(map(reduced, element)))

    return reduced(ET.fromstring(document))


def section(path):
    return re.match(r"4\.\d+", path.name).group()


@pytest.mark.parametrize("number", CALLS)
def test_requests_are_those_of_the_document(service, web, fixtures, number):
    (path,) = [path for path in (fixtures / "yealink").glob("*-request.xml") if section(path) == number]
    printed = path.read_text(encoding="utf-8")
    if number in ("4.2", "4.7", "4.15"):
        printed = re.sub(r"CDATA\[0(/1)?\]", "CDATA[1]", printed)
    if number in ("4.4", "4.5", "4.14"):
        web.answer = refused("No device(s) exists") if number == "4.4" else accepted("Unknown")

    CALLS[number](service)

    (body,) = web.bodies
    assert parsed(body) == parsed(printed)


def test_every_request_of_the_document_is_sent_but_for_the_retired_ones(fixtures):
    printed = {section(path) for path in (fixtures / "yealink").glob("*-request.xml")}

    assert printed - set(CALLS) == {"4.11", "4.16"}


def test_the_retired_forms_are_never_sent(service, web):
    targets = [SERVER, Target("serverName", "https://a.example/", own=False), OWN, Target(None, "https://a/", own=True)]
    for target in targets:
        service.move([MAC], target)
        for override in (False, True):
            service.register([MAC], target, override=override)
            if service.bulk(target):
                service.register([MAC, OTHER], target, override=override)
                service.move([MAC, OTHER], target)

    called = {(parsed(body).children[0].text, len(parsed(body).children[1].children)) for body in web.bodies}
    assert ("redirect.editDevice", 2) in called
    assert not called & RETIRED


def test_authentication_and_content_type(service, web):
    service.remove([MAC])

    (head,) = web.heads
    assert head["Authorization"] == "Basic YWNtZTpzZWNyZXQ="
    assert head["Content-Type"] == "text/xml"


def test_a_url_alone_goes_with_an_empty_server_name(service, web):
    service.register([MAC], Target(None, "https://a.example/", own=True), override=False)

    values = [parameter.children[0].children[0].text for parameter in parsed(web.bodies[0]).children[1].children]
    assert values == ["00-15-65-00-00-01", "", "https://a.example/"]


ANSWERS = {
    "4.4.4.1": [True, ["00-11-22-33-44-02"]],
    "4.4.4.2": [False, "No device(s) exists"],
    "4.5.5.1": [True, "Registered"],
    "4.5.5.2": [False, "Error:Invalid MAC(s)"],
    "4.3.5.2": [False, "Error:Invalid MAC(s):001122334401"],
    "4.6.5.2": [False, "Error:Invalid MAC(s):00s1122334400\uff0c…"],
    "4.8.5.2": [False, "Error:Invalid MAC(s):001122334401"],
    "4.9.5.2": [False, "Error:The server name has been used"],
    "4.14.5.1": [True, "Registered", "http://www.test.com"],
    "4.14.5.2": [False, "Error:Invalid MAC(s)"],
}


def stripped(value):
    if isinstance(value, list):
        return [stripped(item) for item in value]
    return value.strip() if isinstance(value, str) else value


def test_answers_are_decoded_as_they_stand(fixtures):
    paths = sorted((fixtures / "yealink").glob("*-answer.xml"))
    assert len(paths) == 32
    for path in paths:
        good = path.name.endswith("1-answer.xml")
        usual = [True, "OK"] if good else [False, "Error:Invalid MAC(s):00s1122334400"]
        expected = ANSWERS.get(path.name.partition("-")[0], usual)
        assert stripped(decode(path.read_bytes())) == expected, path.name


@pytest.mark.parametrize(
    ("answer", "call", "meaning"),
    [
        ("4.1.5.1", "4.1", None),
        ("4.4.4.1", "4.4", ["001122334402"]),
        ("4.4.4.2", "4.4", []),
        ("4.5.5.1", "4.5", Observation("registered")),
        ("4.14.5.1", "4.14", Observation("registered", "http://www.test.com")),
        ("4.15.5.1", "4.15", None),
    ],
)
def test_what_the_printed_answers_mean(service, web, fixtures, answer, call, meaning):
    web.answer = (fixtures / "yealink" / f"{answer}-answer.xml").read_bytes()

    assert CALLS[call](service) == meaning


@pytest.mark.parametrize(
    ("answer", "call", "code"),
    [
        ("4.1.5.2", "4.1", "invalid_mac"),
        ("4.3.5.2", "4.3", "not_registered"),
        ("4.5.5.2", "4.5", "invalid_mac"),
        ("4.6.5.2", "4.6", "invalid_mac"),
        ("4.8.5.2", "4.8", "not_registered"),
        ("4.9.5.2", "4.9", "server_exists"),
        ("4.10.5.2", "4.10", "not_registered"),
        ("4.13.5.2", "4.13", "not_registered"),
        ("4.14.5.2", "4.14", "invalid_mac"),
        ("4.15.5.2", "4.15", "invalid_mac"),
    ],
)
def test_what_the_printed_refusals_mean(service, web, fixtures, answer, call, code):
    web.answer = (fixtures / "yealink" / f"{answer}-answer.xml").read_bytes()

    with pytest.raises(Refused) as caught:
        CALLS[call](service)

    assert caught.value.code == code
    assert caught.value.message.startswith("Error:")


@pytest.mark.parametrize("spell", [str, str.upper, str.lower, lambda text: f"\n  {text}\n"])
@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("Registered", "registered"),
        ("Unregistered", "unregistered"),
        ("Registered Elsewhere", "registered_elsewhere"),
        ("Unknown", "unknown"),
    ],
)
def test_statuses(service, web, told, status, spell):
    web.answer = accepted(spell(told))

    assert service.check(MAC, target=False) == Observation(status)
    assert service.check(MAC, target=True) == Observation(status)


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        ("<boolean>1</boolean>", "<boolean>0</boolean>"),
        ("<boolean> 1\n</boolean>", "<boolean>\n0 </boolean>"),
        ("<int>1</int>", "<int>0</int>"),
        ("1", " 0 "),
        ("true", "false"),
        (" True\n", "\nFALSE "),
    ],
)
def test_result_codes(service, web, yes, no):
    web.answer = ANSWER.format(yes, "OK").encode()
    service.remove([MAC])

    web.answer = ANSWER.format(no, "OK").encode()
    with pytest.raises(Refused):
        service.remove([MAC])


ELSEWHERE = """{}
Please check the MAC address you entered
 If you need to continue adding this MAC, please create a ticket on https://ticket.yealink.com.
We will review your complaint. You need to provide:
(1)Device MAC and SN
(2)Enterprise Name
(3)Firmware Version
(4)Login Account
 MAC({}) has been added to other enterprise."""
TEXTS = {
    "Invalid MAC(s)": "invalid_mac",
    "Invalid MAC": "invalid_mac",
    "Invalid MAC(s):00s1122334400": "invalid_mac",
    "Invalid server": "invalid_server",
    "Invalid server:serverName": "invalid_server",
    "The server name can only contain 'A-z 0-9 - _ . '(include space)": "invalid_server_name",
    "The server name can not be empty.": "invalid_server_name",
    "The server url can not be empty": "invalid_url",
    "The url can only begin with 'http://' or 'https://' or 'ftp://' or 'tftp://'": "invalid_url",
    "Invalid server url": "invalid_url",
    "Invalid serverUrl": "invalid_url",
    "The server name has been used": "server_exists",
    "Are you sure you want to override MAC addresses": "needs_override",
    f"Are you sure you want to override MAC addresses:{MAC},{OTHER}": "needs_override",
    "Only 0 or 1 can be used:1 to override, 0 to cancel": "invalid_input",
    "MAC address(es) overriding failed": "override_failed",
    "Repeated MAC(s):00000000000d": "repeated_mac",
    "The MAC is unknown": "unknown_mac",
    "No device(s) exists": "not_registered",
    "No devices found": "not_registered",
    ELSEWHERE.format(MAC, MAC): "owned_by_other_user",
    ELSEWHERE.format(f"{MAC}(MAC address)", MAC): "owned_by_other_user",
    f"{MAC} (MAC address)\nPlease contact us.": "owned_by_other_user",
    "00-15-65-00-00-01 Please contact us.": "owned_by_other_user",
    "MAC has been added to other enterprise.": "owned_by_other_user",
    "The service is closed for today": "service_error",
    "": "service_error",
}


@pytest.mark.parametrize("text", TEXTS)
def test_error_texts(service, web, text):
    spellings = [str, str.upper, str.lower, lambda words: words.replace(" ", "\n ")]
    for prefix, spell in product(["", "Error:", "Error: ", "ERROR:\n", " error:"], spellings):
        web.answer = refused(spell(f"{prefix}{text}"))

        with pytest.raises(Refused) as caught:
            service.register([MAC], SERVER, override=False)

        assert caught.value.code == TEXTS[text], web.answer
        assert caught.value.message.lower() == " ".join(f"{prefix}{text}".lower().split())


@pytest.mark.parametrize("number", ["4.3", "4.8", "4.10", "4.13"])
def test_an_invalid_mac_is_not_ours_where_it_must_be_registered(service, web, number):
    """4.3.3, 4.8.3, 4.10.3 and 4.13.3 word both alike, and every MAC that is sent is well-formed."""
    web.answer = refused(f"Error:Invalid MAC(s):{MAC}")

    with pytest.raises(Refused) as caught:
        CALLS[number](service)

    assert caught.value.code == "not_registered"
    assert caught.value.culprits[MAC].code == "not_registered"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Error:Invalid MAC(s):{}", "invalid_mac"),
        ("Error:Repeated MAC(s):{}", "repeated_mac"),
        ("Are you sure you want to override MAC addresses: {}", "needs_override"),
        ("Error: {}(MAC address)\nPlease check the MAC address you entered", "owned_by_other_user"),
        ("MAC({}) has been added to other enterprise.", "owned_by_other_user"),
    ],
)
def test_culprits(service, web, words, code):
    spellings = [str, str.upper, lambda mac: "-".join(re.findall("..", mac))]
    for separator, spell in product([",", ", ", "\uff0c", ";", "\n", " "], spellings):
        web.answer = refused(words.format(separator.join([spell(MAC), spell(OTHER)])))

        with pytest.raises(Refused) as caught:
            service.register([MAC, OTHER], SERVER, override=False)

        assert {mac: error.code for mac, error in caught.value.culprits.items()} == {MAC: code, OTHER: code}, web.answer


def test_a_refusal_that_is_no_text(service, web):
    web.answer = refused("<int>5</int>")

    with pytest.raises(RpsError) as caught:
        service.remove([MAC])

    assert caught.value.code == "protocol_error"


@pytest.mark.parametrize("name", ["berlin", "A-z 0-9 - _ . ", "x" * 64])
def test_server_names(name):
    Yealink.check_server_name(name)


@pytest.mark.parametrize("name", ["", "  ", "a/b", "münchen", "a\n", "a,b", "a\tb", "名"])
def test_no_server_names(name):
    with pytest.raises(ValueError, match=r"name"):
        Yealink.check_server_name(name)
