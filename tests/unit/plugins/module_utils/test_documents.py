# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The services as their vendors' documents print them: every request, every answer and every error text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import product
from typing import Any, NamedTuple

import pytest

from ansible_collections.voip.rps.plugins.module_utils._http.client import Client
from ansible_collections.voip.rps.plugins.module_utils._http.logins import BasicLogin
from ansible_collections.voip.rps.plugins.module_utils._http.xmlrpc import decode
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import Device, Observation, Target
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict
from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES

ANSWER = """<methodResponse><params><param><value><array><data><value>{}</value><value>{}</value></data></array></value>
</param></params></methodResponse>"""


def devices(*macs):
    return [Device(mac) for mac in macs]


def accepted(text="OK"):
    return ANSWER.format("<boolean>1</boolean>", text).encode()


def refused(text):
    return ANSWER.format("<boolean>0</boolean>", text).encode()


class Document(NamedTuple):
    """A vendor's document.

    C(section): the pattern of a section in a fixture's name; C(calls): what sends each section's request; C(retired):
    sections that are never sent; C(override): sections whose isOverride is printed as 0, and sent as 1; C(yes), C(no):
    what most answers hold; C(others): what the others do, by the fixture; C(meanings), C(refusals): what the printed
    answers mean, each by its fixture and section.
    """

    section: str
    calls: dict[str, Callable[[Any], Any]]
    yes: list[Any]
    no: list[Any]
    others: dict[str, Any]
    meanings: dict[tuple[str, str], Any]
    refusals: dict[tuple[str, str], str]
    retired: frozenset[str] = frozenset()
    override: tuple[str, ...] = ()


