# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What XML-RPC servers of other makes say, as a fault or as a text after false: a missing method, a refused login."""

from __future__ import annotations

from itertools import product
from xml.sax.saxutils import escape

import pytest

from ansible_collections.voip.rps.plugins.module_utils._http.client import Client
from ansible_collections.voip.rps.plugins.module_utils._http.logins import BasicLogin
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import Device, Observation, Target
from ansible_collections.voip.rps.plugins.module_utils._pure.refusals import general_code, is_fine
from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES
from ansible_collections.voip.rps.plugins.module_utils._services.result_codes import ResultCodeService

FAULT = """<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>{}</int></value></member>
<member><name>faultString</name><value><string>{}</string></value></member></struct></value></fault></methodResponse>"""
TEXT = """<methodResponse><params><param><value><array><data><value><boolean>0</boolean></value><value>{}</value></data>
</array></value></param></params></methodResponse>"""

NO_SUCH_METHOD = [
    (0, "No such handler: redirect.checkDeviceExt"),
    (0, "No method matching arguments: java.lang.String, java.lang.String"),
    (0, 'java.lang.Exception: RPC handler object "redirect" not found and no default handler registered.'),
    (0, "java.lang.NoSuchMethodException: Redirect.checkDeviceExt(java.lang.String)"),
    (1, "This is not a known method for this XML-RPC Server"),
    (3, "Incorrect parameters were passed to method"),
    (3, "Incorrect parameters passed to method: Wanted 2, got 3 at param 2"),
    (1, "Unknown method"),
    (8001, "procedure redirect.checkDeviceExt not found"),
    (8001, "no such subHandler redirect"),
    (8001, "x"),
    (1, "Method redirect.checkDeviceExt missing or wrong number of parameters!"),
    (-506, "Method 'redirect.checkDeviceExt' not defined"),
    (-506, "x"),
    (1, "<class 'Exception'>:method \"redirect.checkDeviceExt\" is not supported"),
    (1, "<class 'TypeError'>:registerDevice() takes 3 positional arguments but 4 were given"),
    (-32601, "server error. requested method redirect.checkDeviceExt does not exist."),
    (-32601, "server error. method not found.\n\nredirect.checkDeviceExt not found"),
    (-32601, "x"),
    (3, "Unknown method: redirect.checkDeviceExt"),
    (3, "no such method `redirect.checkDeviceExt'"),
    (302, "Unknown method: redirect.checkDeviceExt"),
    (0, "Failed to locate method (checkDeviceExt) in class (redirect) at /usr/lib/perl5/SOAP/Lite.pm"),
    (620, 'Method "redirect.checkDeviceExt" does not exist'),
    (620, "Method does not exist"),
    (623, "Calling parameters do not match signature"),
    (0, "unsupported method called: redirect.checkDeviceExt"),
    (0, "Request contains too many param elements based on method signature."),
    (-1, "redirect.checkDeviceExt: unknown method name"),
    (-32601, "server error: requested method not found"),
    (-1, "Unknown call: {call,'redirect.checkDeviceExt',[]}"),
    (2, "rpc: can't find service redirect.checkDeviceExt"),
    (0, "The method redirect.checkDeviceExt is not implemented"),
    (0, "redirect.checkDeviceExt does not exist"),
]
LOGIN_REFUSED = [
    (0, "Authentication failed"),
    (0, "Error: Authentication failed"),
    (0, "Access denied"),
    (0, "Error:Access is denied."),
    (0, "Invalid username or password"),
    (0, "The user name or password is incorrect."),
    (0, "Username or password error"),
    (0, "Wrong password"),
    (0, "Login failed"),
    (0, "Login incorrect"),
    (0, "Unauthorized"),
    (0, "401 Unauthorised"),
    (0, "Bad credentials"),
    (0, "Invalid credentials for user acme"),
    (0, "Unknown user"),
    (0, "Your account has been locked"),
    (0, "The account is disabled"),
    (0, "Please log in first"),
    (0, "You are not logged in"),
    (0, "Authentication required"),
    (0, "Authentication credentials were not provided."),
    (401, "no"),
]
OTHER = [
    (1, "internal error"),
    (2, "the MAC is not known to any method of ours"),
    (0, "service closed for today"),
    (0, "Method of payment: invoice"),
    (0, "database: table method_log missing"),
    (0, "Access denied for 001565000001"),
    (0, "Device 00-15-65-00-00-01: login failed"),
    (0, "(4)Login Account"),
    (-32500, "application error"),
]


def answers():
    """Return what each vendor's service is asked, each refusal, and whether it is a fault or a text."""
    for number, words in NO_SUCH_METHOD + LOGIN_REFUSED + OTHER:
        yield number, words, FAULT.format(number, escape(words))
        if words not in ("x", "no"):
            yield number, words, TEXT.format(escape(words))
            yield number, words, TEXT.format(escape(words.upper()))


def code_of(number, words):
    if (number, words) in NO_SUCH_METHOD:
        return "unsupported"
    return "auth_failed" if (number, words) in LOGIN_REFUSED else "service_error"


@pytest.fixture
def service(web, vendor):
    return SERVICES[vendor](Client(web.url, SERVICES[vendor].headers, login=BasicLogin("acme", "secret"), retries=3))


