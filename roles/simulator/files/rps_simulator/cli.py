# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line."""

from __future__ import annotations

import argparse
import json
import os
import select
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType

from .client import ask
from .dialect import tables
from .dialects import DIALECTS
from .environment import api_urls, exports
from .files import make_folder, open_own
from .processes import InUse, Running, announce, find, hold, wait_for_exit
from .seed import seed
from .simulator import Simulator
from .state import State, accounts_in

START_SECONDS = 30
STOP_SECONDS = 15

DESCRIPTION = """\
Simulate the vendors' redirection services (RPS), and PBXs that register phones with them, to rehearse a rollout. The
simulator answers in XML-RPC or JSON as the vendors' documents describe, and keeps its data in a folder."""

EXAMPLE = """\
example, with a file seed.json that only you can read:
  {"accounts": [{"name": "me", "password": "rehearsal", "provider": "yealink"}],
   "servers": [{"account": "me", "name": "hq", "url": "https://hq.example.com/provisioning"}],
   "devices": [{"account": "me", "mac": "001565000001", "server": "hq"}, {"account": null, "mac": "001565000002"}]}

  rps_simulator start --state ~/rehearsal --port 8080     # prints the url: {"changed": true, ...}
  rps_simulator seed --state ~/rehearsal seed.json
  rps_simulator environment --state ~/rehearsal           # prints api_urls, and the shell's export lines
  rps_simulator stop --state ~/rehearsal

Faults and settings are set over HTTP while it runs: PUT /simulator/faults, PUT /simulator/settings."""


class _Failure(Exception):
    """An error that ends the program with its message."""


def main(arguments: list[str] | None = None) -> int:
    """Run a subcommand. Return 0, or 1 with one line on standard error. Wrong arguments exit with 2."""
    options = _parser().parse_args(arguments)
    if getattr(options, "key", None) and not options.certificate:
        _parser().error("--key requires --certificate")
    try:
        if not options.state:
            raise _Failure("the path of the state folder is empty")
        options.state = Path(options.state).expanduser().absolute()
        result = options.run(options)
    except (_Failure, InUse, ValueError) as error:
        message = str(error)
    except sqlite3.Error as error:
        message = f"{options.state}: the database cannot be used: {error}"
    except OSError as error:
        message = f"{error.filename}: {error.strerror}" if error.filename else str(error)
    else:
        if result is not None:
            print(json.dumps(result), flush=True)
        return 0
    print(f"rps_simulator: {' '.join(message.split())}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        "rps_simulator", description=DESCRIPTION, epilog=EXAMPLE, formatter_class=raw, allow_abbrev=False
    )
    commands = parser.add_subparsers(metavar="SUBCOMMAND", required=True)
    for name, run, text in (
        ("serve", _serve, "serve in the foreground until interrupted"),
        ("start", _start, "serve in the background, and return when the simulator answers"),
        ("stop", _stop, "stop the simulator in the background, and return when it has ended"),
        ("seed", _seed, "add accounts, servers and phones to a simulator, which does not have to run"),
        ("status", _status, "show whether a simulator runs"),
        ("environment", _environment, "show the URLs of the services and the environment variables of the accounts"),
    ):
        command = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
        command.set_defaults(run=run)
        command.add_argument(
            "--state", required=True, metavar="DIR", help="the folder with its database, pid file and log"
        )
        if name in ("serve", "start"):
            command.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
            command.add_argument(
                "--port", type=int, default=8443, help="the port, or 0 for any free port (default: %(default)s)"
            )
            command.add_argument("--certificate", metavar="PEM", help="serve HTTPS with this certificate")
            command.add_argument("--key", metavar="PEM", help="the private key, if it is in another file")
            command.add_argument("--replay", metavar="FILE", help="replay this transcript of the role preflight")
            command.add_argument("--watch-pid", type=int, metavar="PID", help="stop when this process has ended")
        if name == "seed":
            command.add_argument("file", metavar="FILE", help="a JSON file, or - for standard input")
        if name == "environment":
            command.add_argument("--url", help="the base URL to show if no simulator runs")
            command.add_argument("--ca-path", metavar="PEM", help="the CA file to verify its certificate with")
    return parser


def _serve(options: argparse.Namespace) -> None:
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    def watch() -> None:
        wait_for_exit(options.watch_pid, None)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    with hold(options.state) as file:
        simulator = Simulator(
            _database(options), options.port, options.certificate, options.key, options.host, replay=options.replay
        )
        simulator.settings(foreign_macs="refuse")
        with simulator:
            certificate = os.path.abspath(options.certificate) if options.certificate else None
            announce(file, Running(os.getpid(), simulator.url, certificate))
            print(json.dumps({"pid": os.getpid(), "url": simulator.url}), flush=True)
            if options.watch_pid is not None:
                threading.Thread(target=watch, daemon=True).start()
            stop.wait()


def _database(options: argparse.Namespace) -> str:
    return str(options.state / "simulator.db")


def _start(options: argparse.Namespace) -> object:
    running = find(options.state)
    if running is not None:
        return {"changed": False, "pid": running.pid, "url": running.url}
    make_folder(options.state)
    command = [sys.executable, str(Path(__file__).parent), "serve", "--state", str(options.state)]
    command += ["--host", options.host, "--port", str(options.port)]
    for name, value in (
        ("--certificate", options.certificate),
        ("--key", options.key),
        ("--watch-pid", options.watch_pid),
        ("--replay", options.replay),
    ):
        command += [name, str(value)] if value is not None else []
    log = options.state / "simulator.log"
    with open(open_own(log, os.O_CREAT | os.O_WRONLY), "wb") as errors:
        errors.truncate()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
        )
    assert process.stdout is not None
    if not select.select([process.stdout], [], [], START_SECONDS)[0]:
        process.kill()
        raise _Failure(f"the simulator did not start within {START_SECONDS} seconds")
    ready = process.stdout.readline()
    if not ready:
        with open(open_own(log, os.O_RDONLY), errors="replace") as text:
            lines = text.read().strip().splitlines()
        raise _Failure(lines[-1].removeprefix("rps_simulator: ") if lines else f"it did not start: see {log}")
    return {"changed": True, **json.loads(ready)}


def _stop(options: argparse.Namespace) -> object:
    running = find(options.state)
    if running is None:
        return {"changed": False}
    os.kill(running.pid, signal.SIGTERM)
    if not wait_for_exit(running.pid, STOP_SECONDS):
        raise _Failure(f"process {running.pid} did not end within {STOP_SECONDS} seconds")
    return {"changed": True}


def _seed(options: argparse.Namespace) -> object:
    data = sys.stdin.buffer.read() if options.file == "-" else Path(options.file).read_bytes()
    running = find(options.state)
    if running is not None:
        return ask(running, "POST", "/seed", data)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise _Failure(f"{options.file}: not JSON") from None
    with hold(options.state):
        state = State(_database(options), tables(DIALECTS.values()))
        try:
            return {"changed": seed(state, DIALECTS, value)}
        finally:
            state.close()


def _status(options: argparse.Namespace) -> object:
    running = find(options.state)
    if running is None:
        return {"running": False}
    return {"running": True, "url": running.url, **ask(running, "GET")}


def _environment(options: argparse.Namespace) -> object:
    running = find(options.state)
    url = running.url if running else options.url
    if url is None:
        raise _Failure(f"no simulator runs with {options.state}: start one, or set --url")
    accounts = accounts_in(_database(options))
    return {"api_urls": api_urls(url), "environment": exports(url, options.ca_path, accounts)}
