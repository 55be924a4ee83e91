# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the simulator can do alone: requests from bare sockets, which cost next to nothing."""

from __future__ import annotations

import base64
import socket
import time
import xmlrpc.client
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from world import ACCOUNT, PASSWORD, World, macs

CONNECTIONS = 8
READS = 8000
BATCHES = 400
BATCH = 100


def measure(world: World) -> dict[str, dict[str, float]]:
    """Calls a second, and seconds of the simulator's CPU a call, of reads and of bulk calls of 100 phones."""
    phones = macs(BATCHES * BATCH)
    world.begin(phones[:READS], 0)
    read = _drive(world, READS, lambda number: xmlrpc.client.dumps((phones[number],), "redirect.checkDeviceExt"))
    world.begin([], 0)

    def batch(number: int) -> str:
        some = phones[number * BATCH : (number + 1) * BATCH]
        return xmlrpc.client.dumps((some, "berlin"), "redirect.registerDevices")

    return {"read": read, "bulk": _drive(world, BATCHES, batch)}


def _drive(world: World, count: int, body: Callable[[int], str]) -> dict[str, float]:
    requests = [_request(world.url, body(number).encode()) for number in range(count)]
    before = world.cpu()
    started = time.monotonic()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(lambda first: _send(world.url, requests[first::CONNECTIONS]), range(CONNECTIONS)))
    seconds = time.monotonic() - started
    return {"rate": count / seconds, "cpu": (world.cpu() - before) / count}


def _request(url: str, body: bytes) -> bytes:
    account = base64.b64encode(f"{ACCOUNT}:{PASSWORD}".encode()).decode()
    parts = urlsplit(url)
    head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Basic {account}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _send(url: str, requests: list[bytes]) -> None:
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as connection:
        for request in requests:
            connection.sendall(request)
            answer = b""
            while not answer.endswith(b"</methodResponse>"):
                some = connection.recv(65536)
                if not some:
                    raise RuntimeError(f"the simulator hung up after {answer[:200]!r}")
                answer += some
            if b"<boolean>1</boolean>" not in answer:
                raise RuntimeError(f"the simulator refused: {answer[:1000]!r}")
