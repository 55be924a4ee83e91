# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snom's service, after its page on the XML-RPC interface of secure-provisioning.snom.com.

Answers have no white space between tags, as clients of the service expect, or exactly the layout that the page prints
for each method (setting `layout`). What the page does not say:

- A MAC address is 12 hex digits in either case, as printed. Other vendors' MAC addresses are accepted, or registering
  them is malformed (setting `foreign_macs`). Padding is ignored. A whole URL may be percent-encoded, as ngcp-panel
  sends it.
- Errors are checked in this order, and the first is reported: MAC address, URL, owner of the phone. In a list, each
  phone is checked by itself. A URL begins with http, https, ftp or tftp and has a host.
- An unregistered phone is `Error:no_such_mac` for every method that does not register.
- Registering an own phone again changes its URL (setting `snom_rebind`).
- The refusal of a list pairs lower-case MAC addresses, or the invalid text, with errors, as a struct or in another form
  (setting `snom_errors`), without the good phones (setting `snom_ok`). A list with a bad phone changes nothing (setting
  `batches`); if no phone is named (settings `culprits`, `most_culprits`), the refusal is `Error:malformed_mac_list`. A
  list may contain a phone twice.
- listPhones lists all phones of the account, redirected or not. The MAC address decides the model; a phone with an
  unknown model is in no list. A model that does not exist has an empty list (setting `snom_unknown_model`).
- getPhoneRedirection answers `[true, company, url]`, as Snom's own client reads it, and not the page's `[company, url]`
  (setting `snom_redirection`), with the same company for every account (setting `snom_company`). A phone of the account
  that is not redirected has an empty URL.
- network.echo, which Snom's own client calls to test its login, returns its argument.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Union
from xml.sax.saxutils import escape

from ..knobs import any_text, choice
from ..prefixes import PREFIXES
from ..records import Device, Records
from ..transport import Reply
from .snom_models import MODELS, model
from .snom_settings import FirstSettings
from .xmlrpc import Dialect, Method, XmlRpc, XmlRpcSettings, boolean, nil, rows, worded

OK = "Ok"
MALFORMED_MAC = "Error:malformed_mac"
MALFORMED_MAC_LIST = "Error:malformed_mac_list"
MALFORMED_URL = "Error:malformed_url"
NO_SUCH_MAC = "Error:no_such_mac"
OWNED_BY_OTHER_USER = "Error:owned_by_other_user"

UNKNOWN_MODEL = "Error:unknown_phone_type"


@dataclass(slots=True)
class SnomSettings(XmlRpcSettings):
    snom_rebind: str = choice("ok", "ignored")
    """Whether registering an own phone with another URL changes the URL, or only answers Ok."""
    snom_redirection: str = choice("true_company_url", "company_url", "true_url")
    """The values of getPhoneRedirection's answer."""
    snom_company: str = any_text("Snom Technology GmbH")
    """The company in getPhoneRedirection's answer."""
    snom_errors: str = choice("struct", "text", "python_text", "pairs", "alternating")
    """The form of the phones' errors in the refusal of a list method: a struct, text that looks like one, as printed on
    the page or by Python, a list of pairs, or a list that alternates MAC addresses and errors."""
    snom_ok: str = choice("left_out", "named")
    """Whether that refusal also names the good phones, with `Ok`."""
    snom_unknown_model: str = choice("empty", "refused")
    """The answer of listPhones for a model that Snom does not have: an empty list, or a refusal."""


class _Tags(NamedTuple):
    """The text of an answer around its value; around the values of a list; and around each of those values."""

    document: str
    array: str
    item: str


_COMPACT = _Tags(
    "<?xml version='1.0' encoding='utf-8'?><methodResponse><params><param><value>%s</value></param></params>"
    "</methodResponse>",
    "<array><data>%s</data></array>",
    "<value>%s</value>",
)
_PRINTED = _Tags(
    """<?xml version='1.0' encoding='utf-8'?>
<methodResponse>
 <params>
  <param>
   <value>%s</value>
  </param>
 </params>
</methodResponse>""",
    "\n    <array>\n     <data>\n%s     </data>\n    </array>\n   ",
    "      <value>%s</value>\n",
)
_PRINTED_OF_LIST_METHOD = _PRINTED._replace(array="<array><data>\n%s   </data></array>", item="    <value>%s</value>\n")

_MAC = re.compile(r"[0-9A-Fa-f]{12}")
_URL = re.compile(r"(?:https?|t?ftp)(?:://|%3A%2F%2F)[^\s/]\S*", re.IGNORECASE)

_Value = Union[bool, str, Mapping[str, str], "list[_Value]"]


def _typed(settings: SnomSettings, value: _Value) -> str:
    if isinstance(value, bool):
        return f"<boolean>{boolean(settings, value)}</boolean>"
    if not value and settings.nil != "never":
        return nil(settings)
    if isinstance(value, str):
        return f"<string>{escape(worded(settings, value))}</string>"
    if isinstance(value, list):
        return _COMPACT.array % "".join([_COMPACT.item % _typed(settings, item) for item in value])
    members = [
        f"<member><name>{escape(name)}</name><value>{_typed(settings, text)}</value></member>"
        for name, text in value.items()
    ]
    return f"<struct>{''.join(members)}</struct>"


def _array(settings: SnomSettings, *values: _Value, printed: _Tags = _PRINTED) -> bytes:
    tags = printed if settings.layout == "printed" else _COMPACT
    items = "".join([tags.item % _typed(settings, value) for value in values])
    whole = tags.array % items if items or settings.nil == "never" else nil(settings)
    return (tags.document % whole).encode()


