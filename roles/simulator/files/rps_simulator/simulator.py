# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator as a whole, and its Python interface."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any

from . import control
from .dialects import DIALECTS, OPENAPI, XMLRPC
from .dialects.openapi import OpenApi
from .dialects.snom_settings import SnomSettings
from .dialects.xmlrpc import XmlRpc
from .faults import Faults
from .log import Entry, Log
from .pbx import Pbx
from .replay import Replay
from .seed import seed
from .server import Server
from .service import Service
from .settings import Settings
from .state import Account, State
from .tokens import Tokens
from .wire import Request, Wire


class Simulator:
    """A running simulator, in threads of this process, for as long as the `with` block lasts."""

    def __init__(
        self,
        database: str | Path = ":memory:",
        port: int = 0,
        certificate: str | None = None,
        key: str | None = None,
        host: str = "127.0.0.1",
        replay: str | Path | None = None,
    ) -> None:
        """Listen on `host`:`port` (0: any free one), with TLS where PEM files are given; keep the state in `database`.

        With `replay`, a transcript of the role preflight, services answer as recorded there and keep nothing; raises
        ValueError where it is none. Raises OSError when the address, a file or the database cannot be had.
        """
        self._replay = None if replay is None else Replay(replay)
        self._state = State(str(database))
        self._settings = Settings()
        self._faults = Faults()
        self._log = Log()
        try:
            self._server = Server(self._handle, host, port, certificate, key)
        except BaseException:
            self._state.close()
            raise
        self._tokens = Tokens(self._settings)
        transports = [
            *(OpenApi(name, pbx, self._state, self._settings, self._tokens) for name, pbx in OPENAPI.items()),
            SnomSettings(self._state),
            XmlRpc(XMLRPC, self._state, self._settings),
        ]
        self._service = Service(transports, self._settings, self._faults, self._log, self._server.pause)

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
        """The base address, e.g. `http://127.0.0.1:8080`."""
        return self._server.url

    @property
    def host(self) -> str:
        """The name or address in `url`, in lower case and without brackets."""
        return self._server.host.strip("[]").lower()

    def endpoint(self, provider: str) -> str:
        """The address of the provider's service as users give it: the base and the documented path, if there is one."""
        return self.url + DIALECTS[provider].endpoint

    def seed(self, data: object) -> bool:
        """Add accounts and what is theirs, and forget failed logins; see `seed.seed()`.

        Returns whether anything changed; raises ValueError.
        """
        changed = seed(self._state, data)
        self._tokens.unblock()
        return changed

    def misbehave(self, *rules: object) -> None:
        """Put these fault rules in force instead of the former ones; see `faults.Rule.read()`. Raises ValueError."""
        self._faults.replace(list(rules))

    def settings(self, /, **knobs: Any) -> dict[str, object]:
        """Turn these knobs, see `settings.Settings`; the others stay. With any, failed logins are forgotten.

        Returns all of them; raises ValueError.
        """
        self._settings.update(knobs)
        if knobs:
            self._tokens.unblock()
        return self._settings.as_dict()

    @property
    def log(self) -> list[Entry]:
        """The requests to the providers' services so far, oldest first."""
        return self._log.entries()

    def clear_log(self) -> None:
        self._log.clear()

    def devices(self, account: str) -> dict[str, dict[str, str | None]]:
        """The account's devices: `{bare mac: {"server", "url": the one in force, "own_url"}}`. Raises ValueError."""
        with self._state.transaction(write=False):
            return self._state.records(self._account(account)).devices()

    def servers(self, account: str) -> dict[str, str | None]:
        """The account's servers: name -> URL. Raises ValueError where there is no such account."""
        with self._state.transaction(write=False):
            return self._state.records(self._account(account)).servers()

    def phones(self, account: str) -> dict[str, dict[str, object]]:
        """The phones of the PBX whose API client this account is. Raises ValueError where there is no such account.

        `{bare mac: {"id", "vendor", "model", "template_name", "extension": number or None, "rps_auth": a boolean,
        "provisioning_method"}}`.
        """
        with self._state.transaction(write=False):
            phones = Pbx(self._state, self._account(account)).phones()
        return {
            phone.mac: {
                "id": phone.id,
                "vendor": phone.vendor,
                "model": phone.model,
                "template_name": phone.template_name,
                "extension": phone.extension.number if phone.extension else None,
                "rps_auth": phone.rps_auth,
                "provisioning_method": phone.provisioning_method,
            }
            for phone in phones
        }

    def _account(self, name: str) -> Account:
        account = self._state.account(name)
        if account is None:
            raise ValueError(f"no such account: {name}")
        return account
