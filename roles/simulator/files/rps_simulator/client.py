# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send requests to the control interface of a running simulator."""

from __future__ import annotations

import http.client
import json
import ssl
from typing import Any
from urllib.parse import urlsplit

from .control import PREFIX
from .processes import Running

TIMEOUT = 60


def ask(running: Running, verb: str, path: str = "", body: bytes | None = None) -> Any:
    """Return the JSON answer of `verb /simulator<path>`. Raise ValueError for a refusal, OSError if there is none."""
    address = urlsplit(running.url)
    connection: http.client.HTTPConnection
    if running.certificate is None:
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=TIMEOUT)
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trust only this certificate, with any names in it
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(running.certificate)
        connection = http.client.HTTPSConnection(str(address.hostname), address.port, timeout=TIMEOUT, context=context)
    try:
        connection.request(verb, PREFIX + path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = json.loads(response.read())
    except (http.client.HTTPException, ValueError) as error:
        raise OSError(f"{running.url} does not answer like a simulator: {type(error).__name__}") from None
    finally:
        connection.close()
    if response.status != 200:
        raise ValueError(answer["error"])
    return answer
