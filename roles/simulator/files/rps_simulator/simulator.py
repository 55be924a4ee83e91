# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator as a whole, and its Python interface."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from . import control
from .dialect import Dialect, MakeTransport, World, tables, vendors
from .dialects import DIALECTS
from .faults import Faults
from .knobs import Panel, Settings
from .log import Entry, Log
from .replay import Replay
from .seed import part_names, seed
from .server import Server
from .service import Service
from .state import Account, State
from .wire import Request, Wire


class Simulator:
    """A simulator that runs in threads of this process, inside its `with` block."""

    def __init__(
        self,
        database: str | Path = ":memory:",
        port: int = 0,
        certificate: str | None = None,
        key: str | None = None,
        host: str = "127.0.0.1",
        dialects: Mapping[str, Dialect] = DIALECTS,
        replay: str | Path | None = None,
    ) -> None:
        """Listen on `host`:`port` (0 for any free port), with TLS if there are PEM files. Keep the state in `database`.

        `dialects`: the services to simulate, by provider. `replay`: a transcript of the role preflight, whose recorded
        answers are sent without keeping any state. Raise ValueError if it is not a transcript.
        Raise OSError if the address, a file or the database is not available.
        """
        self._replay = None if replay is None else Replay(replay)
        self._dialects = dict(dialects)
        self._state = State(str(database), tables(dialects.values()))
        self._panel = Panel(dialect.settings for dialect in dialects.values())
        self._faults = Faults()
        self._log = Log()
        try:
            self._server = Server(self._handle, host, port, certificate, key)
        except BaseException:
            self._state.close()
            raise
        world = World(self._state, self._panel, vendors(dialects.values()), self._server.url)
        spoken: dict[MakeTransport, list[Dialect]] = {}
        for dialect in dialects.values():
            for make in dialect.transports:
                spoken.setdefault(make, []).append(dialect)
        self._transports = [make(those, world) for make, those in spoken.items()]
        settings = self._panel.of(Settings)
        self._service = Service(self._transports, settings, self._faults, self._log, self._server.pause)

    def __enter__(self) -> Simulator:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.stop()
        self._state.close()

    def _handle(self, wire: Wire, request: Request) -> bool:
        if request.path == control.PREFIX or request.path.startswith(f"{control.PREFIX}/"):
            answer = control.answer(self, wire.peer, request)
            wire.send(answer.head(request.keep_alive) + answer.body)
            return request.keep_alive
        if self._replay is not None:
            return self._replay.handle(wire, request)
        return self._service.handle(wire, request)

    @property
    def url(self) -> str:
        """The base URL, for example `http://127.0.0.1:8080`."""
        return self._server.url

    @property
    def host(self) -> str:
        """The name or address in `url`, in lower case and without brackets."""
        return self._server.host.strip("[]").lower()

    def endpoint(self, provider: str) -> str:
        """Return the URL of the provider's service: the base URL, and the documented path if there is one."""
        return self.url + self._dialects[provider].endpoint

    @property
    def providers(self) -> list[str]:
        """The providers whose services are simulated, in order."""
        return sorted(self._dialects)

    def seed(self, data: object) -> bool:
        """Add accounts, servers and phones, and reset failed logins, see `seed.seed()`.

        Return whether anything changed. Raise ValueError.
        """
        changed = seed(self._state, self._dialects, data)
        self._forgive()
        return changed

    def misbehave(self, *rules: object) -> None:
        """Replace the fault rules, see `faults.Rule.read()`. Raise ValueError."""
        self._faults.replace(list(rules))

    def settings(self, /, **knobs: Any) -> dict[str, object]:
        """Change these settings of `knobs.Settings` or a dialect, and reset failed logins if there are any.

        Return all settings. Raise ValueError.
        """
        self._panel.update(knobs)
        if knobs:
            self._forgive()
        return self._panel.as_dict()

    def _forgive(self) -> None:
        for transport in self._transports:
            transport.forgive()

    @property
    def log(self) -> list[Entry]:
        """The requests to the services, the oldest first."""
        return self._log.entries()

    def clear_log(self) -> None:
        self._log.clear()

    def shows(self, part: str, account: str) -> dict[str, Any]:
        """Return the rows of the account in a part of the seed, by name or MAC address.

        Raise ValueError if there is no such account.
        """
        owner = self._account(account)
        shown = self._dialects[owner.provider].parts.get(part)
        if shown is None or shown.show is None:
            return {}
        with self._state.transaction(write=False):
            return shown.show(self._state, owner)

    def state(self, account: str) -> dict[str, dict[str, Any]]:
        """Return the rows of the account in each part. Raise ValueError if there is no such account."""
        shown = [name for name in part_names(self._dialects) if any(_shows(d, name) for d in self._dialects.values())]
        return {name: self.shows(name, account) for name in shown}

    def devices(self, account: str) -> dict[str, dict[str, Any]]:
        """Return the account's devices: `{mac: {"server", "url": the effective one, "own_url"}}`. Raise ValueError."""
        return self.shows("devices", account)

    def servers(self, account: str) -> dict[str, str | None]:
        """Return the URLs of the account's servers, by name. Raise ValueError if there is no such account."""
        return self.shows("servers", account)

    def phones(self, account: str) -> dict[str, dict[str, Any]]:
        """Return the phones of the PBX whose API client is this account. Raise ValueError if there is no such account.

        `{bare mac: {"id", "vendor", "model", "template_name", "extension": number or None, "rps_auth": a boolean,
        "provisioning_method"}}`.
        """
        return self.shows("phones", account)

    def _account(self, name: str) -> Account:
        account = self._state.account(name)
        if account is None:
            raise ValueError(f"no such account: {name}")
        return account


def _shows(dialect: Dialect, part: str) -> bool:
    return part in dialect.parts and dialect.parts[part].show is not None
