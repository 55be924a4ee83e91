# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook drift, as a rulebook runs it with an event."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from subprocess import CompletedProcess
from threading import Thread
from typing import Any

import pytest
from rps_simulator import Simulator

BERLIN = "https://berlin.example/prov/"
GONE, TAKEN, OTHERS = "001565000001", "001565ffffff", "001565000002"


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A webhook that refuses all messages: its address, and what it got."""
    messages: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_error(500)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/s3cret-of-hook", messages
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_webhook_that_fails_stops_no_rollout(
    ansible: Callable[..., CompletedProcess[str]],
    account: dict[str, Any],
    simulator: Simulator,
    webhook: tuple[str, list[dict[str, Any]]],
    tmp_path: Path,
) -> None:
    url, messages = webhook
    # The list is spelled otherwise than the event, and has phones that did not drift.
    (tmp_path / "phones.csv").write_text(f"MAC Address\n00-15-65-00-00-01\n{OTHERS}\n{TAKEN}\n")
    event = {
        "id": "yealink/acme/2",
        "account": "acme",
        "provider": "yealink",
        "count": 2,
        "fixable": 1,
        "devices": [{"mac": GONE, "kind": "gone"}, {"mac": TAKEN, "kind": "taken"}],
        "message": "acme: two drifted.",
        "history": str(tmp_path / "h.db"),
    }

    done = ansible(
        "ansible-playbook",
        "voip.rps.drift",
        extra={
            "ansible_eda": {"event": {"rps_drift": event}},
            "audit_src": str(tmp_path / "phones.csv"),
            "rollout_accounts": {"acme": account},
            "rollout_url": BERLIN,
            "rulebook_rollout": "yes",
            "rulebook_limit": "1",
            "rulebook_webhook": url,
        },
    )

    assert done.returncode == 0, done.stdout
    assert simulator.devices("acme").keys() == {GONE}
    assert [message["text"] for message in messages] == [
        "acme: two drifted. Phones that are gone or moved are rolled out now."
    ]
    assert messages[0]["rps_drift"] == event
    assert "The webhook did not accept the message. Check rulebook_webhook." in done.stdout
    assert "s3cret-of-hook" not in done.stdout + (tmp_path / "ansible.log").read_text()
    assert len(list(tmp_path.glob("h.db-*.json"))) == 1
