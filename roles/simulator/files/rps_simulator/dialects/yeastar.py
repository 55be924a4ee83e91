# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the OpenAPI of a Yeastar P-Series PBX that registers phones.

After "Bulk Add IP Phones" and "Query Configuration Options for Auto Provisioning" of the developer guide (Cloud
Edition), and its pages on tokens, results and error codes. An account is the API client of one PBX: its name is the
client id, its password the client secret. Members of answers come in the printed order. What the guide leaves open or
contradicts:

- Every answer is HTTP 200 with a JSON object; the connection then closes. Errors, in the order of the checks:

  ============================================================ =====================================================
  no User-Agent                                                10005 ACCESS DENIED
  a version other than v1.0                                    10003 API VERSION UNSUPPORTED
  no such endpoint, or not with this HTTP method               10001 INTERFACE NOT EXISTED
  no token; one unknown, expired or given back                 10004 TOKEN EXPIRED
  a body that is no JSON object (setting `yeastar_not_json`)   40001 PARAMETER SYNTAX ERROR
  a required parameter missing or empty                        40002 PARAMETER ERROR, `{field, validation_type}`
  a parameter of the wrong type, or out of its range           40002 PARAMETER ERROR, `{field, value}`
  any login after too many wrong ones from the same address    70004 ACCOUNT IP BLOCKED
  a wrong login                                                -1 FAILURE, `{"field": "username or password", …}`
  a token too many                                             60002 MAX LIMITATION EXCEEDED
  a value that the PBX does not know                           -1 FAILURE, `{field, value}`
  an id that phone/get does not know                           60001 DATA NOT FOUND
  a MAC address that is there, or in the list, already         40003 DUPLICATE KEY VALUE, `duplicate_field_list`
  a phone too many for its extension                           60002 MAX LIMITATION EXCEEDED, `{field, value}`
  ============================================================ =====================================================

- Access tokens are valid for 1,800 s (setting `token_seconds`), refresh tokens for 86,400 s (setting
  `refresh_seconds`); a restart ends them all. A PBX has up to 8 tokens at a time; each counts until its access token
  expires. refresh_token ends both old tokens, del_token the access token of the call and its refresh token.
- After 5 wrong logins in a row (setting `login_limit`) from an address, for any account, all logins from there are
  refused until a seed is loaded, a setting is changed, or the simulator restarts. Calls with a token still work.
- A MAC address in a request is six pairs of hex digits with colons, in either case; in an answer, it is in upper case
  (setting `yeastar_macs`). `vendor` is the option's value in requests and answers, template_name its text.
- The phones of a batch are checked one by one. One bad phone refuses the whole batch (setting `batches`; with
  `good_ones` the refusal may be `1 PARTIAL SUCCESS`, setting `yeastar_partial`). Of several errors the first is
  reported, for all its phones as given (setting `culprits`): unknown values, then duplicates, then full extensions.
- batchupdate needs the same phones in both lists, each with its own MAC address; all must have the model and template
  of the first.
