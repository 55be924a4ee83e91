# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test one phone: register, move and release it, and restore its state at the end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import (
    LEFT_UNBOUND,
    Refused,
    RpsError,
    unforeseen,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    ELSEWHERE,
    FAILED,
    NONE,
    REGISTERED,
    UNKNOWN,
    Device,
    Observation,
    Outcome,
    Target,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.url import without_userinfo
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service

REGISTER = "register"
MOVE = "move"
REMOVE = "remove"

_READS = 4
"""Maximum number of reads until a phone shows what was written, because services may apply a write late."""
_TRIES = 3
"""Maximum number of attempts to restore a phone."""


class Wish(NamedTuple):
    """The phone of a test. ``target``: the first target. ``second``: the target to which it is moved.

    ``is_given``: whether the user set ``target`` as the target that the phone must have.
    """

    mac: str
    target: Target
    second: Target
    is_given: bool


class Tried(NamedTuple):
    """The result of a test. ``steps``: descriptions. ``put_back``: whether the state of the phone was restored."""

    outcome: Outcome
    steps: list[str]
    put_back: bool = True


def try_phone(service: Service, wish: Wish, *, check_mode: bool) -> Tried:
    """Register, move and release a phone, and restore it even if a step fails. Raise nothing.

    Move a registered phone first, then release and register it again. In check mode, only return the planned steps.
    """
    trial = _Trial(service, wish)
    service.may_confirm = False
    try:
        trial.look()
    except Exception as error:
        return trial.failed(_known(error))
    refused = trial.refusal()
    if refused:
        return trial.failed(refused)
    if check_mode:
        trial.steps.append(f"would {', '.join(trial.order)} it")
        return trial.passed()
    try:
        for step in trial.order:
            trial.take(step)
        trial.end()
    except Exception as error:
        return trial.put_back(_known(error))
    except BaseException:
        trial.put_back(RpsError("interrupted", "the run was interrupted"))
        raise
    return trial.passed()


def _known(error: Exception) -> RpsError:
    return error.without_traceback() if isinstance(error, RpsError) else unforeseen(error)


