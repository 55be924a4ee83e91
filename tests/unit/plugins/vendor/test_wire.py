# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


"""What is sent to the services of clients' notes, byte for byte where they print it, and what their answers mean."""

from __future__ import annotations

import base64
import hashlib
import xmlrpc.client
from itertools import product
from typing import Any

import pytest

from ansible_collections.voip.rps.plugins.module_utils._http.client import Client
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import Device, NamedServer, Observation, Target
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict
from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES

OPTIONS = {"username": "acme", "password": "secret"}
MACS = {"panasonic": "0080f0abcdef", "gigaset": "7c2f80abcdef", "fanvil": "0c383e000001", "auerswald": "000952000001"}
URL = Target(None, "https://prov.example.com/", own=True)
SERVER = Target("berlin", None, own=False)


@pytest.fixture
def service(web):
    def made(provider, **options):
        kind = SERVICES[provider]
        given = {**OPTIONS, **options}
        return kind.of(Client(web.url, kind.headers, login=kind.login_of(given), retries=0), given)

    return made


def answer(*values: Any) -> bytes:
    """An answer with this one value, or with an array of several."""
    value = values[0] if len(values) == 1 else list(values)
    return xmlrpc.client.dumps((value,), methodresponse=True, allow_none=True).encode()


def fault(code: int, text: str) -> bytes:
    return xmlrpc.client.dumps(xmlrpc.client.Fault(code, text)).encode()


def target_of(provider: str) -> Target:
    return SERVER if SERVICES[provider].can.named_servers else URL


def write(service: Any, what: str, **attributes: str) -> None:
    mac = MACS[service.provider]
    device = Device(mac, attributes=attributes)
    if what == "register":
        service.register([device], target_of(service.provider), override=False)
    else:
        service.remove([device])


def told(call: Any) -> tuple[str, Verdict]:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.code, caught.value.verdict


@pytest.mark.parametrize(
    ("provider", "url", "attributes", "options"),
    [
        ("panasonic", "https://prov.example.com/{MAC}.cfg", {}, {}),
        (
            "gigaset",
            "https://prov.example.com/%MACD.xml",
            {"mac_id": "7c2f80abcdef-ab12"},
            {"profile_name": "Example Telecom"},
        ),
    ],
)
def test_requests_as_they_are_printed(service, web, fixtures, provider, url, attributes, options):
    web.answer = answer(True, "") if provider == "gigaset" else answer(True)
    target = SERVICES[provider].spelled_target(Target(None, url, own=True))

    service(provider, **options).register([Device(MACS[provider], target, attributes)], target, override=False)

    (request,) = (fixtures / provider).glob("*-request.xml")
    assert xmlrpc.client.loads(web.bodies[0]) == xmlrpc.client.loads(request.read_bytes())
    assert web.heads[0]["Content-Type"] == "text/xml"


def test_answers_as_they_are_printed(service, web, fixtures):
    web.answer = (fixtures / "panasonic" / "registerPhone-answer.xml").read_bytes()
    write(service("panasonic"), "register")
    web.answer = (fixtures / "panasonic" / "getPhone-refusal.xml").read_bytes()
    assert service("panasonic").check(Device(MACS["panasonic"]), target=True) == Observation("unknown")
    web.answer = (fixtures / "gigaset" / "registerDevice-refusal.xml").read_bytes()
    assert told(lambda: write(service("gigaset"), "register")) == ("owned_by_other_user", Verdict.ELSEWHERE)


@pytest.mark.parametrize(
    ("provider", "address"),
    [
        ("panasonic", "https://provisioning.e-connecting.net/redirect/xmlrpc"),
        ("gigaset", "https://prov.gigaset.net/apxml/rpc.do"),
        ("fanvil", "https://fdps.fanvil.com/xmlrpc.php"),
        ("auerswald", "https://provisioning.auerswald.de/xmlrpc/"),
        ("akuvox", ""),
    ],
)
def test_addresses(provider, address):
    assert SERVICES[provider].default_url == address


_DEVICES, _ALREADY, _ELSEWHERE, _BATCH = Verdict.DEVICES, Verdict.ALREADY, Verdict.ELSEWHERE, Verdict.BATCH
PANASONIC = {
    ("register", 100): ("invalid_url", _BATCH),
    ("register", 200): ("invalid_mac", _DEVICES),
    ("register", 201): ("invalid_mac", _DEVICES),
    ("register", 202): ("owned_by_other_user", _ELSEWHERE),
    ("remove", 200): ("invalid_mac", _DEVICES),
    ("remove", 201): ("not_registered", _ALREADY),
    ("remove", 202): ("owned_by_other_user", _ALREADY),
    ("remove", 203): ("not_registered", _ALREADY),
    ("remove", 999): ("service_error", Verdict.UNCLEAR),
}


