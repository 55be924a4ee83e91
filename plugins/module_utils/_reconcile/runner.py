# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls to one service, several at a time. If the service is unavailable, all are given up together."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Callable, Collection, Generic, Iterable, Sequence, TypeVar

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import NO_ATTRIBUTES, Device, Observation
from ansible_collections.voip.rps.plugins.module_utils._reconcile.progress import READ, Progress
from ansible_collections.voip.rps.plugins.module_utils._services.base import Backend

HANDFUL = 5
"""Up to this number of devices are read one by one; for more, a list of the whole account is cheaper."""

_IN_A_ROW = 2
"""At least this number of consecutive calls must fail before the service is given up as unavailable."""

T = TypeVar("T")
BackendT = TypeVar("BackendT", bound=Backend[Any])


class Runner(Generic[BackendT]):
    """Runs calls to ``service`` for ``devices``. ``stopped``: the error after which no more calls are sent.

    ``progress`` counts each device that was read.
    """

    def __init__(self, service: BackendT, devices: Iterable[Device] = (), progress: Progress | None = None) -> None:
        self.service = service
        # Only devices with attributes are kept; most fleets have none.
        self._known = {device.mac: device for device in devices if device.attributes is not NO_ATTRIBUTES}
        self.progress = progress or Progress("", lambda _words: None)
        self.stopped: RpsError | None = None
        self._failures = {"read": 0, "write": 0}

    def device(self, mac: str) -> Device:
        """Return the device with this MAC address, with the attributes that the user gave it."""
        return self._known.get(mac) or Device(mac)

    def devices(self, macs: Iterable[str]) -> list[Device]:
        """Return the devices with these MAC addresses."""
        return [self.device(mac) for mac in macs] if self._known else list(map(Device, macs))

    def each(self, work: Callable[[T], None], items: Iterable[T]) -> None:
        """Run ``work`` on every item, with as many threads as the client has connections."""
        todo = deque(items)
        if todo and not self.service.client.requests:
            # The first call runs alone: a wrong password is tried only once, so the account is not locked.
            work(todo.popleft())
        workers = min(self.service.client.concurrency, len(todo))
        if not workers:
            return
        with ThreadPoolExecutor(workers) as pool:
            try:
                running = []
                for _worker in range(workers):
                    # This machine may allow no more threads; the existing ones, or this one, do all the work.
                    with suppress(RuntimeError):
                        running.append(pool.submit(_drain, todo, work))
                if not running:
                    _drain(todo, work)
                for done in running:
                    done.result()
            finally:
                todo.clear()

    def read(self, macs: Iterable[str], targets: Collection[str]) -> dict[str, Observation]:
        """Read every device; for those in ``targets``, also read where they point.

        A device that could not be read has its error in its observation. Raise RpsError once the service is given up.
        """
        seen: dict[str, Observation] = {}
        macs = list(macs)
        self.progress.begin(READ, len(macs))

        def check(batch: Sequence[str]) -> None:
            if self.stopped:
                return
            try:
                seen.update(self.service.check_many(self.devices(batch), target=batch[0] in targets))
                self.worked()
            except RpsError as error:
                seen.update(dict.fromkeys(batch, Observation(None, error=error.without_traceback())))
                self.failed(error)
            self.progress.did(READ, len(batch), sum(bool(seen[mac].error) for mac in batch))

        most = self.service.can.bulk.check
        for group in ([mac for mac in macs if mac in targets], [mac for mac in macs if mac not in targets]):
            self.each(check, [group[start : start + most] for start in range(0, len(group), most)])
        if self.stopped:
            raise self.stopped
        return seen

    def worked(self, kind: str = "read") -> None:
        """Note that the service answered a call of this ``kind``, ``read`` or ``write``."""
        self._failures[kind] = 0

    def failed(self, error: RpsError, kind: str = "read") -> None:
        """Note a call that failed finally, and stop if its error shows that other calls would fail too."""
        if isinstance(error, Refused):
            self.worked(kind)
            return
        self._failures[kind] += 1
        if not error.in_doubt or self._failures[kind] >= max(_IN_A_ROW, self.service.client.concurrency):
            self.stopped = error


def _drain(todo: deque[T], work: Callable[[T], None]) -> None:
    try:
        while True:
            try:
                item = todo.popleft()
            except IndexError:
                return
            work(item)
    except BaseException:
        todo.clear()
        raise
