# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificate that the role makes, and the simulator behind it."""

from __future__ import annotations

import importlib.util
import json
import ssl
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import rps_simulator

SCRIPT = Path(rps_simulator.__file__).parents[1] / "certificates.py"
PACKAGE = Path(rps_simulator.__file__).parent
spec = importlib.util.spec_from_file_location("certificates", SCRIPT)
certificates = importlib.util.module_from_spec(spec)
spec.loader.exec_module(certificates)


def make(folder, *names):
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(folder), *names], capture_output=True, text=True, timeout=30, check=True
    )
    return json.loads(done.stdout)["changed"]


def test_made_once(tmp_path):
    assert make(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert not make(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert set(before) == {"ca.pem", "server.pem", "server.key"}
    assert (tmp_path / "server.key").stat().st_mode & 0o777 == 0o600


def test_made_anew_for_another_name(tmp_path):
    make(tmp_path)
    assert make(tmp_path, "pbx.example.com", "192.0.2.1")
    assert not make(tmp_path, "192.0.2.1")


@pytest.mark.parametrize("name", ["ca.pem", "server.pem", "server.key"])
def test_made_anew_where_a_part_is_missing_or_spoilt(tmp_path, name):
    make(tmp_path)
    (tmp_path / name).unlink()
    assert make(tmp_path)
    (tmp_path / name).write_text("hello")
    assert make(tmp_path)


def test_made_anew_before_it_expires(tmp_path, monkeypatch):
    monkeypatch.setattr(certificates, "LASTS", timedelta(days=29))
    assert certificates.make(tmp_path, set(certificates.LOOPBACK))
    monkeypatch.undo()
    assert make(tmp_path)


def test_a_folder_that_cannot_be_had():
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "/dev/null/x"], capture_output=True, text=True, timeout=30, check=False
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("certificates.py: ")


def test_https(tmp_path, connect):
    def run(*arguments):
        command = [sys.executable, str(PACKAGE), *arguments, "--state", str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
        return json.loads(done.stdout)

    make(tmp_path)
    certificate = ("--certificate", str(tmp_path / "server.pem"), "--key", str(tmp_path / "server.key"))
    url = run("start", "--port", "0", *certificate)["url"]
    try:
        assert url.startswith("https://127.0.0.1:")
        assert run("status")["running"]
        trusting = ssl.create_default_context(cafile=tmp_path / "ca.pem")
        trusting.verify_flags |= ssl.VERIFY_X509_STRICT
        assert connect(url, context=trusting).send(verb="GET", path="/simulator").status == 200
        with pytest.raises(ssl.SSLCertVerificationError):
            connect(url, context=ssl.create_default_context()).send(verb="GET", path="/simulator")
    finally:
        run("stop")