@pytest.mark.parametrize(("what", "number"), PANASONIC)
@pytest.mark.parametrize("text", ["", "0080F0ABCDEF:Invalid MAC address", "Invalid XML format"])
def test_panasonics_codes_by_method(service, web, what, number, text):
    web.answer = fault(number, text)

    assert told(lambda: write(service("panasonic"), what)) == PANASONIC[what, number]


@pytest.mark.parametrize(
    ("text", "code"),
    [("Invalid XML format", "invalid_input"), ("internal error", "service_error"), ("", "service_error")],
)
def test_panasonics_code_1_is_that_of_others_too(service, web, text, code):
    web.answer = fault(1, text)

    assert told(lambda: write(service("panasonic"), "register"))[0] == code


@pytest.mark.parametrize("number", [1, -32601, 201])
def test_a_method_that_is_missing_has_no_code_of_its_own(service, web, number):
    web.answer = fault(number, "Unknown method")

    assert told(lambda: write(service("panasonic"), "remove"))[0] == "unsupported"


def test_a_fault_about_the_login_is_no_refusal(service, web):
    web.answer = fault(401, "Authentication failed")

    with pytest.raises(RpsError) as caught:
        write(service("panasonic"), "register")
    assert caught.value.code == "auth_failed"
    assert not isinstance(caught.value, Refused)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ([{"faultCode": 0, "faultString": ""}], "registered"),
        ([{"faultCode": "0"}], "registered"),
        ({"faultCode": 0, "faultString": "ok"}, "registered"),
        ([{"faultCode": 201, "faultString": ""}], "unknown"),
        ([{"faultCode": 202, "faultString": "x"}], "registered_elsewhere"),
    ],
)
def test_what_check_phones_says(service, web, said, status):
    web.answer = answer(said)

    assert service("panasonic").check(Device(MACS["panasonic"]), target=False) == Observation(status)


@pytest.mark.parametrize("said", [[], "yes", True, [True], [{}], [{"faultCode": "x"}], [{"faultCode": 200}]])
def test_what_check_phones_does_not_say(service, web, said):
    web.answer = answer(said)

    with pytest.raises(RpsError):
        service("panasonic").check(Device(MACS["panasonic"]), target=False)


@pytest.mark.parametrize(
    ("phone", "url"),
    [
        ({"mac": "0080F0ABCDEF", "url": " https://a.example/ ", "profile": "old"}, "https://a.example/"),
        ({"mac": "0080F0ABCDEF", "url": "", "profile": "old"}, None),
        ({"mac": "0080F0ABCDEF", "url": "", "profile": ""}, ""),
        ({"mac": "0080F0ABCDEF"}, None),
    ],
)
def test_what_get_phone_says(service, web, phone, url):
    web.answer = answer(phone)

    seen = service("panasonic").check(Device(MACS["panasonic"]), target=True)

    assert (seen.status, seen.url) == ("registered", url)


def test_another_phone_than_was_asked_for(service, web):
    web.answer = answer({"mac": "0080F0ABCDE0", "url": "https://a.example/"})

    with pytest.raises(RpsError, match="no documentation describes"):
        service("panasonic").check(Device(MACS["panasonic"]), target=True)


GIGASET = {
    ("register", "mac_not_found"): ("unknown_mac", _DEVICES),
    ("register", "mac_invalid"): ("invalid_mac", _DEVICES),
    ("register", "mac_not_exist"): ("unknown_mac", _DEVICES),
    ("register", "mac_already_in_use"): ("owned_by_other_user", _ELSEWHERE),
    ("register", "url_invalid"): ("invalid_url", _BATCH),
    ("register", "name_invalid"): ("invalid_input", _BATCH),
    ("register", "another"): ("service_error", Verdict.UNCLEAR),
    ("remove", "mac_not_found"): ("not_registered", _ALREADY),
    ("remove", "mac_invalid"): ("invalid_mac", _DEVICES),
    ("remove", "mac_not_exist"): ("unknown_mac", _DEVICES),
    ("remove", "another"): ("service_error", Verdict.UNCLEAR),
}


