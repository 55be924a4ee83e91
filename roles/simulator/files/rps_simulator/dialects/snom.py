# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snom's service, after its page on the XML-RPC interface of secure-provisioning.snom.com.

Answers are laid out byte for byte as the page prints them for each method. Where it is silent, this is what happens
here:

- A MAC address is 12 hex digits in either case, as printed; of other vendors' ranges too. Padding is ignored.
- What is wrong is looked for in this order, and the first is told: the MAC address, the URL, whose phone it is. In a
  list, for each phone by itself. A URL begins with http, https, ftp or tftp and has a host.
- A phone that nobody has is `Error:no_such_mac` for every method but the registering ones.
- An own phone registered again gets the new URL (setting `snom_rebind`).
- The refusal of a list pairs the lower-case MAC addresses, or what was given for one, with their errors, as a struct or
  as the page's text (setting `snom_errors`). A list with a bad phone changes nothing (setting `batches`); where none
  is named (setting `culprits`), the refusal is `Error:malformed_mac_list`. A phone may be in a list twice.
- listPhones lists all phones of the account, redirected or not; a phone's model is told from its MAC address, and a
  phone whose model is not known is in no list.
- getPhoneRedirection answers in one of three shapes (setting `snom_redirection`), with the same company for every
  account (setting `snom_company`). A phone of the account that is not redirected has an empty URL.
- network.echo, which Snom's own client calls to try its login, answers what it was given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from xml.sax.saxutils import escape

from ..settings import Settings
from ..state import Device, Records
from ..transport import Reply
from .snom_models import model
from .xmlrpc import Dialect, Method

OK = "Ok"
MALFORMED_MAC = "Error:malformed_mac"
MALFORMED_MAC_LIST = "Error:malformed_mac_list"
MALFORMED_URL = "Error:malformed_url"
NO_SUCH_MAC = "Error:no_such_mac"
OWNED_BY_OTHER_USER = "Error:owned_by_other_user"

_DOCUMENT = """<?xml version='1.0' encoding='utf-8'?>
<methodResponse>
 <params>
  <param>
   <value>%s</value>
  </param>
 </params>
</methodResponse>"""
_ARRAY = "\n    <array>\n     <data>\n%s     </data>\n    </array>\n   "
_ARRAY_OF_LIST_METHOD = "<array><data>\n%s   </data></array>"

_MAC = re.compile(r"[0-9A-Fa-f]{12}")
_URL = re.compile(r"(?:https?|t?ftp)://[^\s/]\S*", re.IGNORECASE)

_Value = bool | str | Mapping[str, str]


def _typed(value: _Value) -> str:
    if isinstance(value, bool):
        return f"<boolean>{value:d}</boolean>"
    if isinstance(value, str):
        return f"<string>{escape(value)}</string>"
    members = [
        f"<member><name>{escape(name)}</name><value>{_typed(text)}</value></member>" for name, text in value.items()
    ]
    return f"<struct>{''.join(members)}</struct>"


def _array(*values: _Value) -> bytes:
    items = "".join([f"      <value>{_typed(value)}</value>\n" for value in values])
    return (_DOCUMENT % (_ARRAY % items)).encode()


def _array_of_list_method(*values: _Value) -> bytes:
    items = "".join([f"    <value>{_typed(value)}</value>\n" for value in values])
    return (_DOCUMENT % (_ARRAY_OF_LIST_METHOD % items)).encode()


def _mac(text: str) -> str | None:
    text = text.strip()
    return text.lower() if _MAC.fullmatch(text) else None


def _wrong_to_register(records: Records, device: Device | None) -> str | None:
    return OWNED_BY_OTHER_USER if device and device.account not in (None, records.account) else None


def _wrong_to_touch(records: Records, device: Device | None) -> str | None:
    if device is None or device.account is None:
        return NO_SUCH_MAC
    return _wrong_to_register(records, device)


def _sort(
    records: Records, texts: list[str], wrong: Callable[[Records, Device | None], str | None]
) -> tuple[dict[str, Device | None], dict[str, str]]:
    """The phones that nothing is wrong with, and the errors of the others: both by MAC address, in their order."""
    read = {text: _mac(text) for text in texts}
    known = records.find(mac for mac in read.values() if mac)
    good: dict[str, Device | None] = {}
    errors: dict[str, str] = {}
    for text, mac in read.items():
        if mac is None:
            errors[text.strip()] = MALFORMED_MAC
        elif error := wrong(records, known.get(mac)):
            errors[mac] = error
        else:
            good[mac] = known.get(mac)
    return good, errors


def _sort_to_register(records: Records, texts: list[str], url: str) -> tuple[dict[str, Device | None], dict[str, str]]:
    if _URL.fullmatch(url):
        return _sort(records, texts, _wrong_to_register)
    return _sort(records, texts, lambda records, device: MALFORMED_URL)