MAC, OTHER = "001565000001", "001565000002"
DASHED = "1a6f654d839b"
SERVER = Target("serverName", None, own=False)
OWN = Target("serverName", "http://httpconfig.vonag.net/xxxttyy", own=True)
YEALINK = Document(
    r"4\.\d+",
    {
        "4.1": lambda service: service.register(devices(MAC), SERVER, override=False),
        "4.2": lambda service: service.register(devices(MAC), SERVER, override=True),
        "4.3": lambda service: service.remove(devices("001122334401")),
        "4.4": lambda service: list(service.list_devices()),
        "4.5": lambda service: service.check(Device(MAC), target=False),
        "4.6": lambda service: service.register(devices(MAC, OTHER), SERVER, override=False),
        "4.7": lambda service: service.register(devices(MAC, OTHER), SERVER, override=True),
        "4.8": lambda service: service.remove(devices(MAC, OTHER)),
        "4.9": lambda service: service.add_server("serverName", "serverUrl"),
        "4.10": lambda service: service.move(devices(MAC), SERVER),
        "4.12": lambda service: service.register(devices(DASHED), OWN, override=False),
        "4.13": lambda service: service.move(devices(DASHED), OWN),
        "4.14": lambda service: service.check(Device("001122334400"), target=True),
        "4.15": lambda service: service.register(devices(DASHED), OWN, override=True),
    },
    [True, "OK"],
    [False, "Error:Invalid MAC(s):00s1122334400"],
    {
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
    },
    {
        ("4.1.5.1", "4.1"): None,
        ("4.4.4.1", "4.4"): ["001122334402"],
        ("4.4.4.2", "4.4"): [],
        ("4.5.5.1", "4.5"): Observation("registered"),
        ("4.14.5.1", "4.14"): Observation("registered", "http://www.test.com"),
        ("4.15.5.1", "4.15"): None,
    },
    {
        ("4.1.5.2", "4.1"): "invalid_mac",
        ("4.3.5.2", "4.3"): "not_registered",
        ("4.5.5.2", "4.5"): "invalid_mac",
        ("4.6.5.2", "4.6"): "invalid_mac",
        ("4.8.5.2", "4.8"): "not_registered",
        ("4.9.5.2", "4.9"): "server_exists",
        ("4.10.5.2", "4.10"): "not_registered",
        ("4.13.5.2", "4.13"): "not_registered",
        ("4.14.5.2", "4.14"): "invalid_mac",
        ("4.15.5.2", "4.15"): "invalid_mac",
    },
    retired=frozenset({"4.11", "4.16"}),
    override=("4.2", "4.7", "4.15"),
)
HTEK_MAC = "001fc1000001"
HTEK = Document(
    r"\d+",
    {
        "1": lambda service: service.register(devices(HTEK_MAC), SERVER, override=False),
        "2": lambda service: service.register(devices(HTEK_MAC), SERVER, override=True),
        "3": lambda service: service.remove(devices("001122334401")),
        "4": lambda service: list(service.list_devices()),
        "5": lambda service: service.check(Device(HTEK_MAC), target=True),
    },
    [True, "OK"],
    [False, "Error:Invalid MAC(s):00s1122334400"],
    {
        "3.5.2": [False, "Error:Invalid MAC(s):001122334401"],
        "4.4.1": [True, [""]],
        "4.4.2": [False, "No device(s) exists"],
        "5.5.1": [True, "Registered"],
        "5.5.2": [False, "Error:Invalid MAC(s)"],
    },
    {
        ("1.5.1", "1"): None,
        ("2.5.1", "2"): None,
        ("3.5.1", "3"): None,
        ("4.4.1", "4"): [],
        ("4.4.2", "4"): [],
        ("5.5.1", "5"): Observation("registered"),
    },
    {
        ("1.5.2", "1"): "invalid_mac",
        ("2.5.2", "2"): "invalid_mac",
        ("3.5.2", "3"): "not_registered",
        ("5.5.2", "5"): "invalid_mac",
    },
    override=("2",),
)
SNOM_MACS = ["000413610ff5", "000413610ff6", "000413610ff7"]
SNOM_URL = "http://provisioning.myserver.com/snom?mac={mac}"
SNOM_TARGET = Target(None, SNOM_URL, own=True)
SNOM = Document(
    r"[A-Za-z]+(-by-url)?",
    {
        "registerPhone": lambda service: service.register(devices(*SNOM_MACS[:1]), SNOM_TARGET, override=False),
        "deregisterPhone": lambda service: service.remove(devices(*SNOM_MACS[:1])),
        "getPhoneRedirection": lambda service: service.check(Device(SNOM_MACS[0]), target=True),
        "listPhones": lambda service: service.list_model("snomM700"),
        "listPhones-by-url": lambda service: service.list_model("snomM700", SNOM_URL),
        "checkPhone": lambda service: service.check(Device(SNOM_MACS[0]), target=False),
        "registerPhoneList": lambda service: service.register(devices(*SNOM_MACS), SNOM_TARGET, override=False),
        "deregisterPhoneList": lambda service: service.remove(devices(*SNOM_MACS)),
    },
    [True, "Ok"],
    [],
    {
        "getPhoneRedirection": ["Snom Technology GmbH", SNOM_URL],
        "listPhones": ["000413610ff5"],
        "listPhones-by-url": ["000413610ff5"],
    },
    {
        ("registerPhone", "registerPhone"): None,
        ("deregisterPhone", "deregisterPhone"): None,
        ("getPhoneRedirection", "getPhoneRedirection"): Observation(
            "registered", SNOM_URL, company="Snom Technology GmbH"
        ),
        ("listPhones", "listPhones"): ["000413610ff5"],
        ("listPhones-by-url", "listPhones-by-url"): ["000413610ff5"],
        ("checkPhone", "checkPhone"): Observation("registered"),
        ("registerPhoneList", "registerPhoneList"): None,
        ("deregisterPhoneList", "deregisterPhoneList"): None,
    },
    {},
)
DOCUMENTS = {"yealink": YEALINK, "htek": HTEK, "snom": SNOM}
SECTIONS = [(vendor, section) for vendor, document in DOCUMENTS.items() for section in document.calls]
MEANINGS = [(vendor, *printed) for vendor, document in DOCUMENTS.items() for printed in document.meanings.items()]
REFUSALS = [(vendor, *printed) for vendor, document in DOCUMENTS.items() for printed in document.refusals.items()]
NAMED_SERVERS = ["yealink", "htek"]


@pytest.fixture
def service(web, vendor):
    web.answer = accepted()
    return SERVICES[vendor](Client(web.url, SERVICES[vendor].headers, login=BasicLogin("acme", "secret"), retries=0))


class Element(NamedTuple):
    """An element of a document without what the document may be laid out like."""

    tag: str
    text: str
    children: tuple[Element, ...]


def parsed(document):
    def reduced(element):
        return Element(element.tag, (element.text or "").strip(" \n…"), tuple(map(reduced, element)))

    return reduced(ET.fromstring(document))


def printed(fixtures, vendor, what):
    """Return the fixtures of a vendor's requests or answers by their sections, the first of each."""
    paths: dict[str, Any] = {}
    for path in sorted((fixtures / vendor).glob(f"*-{what}.xml")):
        name = path.name.removesuffix(f"-{what}.xml")
        paths.setdefault(re.match(DOCUMENTS[vendor].section, name).group(), path)
    return paths


