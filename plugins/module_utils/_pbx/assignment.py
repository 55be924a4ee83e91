# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The desired state of phones in a PBX: model, template and extension."""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.model import Observation
from ansible_collections.voip.rps.plugins.module_utils._pure.url import without_userinfo


class Option(NamedTuple):
    """An option in a menu of a PBX: the ``text`` that the PBX shows, and the ``value`` that its API uses."""

    text: str
    value: str

    def is_called(self, name: str) -> bool:
        """Return whether the option has this name, ignoring case."""
        return name.casefold() in (self.text.casefold(), self.value.casefold())


class Extension(NamedTuple):
    """An extension by its number, its id in the PBX, or both; an unknown one is None."""

    number: str | None
    id: int | None


class Phone(NamedTuple):
    """A phone as a PBX stores it; ``ext_id`` is None if it was not requested."""

    vendor: str
    model: str
    template_name: str
    extension: str | None
    ext_id: int | None = None

    @property
    def place(self) -> dict[str, str | None]:
        """What the phone is bound to, as results show it."""
        return {
            "vendor": self.vendor,
            "model": self.model,
            "template_name": self.template_name,
            "extension": self.extension,
        }


def phone_of(seen: Observation) -> Phone | None:
    """Return the phone that was observed in a PBX, or None."""
    return seen.held if isinstance(seen.held, Phone) else None


class Assignment:
    """The desired state of phones of one kind; ``extensions`` has the extension of each, by MAC.

    ``link``: the provisioning link, if the PBX does not register the phones with the vendor's RPS itself; empty if the
    PBX does not report it.
    """

    def __init__(self, vendor: Option, model: Option, template_name: str, rps_auth: bool) -> None:
        self.vendor = vendor
        self.model = model
        self.template_name = template_name
        self.rps_auth = rps_auth
        self.extensions: dict[str, Extension] = {}
        self.link: str | None = None

    def is_kind_of(self, phone: Phone) -> bool:
        """Return whether a phone in the PBX has this vendor, model and template."""
        same_model = self.vendor.is_called(phone.vendor) and self.model.is_called(phone.model)
        return same_model and phone.template_name == self.template_name

    def met_by(self, mac: str, seen: Observation) -> bool | None:
        phone = phone_of(seen)
        if not phone:
            return None
        wanted = self.extensions[mac]
        if wanted.number is None:
            return self.is_kind_of(phone) and phone.ext_id == wanted.id
        return self.is_kind_of(phone) and phone.extension == wanted.number

    def words(self, mac: str) -> str:
        number, ext_id = self.extensions[mac]
        extension = number if number is not None else f"ext_id {ext_id}"
        return " ".join([self.vendor.value, self.model.value, self.template_name, extension])

    def as_dict(self, mac: str) -> dict[str, Any]:
        return {
            "vendor": self.vendor.value,
            "model": self.model.value,
            "template_name": self.template_name,
            "extension": self.extensions[mac].number,
            "ext_id": self.extensions[mac].id,
            "provisioning_link": without_userinfo(self.link) if self.link else None,
        }