@pytest.mark.parametrize(("what", "word"), GIGASET)
@pytest.mark.parametrize("spell", ["{}:7C2F80ABCDEF", "{}", " {} : what follows, is: ignored", "{}:"])
def test_gigasets_words(service, web, what, word, spell):
    web.answer = answer(False, spell.format(word))

    assert told(lambda: write(service("gigaset"), what)) == GIGASET[what, word]


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ((True, ""), "registered"),
        ((True, "whatever"), "registered"),
        ((True, None), "registered"),
        ((True, "7C2F80ABCDEF"), "registered"),
        ((False, "7C2F80ABCDEF"), "registered"),
        ((False, "7c2f80abcdef"), "registered"),
        ((False, "7C2F80ABCDEF-AB12"), "registered"),
        ((False, "mac_not_found:7C2F80ABCDEF"), "unknown"),
        ((True, "mac_not_found:7C2F80ABCDEF"), "unknown"),
    ],
)
def test_what_check_device_says(service, web, values, status):
    web.answer = answer(*values)
    device = Device(MACS["gigaset"], attributes={"mac_id": "7C2F80ABCDEF-AB12"})

    assert service("gigaset").check(device, target=False) == Observation(status)


@pytest.mark.parametrize("result", [True, False])
@pytest.mark.parametrize("text", ["ok", "OK", " ok "])
def test_ok_is_a_removal_whatever_stands_beside_it(service, web, result, text):
    web.answer = answer(result, text)

    write(service("gigaset"), "remove")


def test_a_refusal_of_a_mac_address_asks_for_the_mac_id(service, web):
    web.answer = answer(False, "mac_not_exist:7C2F80ABCDEF")

    with pytest.raises(Refused, match="column mac_id"):
        write(service("gigaset"), "register")
    with pytest.raises(Refused, match="is the mac_id right"):
        write(service("gigaset"), "register", mac_id="7C2F80ABCDEF-AB12")


FANVIL = {
    ("register", "server_not_exist"): ("invalid_server", Verdict.SERVER),
    ("register", "server_not_existed"): ("invalid_server", Verdict.SERVER),
    ("register", "device_had_existed"): ("owned_by_other_user", Verdict.REGISTERED),
    ("register", "mac_format_error"): ("invalid_mac", _DEVICES),
    ("register", "another"): ("service_error", Verdict.UNCLEAR),
    ("remove", "device_not_exist"): ("not_registered", _ALREADY),
    ("add", "server_had_existed"): ("server_exists", _ALREADY),
    ("add", "url_format_error"): ("invalid_url", _BATCH),
    ("delete", "server_not_exist"): ("invalid_server", _ALREADY),
    ("delete", "server_not_existed"): ("invalid_server", _ALREADY),
}


@pytest.mark.parametrize(("what", "words"), FANVIL)
def test_fanvils_words(service, web, what, words):
    fanvil = service("fanvil")
    calls = {
        "add": lambda: fanvil.add_server("berlin", "https://prov.example.com/"),
        "delete": lambda: fanvil.delete_server("berlin"),
    }
    for prefix, result in product(("Error:", "Error: ", "", "ERROR :"), (False, True)):
        # One that no client knows is no refusal beside true.
        if not (result and words == "another"):
            web.answer = answer(result, f"{prefix}{words}")
            assert told(calls.get(what, lambda: write(fanvil, what))) == FANVIL[what, words]


@pytest.mark.parametrize("said", ["", "server_add_success", "done!", None])
def test_true_is_a_success_whatever_stands_beside_it(service, web, said):
    web.answer = answer(True, said)

    write(service("fanvil"), "register")


def test_fanvils_password_is_hashed_twice(service, web):
    once = hashlib.md5(b"secret").hexdigest()
    web.answer = answer(True, "")

    write(service("fanvil"), "register")

    pair = base64.b64decode(web.heads[0]["Authorization"].partition(" ")[2]).decode()
    assert pair == f"acme:{hashlib.md5(once.encode()).hexdigest()}"


@pytest.mark.parametrize(
    ("url", "host", "path", "number"),
    [
        ("https://prov.example.com/a/b.cfg", "prov.example.com", "a/b.cfg", "5"),
        ("HTTP://prov.example.com:8080/", "prov.example.com:8080", "", "4"),
        ("http://prov.example.com", "prov.example.com", "", "4"),
        ("ftp://[::1]:21/x", "[::1]:21", "x", "1"),
        ("tftp://h//x", "h", "/x", "2"),
        ("https://h/a?b=c/d#e", "h", "a?b=c/d#e", "5"),
        ("https://h?b=c/d", "h", "?b=c/d", "5"),
    ],
)
def test_a_server_is_added_in_parts(service, web, url, host, path, number):
    web.answer = answer(True, "")
    fanvil = service("fanvil")

    fanvil.add_server("berlin", url)

    assert xmlrpc.client.loads(web.bodies[0]) == (
        (
            [
                "cfgName=berlin",
                "cfgPfMode=1",
                "cfgDhcpOpt=false",
                "cfgPnpEnable=false",
                f"cfgPfSrv={host}",
                f"cfgPfName={path}",
                f"cfgPfProt={number}",
            ],
        ),
        "redirect.addMaterialServer",
    )
    assert bool(fanvil.warnings) == ("?" in url)