@pytest.mark.parametrize(("vendor", "section"), SECTIONS)
def test_requests_are_those_of_the_document(service, web, fixtures, vendor, section):
    request = printed(fixtures, vendor, "request")[section].read_text(encoding="utf-8")
    if section in DOCUMENTS[vendor].override:
        request = re.sub(r"CDATA\[0(/1)?\]", "CDATA[1]", request)
    web.answer = printed(fixtures, vendor, "answer")[section].read_bytes()

    DOCUMENTS[vendor].calls[section](service)

    (body,) = web.bodies
    assert parsed(body) == parsed(request)


@pytest.mark.parametrize("vendor", DOCUMENTS)
def test_every_request_of_the_document_is_sent_but_for_the_retired_ones(fixtures, vendor):
    document = DOCUMENTS[vendor]
    assert printed(fixtures, vendor, "request").keys() == document.calls.keys() | document.retired


@pytest.mark.parametrize("vendor", ["yealink"])
def test_the_retired_forms_are_never_sent(service, web):
    targets = [SERVER, Target("serverName", "https://a.example/", own=False), OWN, Target(None, "https://a/", own=True)]
    for target in targets:
        service.move(devices(MAC), target)
        for override in (False, True):
            service.register(devices(MAC), target, override=override)
            if not target.own:
                service.register(devices(MAC, OTHER), target, override=override)
                service.move(devices(MAC, OTHER), target)

    called = {(parsed(body).children[0].text, len(parsed(body).children[1].children)) for body in web.bodies}
    assert ("redirect.editDevice", 2) in called
    assert not called & {("redirect.editDevice", 3), ("redirect.editDeviceWithUniqueUrl", 4)}


@pytest.mark.parametrize("vendor", DOCUMENTS)
def test_authentication_and_content_type(service, web):
    service.remove(devices(MAC))

    (head,) = web.heads
    assert head["Authorization"] == "Basic YWNtZTpzZWNyZXQ="
    assert head["Content-Type"] == "text/xml"


def test_addresses():
    assert {vendor: SERVICES[vendor].default_url for vendor in DOCUMENTS} == {
        "yealink": "https://api-dm.yealink.com:8443/xmlrpc",
        "snom": "https://secure-provisioning.snom.com:8083/xmlrpc/",
        "htek": "https://rps.htek.com/index.php/xmlrpc",
    }


@pytest.mark.parametrize("vendor", ["yealink"])
def test_a_url_alone_goes_with_an_empty_server_name(service, web):
    service.register(devices(MAC), Target(None, "https://a.example/", own=True), override=False)

    values = [parameter.children[0].children[0].text for parameter in parsed(web.bodies[0]).children[1].children]
    assert values == ["00-15-65-00-00-01", "", "https://a.example/"]


@pytest.mark.parametrize("vendor", ["yealink"])
def test_the_url_of_a_device_that_is_not_ours_is_none_of_ours(service, web):
    web.answer = accepted("Registered Elsewhere</value><value>https://other.example/")

    assert service.check(Device(MAC), target=True) == Observation("registered_elsewhere")


def stripped(value):
    if isinstance(value, list):
        return [stripped(item) for item in value]
    return value.strip() if isinstance(value, str) else value


@pytest.mark.parametrize(("vendor", "count"), [("yealink", 32), ("htek", 10), ("snom", 8)])
def test_answers_are_decoded_as_they_stand(fixtures, vendor, count):
    document = DOCUMENTS[vendor]
    paths = sorted((fixtures / vendor).glob("*-answer.xml"))
    assert len(paths) == count
    for path in paths:
        name = path.name.removesuffix("-answer.xml")
        expected = document.others.get(name, document.no if name.endswith(".2") else document.yes)
        assert stripped(decode(path.read_bytes())) == expected, path.name


@pytest.mark.parametrize(("vendor", "where", "meaning"), MEANINGS)
def test_what_the_printed_answers_mean(service, web, fixtures, vendor, where, meaning):
    answer, section = where
    web.answer = (fixtures / vendor / f"{answer}-answer.xml").read_bytes()

    assert DOCUMENTS[vendor].calls[section](service) == meaning


@pytest.mark.parametrize(("vendor", "where", "code"), REFUSALS)
def test_what_the_printed_refusals_mean(service, web, fixtures, vendor, where, code):
    answer, section = where
    web.answer = (fixtures / vendor / f"{answer}-answer.xml").read_bytes()

    with pytest.raises(Refused) as caught:
        DOCUMENTS[vendor].calls[section](service)

    assert caught.value.code == code
    assert caught.value.message.startswith("Error:")


