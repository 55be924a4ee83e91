# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services with JSON over HTTP, where the verb and the status are part of the meaning."""

from __future__ import annotations

from typing import Any, Callable, ClassVar, Mapping, TypeVar

from ansible_collections.voip.rps.plugins.module_utils._http import json_codec
from ansible_collections.voip.rps.plugins.module_utils._http.client import Answer, Fate
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError, excerpt
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service

T = TypeVar("T")


def value_of(answer: Answer) -> Any:
    """Return the value of an answer, None if it is empty. An error's value may be plain text.

    Raise RpsError ``protocol_error`` if any other answer is not JSON.
    """
    if not answer.body.strip():
        return None
    try:
        return json_codec.decode(answer.body)
    except RpsError:
        if answer.status < 400:
            raise
        return excerpt(answer.body)


class JsonService(Service):
    """A service for which most statuses are answers; each service interprets them itself."""

    headers: ClassVar[Mapping[str, str]] = {"Accept": "application/json"}
    content_type: ClassVar[str] = "application/json"
    statuses: ClassVar[Mapping[int, Fate]] = dict.fromkeys((200, 201, 204, 207, 400, 404, 409, 422), Fate.ANSWER)

    def _ask(
        self,
        verb: str,
        path: str,
        read: Callable[[int, Any], T],
        *,
        body: Any = None,
        write: bool,
        listing: bool = False,
    ) -> T:
        """Send a request with ``body`` as JSON, unless it is None.

        Return the result of ``read`` for the answer's status and value (see ``value_of``). Raise the errors of the
        client and of ``read``.
        """

        def read_answer(answer: Answer) -> T:
            return read(answer.status, value_of(answer))

        return self._send(verb, path, read_answer, body=body, write=write, listing=listing)

    def _send(self, verb: str, path: str, read: Callable[[Answer], T], *, body: Any, write: bool, listing: bool) -> T:
        """Send a request with ``body`` as JSON, unless it is None, and return the result of ``read`` for the answer.

        Raise the errors of the client and of ``read``.
        """
        return self.client.request(
            verb,
            path,
            read,
            body=None if body is None else json_codec.encode(body),
            headers=None if body is None else {"Content-Type": self.content_type},
            write=write,
            listing=listing,
        )