def _only(errors: dict[str, str]) -> str | None:
    return next(iter(errors.values()), None)


def _bind(records: Records, settings: Settings, phones: Mapping[str, Device | None], url: str) -> bool:
    """Register the phones, whose former state is given. Returns whether there were any that the service minded."""
    minded = [
        mac
        for mac, device in phones.items()
        if settings.snom_rebind == "ok" or device is None or device.url in (None, url)
    ]
    records.bind(minded, "", url)
    return bool(minded)


def _register(records: Records, settings: Settings, mac: str, url: str) -> Reply:
    """redirect.registerPhone."""
    phones, errors = _sort_to_register(records, [mac], url.strip())
    if error := _only(errors):
        return Reply(_array(False, error), False)
    return Reply(_array(True, OK), _bind(records, settings, phones, url.strip()))


def _deregister(records: Records, settings: Settings, mac: str) -> Reply:
    """redirect.deregisterPhone."""
    phones, errors = _sort(records, [mac], _wrong_to_touch)
    if error := _only(errors):
        return Reply(_array(False, error), False)
    records.forget(phones)
    return Reply(_array(True, OK), True)


def _check(records: Records, settings: Settings, mac: str) -> Reply:
    """redirect.checkPhone."""
    if error := _only(_sort(records, [mac], _wrong_to_touch)[1]):
        return Reply(_array(False, error), None)
    return Reply(_array(True, OK), None)


def _redirection(records: Records, settings: Settings, mac: str) -> Reply:
    """redirect.getPhoneRedirection."""
    phones, errors = _sort(records, [mac], _wrong_to_touch)
    if error := _only(errors):
        return Reply(_array(False, error), None)
    url = next(device.url or "" for device in phones.values() if device)
    shapes: dict[str, tuple[_Value, ...]] = {
        "company_url": (settings.snom_company, url),
        "true_company_url": (True, settings.snom_company, url),
        "true_url": (True, url),
    }
    return Reply(_array(*shapes[settings.snom_redirection]), None)


def _list(records: Records, settings: Settings, device_type: str, url: str | None = None) -> Reply:
    """redirect.listPhones."""
    wanted = device_type.strip()
    return Reply(_array(*[mac for mac in records.owned(url and url.strip()) if model(mac) == wanted]), None)


def _register_list(records: Records, settings: Settings, macs: list[str] | None, url: str) -> Reply:
    """redirect.registerPhoneList."""
    phones, errors = _sort_to_register(records, macs or [], url.strip())
    return _batch(settings, phones, errors, lambda: _bind(records, settings, phones, url.strip()))


def _deregister_list(records: Records, settings: Settings, macs: list[str] | None) -> Reply:
    """redirect.deregisterPhoneList."""
    phones, errors = _sort(records, macs or [], _wrong_to_touch)

    def forget() -> bool:
        records.forget(phones)
        return bool(phones)

    return _batch(settings, phones, errors, forget)


def _batch(
    settings: Settings, phones: Mapping[str, Device | None], errors: dict[str, str], write: Callable[[], bool]
) -> Reply:
    """The answer of a list method; `write` does what is right of it and returns whether that was anything."""
    if phones and not errors:
        return Reply(_array_of_list_method(True, OK), write())
    carried_out = settings.batches == "good_ones" and write()
    if settings.culprits == "first":
        errors = dict(list(errors.items())[:1])
    refusal: _Value = errors
    if not errors or settings.culprits == "unnamed":
        refusal = MALFORMED_MAC_LIST
    elif settings.snom_errors == "text":
        refusal = "{" + ", ".join([f"{mac}: {error}" for mac, error in errors.items()]) + "}"
    return Reply(_array_of_list_method(False, refusal), carried_out)


def _echo(records: Records, settings: Settings, text: str) -> Reply:
    """network.echo."""
    return Reply((_DOCUMENT % _typed(text)).encode(), None)


DIALECT = Dialect(
    paths=("/xmlrpc/",),
    seeds=frozenset({"devices"}),
    content_type="text/xml",
    methods={
        ("redirect.registerPhone", 2): Method(_register, (str, str), writes=True),
        ("redirect.deregisterPhone", 1): Method(_deregister, (str,), writes=True),
        ("redirect.getPhoneRedirection", 1): Method(_redirection, (str,), writes=False),
        ("redirect.listPhones", 1): Method(_list, (str,), writes=False),
        ("redirect.listPhones", 2): Method(_list, (str, str | None), writes=False),
        ("redirect.checkPhone", 1): Method(_check, (str,), writes=False),
        ("redirect.registerPhoneList", 2): Method(_register_list, (list | None, str), writes=True),
        ("redirect.deregisterPhoneList", 1): Method(_deregister_list, (list | None,), writes=True),
        ("network.echo", 1): Method(_echo, (str,), writes=False),
    },
)
