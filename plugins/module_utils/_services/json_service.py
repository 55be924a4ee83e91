# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a service is asked that speaks JSON over HTTP, where the verb and the status are part of what is said."""

from __future__ import annotations

from typing import Any, Callable, ClassVar, Mapping, TypeVar

from ansible_collections.voip.rps.plugins.module_utils._http import json_codec
from ansible_collections.voip.rps.plugins.module_utils._http.client import Answer, Fate
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError, excerpt
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service

T = TypeVar("T")


def value_of(answer: Answer) -> Any:
    """Return the value that an answer holds, None where it is empty; that of an error may be a text.

    Raises RpsError C(protocol_error) where any other is not JSON.
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
    """A service of which most statuses are answers: what they mean, its file says."""

    headers: ClassVar[Mapping[str, str]] = {"Accept": "application/json"}
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
        """Send a request with C(body) as JSON, if that is not None.

        Return what C(read) makes of the answer's status and value, see C(value_of). Raises what the client and C(read)
        raise.
        """

        def read_answer(answer: Answer) -> T:
            return read(answer.status, value_of(answer))

        return self.client.request(
            verb,
            path,
            read_answer,
            body=None if body is None else json_codec.encode(body),
            headers=None if body is None else {"Content-Type": "application/json"},
            write=write,
            listing=listing,
        )
