# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulator that answers as in a transcript: by method, in the order recorded."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from rps_simulator import Simulator
from rps_simulator.cli import main


def call(method: str) -> str:
    return f"<methodCall><methodName>redirect.{method}</methodName></methodCall>"


def exchange(method: str, answer: str, status: int | None = 200) -> dict[str, Any]:
    return {"verb": "POST", "path": "", "request": call(method), "status": status, "answer": answer}


def transcript(folder: Path, *exchanges: dict[str, Any]) -> Path:
    path = folder / "transcript.json"
    path.write_text(json.dumps({"rps_transcript": 1, "left_out": 0, "exchanges": exchanges}))
    return path


def ask(simulator: Simulator, method: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(simulator.url).netloc, timeout=10)
    try:
        connection.request("POST", "/anything", call(method))
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def test_by_method_in_the_order_recorded_and_the_last_again(tmp_path: Path) -> None:
    path = transcript(
        tmp_path,
        exchange("checkDevice", "one"),
        exchange("listDevices", "the list", 503),
        exchange("checkDevice", "zwö"),
        exchange("editDevice", "", None),
    )

    with Simulator(replay=path) as simulator:
        answers = [ask(simulator, method) for method in ("listDevices", *["checkDevice"] * 3, "addServer")]
        with pytest.raises(ConnectionResetError):
            ask(simulator, "editDevice")

    assert answers[:4] == [(503, "the list"), (200, "one"), (200, "zwö"), (200, "zwö")]
    assert answers[4][0] == 404


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"rps_transcript": 2, "exchanges": [1]}',
        '{"rps_transcript": 1, "exchanges": []}',
        '{"rps_transcript": 1, "exchanges": [{}]}',
        '{"rps_transcript": 1, "exchanges": [{"verb": "POST", "request": "", "status": 99999, "answer": ""}]}',
    ],
)
def test_what_is_no_transcript_is_refused(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.json"
    path.write_text(text)

    with pytest.raises(ValueError, match="transcript"):
        Simulator(replay=path)
    code = main(["serve", "--state", str(tmp_path / "state"), "--port", "0", "--replay", str(path)])

    assert code == 1
    assert "transcript" in capsys.readouterr().err


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--state", str(tmp_path / "state"), "--port", "0", "--replay", str(tmp_path / "none")]) == 1
    assert "No such file" in capsys.readouterr().err
