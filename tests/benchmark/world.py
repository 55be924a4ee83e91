# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is measured against: the simulator as a process of its own, an account, and lists of phones."""

from __future__ import annotations

import csv
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "roles" / "simulator" / "files"))

from rps_simulator.dialects import DIALECTS

SIMULATOR = Path(__file__).parents[2] / "roles" / "simulator" / "files" / "rps_simulator"
ACCOUNT = "acme"
PASSWORD = "not-a-secret"
SERVERS = {"berlin": "https://berlin.example/prov/", "paris": "https://paris.example/prov/"}
MOVED_EVERY = 100


def macs(size: int) -> list[str]:
    return [f"001565{number:06x}" for number in range(size)]


class World:
    """The simulator, and files with phones under ``folder``. A context manager, which stops the simulator."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._state = folder / "simulator"
        self._process: subprocess.Popen[str] | None = None
        self._address = ""

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop()

    def begin(self, held: Sequence[str], latency: float, provider: str = "yealink") -> None:
        """Start a simulator that knows nothing but the account, its servers, and the phones it holds, all in berlin."""
        self._stop()
        shutil.rmtree(self._state, ignore_errors=True)
        command = [sys.executable, str(SIMULATOR), "serve", "--state", str(self._state), "--port", "0"]
        command += ["--watch-pid", str(os.getpid())]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._address = json.loads(self._process.stdout.readline())["url"].removeprefix("http://")
        servers = SERVERS if "servers" in DIALECTS[provider].parts else {}
        seed = {
            "accounts": [{"name": ACCOUNT, "password": PASSWORD, "provider": provider}],
            "servers": [{"account": ACCOUNT, "name": name, "url": url} for name, url in servers.items()],
            "devices": [{"account": ACCOUNT, "mac": mac, "server": "berlin"} for mac in held],
        }
        self._control("POST", "/seed", seed)
        self._control("PUT", "/settings", {"latency": latency})

    @property
    def url(self) -> str:
        return self.endpoint("yealink")

    def endpoint(self, provider: str) -> str:
        """The address of a provider's service."""
        return f"http://{self._address}{DIALECTS[provider].endpoint}"

    @property
    def url_with_account(self) -> str:
        return f"http://{ACCOUNT}:{PASSWORD}@{self._address}/xmlrpc"

    def log(self) -> list[dict[str, Any]]:
        """The requests that the simulator got since it began."""
        entries: list[dict[str, Any]] = self._control("GET", "/log")
        return entries

    def held(self) -> int:
        """How many phones the account holds."""
        state: dict[str, dict[str, Any]] = self._control("GET", f"/state?account={ACCOUNT}")
        return len(state["devices"])

    def cpu(self) -> float:
        """Seconds of CPU that the simulator took so far."""
        assert self._process is not None
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def phone_list(self, size: int, moving: bool) -> Path:
        """Return a CSV file with ``size`` phones."""
        path = self._folder / f"phones-{size}{'-moving' * moving}.csv"
        if not path.exists():
            with open(path, "w", newline="") as file:
                writer = csv.DictWriter(file, ("mac", "server"))
                writer.writeheader()
                writer.writerows(_phones(size, moving))
        return path

    def phone_vars(self, size: int, moving: bool) -> Path:
        """Return a file of variables: ``phones`` has ``size`` phones, ``macs`` their addresses."""
        path = self._folder / f"phones-{size}{'-moving' * moving}.json"
        if not path.exists():
            path.write_text(json.dumps({"phones": list(_phones(size, moving)), "macs": macs(size)}))
        return path

    def mac_list(self, size: int) -> Path:
        """A file with a MAC address a line."""
        path = self._folder / f"macs-{size}.txt"
        path.write_text("".join(f"{mac}\n" for mac in macs(size)))
        return path

    def _control(self, verb: str, path: str, body: object = None) -> Any:
        connection = http.client.HTTPConnection(self._address)
        connection.request(verb, f"/simulator{path}", json.dumps(body))
        response = connection.getresponse()
        answer = json.load(response)
        connection.close()
        if response.status != 200:
            raise RuntimeError(f"the simulator refuses {verb} {path}: {answer}")
        return answer

    def _stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.communicate()
            self._process = None


def _phones(size: int, moving: bool) -> Iterator[dict[str, str]]:
    for number, mac in enumerate(macs(size)):
        yield {"mac": mac, "server": "paris" if moving and number % MOVED_EVERY == 0 else "berlin"}
