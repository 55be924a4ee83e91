# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line, as processes of their own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import xmlrpc.client
from pathlib import Path
from typing import Any

import pytest
import rps_simulator
from rps_simulator import Simulator
from rps_simulator.processes import wait_for_exit

PACKAGE = Path(rps_simulator.__file__).parent
SEED = {"accounts": [{"name": "ours", "password": "our password", "provider": "yealink"}]}


def run(*arguments: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PACKAGE), *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=30, check=False)


def result(*arguments: object, stdin: str = "") -> Any:
    done = run(*arguments, stdin=stdin)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "state"
    yield folder
    if folder.exists():
        result("stop", "--state", folder)


def test_start_seed_status_stop(folder, connect):
    started = result("start", "--state", folder, "--port", 0)
    assert started["changed"] is True
    assert result("start", "--state", folder, "--port", 0) == {**started, "changed": False}
    status = result("status", "--state", folder)
    assert (status["running"], status["pid"], status["url"]) == (True, started["pid"], started["url"])

    assert result("seed", "--state", folder, "-", stdin=json.dumps(SEED)) == {"changed": True}
    assert result("seed", "--state", folder, "-", stdin=json.dumps(SEED)) == {"changed": False}
    assert connect(started["url"]).call("addServer", "s", "https://s.example.com/") == [True, "OK"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}

    assert result("stop", "--state", folder) == {"changed": True}
    assert wait_for_exit(started["pid"], 0)
    assert result("stop", "--state", folder) == {"changed": False}
    assert result("status", "--state", folder) == {"running": False}
    assert (folder / "simulator.log").read_text() == ""
    with Simulator(database=folder / "simulator.db") as simulator:
        assert simulator.servers("ours") == {"s": "https://s.example.com/"}


def test_seed_while_none_runs(folder, tmp_path):
    file = tmp_path / "seed.json"
    file.write_text(json.dumps(SEED))

    assert result("seed", "--state", folder, file) == {"changed": True}
    assert result("seed", "--state", folder, file) == {"changed": False}


def test_runs_as_a_module():
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    command = [sys.executable, "-m", "rps_simulator", "--help"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=True)

    assert "rehearse" in done.stdout


def test_serve_ends_with_an_interrupt(folder):
    command = [sys.executable, str(PACKAGE), "serve", "--state", str(folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert json.loads(process.stdout.readline())["pid"] == process.pid
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=10)

    assert (process.returncode, output, errors) == (0, "", "")


def test_stops_when_the_watched_process_is_gone(folder):
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as watched:
        started = result("start", "--state", folder, "--port", 0, "--watch-pid", watched.pid)
        assert result("status", "--state", folder)["running"]
    assert wait_for_exit(started["pid"], 5)
    assert result("status", "--state", folder) == {"running": False}


def test_a_killed_one_can_be_started_again(folder):
    started = result("start", "--state", folder, "--port", 0)
    os.kill(started["pid"], signal.SIGKILL)
    assert wait_for_exit(started["pid"], 5)

    assert result("status", "--state", folder) == {"running": False}
    assert result("start", "--state", folder, "--port", 0)["changed"] is True


def test_port_in_use(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("start", "--state", folder, "--port", taken.getsockname()[1])

    assert done.returncode == 1
    assert done.stderr.startswith("rps_simulator: cannot listen on 127.0.0.1:")


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "message"),
    [
        ((), "", 2, "SUBCOMMAND"),
        (("start",), "", 2, "--state"),
        (("start", "--state", "{}", "--key", "x"), "", 2, "--certificate"),
        (("start", "--state", "{}", "--certificate", "/nowhere.pem"), "", 1, "cannot use the certificate /nowhere.pem"),
        (("start", "--state", "{}", "--port", "70000"), "", 1, "cannot listen"),
        (("start", "--state", "/dev/null/x"), "", 1, "Not a directory"),
        (("seed", "--state", "{}", "/nowhere.json"), "", 1, "/nowhere.json: No such file"),
        (("seed", "--state", "{}", "-"), "{", 1, "not JSON"),
        (("seed", "--state", "{}", "-"), '{"accounts": [{}]}', 1, "accounts[0]: name must be a text"),
    ],
)
def test_errors_are_one_line(folder, arguments, stdin, code, message):
    done = run(*(argument.format(folder) for argument in arguments), stdin=stdin)

    assert done.returncode == code
    assert message in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert code == 2 or len(done.stderr.splitlines()) == 1


def test_a_database_that_is_none(folder):
    folder.mkdir()
    (folder / "simulator.db").write_text("hello " * 100)

    done = run("start", "--state", folder, "--port", 0)

    assert (done.returncode, done.stdout) == (1, "")
    assert "the database cannot be used" in done.stderr


def test_a_bad_seed_of_a_running_one(folder):
    result("start", "--state", folder, "--port", 0)

    done = run("seed", "--state", folder, "-", stdin='{"accounts": [{}]}')

    assert (done.returncode, done.stderr) == (1, "rps_simulator: accounts[0]: name must be a text\n")


def test_faults_reach_a_running_one(folder, connect):
    started = result("start", "--state", folder, "--port", 0)
    result("seed", "--state", folder, "-", stdin=json.dumps(SEED))
    client = connect(started["url"])
    client.send('[{"kind": "fault", "code": 1, "message": "no"}]', "/simulator/faults", "PUT")

    with pytest.raises(xmlrpc.client.Fault):
        client.call("listDevices")
