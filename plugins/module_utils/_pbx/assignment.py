# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What phones shall be in a PBX: of one model, with one template, each with its extension."""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.model import Observation
from ansible_collections.voip.rps.plugins.module_utils._pure.url import without_userinfo


class Option(NamedTuple):
    """One that a PBX offers in a menu: what it C(text)s it, and the C(value) it goes by."""

    text: str
    value: str

    def is_called(self, name: str) -> bool:
        """Tell whether this is its name, in either case."""
        return name.casefold() in (self.text.casefold(), self.value.casefold())


class Extension(NamedTuple):
    """An extension by its number, its id in the PBX, or both; None is what is not known."""

    number: str | None
    id: int | None


class Phone(NamedTuple):
    """A phone as a PBX holds it; C(ext_id) is None where it was not asked for."""

    vendor: str
    model: str
    template_name: str
    extension: str | None
    ext_id: int | None = None

    @property
    def place(self) -> dict[str, str | None]:
        """What the phone is bound to, as it is shown."""
        return {
            "vendor": self.vendor,
            "model": self.model,
            "template_name": self.template_name,
            "extension": self.extension,
        }


def phone_of(seen: Observation) -> Phone | None:
    """Return the phone that was seen in a PBX, if it was."""
    return seen.held if isinstance(seen.held, Phone) else None


class Assignment:
    """What phones of one kind shall be; C(extensions) has the extension of each, by MAC.

    C(link) is where the PBX serves them, if the PBX does not have the vendor redirect them itself; empty where it does
    not tell.
    """

    def __init__(self, vendor: Option, model: Option, template_name: str, rps_auth: bool) -> None:
        self.vendor = vendor
        self.model = model
        self.template_name = template_name
        self.rps_auth = rps_auth
        self.extensions: dict[str, Extension] = {}
        self.link: str | None = None

    def is_kind_of(self, phone: Phone) -> bool:
        """Tell whether a phone that the PBX holds is of this vendor and model, and has this template."""
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