@pytest.mark.parametrize("vendor", ["yealink", "snom", "htek"])
def test_refusals_in_every_servers_words(web, vendor):
    for number, words, answer in answers():
        if "<fault>" not in answer and not issubclass(SERVICES[vendor], ResultCodeService):
            continue
        service = SERVICES[vendor](
            Client(web.url, SERVICES[vendor].headers, login=BasicLogin("acme", "secret"), retries=3)
        )
        web.answer = answer.encode()

        with pytest.raises(RpsError) as caught:
            service.remove(devices("001565000009"))

        assert caught.value.code == code_of(number, words), answer
        assert service.client.requests == 1
        # What is about the login is about no device: the run ends with it.
        assert isinstance(caught.value, Refused) == (caught.value.code != "auth_failed"), answer


@pytest.mark.parametrize("words", ["", "x", "Registered", "a" * 10_000, "method " * 10_000, "00 " * 10_000])
def test_other_words_have_no_code(words):
    assert general_code(words) is None


@pytest.mark.parametrize(
    "words",
    [
        *(
            "",
            "OK",
            "ok",
            "Ok.",
            " OK \n",
            "Success",
            "success!",
            "Done",
            "Registered",
            "registered.",
            "TRUE",
            "1",
            "0",
        ),
        *("3", "1.0", "The MAC address is registered successfully.", "OK: The MAC address has been deregistered"),
        *("OK:001565000001,001565000002", "Registered: 00-15-65-00-00-01", "MAC address has been registered"),
        "OK: " + "001565000001, " * 500,
        *("Removed", "added", "Device updated", "3 devices registered"),
    ],
)
def test_words_that_all_went_well(words):
    assert is_fine(words)


@pytest.mark.parametrize(
    "words",
    [
        *("Error", "Error:Invalid MAC(s):001565000001", "Registered Elsewhere", "unsuccessful", "not successful"),
        *("OK, but 001565000001 failed", "Unknown", "Unregistered devices: error", "001565000001", "Bonjour"),
        *("Registered with errors", "Are you sure you want to override", "malformed_mac", "2 of 3 registered"),
        *("OK " + "x" * 5000, "OK: " + "001565000001, " * 500 + "but one failed", "001565000001, " * 500),
        *("Error:owned_by_other_user", "No devices found", "Existing MAC(s):001565000001"),
    ],
)
def test_words_that_do_not_say_so(words):
    assert not is_fine(words)


MAC = "001565000001"
SERVER, OWN = Target("berlin", None, own=False), Target("berlin", "https://a.example/", own=True)
MISSING = FAULT.format(-32601, "no such method").encode()


def devices(*macs):
    return [Device(mac) for mac in macs]


def methods(web):
    return [body.decode().split("<methodName>redirect.")[1].split("<")[0] for body in web.bodies]


@pytest.mark.parametrize(
    ("vendor", "call", "expected"),
    [
        ("yealink", lambda service: service.check(Device(MAC), target=True), ["checkDeviceExt", "checkDevice"]),
        ("yealink", lambda service: service.move(devices(MAC), SERVER), ["editDevice", "registerDevice"]),
        (
            "yealink",
            lambda service: service.move(devices(MAC), OWN),
            ["editDeviceWithUniqueUrl", "registerDeviceWithUniqueUrl"],
        ),
        ("htek", lambda service: service.move(devices(MAC), SERVER), ["editDevice", "registerDevice"]),
        ("snom", lambda service: service.check(Device(MAC), target=True), ["getPhoneRedirection", "checkPhone"]),
    ],
)
@pytest.mark.parametrize("words", [FAULT.format(0, "No such handler: x"), TEXT.format("Unknown method: x")])
def test_fallbacks_are_taken_and_remembered(service, web, call, expected, words):
    web.answer = words.encode()

    for _again in range(2):
        with pytest.raises(Refused) as caught:
            call(service)
        assert caught.value.code == "unsupported"

    # Both are known to be missing now, and neither is asked for again.
    assert methods(web) == expected


@pytest.mark.parametrize("vendor", ["yealink", "snom"])
def test_a_target_that_cannot_be_told_is_none(vendor, run, simulator):
    simulator.seed({"accounts": [{"name": "acme", "password": "secret", "provider": vendor}]})
    mac = {"yealink": MAC, "snom": "000413900001"}[vendor]
    simulator.seed({"devices": [{"account": "acme", "mac": mac, "server": None, "url": "https://a.example/"}]})
    simulator.settings(missing_methods=["checkDeviceExt", "getPhoneRedirection"])
    headers = SERVICES[vendor].headers
    service = SERVICES[vendor](Client(simulator.endpoint(vendor), headers, login=BasicLogin("acme", "secret")))

    assert service.check(Device(mac), target=True) == Observation("registered", None)
    assert service.check(Device(mac), target=True) == Observation("registered", None)
    assert service.client.requests == 3


@pytest.mark.parametrize("vendor", ["yealink", "htek"])
def test_the_fallback_of_an_edit_overrides_what_is_known_to_be_ours(service, web, vendor):
    web.answer = MISSING
    with pytest.raises(Refused):
        service.move(devices(MAC), SERVER)

    assert b"<string>1</string>" in web.bodies[1]


@pytest.mark.parametrize(("vendor", "override"), list(product(["yealink", "htek"], [False, True])))
def test_nothing_is_overridden_that_the_user_did_not_say(service, web, override):
    web.answer = MISSING
    with pytest.raises(Refused):
        service.register(devices(MAC), SERVER, override=override)

    assert len(web.bodies) == 1
    assert (b"<string>1</string>" in web.bodies[0]) == override
