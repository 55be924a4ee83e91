# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The knobs of the simulator: where a vendor's document leaves open what its service does, which way to take."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

CHOICES = {
    "batches": ("all_or_nothing", "good_ones"),
    "culprits": ("named", "unnamed", "first"),
    "foreign": ("enterprise", "ask"),
    "own_again": ("ask", "ok", "refuse"),
    "own_urls": ("cleared", "kept"),
    "htek_override": ("takes", "fails"),
    "snom_rebind": ("ok", "ignored"),
    "snom_redirection": ("company_url", "true_company_url", "true_url"),
    "snom_errors": ("struct", "text"),
    "yeastar_partial": ("failure", "partial_success"),
    "yeastar_macs": ("upper", "lower"),
    "yeastar_phone": ("object", "array"),
}
# Whole numbers, from the first to the last.
NUMBERS = {
    "read_lag": (0, 100),
    "token_seconds": (0, 86400),
    "refresh_seconds": (0, 86400),
    "login_limit": (1, 1000),
    "page_size_limit": (1, 1000),
}


@dataclass(slots=True)
class Settings:
    """One value a knob; the defaults are the dialects' plain reading of the documents."""

    batches: str = "all_or_nothing"
    """What a bulk call with bad devices does: nothing, or the good ones although it answers with the refusal."""
    culprits: str = "named"
    """Which of the bad devices the refusal of a bulk call names: all, none, or the first."""
    foreign: str = "enterprise"
    """Yealink's answer to registering another account's device without override: held elsewhere, or a question."""
    own_again: str = "ask"
    """Registering one's own device again, where servers are named: needs override, does not, or is always refused."""
    own_urls: str = "cleared"
    """What binding one's own device to a named server alone does to its own URL at Yealink: ends it, or leaves it."""
    read_lag: int = 0
    """After a write, how many calls that read a device still find it as it was before, but for a PBX's."""
    htek_override: str = "takes"
    """What override does to another account's device at Htek: makes it the caller's, or fails."""
    snom_rebind: str = "ok"
    """What registering one's own phone with another URL does at Snom: binds it, or nothing but answer Ok."""
    snom_redirection: str = "company_url"
    """The values of getPhoneRedirection's answer at Snom."""
    snom_company: str = "Snom Technology GmbH"
    """The company that getPhoneRedirection tells."""
    snom_errors: str = "struct"
    """How the refusal of a list method at Snom holds the phones' errors: a struct, or a text that looks like one."""
    yeastar_partial: str = "failure"
    """How a bulk call that a PBX carried out for the good phones alone is answered."""
    yeastar_macs: str = "upper"
    """The case in which a PBX writes MAC addresses."""
    yeastar_phone: str = "object"
    """What phone/get of a PBX answers: the phone, or a list with it."""
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

    def lacks(self, method: str, parameters: int) -> bool:
        """Whether this method, with so many parameters, is one of `missing_methods`."""
        if not self.missing_methods:
            return False
        missing = [name.removeprefix("redirect.") for name in self.missing_methods]
        name = method.removeprefix("redirect.")
        return name in missing or f"{name}/{parameters}" in missing

    def as_dict(self) -> dict[str, object]:
        return asdict(self)
