# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The base of every task of a module."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from types import FrameType
from typing import Any, Mapping, TypeVar

from ansible.module_utils.basic import missing_required_lib

from ansible_collections.voip.rps.plugins.module_utils._http.client import REQUESTS_IMPORT_ERROR, Client
from ansible_collections.voip.rps.plugins.module_utils._module.options import account_of, connect
from ansible_collections.voip.rps.plugins.module_utils._module.rps_module import RpsModule, visible_result
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import InputError, Problems, RpsError, unforeseen
from ansible_collections.voip.rps.plugins.module_utils._pure.shown import SECRETS
from ansible_collections.voip.rps.plugins.module_utils._reconcile.report import error_result
from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service

_SHORTEST_TOKEN = 8
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")

TaskT = TypeVar("TaskT", bound="Task")


class Task:
    """The run of a module. ``problems``: its input errors, which are found before anything is sent.

    As a context manager, it ends the module with ``failure`` for errors that fail the whole task.
    """

    def __init__(self, module: RpsModule) -> None:
        if REQUESTS_IMPORT_ERROR:
            words = f"{missing_required_lib('requests')} ({REQUESTS_IMPORT_ERROR})"
            failure = {"code": "unsupported", "message": words}
            module.fail_json(msg=words, failure=failure, changed=False, requests=0)
        self.module = module
        self.params: dict[str, Any] = module.params
        self._client: Client | None = None
        self._handlers: dict[int, Any] = {}
        self.problems: Problems = []

    def __enter__(self: TaskT) -> TaskT:
        for name in _SIGNALS:
            number = getattr(signal, name)
            # A user who started the task with nohup wants it to ignore this signal.
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                # Only the main thread can set signal handlers.
                with suppress(ValueError):
                    self._handlers[number] = signal.signal(number, self._interrupt)
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        try:
            if isinstance(error, RpsError):
                self._fail(error)
            elif isinstance(error, Exception):
                self._fail(unforeseen(error))
        finally:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)

    def _interrupt(self, number: int, _frame: FrameType | None) -> None:
        error = RpsError("interrupted", f"the task was ended by {signal.Signals(number).name}")
        if not self._client:
            raise error
        self._client.stop(error)

    def _fail(self, error: RpsError) -> None:
        """End the module with an error that fails the whole task."""
        words = error.message
        # The outcomes of these calls are unknown.
        wrote = error.code in ("internal_error", "interrupted") and self._client is not None and self._client.writes > 0
        if wrote and self._client:
            words = f"{words} {self._client.writes} writing calls were sent before: run the task again."
        self.leave({**error_result(error), "changed": wrote, "msg": words})

    def hide(self, secret: str) -> None:
        """Hide this secret in all output."""
        SECRETS.add(secret)
        if len(secret) >= _SHORTEST_TOKEN:
            self.module.no_log_values.add(secret)

    def refuse_bad_input(self) -> None:
        """Raise InputError with all problems, if there are any."""
        if self.problems:
            raise InputError(self.problems)

    def use(self, client: Client) -> None:
        """Count the requests of this client in the result."""
        self._client = client

    def leave(self, result: Mapping[str, Any]) -> None:
        """End the module with its result."""
        shown = visible_result(dict(result, requests=self._client.requests if self._client else 0))
        if result.get("failed"):
            self.module.fail_json(**shown)
        self.module.exit_json(**shown)


class RpsTask(Task):
    """The run of a module for a redirection service of class ``kind``, which ``provider`` selects."""

    def __init__(self, module: RpsModule) -> None:
        super().__init__(module)
        self.kind: type[Service] = SERVICES[self.params["provider"]]
        self._service: Service | None = None

    def connect(self) -> Service:
        """Return the service; nothing is sent yet. Raise InputError with all problems, if there are any."""
        problems: Problems = []
        account = account_of(self.params, os.environ, problems)
        for secret in account.secrets:
            self.hide(secret)
        self.problems = problems + self.problems
        self.refuse_bad_input()
        self._service = connect(account, self.params)
        self.use(self._service.client)
        return self._service

    def leave(self, result: Mapping[str, Any]) -> None:
        """End the module with its result and the warnings of the service."""
        for warning in self._service.warnings if self._service else ():
            self.module.warn(warning)
        super().leave(result)