- Lists are ordered by id; page_size is 100 by default and at most (setting `page_size_limit`), and total_number counts
  all results. The search finds text anywhere, in either case, in the listed fields of a phone (MAC address as written,
  vendor, model, extension's number and name) or an extension (number and name).
- phone/get answers an object, as its example shows, not the array of its table (setting `yeastar_phone`). Its link
  begins with https://, that of autop_method with the host, as printed. The host is that of the request.
- A phone always has an extension and no IP address, and its extension is never registered.
- Phones of vendors without their own RPS in the catalogue are added with pnp or dhcp. Adding a phone does not call a
  vendor's service.
- There is no phone/delete: the guide only has batchdelete.
"""

from __future__ import annotations

import hashlib
import re
import string
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from ..knobs import choice, number
from ..pbx import Extension, Page, Phone
from .openapi import (
    DATA_NOT_FOUND,
    DUPLICATE_KEY_VALUE,
    FAILURE,
    MAX_LIMITATION_EXCEEDED,
    PARTIAL_SUCCESS,
    Asking,
    Dialect,
    Endpoint,
    Failed,
    OpenApiSettings,
    Values,
    invalid,
    missing,
    needed,
)
from .yeastar_models import PHONES_PER_EXTENSION, VENDORS, Model, Vendor
from .yeastar_seed import PARTS

UNASSIGNED = "Unassigned"

_MAC = re.compile(r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}")


@dataclass(slots=True)
class YeastarSettings(OpenApiSettings):
    yeastar_partial: str = choice("failure", "partial_success")
    """The answer to a bulk call that was only carried out for the good phones."""
    yeastar_macs: str = choice("upper", "lower")
    """The case of MAC addresses in answers."""
    yeastar_phone: str = choice("object", "array")
    """The answer of phone/get: the phone, or a list with it."""
    page_size_limit: int = number(100, 1, 1000)
    """The most rows on a page, whatever the request says."""


def _link(account: str) -> str:
    digits = string.ascii_letters + string.digits
    code = "".join(digits[byte % len(digits)] for byte in hashlib.sha256(account.encode()).digest()[:16])
    return f"/api/autoprovision/{code}"


def _written(asking: Asking, mac: str) -> str:
    text = bytes.fromhex(mac).hex(":")
    return text.upper() if asking.settings.yeastar_macs == "upper" else text


def _page(asking: Asking, orders: dict[str, str]) -> Page:
    """Return a page. Raise Failed if the parameters of a list are out of range."""
    given = asking.given
    for name in ("page", "page_size"):
        if given.get(name, 1) < 1:
            raise invalid(name, given[name])
    if "sort_by" in given and given["sort_by"] not in orders:
        raise invalid("sort_by", given["sort_by"])
    if given.get("order_by", "asc") not in ("asc", "desc"):
        raise invalid("order_by", given["order_by"])
    most = asking.settings.page_size_limit
    size = min(given.get("page_size", most), most)
    return Page(given.get("page", 1), size, orders[given.get("sort_by", "")], given.get("order_by") == "desc")


def _search_phones(asking: Asking) -> Values:
    """phone/search."""
    page = _page(asking, {"": "phones.id", "vendor": "vendor", "model": "model", "ip": "phones.id"})
    total, phones = asking.pbx.search_phones(asking.given.get("search_value", ""), page)
    data = [
        {
            "id": phone.id,
            "mac": _written(asking, phone.mac),
            "vendor": phone.vendor,
            "model": phone.model,
            "template_name": phone.template_name,
            "ip": "",
            "firmware": "",
            "assigned_ext_status": "Unregistered",
            "assigned_ext_num": phone.extension.number if phone.extension else UNASSIGNED,
            "assigned_ext_name": phone.extension.name if phone.extension else UNASSIGNED,
        }
        for phone in phones
    ]
    return {"total_number": total, "data": data}


def _get_phone(asking: Asking) -> Values:
    """phone/get."""
    phone = asking.pbx.find([asking.given["id"]]).get(asking.given["id"])
    if phone is None:
        raise Failed(DATA_NOT_FOUND)
    data = {
        "mac": _written(asking, phone.mac),
        "vendor": phone.vendor,
        "model": phone.model,
        "template_name": phone.template_name,
        "provisioning_method": phone.provisioning_method,
        "provisioning_link": f"https://{asking.link}",
        "enb_rps_auth": int(phone.rps_auth),
        "assigned_extension": str(phone.extension.id) if phone.extension else "",
        "id": phone.id,
    }
    return {"data": [data] if asking.settings.yeastar_phone == "array" else data}


def _search_extensions(asking: Asking) -> Values:
    """extension/search."""
    page = _page(asking, {"": "id", "number": "number", "caller_id_name": "name"})
    total, extensions = asking.pbx.search_extensions(asking.given.get("search_value", ""), page)
    data = [
        {"id": extension.id, "number": extension.number, "caller_id_name": extension.name} for extension in extensions
    ]
    return {"total_number": total, "data": data}


def _options(asking: Asking) -> Values:
    """auto_provisioning/compatibility."""
    menu = asking.given["menu"]
    if menu not in _MENUS:
        raise invalid("menu", menu)
    wants, options = _MENUS[menu]
    for name in wants:
        if not asking.given.get(name):
            raise missing(name)
    return {"data": options(asking)}


def _vendor_options(asking: Asking) -> list[dict[str, str]]:
    return [{"text": vendor.text, "value": vendor.value, "type": "Deskphone"} for vendor in VENDORS.values()]


def _model_options(asking: Asking) -> list[dict[str, str]]:
    models = _vendor(asking.given).models.values()
    return [{"text": model.name, "value": model.name, "type": model.type} for model in models]


def _template_options(asking: Asking) -> list[dict[str, str]]:
    model = _phone_type(asking.given)[1]
    return [{"text": name, "value": number} for name, number in model.templates.items()]


def _method_options(asking: Asking) -> list[dict[str, str]]:
    vendor, _model = _phone_type(asking.given)
    return [{"text": asking.link, "value": method, "type": "full"} for method in vendor.methods]


_MENUS: dict[str, tuple[tuple[str, ...], Callable[[Asking], list[dict[str, str]]]]] = {
    "phone_vendor": ((), _vendor_options),
    "phone_model": (("vendor",), _model_options),
    "phone_template": (("model",), _template_options),
    "autop_method": (("vendor", "model"), _method_options),
}


def _vendor(given: Values) -> Vendor:
    if given["vendor"] not in VENDORS:
        raise invalid("vendor", given["vendor"], FAILURE)
    return VENDORS[given["vendor"]]


def _phone_type(given: Values) -> tuple[Vendor, Model]:
    """Return the vendor, if given, and the model. Raise Failed if they do not exist."""
    for vendor in [_vendor(given)] if given.get("vendor") else VENDORS.values():
        if given["model"] in vendor.models:
            return vendor, vendor.models[given["model"]]
    raise invalid("model", given["model"], FAILURE)


class Wrong(NamedTuple):
    """The error of a phone in a batch."""

    error: tuple[int, str]
    field: str
    value: object


def _create(asking: Asking) -> Values:
    """phone/batchcreate."""
    given = asking.given
    auth = given.get("enb_rps_auth", 0)
    if auth not in (0, 1):
        raise invalid("enb_rps_auth", auth)
    items = _items(given["phone_list"], {"mac": str, "ext_id": int})
    vendor, model = _phone_type(given)
    for name, values in (("template_name", model.templates), ("provisioning_method", vendor.methods)):
        if given[name] not in values:
            raise invalid(name, given[name], FAILURE)

    taken = asking.pbx.known(_bare(item["mac"]) for item in items)
    places = _Places(asking, items)
    good: list[tuple[str, int]] = []
    wrong: list[Wrong] = []
    for item in items:
        mac = _bare(item["mac"])
        if not _MAC.fullmatch(item["mac"]):
            wrong.append(Wrong(FAILURE, "mac", item["mac"]))
        elif mac in taken:
            wrong.append(Wrong(DUPLICATE_KEY_VALUE, "mac", item["mac"]))
        elif problem := places.take(item["ext_id"]):
            wrong.append(problem)
        else:
            taken.add(mac)
            good.append((mac, item["ext_id"]))
    _carry_out(
        asking,
        wrong,
        bool(good),
        lambda: asking.pbx.add(
            good, vendor.value, model.name, given["template_name"], given["provisioning_method"], bool(auth)
        ),
    )
    return {}


def _update(asking: Asking) -> Values:
    """phone/batchupdate."""
    listed = _ids(asking.given["batch_id_list"])
    items = _items(asking.given["phone_list"], {"id": int, "mac": str, "ext_id": int})
    ids = {item["id"] for item in items}
    phones = asking.pbx.find(ids & set(listed))
    first = next((phones[item["id"]] for item in items if item["id"] in phones), None)
    places = _Places(asking, items)
    good: list[tuple[int, int]] = []
    wrong = [Wrong(FAILURE, "batch_id_list", number) for number in listed if number not in ids]
    for item in items:
        phone = phones.pop(item["id"], None)
        if phone is None:
            wrong.append(Wrong(FAILURE, "id", item["id"]))
        elif _bare(item["mac"]) != phone.mac or not _MAC.fullmatch(item["mac"]):
            wrong.append(Wrong(FAILURE, "mac", item["mac"]))
        elif first is not None and _kind(phone) != _kind(first):
            wrong.append(Wrong(FAILURE, "id", phone.id))
        elif problem := places.take(item["ext_id"], phone.extension):
            wrong.append(problem)
        else:
            good.append((phone.id, item["ext_id"]))
    _carry_out(asking, wrong, bool(good), lambda: asking.pbx.assign(good))
    return {}


def _delete(asking: Asking) -> Values:
    """phone/batchdelete."""
    listed = _ids(asking.given["batch_id_list"])
    phones = asking.pbx.find(listed)
    wrong = [Wrong(FAILURE, "batch_id_list", number) for number in listed if number not in phones]
    _carry_out(asking, wrong, bool(phones), lambda: asking.pbx.remove(phones))
    return {}


class _Places:
    """The extensions of a batch, and the number of phones of each while the batch is checked."""

    def __init__(self, asking: Asking, items: list[Values]) -> None:
        self._known = asking.pbx.extensions(item["ext_id"] for item in items)
        self._phones = Counter(asking.pbx.phones_per_extension())

    def take(self, extension: int, former: Extension | None = None) -> Wrong | None:
        """Assign a phone from its former extension to `extension`, or return what is wrong."""
        if extension not in self._known:
            return Wrong(FAILURE, "ext_id", extension)
        if former is not None and former.id == extension:
            return None
        if self._phones[extension] >= PHONES_PER_EXTENSION:
            return Wrong(MAX_LIMITATION_EXCEEDED, "ext_id", extension)
        self._phones[extension] += 1
        if former is not None:
            self._phones[former.id] -= 1
        return None


def _kind(phone: Phone) -> tuple[str, str, str]:
    return phone.vendor, phone.model, phone.template_name


def _bare(mac: str) -> str:
    return mac.replace(":", "").lower()


def _items(phones: list[object], kinds: dict[str, type]) -> list[Values]:
    """Return the phones of a list. Raise Failed if one of them is invalid."""
    items = []
    for phone in phones:
        if not isinstance(phone, dict):
            raise invalid("phone_list", phone)
        items.append(needed(phone, kinds))
    return items


def _ids(values: list[object]) -> list[int]:
    """Return the ids of a list, once each. Raise Failed if one of them is invalid."""
    ids: dict[int, None] = {}
    for value in values:
        if not isinstance(value, int) or isinstance(value, bool):
            raise invalid("batch_id_list", value)
        ids[value] = None
    return list(ids)


def _carry_out(asking: Asking, wrong: list[Wrong], any_good: bool, write: Callable[[], None]) -> None:
    """Write the good phones, unless an error makes the PBX do nothing. Raise Failed to report errors."""
    carried_out = any_good and (not wrong or asking.settings.batches == "good_ones")
    if carried_out:
        write()
    for error in (FAILURE, DUPLICATE_KEY_VALUE, MAX_LIMITATION_EXCEEDED):
        culprits = [phone for phone in wrong if phone.error is error]
        if culprits:
            partial = carried_out and asking.settings.yeastar_partial == "partial_success"
            raise Failed(PARTIAL_SUCCESS if partial else error, carried_out, **_result(asking, error, culprits))


def _result(asking: Asking, error: tuple[int, str], culprits: list[Wrong]) -> dict[str, object]:
    culprits = asking.settings.cut(culprits)
    if not culprits:
        return {}
    named: list[dict[str, object]] = [{"field": phone.field, "value": phone.value} for phone in culprits]
    if error is DUPLICATE_KEY_VALUE:
        return {"submsg": "Phone create fail for duplicate fields", "duplicate_field_list": named}
    return {"invalid_param_list": named}


_LIST = {"page": int, "page_size": int, "sort_by": str, "order_by": str, "search_value": str}

DIALECT = Dialect(
    provider="yeastar",
    settings=YeastarSettings,
    parts=PARTS,
    link=_link,
    endpoints={
        ("GET", "phone/search"): Endpoint(_search_phones, optional=_LIST),
        ("GET", "phone/get"): Endpoint(_get_phone, required={"id": int}),
        ("POST", "phone/batchcreate"): Endpoint(
            _create,
            writes=True,
            required={
                "vendor": str,
                "model": str,
                "phone_list": list,
                "template_name": str,
                "provisioning_method": str,
            },
            optional={"enb_rps_auth": int},
            batch="phone_list",
        ),
        ("POST", "phone/batchupdate"): Endpoint(
            _update, writes=True, required={"batch_id_list": list, "phone_list": list}, batch="phone_list"
        ),
        ("POST", "phone/batchdelete"): Endpoint(
            _delete, writes=True, required={"batch_id_list": list}, batch="batch_id_list"
        ),
        ("GET", "extension/search"): Endpoint(_search_extensions, optional=_LIST),
        ("GET", "auto_provisioning/compatibility"): Endpoint(
            _options, required={"menu": str}, optional={"vendor": str, "model": str}
        ),
    },
)
