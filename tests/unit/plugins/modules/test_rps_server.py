# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rps_server: named servers are added."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.needs("named_servers")
ROME = "https://rome.example/prov/"


@pytest.mark.dialect("redirect")
def test_adds_a_server(rps):
    result = rps.server(name="rome", url=ROME, diff=True)

    assert result["changed"]
    assert result["servers"] == [{"name": "rome", "url": ROME, "action": "added"}]
    assert result["diff"] == {"before": {}, "after": {"rome": ROME}}
    assert result["requests"] == rps.requests == 1
    assert rps.simulator.servers(rps.account)["rome"] == ROME


@pytest.mark.dialect("redirect")
def test_a_name_that_is_taken_is_unverified_with_a_warning(rps):
    result = rps.server(name="berlin", url=ROME, diff=True)

    assert not result["changed"]
    assert result["servers"] == [{"name": "berlin", "url": ROME, "action": "unverified"}]
    assert result["diff"] == {"before": {}, "after": {}}
    (warning,) = result["warnings"]
    assert "cannot show its URL, so it is not verified: 'berlin'" in warning
    assert rps.simulator.servers(rps.account)["berlin"] == rps.servers["berlin"]


@pytest.mark.dialect("redirect")
def test_several_servers_in_the_order_asked(rps):
    names = ["rome", "berlin", "oslo", "paris", "bonn"]

    result = rps.server(servers=dict.fromkeys(names, ROME))

    assert [server["name"] for server in result["servers"]] == names
    assert [server["action"] for server in result["servers"]] == ["added", "unverified", "added", "unverified", "added"]
    assert "failed" not in result


def test_a_second_run_changes_nothing(rps):
    servers = {"rome": ROME, "oslo": "tftp://oslo.example"}

    assert rps.server(servers=servers)["changed"]
    assert not rps.server(servers=servers)["changed"]


@pytest.mark.dialect("redirect")
def test_one_that_fails_does_not_keep_the_others_back(rps):
    rps.answers("add", False, "Error: quota exceeded", skip=1, times=1)

    result = rps.server(servers={"rome": ROME, "oslo": ROME, "bonn": ROME}, concurrency=1, diff=True)

    assert [server["action"] for server in result["servers"]] == ["added", "failed", "added"]
    assert result["servers"][1]["error"] == {"code": "service_error", "message": "Error: quota exceeded"}
    assert (result["failed"], result["changed"]) == (True, True)
    assert result["msg"] == "1 of 3 servers failed: 'oslo' service_error"
    assert list(result["diff"]["after"]) == ["rome", "bonn"]


@pytest.mark.dialect("redirect")
@pytest.mark.parametrize("kind", ["reset_after", "half_answer", "cut_answer", "login_page_after"])
@pytest.mark.parametrize("taken", [True, False])
def test_a_name_that_is_taken_after_a_lost_request_is_not_called_added(rps, kind, taken):
    """By us just now, or by whomever before: nothing shows which."""
    rps.misbehaves(kind, "add", times=1)

    result = rps.server(name="berlin" if taken else "rome", url=ROME)

    assert result["servers"][0]["action"] == "unverified"
    (warning,) = result["warnings"]
    assert "was lost, and now its name is taken. The service cannot show whether it was added" in warning
    assert result["changed"]
    assert result["requests"] == rps.requests == 2


@pytest.mark.dialect("redirect")
def test_what_was_not_carried_out_is_sent_again(rps):
    rps.misbehaves("http_error", "add", times=2, status=503)

    result = rps.server(name="rome", url=ROME)

    assert result["servers"][0]["action"] == "added"
    assert rps.requests == 3


@pytest.mark.dialect("redirect")
@pytest.mark.parametrize("count", [1, 6])
def test_a_wrong_password_is_tried_once(rps, count):
    result = rps.server(servers={f"server {number}": ROME for number in range(count)}, password="guessed")

    assert result["failure"]["code"] == "auth_failed"
    assert result["requests"] == rps.requests == 1
    assert "servers" not in result


@pytest.mark.dialect("redirect")
def test_the_service_dies_meanwhile(rps):
    rps.simulator.misbehave({"kind": "http_error", "status": 403, "skip": 2})

    result = rps.server(servers={f"server {number}": ROME for number in range(9)}, concurrency=1)

    assert [server["action"] for server in result["servers"]] == ["added"] * 2 + ["failed"] * 7
    assert {server["error"]["code"] for server in result["servers"][2:]} == {"forbidden"}
    assert (result["failed"], result["changed"], result["requests"]) == (True, True, 3)


@pytest.mark.dialect("redirect")
def test_a_service_that_only_fails_is_given_up(rps):
    rps.misbehaves("http_error", "add", status=500)

    result = rps.server(servers={f"server {number}": ROME for number in range(50)}, concurrency=2, retries=1)

    assert result["failure"]["code"] == "service_error"
    assert result["requests"] == rps.requests <= 8