@pytest.mark.parametrize("vendor", NAMED_SERVERS)
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

    assert service.check(Device(MAC), target=False) == Observation(status)
    assert service.check(Device(MAC), target=True) == Observation(status)


@pytest.mark.parametrize("vendor", DOCUMENTS)
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
    service.remove(devices(MAC))

    web.answer = ANSWER.format(no, "OK").encode()
    with pytest.raises(Refused):
        service.remove(devices(MAC))


ELSEWHERE = """{}
Please check the MAC address you entered
 If you need to continue adding this MAC, please create a ticket on https://ticket.yealink.com.
We will review your complaint. You need to provide:
(1)Device MAC and SN
(2)Enterprise Name
(3)Firmware Version
(4)Login Account
 MAC({}) has been added to other enterprise."""
_NAMED_SERVERS_TEXTS = {
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
    # The end of section 4.15.
    ELSEWHERE.format(f"{MAC}(MAC address)", "").replace("MAC()", "MAC"): "owned_by_other_user",
    MAC: "owned_by_other_user",
    # What the documents say of the texts, should a service say that.
    "The serverUrl should not be empty": "invalid_url",
    "The serverName should not be empty": "invalid_server_name",
    "The serverName has existed": "server_exists",
    "The serverName contains illegal characters": "invalid_server_name",
    "The value of uniqueServerUrl does not begin with http/https/ftp/tftp": "invalid_url",
    "Invalid isOverride value": "invalid_input",
    "Failed to override the previous MAC address": "override_failed",
    "The MAC address has been registered by another RPS user": "needs_override",
    "MAC has not been added to RPS": "unknown_mac",
    "The MAC device does not belongs to you": "not_registered",
    "No registered devices found": "not_registered",
    "The service is closed for today": "service_error",
    "": "service_error",
}
_HTEK_TEXTS = {f"Existing MAC(s):{MAC}": "needs_override", "Existing MAC(s)": "needs_override"}
_SNOM_TEXTS = {
    "owned_by_other_user": "owned_by_other_user",
    "malformed_url": "invalid_url",
    "malformed_mac": "invalid_mac",
    "malformed_mac_list": "invalid_mac",
    "no_such_mac": "unknown_mac",
    "the service is closed for today": "service_error",
    "": "service_error",
}
_TEXTS = {"yealink": _NAMED_SERVERS_TEXTS, "htek": {**_NAMED_SERVERS_TEXTS, **_HTEK_TEXTS}, "snom": _SNOM_TEXTS}
TEXTS = [(vendor, *pair) for vendor, texts in _TEXTS.items() for pair in texts.items()]


@pytest.mark.parametrize(("vendor", "text", "code"), TEXTS)
def test_error_texts(service, web, vendor, text, code):
    target = SERVER if vendor in NAMED_SERVERS else SNOM_TARGET
    spellings = [str, str.upper, str.lower, lambda words: words.replace(" ", "\n ")]
    macs = {
        "bare": str,
        "dashed": lambda words: words.replace(MAC, "00-15-65-00-00-01").replace(OTHER, "00-15-65-00-00-02"),
        "colon": lambda words: words.replace(MAC, "00:15:65:00:00:01").replace(OTHER, "00:15:65:00:00:02"),
    }
    if MAC in text:
        spellings = [
            lambda words, mac=mac, spell=spell: spell(mac(words)) for mac in macs.values() for spell in spellings
        ]
    for prefix, spell in product(["", "Error:", "Error: ", "ERROR:\n", " error:"], spellings):
        web.answer = refused(spell(f"{prefix}{text}"))

        with pytest.raises(Refused) as caught:
            service.register(devices(MAC), target, override=False)

        assert caught.value.code == code, web.answer
        assert caught.value.message.lower() == " ".join(spell(f"{prefix}{text}").lower().split())


@pytest.mark.parametrize(("vendor", "section"), [*product(["yealink"], ["4.3", "4.8", "4.10", "4.13"]), ("htek", "3")])
def test_an_invalid_mac_is_not_ours_where_it_must_be_registered(service, web, vendor, section):
    """The documents word both alike there, and every MAC that is sent is well-formed."""
    web.answer = refused(f"Error:Invalid MAC(s):{MAC}")

    with pytest.raises(Refused) as caught:
        DOCUMENTS[vendor].calls[section](service)

    assert caught.value.code == "not_registered"
    assert caught.value.culprits[MAC].code == "not_registered"


