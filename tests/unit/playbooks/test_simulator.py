# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""C(ansible-playbook voip.rps.simulator), as a user would call it."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rps_simulator

import ansible_collections.voip.rps as collection

PLAYBOOK = ("ansible-playbook", "voip.rps.simulator")
SEED = {
    "accounts": [
        {"name": "me", "password": "it's a rehearsal", "provider": "yealink"},
        {"name": "snom user", "password": "x", "provider": "snom"},
    ],
    "devices": [{"account": "me", "mac": "001565000001", "url": "https://old.example.com/"}],
}


def simulator(command: str, folder: Path) -> dict[str, Any]:
    program = [sys.executable, str(Path(rps_simulator.__file__).parent), command, "--state", str(folder)]
    answer: dict[str, Any] = json.loads(subprocess.check_output(program))
    return answer


def shown(output: str) -> dict[str, Any]:
    """What the playbook shows at its end."""
    last = output[output.rindex('{\n    "msg"') : output.rindex("}\n\nPLAY RECAP") + 1]
    values: dict[str, Any] = json.loads(last)["msg"]
    return values


def ends_in_a_sentence(output: str, words: str) -> bool:
    """Whether the play failed with a message of one line that has these words, and shows no command's result."""
    (failure,) = re.findall(r"^fatal: .*$", output, re.MULTILINE)
    return words in failure and not re.search(r'"(cmd|stderr|stdout|rc)"|Traceback', failure)


@pytest.fixture
def rehearsal(tmp_path: Path) -> Iterator[Path]:
    """The state folder, which users name by the relative path C(rehearsal)."""
    yield tmp_path / "rehearsal"
    if (tmp_path / "rehearsal").exists():
        simulator("stop", tmp_path / "rehearsal")


def files_of(folder: Path) -> set[Path]:
    """Return all files in a folder, but for what Python and the measuring of coverage write anywhere."""
    files = (path for path in folder.rglob("*") if "__pycache__" not in path.parts)
    return {path for path in files if not path.name.startswith(".coverage")}


def test_a_relative_folder_and_the_environment_to_paste(
    ansible: Callable[..., Any], rehearsal: Path, tmp_path: Path
) -> None:
    collections = Path(collection.__path__[0])
    before = files_of(collections)
    extra = {"simulator_state_dir": "rehearsal", "simulator_port": "0", "simulator_seed": SEED}

    started = ansible(*PLAYBOOK, extra=extra, PWD="/nowhere")

    assert started.returncode == 0, started.stdout
    told = shown(started.stdout)
    url = simulator("status", rehearsal)["url"]
    assert (told["url"], told["ca_path"]) == (url, str(rehearsal / "ca.pem"))
    some = {"yealink": f"{url}/xmlrpc", "htek": f"{url}/index.php/xmlrpc", "snom": f"{url}/xmlrpc/", "yeastar": url}
    assert some.items() <= told["api_urls"].items()
    assert (rehearsal / "environment.sh").read_text() == "\n".join(told["environment"]) + "\n"
    assert files_of(collections) == before
    again = ansible(*PLAYBOOK, extra={**extra, "simulator_seed": json.dumps(SEED)})
    assert "changed=0 " in again.stdout
    pasted = "\n".join([*told["environment"], "ansible localhost -m voip.rps.rps_device_info -a macs=0015.6500.0001"])
    asked = ansible("sh", "-c", pasted)
    assert (
        '"current_url": "https://old.example.com/"' in asked.stdout
        or '"url": "https://old.example.com/"' in asked.stdout
    )
    stopped = ansible(*PLAYBOOK, "-e", "simulator_state_dir=./rehearsal", "-e", "simulator_action=stop")
    assert stopped.returncode == 0, stopped.stdout
    assert simulator("status", rehearsal) == {"running": False}


def test_booleans_as_texts(ansible: Callable[..., Any], rehearsal: Path) -> None:
    texts = ("-e", "simulator_state_dir=rehearsal", "-e", "simulator_port=0", "-e", "simulator_tls=false")

    started = ansible(*PLAYBOOK, *texts)

    assert shown(started.stdout)["url"].startswith("http://")
    assert not (rehearsal / "ca.pem").exists()


def test_check_mode_starts_nothing(ansible: Callable[..., Any], rehearsal: Path) -> None:
    planned = ansible(*PLAYBOOK, "--check", "-e", "simulator_state_dir=rehearsal", "-e", "simulator_port=18443")

    assert planned.returncode == 0, planned.stdout
    assert shown(planned.stdout)["api_urls"]["yealink"] == "https://127.0.0.1:18443/xmlrpc"
    assert not rehearsal.exists()


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("variables", "words"),
    [
        (("simulator_action=Start",), "simulator_action is 'Start', but must be start, seed or stop."),
        (("simulator_action=../../x",), "but must be start, seed or stop."),
        (("simulator_state_dir=",), "the path of the state folder is empty"),
        (("simulator_state_dir=/dev/null/x",), "/dev/null/x"),
        (("simulator_port=99999",), "cannot listen on 127.0.0.1:99999"),
        (("simulator_host=192.0.2.1", "simulator_tls=no"), "cannot listen on 192.0.2.1:8443"),
    ],
)
def test_one_sentence(ansible: Callable[..., Any], rehearsal: Path, variables: tuple[str, ...], words: str) -> None:
    options = [part for variable in ("simulator_state_dir=rehearsal", *variables) for part in ("-e", variable)]

    failed = ansible(*PLAYBOOK, *options)

    assert failed.returncode == 2
    assert ends_in_a_sentence(failed.stdout, words)


def test_a_port_in_use(ansible: Callable[..., Any], rehearsal: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        failed = ansible(*PLAYBOOK, "-e", "simulator_state_dir=rehearsal", "-e", f"simulator_port={port}")

    words = f"cannot listen on 127.0.0.1:{port}: Address already in use; choose another port, or 0 for any free one"
    assert ends_in_a_sentence(failed.stdout, words)


def test_a_wrong_seed(ansible: Callable[..., Any], rehearsal: Path) -> None:
    seed = {"accounts": [{"name": "me", "password": "hush", "provider": "acme"}]}

    extra = {"simulator_state_dir": "rehearsal", "simulator_port": 0, "simulator_seed": seed}
    failed, verbose = (ansible(*PLAYBOOK, *options, extra=extra) for options in ((), ("-vvv",)))

    words = "accounts[0]: provider must be one of yealink, "
    assert ends_in_a_sentence(failed.stdout, words)
    assert words in verbose.stdout
    assert "hush" not in failed.stdout + verbose.stdout
