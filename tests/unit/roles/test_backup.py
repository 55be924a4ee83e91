# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The backup: written before the first change, of the phones about to change, with what restoring them takes."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rps_simulator import Simulator

Accounts = dict[str, dict[str, Any]]
Rollout = Callable[..., dict[str, Any]]

BERLIN = {"berlin": "https://berlin.example/prov/"}
SECRET_URL = "https://site:pa55word@old.example/"
OURS, NEW, RIGHT = "001565000001", "001565000002", "001565000003"


@pytest.fixture
def rollout(run: Rollout, accounts: Accounts, simulator: Simulator) -> Rollout:
    """Roll three phones out, of which one points elsewhere, one is not ours yet, and one is right."""
    simulator.seed(
        {
            "servers": [{"account": "office", "name": "berlin", "url": BERLIN["berlin"]}],
            "devices": [
                {"account": "office", "mac": OURS, "url": SECRET_URL},
                {"account": "office", "mac": RIGHT, "server": "berlin"},
            ],
        }
    )

    def rollout(**variables: Any) -> dict[str, Any]:
        phones = [{"mac": mac} for mac in (OURS, NEW, RIGHT)]
        defaults = {"accounts": {"office": accounts["office"]}, "servers": BERLIN, "server": "berlin", "phones": phones}
        return run("rollout", **{**defaults, **variables})

    return rollout


def fact(task: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = task["ansible_facts"]["rollout_result"]
    return result


def saved(path: Path | str) -> dict[str, dict[str, Any]]:
    return {row["mac"]: row for row in json.loads(Path(path).read_text())["rows"]}


def test_it_has_how_the_phones_were_that_change_and_no_others(rollout: Rollout, tmp_path: Path) -> None:
    task = rollout()

    (path,) = tmp_path.glob("rps-backup-rollout-*Z.json")
    assert fact(task)["backup"] == str(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    rows = saved(path)
    assert rows.keys() == {OURS, NEW}
    assert rows[OURS].pop("seen_at").endswith("Z")
    assert rows[OURS] == {
        "mac": OURS,
        "provider": "yealink",
        "account": "office",
        "status": "registered",
        "server": None,
        "current_url": SECRET_URL,
        "own_url": None,
    }
    assert (rows[NEW]["status"], rows[NEW]["current_url"]) == ("unknown", None)
    assert "pa55word" not in json.dumps(task)


def test_a_run_that_changes_nothing_writes_none_nor_does_check_mode(rollout: Rollout, tmp_path: Path) -> None:
    checked = rollout(check_mode=True)
    assert fact(checked)["backup"] is None
    assert list(tmp_path.iterdir()) == []

    rollout(backup="first.json")
    again = rollout()

    assert fact(again)["backup"] is None
    assert [path.name for path in tmp_path.iterdir()] == ["first.json"]


def test_it_is_there_before_the_first_change(rollout: Rollout, simulator: Simulator, tmp_path: Path) -> None:
    backup = tmp_path / "no-place" / "backup.json"
    backup.parent.mkdir()
    backup.parent.chmod(0o500)
    before = simulator.devices("office")

    wrong = rollout(backup=str(backup))

    if wrong["failed"]:  # root writes everywhere
        assert simulator.devices("office") == before
        assert wrong["problems"][0]["where"] == "rollout_backup"
    refused = rollout(backup=str(tmp_path / "there" / "is" / "no" / "folder.json"))
    assert refused["problems"][0]["where"] == "rollout_backup"
    assert not refused["changed"]


def test_a_backup_that_cannot_be_written_in_the_end_changes_nothing(
    rollout: Rollout, simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = simulator.devices("office")

    def full(*_arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)

    task = rollout(backup="backup.json")

    assert simulator.devices("office") == before
    assert task["failed"]
    assert not task["changed"]
    assert "nothing was changed: No space left on device" in task["msg"]
    assert list(tmp_path.iterdir()) == []


def test_targets_that_the_run_itself_does_not_read_are_read_once_for_it(
    rollout: Rollout, simulator: Simulator, tmp_path: Path
) -> None:
    task = rollout(check_target=False, prune=True, phones=[{"mac": RIGHT}], backup="backup.json")

    assert fact(task)["summary"]["removed"] == 1
    assert saved(tmp_path / "backup.json")[OURS]["current_url"] == SECRET_URL
    assert [entry.method for entry in simulator.log].count("redirect.checkDeviceExt") == 1


def test_a_phone_that_cannot_be_read_for_it_is_not_changed(
    rollout: Rollout, simulator: Simulator, tmp_path: Path
) -> None:
    simulator.misbehave({"kind": "http_error", "status": 500, "methods": ["redirect.checkDeviceExt"], "times": 1})

    task = rollout(check_target=False, prune=True, phones=[{"mac": RIGHT}], backup="backup.json")

    assert OURS in simulator.devices("office")
    assert task["failed"]
    assert "reading it for the backup failed" in json.dumps(task["failures"])


def test_one_file_has_the_phones_of_all_accounts(
    rollout: Rollout, accounts: Accounts, simulator: Simulator, tmp_path: Path
) -> None:
    simulator.seed({"devices": [{"account": "desks", "mac": "000413900001", "url": SECRET_URL}]})
    both = {name: accounts[name] for name in ("office", "desks")}

    rollout(accounts=both, phones=[{"mac": OURS}, {"mac": "000413900001"}], backup="backup.json")

    rows = saved(tmp_path / "backup.json")
    assert {mac: row["account"] for mac, row in rows.items()} == {OURS: "office", "000413900001": "desks"}
    assert rows["000413900001"]["own_url"] is True


def test_an_earlier_backup_is_never_overwritten(rollout: Rollout, tmp_path: Path) -> None:
    (tmp_path / "backup.json").write_text("the only one")

    rollout(backup="backup.json")

    assert saved(tmp_path / "backup.json").keys() == {OURS, NEW}
    (kept,) = tmp_path.glob("backup-*.json")
    assert kept.read_text() == "the only one"


def test_in_awx_a_path_is_required_or_false(rollout: Rollout, simulator: Simulator, tmp_path: Path) -> None:
    refused = rollout(names=("awx_job_id",))
    assert refused["problems"][0]["where"] == "rollout_backup"
    assert not any(entry.carried_out for entry in simulator.log)

    without = rollout(names=("awx_job_id",), backup="false")
    assert not without["failed"]
    assert fact(without)["backup"] is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [True, "yes", "", None, ["a"], "."])
def test_what_is_no_path_is_refused(rollout: Rollout, value: Any) -> None:
    assert rollout(backup=value)["problems"][0]["where"] == "rollout_backup"