class _Trial:
    def __init__(self, service: Service, wish: Wish) -> None:
        self.steps: list[str] = []
        self._service = service
        self._wish = wish
        self._was = Observation(None)
        self._in_doubt = False
        self._writes: dict[str, Callable[[], None]] = {
            REGISTER: lambda: service.register([Device(wish.mac, wish.target)], wish.target, override=False),
            MOVE: lambda: service.move([Device(wish.mac, wish.second)], wish.second),
            REMOVE: lambda: service.remove([Device(wish.mac, None)]),
        }

    @property
    def order(self) -> tuple[str, ...]:
        bound = self._was.status == REGISTERED
        return (MOVE, REMOVE, REGISTER) if bound else (REGISTER, MOVE, REMOVE)

    def look(self) -> None:
        self._was = self._read()
        self.steps.append(f"is {_words(self._was)}")

    def refusal(self) -> RpsError | None:
        """Return why the phone must not be changed, or None."""
        was, target = self._was, self._wish.target
        if was.status == ELSEWHERE:
            return RpsError("owned_by_other_user", "another account has registered this phone, so it was not changed")
        if was.status != REGISTERED:
            return None
        if not self._wish.is_given:
            words = "the phone is registered: set its target in preflight_server or preflight_url, to restore it later"
            return RpsError("invalid_input", words)
        if was.url is not None and target.met_by(self._wish.mac, was) is None:
            words = "the phone is registered, but the URL of its server is not known: add it to preflight_servers"
            return RpsError("invalid_input", words)
        if target.met_by(self._wish.mac, was) is False:
            words = f"the phone points to {_url(was)} instead of {target.words(self._wish.mac)}, so it was not changed"
            return RpsError("invalid_input", words)
        return None

    def take(self, step: str) -> None:
        """Run a step, and verify its effect. Raise RpsError."""
        try:
            self._in_doubt = True
            self._writes[step]()
        except RpsError as error:
            self._in_doubt = error.in_doubt
            if step == MOVE and error.code == "unsupported":
                self.steps.append(f"{step}: {error.message}")
                return
            if not error.in_doubt:
                raise RpsError(error.code, f"{step}: {error.message}") from None
        now = self._read_until(lambda seen: self._is_taken(step, seen))
        if not self._is_taken(step, now):
            words = f"{step}: the service accepted it, but the phone is {_words(now)}"
            raise RpsError("service_error", words)
        self._in_doubt = False
        self.steps.append(f"{step}: {_words(now)}")

    def end(self) -> None:
        """Verify that the phone has its original state. Raise RpsError."""
        now = self._read_until(self._is_as_it_was)
        if not self._is_as_it_was(now):
            raise RpsError("service_error", f"the phone is {_words(now)} at the end")
        same = now.status == self._was.status
        self.steps.append(f"restored: {_words(now)}" if same else f"restored, not registered: {_words(now)}")

    def put_back(self, error: RpsError) -> Tried:
        """Restore the phone. If that fails, the message begins with it."""
        now: Observation | None = None
        for attempt in range(_TRIES):
            try:
                now = self._read_until(self._is_as_it_was)
                if self._is_as_it_was(now) and not self._in_doubt:
                    self.steps.append(f"restored: {_words(now)}")
                    return self.failed(RpsError(error.code, f"{error.message}. The phone was restored."))
                # A write without a visible effect may still take effect later.
                self._in_doubt = False
                self._undo(now)
            except Exception as again:
                self.steps.append(f"restoring it failed: {_known(again).code}")
            self._service.client.back_off(attempt)
        return self._not_put_back(error, self._last_look(now))

    def _undo(self, now: Observation) -> None:
        target = self._wish.target
        device = Device(self._wish.mac, target)
        if self._was.status != REGISTERED:
            with suppress(Refused):
                self._service.remove([device])
            return
        if now.status == REGISTERED:
            with suppress(Refused):
                self._service.move([device], target)
                return
        self._service.register([device], target, override=False)

    def _last_look(self, seen: Observation | None) -> Observation | None:
        """Return the state of the phone now, or ``seen``, its last known state, if it cannot be read."""
        try:
            return self._read()
        except Exception:
            return seen

    def _not_put_back(self, error: RpsError, now: Observation | None) -> Tried:
        if now and self._is_as_it_was(now):
            self.steps.append(f"restored: {_words(now)}")
            return self.failed(RpsError(error.code, f"{error.message}. The phone was restored."))
        unbound = self._was.status == REGISTERED and now is not None and now.status != REGISTERED
        is_now = f"it is {_words(now)}" if now else "its state is not known"
        words = (
            f"THE PHONE COULD NOT BE RESTORED: it was {_words(self._was)}, now {is_now}. Restore it by hand. "
            f"What failed: {error.message}"
        )
        self.steps.append(f"could not be restored: {is_now}")
        return self.failed(RpsError(LEFT_UNBOUND if unbound else error.code, words))._replace(put_back=False)

    def failed(self, error: RpsError) -> Tried:
        outcome = Outcome(self._wish.mac, FAILED, self._was.status, self._wish.target, self._was, error)
        return Tried(outcome, self.steps)

    def passed(self) -> Tried:
        return Tried(Outcome(self._wish.mac, NONE, self._was.status, self._wish.target, self._was), self.steps)

    def _is_taken(self, step: str, seen: Observation) -> bool:
        if step == REMOVE:
            return seen.status != REGISTERED
        target = self._wish.second if step == MOVE else self._wish.target
        return seen.status == REGISTERED and target.met_by(self._wish.mac, seen) is not False

    def _is_as_it_was(self, seen: Observation) -> bool:
        if self._was.status != REGISTERED:
            return seen.status not in (REGISTERED, ELSEWHERE)
        return seen.status == REGISTERED and self._wish.target.met_by(self._wish.mac, seen) is not False

    def _read_until(self, is_right: Callable[[Observation], bool]) -> Observation:
        seen = self._read()
        for attempt in range(_READS):
            if is_right(seen):
                break
            self._service.client.back_off(attempt)
            seen = self._read()
        return seen

    def _read(self) -> Observation:
        return self._service.check(Device(self._wish.mac, None), target=self._service.can.read_target)


def _words(seen: Observation) -> str:
    status = (seen.status or UNKNOWN).replace("_", " ")
    if seen.status == UNKNOWN:
        return "unknown to the service"
    return f"{status} at {_url(seen)}" if seen.url else status


def _url(seen: Observation) -> str:
    return without_userinfo(seen.url or "an unknown target")