@pytest.mark.parametrize("vendor", ["snom"])
@pytest.mark.parametrize("text", ["Error:no_such_mac", "Error:owned_by_other_user"])
@pytest.mark.parametrize("section", ["deregisterPhone", "deregisterPhoneList"])
def test_what_is_not_ours_cannot_be_released(service, web, section, text):
    web.answer = refused(text)

    with pytest.raises(Refused) as caught:
        SNOM.calls[section](service)

    assert caught.value.verdict is Verdict.ALREADY


@pytest.mark.parametrize("vendor", ["snom"])
@pytest.mark.parametrize("target", [False, True])
@pytest.mark.parametrize(
    ("text", "status"), [("Error:owned_by_other_user", "registered_elsewhere"), ("Error:no_such_mac", "unknown")]
)
def test_whose_a_phone_is(service, web, target, text, status):
    web.answer = refused(text)

    assert service.check(Device(MAC), target=target) == Observation(status)


@pytest.mark.parametrize("vendor", NAMED_SERVERS)
@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Error:Invalid MAC(s):{}", "invalid_mac"),
        ("Error:Repeated MAC(s):{}", "repeated_mac"),
        ("Existing MAC(s): {}", "needs_override"),
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
            service.register(devices(MAC, OTHER), SERVER, override=False)

        assert {mac: error.code for mac, error in caught.value.culprits.items()} == {MAC: code, OTHER: code}, web.answer


_MEMBER = "<member><name>{}</name><value><string>{}</string></value></member>"
_PAIRS = {
    "000413250c24": ("Error:malformed_url", "invalid_url"),
    "000413250c25": ("Error:malformed_mac", "invalid_mac"),
    "000413250c26": ("Error:owned_by_other_user", "owned_by_other_user"),
}


@pytest.mark.parametrize("vendor", ["snom"])
@pytest.mark.parametrize("spell", [str, str.upper])
@pytest.mark.parametrize(
    "told",
    [
        "{000413250c24: Error:malformed_url, 000413250c25: Error:malformed_mac,"
        "000413250c26: Error:owned_by_other_user}",
        "{'000413250c24': 'Error:malformed_url', '000413250c25': 'Error:malformed_mac',\n"
        "'000413250c26': 'Error: owned_by_other_user'}",
        f"<struct>{''.join(_MEMBER.format(mac, words) for mac, (words, _code) in _PAIRS.items())}</struct>",
    ],
    ids=["printed", "quoted", "struct"],
)
def test_culprits_with_an_error_each(service, web, told, spell):
    for mac in _PAIRS:
        told = told.replace(mac, spell(mac))
    web.answer = refused(told)

    with pytest.raises(Refused) as caught:
        service.register(devices(*_PAIRS), SNOM_TARGET, override=False)

    codes = {mac: error.code for mac, error in caught.value.culprits.items()}
    assert codes == {mac: code for mac, (_words, code) in _PAIRS.items()}


@pytest.mark.parametrize("vendor", ["snom"])
@pytest.mark.parametrize("spell", [str, str.upper, "<string>{}</string>".format, " {}\n".format])
def test_lists_of_phones(service, web, spell):
    web.answer = ANSWER.format(*map(spell, SNOM_MACS[:2])).encode()
    assert service.list_model("snomM700") == SNOM_MACS[:2]

    listed = "<array><data>{}</data></array>".format("".join(f"<value>{spell(mac)}</value>" for mac in SNOM_MACS))
    web.answer = accepted(listed)
    assert service.list_model("snomM700") == SNOM_MACS


@pytest.mark.parametrize("vendor", DOCUMENTS)
def test_a_refusal_that_is_no_text(service, web):
    web.answer = refused("<int>5</int>")

    with pytest.raises(RpsError) as caught:
        service.remove(devices(MAC))

    assert caught.value.code == "protocol_error"


@pytest.mark.parametrize("vendor", NAMED_SERVERS)
@pytest.mark.parametrize("name", ["berlin", "A-z 0-9 - _ . ", "x" * 64])
def test_server_names(vendor, name):
    SERVICES[vendor].check_server_name(name)


@pytest.mark.parametrize("vendor", NAMED_SERVERS)
@pytest.mark.parametrize("name", ["", "  ", "a/b", "münchen", "a\n", "a,b", "a\tb", "名"])
def test_no_server_names(vendor, name):
    with pytest.raises(ValueError, match=r"name"):
        SERVICES[vendor].check_server_name(name)
