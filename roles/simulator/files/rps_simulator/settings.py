# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The knobs of the simulator: where a vendor's document leaves open what its service does, which way to take."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TypeVar

T = TypeVar("T")

CHOICES = {
    "layout": ("compact", "printed"),
    "wording": ("clients", "printed", "spaced", "no_prefix"),
    "named_macs": ("bare", "given", "dashed"),
    "boolean": ("1", "true"),
    "nil": ("never", "nil", "ex:nil"),
    "login_refusal": ("http_401", "fault", "false_text"),
    "missing_method_fault": (
        "plain",
        "apache_handler",
        "apache_arguments",
        "codeigniter",
        "ixr",
        "perl",
        "php",
        "python",
        "ruby",
        "twisted",
        "xmlrpc_c",
    ),
    "list_rows": ("clean", "untidy"),
    "foreign_macs": ("take", "refuse"),
    "batches": ("all_or_nothing", "good_ones"),
    "culprits": ("named", "unnamed", "first"),
    "foreign": ("enterprise", "ask"),
    "own_again": ("ask", "ok", "refuse"),
    "htek_override": ("takes", "fails"),
    "snom_rebind": ("ok", "ignored"),
    "yealink_end": ("once", "twice"),
    "snom_redirection": ("true_company_url", "company_url", "true_url"),
    "snom_errors": ("struct", "text", "python_text", "pairs", "alternating"),
    "snom_ok": ("left_out", "named"),
    "snom_unknown_model": ("empty", "refused"),
    "yeastar_partial": ("failure", "partial_success"),
    "yeastar_macs": ("upper", "lower"),
    "yeastar_phone": ("object", "array"),
    "yeastar_not_json": ("syntax_error", "minus_two"),
}
# Whole numbers, from the first to the last.
NUMBERS = {
    "most_culprits": (1, 1_000_000),
    "token_seconds": (0, 86400),
    "refresh_seconds": (0, 86400),
    "login_limit": (1, 1000),
    "page_size_limit": (1, 1000),
}


@dataclass(slots=True)
class Settings:
    """One value a knob; the defaults are what the documents say, in the form that clients of the services expect."""

    layout: str = "compact"
    """How XML-RPC answers are laid out: without white space between tags, or as the vendor's document prints them."""
    wording: str = "clients"
    """How refusals are worded: as public clients compare them (`Error:` without a space), as each section prints them,
    with `Error: `, or without `Error:`."""
    named_macs: str = "bare"
    """How refusals spell the MAC addresses that they name, where servers are named."""
    boolean: str = "1"
    """What stands in `<boolean>` for true: the digit, or the word."""
    nil: str = "never"
    """What stands for an empty text or list: that, `<nil/>` or `<ex:nil/>`."""
    login_refusal: str = "http_401"
    """How an XML-RPC service refuses a login: HTTP 401, or HTTP 200 with a fault or with false and a text."""
    missing_method_fault: str = "plain"
    """Whose words the fault has that tells of a method that does not exist."""
    list_rows: str = "clean"
    """What lists of devices hold: each device once, or each twice, and rows that are no MAC addresses."""
    foreign_macs: str = "take"
    """What registering a MAC address of another vendor does: the same as any other, or it is refused as invalid."""
    most_culprits: int = 1_000_000
    """The most bad devices that the refusal of a bulk call names."""
    batches: str = "all_or_nothing"
    """What a bulk call with bad devices does: nothing, or the good ones although it answers with the refusal."""
    culprits: str = "named"
    """Which of the bad devices the refusal of a bulk call names: all, none, or the first."""
    foreign: str = "enterprise"
    """Yealink's answer to registering another account's device without override: held elsewhere, or a question."""
    own_again: str = "ask"
    """Registering one's own device again, where servers are named: needs override, does not, or is always refused."""
    htek_override: str = "takes"
    """What override does to another account's device at Htek: makes it the caller's, or fails."""
    snom_rebind: str = "ok"
    """What registering one's own phone with another URL does at Snom: binds it, or nothing but answer Ok."""
    yealink_end: str = "once"
    """How often the answer to section 4.15 of Yealink's document ends; it is printed with two ends."""
    snom_redirection: str = "true_company_url"
    """The values of getPhoneRedirection's answer at Snom."""
    snom_company: str = "Snom Technology GmbH"
    """The company that getPhoneRedirection tells."""
    snom_errors: str = "struct"
    """How the refusal of a list method at Snom holds the phones' errors: a struct, a text that looks like one, as the
    page prints it or as Python does, a list of pairs, or a list in which MAC address and error alternate."""
    snom_ok: str = "left_out"
    """Whether that refusal names the phones that are right, too, with `Ok`."""
    snom_unknown_model: str = "empty"
    """What listPhones answers for a model that Snom does not have: an empty list, or a refusal."""
    yeastar_partial: str = "failure"
    """How a bulk call that a PBX carried out for the good phones alone is answered."""
    yeastar_macs: str = "upper"
    """The case in which a PBX writes MAC addresses."""
    yeastar_phone: str = "object"
    """What phone/get of a PBX answers: the phone, or a list with it."""
    yeastar_not_json: str = "syntax_error"
    """How a PBX answers a body that is no JSON object: 40001, or -2."""
    page_size_limit: int = 100
    """The most rows that a PBX puts on a page, however many are asked for."""
    token_seconds: int = 1800
    """How long an access token holds, those already given included."""
    refresh_seconds: int = 86400
    """How long a refresh token holds, and at most the access token given with it."""
    login_limit: int = 5
    """After how many failed logins in a row a PBX takes none from that address."""
    missing_methods: list[str] = field(default_factory=list)
    """The methods that do not exist, whatever the document says: `name`, or `name/number of parameters`."""
    latency: float = 0.0
    """Seconds that every call takes before it is dealt with."""

    def update(self, knobs: dict[str, object]) -> None:
        """Set the given knobs, or none of them.

        Raises ValueError for a knob that does not exist or a value it cannot take.
        """
        for name, value in knobs.items():
            if name == "latency":
                if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 3600:
                    raise ValueError("latency must be seconds, from 0 to 3600")
            elif name in NUMBERS:
                low, high = NUMBERS[name]
                if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                    raise ValueError(f"{name} must be a whole number from {low} to {high}")
            elif name == "snom_company":
                if not isinstance(value, str):
                    raise ValueError("snom_company must be a text")
            elif name == "missing_methods":
                if not isinstance(value, list) or not all(isinstance(method, str) for method in value):
                    raise ValueError("missing_methods must be a list of method names")
            elif name not in CHOICES:
                raise ValueError(f"no such setting: {name}; there are {', '.join(asdict(self))}")
            elif value not in CHOICES[name]:
                raise ValueError(f"{name} must be one of {', '.join(CHOICES[name])}")
        for name, value in knobs.items():
            setattr(self, name, value)

    def cut(self, culprits: list[T]) -> list[T]:
        """Those of the bad devices of a bulk call that its refusal names."""
        if self.culprits == "unnamed":
            return []
        return culprits[: 1 if self.culprits == "first" else self.most_culprits]

    def lacks(self, method: str, parameters: int) -> bool:
        """Whether this method, with so many parameters, is one of `missing_methods`."""
        if not self.missing_methods:
            return False
        missing = [name.removeprefix("redirect.") for name in self.missing_methods]
        name = method.removeprefix("redirect.")
        return name in missing or f"{name}/{parameters}" in missing

    def as_dict(self) -> dict[str, object]:
        return asdict(self)
