# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state folder: no link or file that somebody planted leads the simulator elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import rps_simulator
from rps_simulator.dialects import DIALECTS

PACKAGE = Path(rps_simulator.__file__).parent
CERTIFICATES = PACKAGE.parent / "certificates.py"
FILES = ["simulator.pid", "simulator.log", "simulator.db", "simulator.db-wal", "simulator.db-shm"]


def run(*arguments):
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def start(folder):
    done = run(PACKAGE, "start", "--state", folder, "--port", 0)
    if done.returncode == 0:
        run(PACKAGE, "stop", "--state", folder)
    return done


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    return folder


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", ["symbolic", "dangling", "hard", "fifo"])
def test_planted_files(folder, tmp_path, name, kind):
    victim = tmp_path / "victim"
    if kind != "dangling":
        victim.write_text("precious")
    if kind == "hard":
        os.link(victim, folder / name)
    elif kind == "fifo":
        os.mkfifo(folder / name)
    else:
        (folder / name).symlink_to(victim)

    done = start(folder)

    assert (done.returncode, done.stdout) == (1, "")
    assert (
        done.stderr
        == f"rps_simulator: {folder / name} is a link or not a regular file: remove it, or choose another folder\n"
    )
    assert kind == "dangling" or victim.read_text() == "precious"
    assert kind != "dangling" or not victim.exists()


@pytest.mark.parametrize("name", ["ca.pem", "server.pem", "server.key"])
@pytest.mark.parametrize("target", ["victim", "nothing", "good"])
def test_planted_certificates(folder, tmp_path, name, target):
    (tmp_path / "victim").write_text("precious")
    if target == "good":
        assert run(CERTIFICATES, folder).returncode == 0
        (folder / name).rename(tmp_path / "good")
    (folder / name).symlink_to(tmp_path / target)

    done = run(CERTIFICATES, folder)

    assert json.loads(done.stdout) == {"changed": True}
    assert not (folder / name).is_symlink()
    assert (tmp_path / "victim").read_text() == "precious"
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize("program", [(PACKAGE, "start", "--port", 0, "--state"), (CERTIFICATES,)])
def test_a_folder_that_all_can_write_to(folder, program):
    folder.chmod(0o1777)

    done = run(*program, folder)

    assert done.returncode == 1
    assert "is writable by all users" in done.stderr
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a link of another user's")
def test_a_folder_behind_another_users_link(folder, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(folder)
    os.chown(link, 65534, 65534, follow_symlinks=False)

    done = start(link)

    assert done.stderr == f"rps_simulator: {link} belongs to another user: choose a folder of your own\n"


def test_a_rehearsal_refuses_other_vendors_macs(folder, connect):
    seed = {"accounts": [{"name": "ours", "password": "our password", "provider": "snom"}]}
    (folder / "seed.json").write_text(json.dumps(seed))
    url = json.loads(run(PACKAGE, "start", "--state", folder, "--port", 0).stdout)["url"]
    try:
        run(PACKAGE, "seed", "--state", folder, folder / "seed.json")
        client = connect(url)
        answer = client.call("registerPhone", "001565000001", "https://x.example.com/")
        settings = json.loads(client.send("{}", "/simulator/settings", "PUT").body)
    finally:
        run(PACKAGE, "stop", "--state", folder)

    assert answer == [False, "Error:malformed_mac"]
    assert settings["foreign_macs"] == "refuse"


def test_environment(folder):
    arguments = (PACKAGE, "environment", "--state", folder)
    assert "no simulator runs with" in run(*arguments).stderr
    nothing = json.loads(run(*arguments, "--url", "https://h:1").stdout)
    accounts = [
        {"name": "b", "password": "x", "provider": "snom"},
        {"name": "a b", "password": "it's $HOME", "provider": "yealink"},
        {"name": "later", "password": "x", "provider": "yealink"},
        {"name": "client", "password": "secret", "provider": "yeastar"},
    ]
    (folder / "seed.json").write_text(json.dumps({"accounts": accounts}))
    assert run(PACKAGE, "seed", "--state", folder, folder / "seed.json").returncode == 0

    told = json.loads(run(*arguments, "--url", "https://h:1", "--ca-path", "/a b/ca.pem").stdout)

    assert nothing["environment"] == []
    assert told["api_urls"] == nothing["api_urls"]
    assert told["api_urls"].keys() == DIALECTS.keys()
    some = {
        "yealink": "https://h:1/xmlrpc",
        "htek": "https://h:1/index.php/xmlrpc",
        "snom": "https://h:1/xmlrpc/",
        "akuvox": "https://h:1/fcgi/do?id=1",
        "yeastar": "https://h:1",
    }
    assert {name: told["api_urls"][name] for name in some} == some
    shell = "\n".join([*told["environment"], "env -0"])
    output = subprocess.run(
        ["sh", "-c", shell], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=True
    )
    variables = dict(pair.split("=", 1) for pair in output.stdout.split("\0") if pair)
    own = {"API_URL": "https://h:1/xmlrpc", "CA_PATH": "/a b/ca.pem", "USERNAME": "a b", "PASSWORD": "it's $HOME"}
    assert {name: value for name, value in variables.items() if name.startswith(("RPS_", "YEASTAR_"))} == {
        "RPS_PROVIDER": "yealink",
        **{f"RPS_{name}": value for name, value in own.items()},
        **{f"RPS_YEALINK_{name}": value for name, value in own.items()},
        "RPS_SNOM_API_URL": "https://h:1/xmlrpc/",
        "RPS_SNOM_CA_PATH": "/a b/ca.pem",
        "RPS_SNOM_USERNAME": "b",
        "RPS_SNOM_PASSWORD": "x",
        "YEASTAR_BASE_URL": "https://h:1",
        "YEASTAR_CA_PATH": "/a b/ca.pem",
        "YEASTAR_CLIENT_ID": "client",
        "YEASTAR_CLIENT_SECRET": "secret",
    }
