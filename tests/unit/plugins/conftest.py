# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A web server that answers as it is told, certificates, pauses short enough for tests, and modules as processes."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from ansible_collections.voip.rps.plugins.module_utils._http import client as http


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "FIRST_WAIT", 0.005)


class WebServer(ThreadingHTTPServer):
    """Gives C(answer), with C(status) and C(headers), to every request, and keeps what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/xmlrpc"
        self.status = 200
        self.headers: dict[str, str] = {}
        self.answer = b""
        self.paths: list[str] = []
        self.bodies: list[bytes] = []
        self.heads: list[Any] = []
        self.respond: Callable[[str, Any], tuple[int, bytes]] = lambda _path, _headers: (self.status, self.answer)


class _Handler(BaseHTTPRequestHandler):
    server: WebServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.paths.append(f"{self.command} {self.path}")
        self.server.heads.append(self.headers)
        self.server.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        status, answer = self.server.respond(self.path, self.headers)
        self.send_response(status)
        headers = {"Content-Length": str(len(answer)), "Connection": "close", **self.server.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def certificate_maker() -> ModuleType:
    """The simulator's script that makes certificates, as a module."""
    script = Path(__file__).parents[3] / "roles" / "simulator" / "files" / "certificates.py"
    specification = importlib.util.spec_from_file_location("certificates", script)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def certificates(certificate_maker: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a CA (ca.pem) and a certificate for this machine that it signed (server.pem, server.key)."""
    folder = tmp_path_factory.mktemp("certificates")
    certificate_maker.make(folder, set(certificate_maker.LOOPBACK))
    return folder


# A process so small that what it started is the bigger one: RUSAGE_CHILDREN is KiB, or bytes on macOS.
MEASURE = """
import resource, signal, subprocess, sys
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda *_: None)
code = subprocess.call(sys.argv[1:])
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(peak // 1024 if sys.platform == "darwin" else peak, file=sys.stderr)
"""


class Ended(NamedTuple):
    """What a module's process returned, and the most memory it took, in MiB."""

    result: dict[str, Any]
    peak: int


class Process:
    """A running module."""

    def __init__(self, command: list[str]) -> None:
        self._popen = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)

    def runs_for(self, seconds: float) -> bool:
        """Wait so long, or until it ends. Returns whether it runs on."""
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return True
        return False

    def signal(self, number: int) -> None:
        """Send it a signal, as a terminal does to all that runs in it."""
        os.killpg(self._popen.pid, number)

    def kill(self) -> None:
        """Kill it, as C(kill -9) does."""
        with suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.communicate()

    def end(self, seconds: float = 60) -> Ended:
        """Wait for its end, at most so long, and expect that it returned a result, and no traceback."""
        out, err = self._popen.communicate(timeout=seconds)
        lines = err.split()
        assert len(lines) == 1, err.decode()
        return Ended(json.loads(out), int(lines[0]) // 1024)


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Start a module as a process; what still runs at the test's end is killed."""
    started: list[Process] = []

    def start(name: str, /, **options: Any) -> Process:
        arguments = tmp_path / f"{name}-{len(started)}.json"
        arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": options}))
        module = f"ansible_collections.voip.rps.plugins.modules.{name}"
        started.append(Process([sys.executable, "-c", MEASURE, sys.executable, "-m", module, str(arguments)]))
        return started[-1]

    yield start
    for process in started:
        process.kill()
