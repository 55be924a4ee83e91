# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The request of a Snom phone at its first start: `GET /snom300/snom300.php?mac=...`, without a login.

No page of the vendor describes it. Old clients of the service (snomcli) read a phone's target there: in the fourth
line, which begins with `setting_server`, or for the base station m9, in the third, `<file url=.../>`.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs
from xml.sax.saxutils import quoteattr

from ..dialect import Dialect, World
from ..mac import bare
from ..transport import Asked, Refused, Reply, Transport
from ..wire import Answer, Request
from .xmlrpc import fault

PROVIDER = "snom"
_PHONE = "<html>\n<pre>\n# redirection\nsetting_server&: %s\n</pre>\n</html>\n"
_M9 = "<?xml version='1.0' encoding='utf-8'?>\n<setting-files>\n<file url=%s />\n</setting-files>\n"


class FirstSettings(Transport):
    """The first settings of Snom's phones."""

    prefix = "/snom"
    content_type = "text/html"
    keep_alive = True

    def __init__(self, _dialects: Sequence[Dialect], world: World) -> None:
        self._state = world.state

    def read(self, peer: str, request: Request) -> Asked:
        model, _slash, page = request.path[1:].partition("/")
        mac = bare("".join(parse_qs(request.query).get("mac", [])))
        if page != f"{model}.php" or mac is None:
            raise Refused(None, Answer(404))
        if request.verb != "GET":
            raise Refused(None, Answer(405, headers=(("Allow", "GET"),)))

        def answer() -> Reply:
            with self._state.transaction(write=False):
                rows = self._state.query("SELECT url FROM devices WHERE provider = ? AND mac = ?", (PROVIDER, mac))
            url = next((str(url) for (url,) in rows if url), "")
            return Reply((_M9 % quoteattr(url) if model == "snomm9" else _PHONE % url).encode(), None)

        return Asked(None, "settings", 1, 0, False, False, answer)

    def fault(self, code: int, message: str) -> Answer:
        return Answer(200, fault(code, message), self.content_type)

    def log_out(self, request: Request) -> Answer:
        return Answer(401)
