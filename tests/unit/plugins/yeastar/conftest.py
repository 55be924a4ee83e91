# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulated PBX, and the modules run against it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rps_simulator import Simulator

CLIENT = "client-of-acme"
SECRET = "s3cret-of-acme"
T5 = {"vendor": "Yealink", "model": "SIP-T53W", "template_name": "YSDP_YealinkT5"}
CP = {"vendor": "Yealink", "model": "CP920", "template_name": "YSDP_YealinkCP"}
WRITES = {"phone/batchcreate", "phone/batchupdate", "phone/batchdelete"}


class Pbx:
    """A simulated PBX with the extensions 1000 to 1049, whose ids are 1 to 50."""

    def __init__(self, simulator: Simulator, run: Callable[..., dict[str, Any]]) -> None:
        self.simulator = simulator
        self._run = run
        self.options: dict[str, Any] = {
            "base_url": simulator.endpoint("yeastar"),
            "client_id": CLIENT,
            "client_secret": SECRET,
            "timeout": 5,
        }
        extensions = [{"account": CLIENT, "number": str(1000 + number)} for number in range(50)]
        simulator.seed(
            {"accounts": [{"name": CLIENT, "password": SECRET, "provider": "yeastar"}], "extensions": extensions}
        )

    @staticmethod
    def phones(count: int, start: int = 0, **more: Any) -> list[dict[str, Any]]:
        """Return phones, each with an extension of its own."""
        return [
            {"mac": f"805ec0{number:06x}", "extension": str(1000 + number), **more}
            for number in range(start, start + count)
        ]

    def phone(self, phones: list[dict[str, Any]] | None = None, **options: Any) -> dict[str, Any]:
        """Run yeastar_phone, for the model T5 unless it is told otherwise."""
        named = {} if phones is None else {"phones": phones}
        return self._run("yeastar_phone", **{**self.options, **T5, **named, **options})

    def menu(self, menu: str, **options: Any) -> dict[str, Any]:
        return self._run("yeastar_autoprovision_info", **{**self.options, "menu": menu, **options})

    def holds(self, phones: list[dict[str, Any]], **more: Any) -> None:
        """Put phones into the PBX, of the model T5 unless it is told otherwise."""
        self.simulator.seed({"phones": [{"account": CLIENT, **T5, **phone, **more} for phone in phones]})

    def misbehaves(self, kind: str, *methods: str, **parameters: Any) -> None:
        """Let calls to one of these endpoints go wrong, see the simulator's C(faults.Rule)."""
        self.simulator.misbehave({"kind": kind, "methods": list(methods) or None, **parameters})

    @property
    def extensions(self) -> dict[str, str | None]:
        """The number of every phone's extension, as the PBX holds it."""
        return {mac: phone["extension"] for mac, phone in self.simulator.phones(CLIENT).items()}

    @property
    def kinds(self) -> dict[str, dict[str, Any]]:
        """What every phone is, as the PBX holds it."""
        return {mac: {key: phone[key] for key in T5} for mac, phone in self.simulator.phones(CLIENT).items()}

    @property
    def calls(self) -> list[str]:
        """The endpoints that were called, in their order, without the token's."""
        return [entry.method for entry in self.simulator.log if entry.method and "token" not in entry.method]

    @property
    def writes(self) -> list[tuple[str, int]]:
        """The calls that write, each with its number of phones."""
        return [(entry.method, entry.devices) for entry in self.simulator.log if entry.method in WRITES]

    @property
    def tokens(self) -> list[str]:
        """The calls about the token, in their order."""
        return [entry.method for entry in self.simulator.log if entry.method and "token" in entry.method]


@pytest.fixture
def pbx(simulator: Simulator, run: Callable[..., dict[str, Any]]) -> Pbx:
    return Pbx(simulator, run)