def test_a_server_with_a_password_is_not_added(service, web):
    fanvil = service("fanvil")

    assert told(lambda: fanvil.add_server("berlin", "https://u:p@h.example/"))[0] == "invalid_url"
    assert web.bodies == []


@pytest.mark.parametrize(
    ("said", "servers"),
    [
        ("[]", []),
        ("", []),
        (None, []),
        ('["berlin", "paris"]', [NamedServer("berlin", None), NamedServer("paris", None)]),
        ('[{"id": 1, "name": "a", "url": "https://h/x"}]', [NamedServer("a", "https://h/x")]),
        ("[{&#34;serverName&#34;: &#34;a&#34;}]", [NamedServer("a", None)]),
        ("[{&quot;name&quot;: &quot;a&quot;}]", [NamedServer("a", None)]),
        ('{"total": 1, "list": [{"group": "a"}]}', [NamedServer("a", None)]),
        (
            '[{"cfgName": "a", "cfgPfSrv": "h:1", "cfgPfName": "x/y", "cfgPfProt": 4}]',
            [NamedServer("a", "http://h:1/x/y")],
        ),
        ('[{"name": "a &#38; b"}]', [NamedServer("a &#38; b", None)]),
    ],
)
def test_servers_are_listed_in_json(service, web, said, servers):
    web.answer = answer(True, said)

    assert service("fanvil").list_servers() == servers


@pytest.mark.parametrize("said", ["<html>", "[1]", "7", '[{"x": 1}]', '[{"name": ""}]', "[" * 5000, "[[]]"])
def test_what_is_no_list_of_servers(service, web, said):
    web.answer = answer(True, said)

    with pytest.raises(RpsError) as caught:
        service("fanvil").list_servers()
    assert caught.value.code == "protocol_error"


@pytest.mark.parametrize("said", [True, 1, "1", [True]])
def test_auerswalds_yes(service, web, said):
    web.answer = answer(said)

    write(service("auerswald"), "register")
    write(service("auerswald"), "remove")


@pytest.mark.parametrize("said", [False, 0])
def test_auerswalds_no(service, web, said):
    web.answer = answer(said)

    assert told(lambda: write(service("auerswald"), "register")) == ("owned_by_other_user", _ELSEWHERE)
    assert told(lambda: write(service("auerswald"), "remove")) == ("service_error", Verdict.UNCLEAR)


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ({"mac": "000952000001"}, Observation("registered")),
        ({"mac": "00-09-52-00-00-01", "url": "https://a/", "x": 1}, Observation("registered", "https://a/")),
        ({"mac": "000952000001", "url": 5}, Observation("registered")),
        *[(said, Observation("unknown")) for said in (False, 0, "", {}, [], None, {"mac": ""}, "000952000001")],
    ],
)
def test_what_device_info_says(service, web, said, seen):
    web.answer = answer(said)

    assert service("auerswald").check(Device(MACS["auerswald"]), target=True) == seen


def test_a_fault_is_shown_as_it_came(service, web):
    web.answer = fault(17, "device is in maintenance")

    with pytest.raises(Refused, match="fault 17: device is in maintenance"):
        write(service("auerswald"), "register")


def test_auerswalds_placeholder_is_escaped_on_the_wire(service, web):
    web.answer = answer(True)
    target = SERVICES["auerswald"].spelled_target(Target(None, "https://h/{mac}.xml", own=True))

    service("auerswald").register([Device(MACS["auerswald"])], target, override=False)

    assert b"https://h/&lt;MACADR&gt;.xml" in web.bodies[0]
    assert xmlrpc.client.loads(web.bodies[0])[0] == ("000952000001", "https://h/<MACADR>.xml")


@pytest.mark.parametrize("provider", ["panasonic", "auerswald"])
@pytest.mark.parametrize("said", ["OK", 7, [], {}, [[True]], None])
def test_what_is_no_answer_to_a_write(service, web, provider, said):
    web.answer = answer(said)

    with pytest.raises(RpsError) as caught:
        write(service(provider), "register")
    assert (caught.value.code, caught.value.in_doubt) == ("protocol_error", True)