_array_of_list_method = partial(_array, printed=_PRINTED_OF_LIST_METHOD)


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
    """Return the good phones, and the errors of the others, both by MAC address in order."""
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


def _sort_to_register(
    records: Records, settings: SnomSettings, texts: list[str], url: str
) -> tuple[dict[str, Device | None], dict[str, str]]:
    wrong = _wrong_to_register if _URL.fullmatch(url) else lambda records, device: MALFORMED_URL
    good, errors = _sort(records, texts, wrong)
    if settings.foreign_macs == "refuse":
        others = [mac for mac in (*good, *errors) if records.foreign(mac)]
        errors.update(dict.fromkeys(others, MALFORMED_MAC))
        good = {mac: device for mac, device in good.items() if mac not in errors}
    return good, errors


def _only(errors: dict[str, str]) -> str | None:
    return next(iter(errors.values()), None)


def _bind(records: Records, settings: SnomSettings, phones: Mapping[str, Device | None], url: str) -> bool:
    """Register the phones, whose former state is given. Return whether the service changed any."""
    minded = [
        mac
        for mac, device in phones.items()
        if settings.snom_rebind == "ok" or device is None or device.url in (None, url)
    ]
    records.bind(minded, "", url)
    return bool(minded)


def _register(records: Records, settings: SnomSettings, mac: str, url: str) -> Reply:
    """redirect.registerPhone."""
    phones, errors = _sort_to_register(records, settings, [mac], url.strip())
    if error := _only(errors):
        return Reply(_array(settings, False, error), False)
    return Reply(_array(settings, True, OK), _bind(records, settings, phones, url.strip()))


def _deregister(records: Records, settings: SnomSettings, mac: str) -> Reply:
    """redirect.deregisterPhone."""
    phones, errors = _sort(records, [mac], _wrong_to_touch)
    if error := _only(errors):
        return Reply(_array(settings, False, error), False)
    records.forget(phones)
    return Reply(_array(settings, True, OK), True)


def _check(records: Records, settings: SnomSettings, mac: str) -> Reply:
    """redirect.checkPhone."""
    if error := _only(_sort(records, [mac], _wrong_to_touch)[1]):
        return Reply(_array(settings, False, error), None)
    return Reply(_array(settings, True, OK), None)


def _redirection(records: Records, settings: SnomSettings, mac: str) -> Reply:
    """redirect.getPhoneRedirection."""
    phones, errors = _sort(records, [mac], _wrong_to_touch)
    if error := _only(errors):
        return Reply(_array(settings, False, error), None)
    url = next(device.url or "" for device in phones.values() if device)
    shapes: dict[str, tuple[_Value, ...]] = {
        "company_url": (settings.snom_company, url),
        "true_company_url": (True, settings.snom_company, url),
        "true_url": (True, url),
    }
    return Reply(_array(settings, *shapes[settings.snom_redirection]), None)


def _list(records: Records, settings: SnomSettings, device_type: str, url: str | None = None) -> Reply:
    """redirect.listPhones."""
    wanted = device_type.strip()
    if wanted not in MODELS and settings.snom_unknown_model == "refused":
        return Reply(_array(settings, False, UNKNOWN_MODEL), None)
    macs = [mac for mac in records.owned(url and url.strip()) if model(mac) == wanted]
    return Reply(_array(settings, *rows(settings, macs)), None)


def _register_list(records: Records, settings: SnomSettings, macs: list[str] | None, url: str) -> Reply:
    """redirect.registerPhoneList."""
    phones, errors = _sort_to_register(records, settings, macs or [], url.strip())
    return _batch(settings, phones, errors, lambda: _bind(records, settings, phones, url.strip()))


def _deregister_list(records: Records, settings: SnomSettings, macs: list[str] | None) -> Reply:
    """redirect.deregisterPhoneList."""
    phones, errors = _sort(records, macs or [], _wrong_to_touch)

    def forget() -> bool:
        records.forget(phones)
        return bool(phones)

    return _batch(settings, phones, errors, forget)


def _batch(
    settings: SnomSettings, phones: Mapping[str, Device | None], errors: dict[str, str], write: Callable[[], bool]
) -> Reply:
    """Return the answer of a list method; `write` carries out the good part and returns whether it changed anything."""
    if phones and not errors:
        return Reply(_array_of_list_method(settings, True, OK), write())
    carried_out = settings.batches == "good_ones" and write()
    named = dict(settings.cut(list(errors.items())))
    if named and settings.snom_ok == "named":
        named = {**dict.fromkeys(phones, OK), **named}
    return Reply(_array_of_list_method(settings, False, _per_phone(settings, named)), carried_out)


def _per_phone(settings: SnomSettings, named: dict[str, str]) -> _Value:
    """Return these phones in the form of a refusal."""
    if not named:
        return MALFORMED_MAC_LIST
    if settings.snom_errors == "text":
        return "{" + ", ".join([f"{mac}: {error}" for mac, error in named.items()]) + "}"
    if settings.snom_errors == "python_text":
        return repr(named)
    if settings.snom_errors == "pairs":
        return [[mac, error] for mac, error in named.items()]
    if settings.snom_errors == "alternating":
        return [text for pair in named.items() for text in pair]
    return named


def _echo(records: Records, settings: SnomSettings, text: str) -> Reply:
    """network.echo."""
    tags = _PRINTED if settings.layout == "printed" else _COMPACT
    return Reply((tags.document % _typed(settings, text)).encode(), None)


DIALECT = Dialect(
    provider="snom",
    endpoint="/xmlrpc/",
    also=("/xmlrpc",),
    transports=(FirstSettings, XmlRpc),
    settings=SnomSettings,
    mac_prefixes=(*PREFIXES["snom"], "00087b"),
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
