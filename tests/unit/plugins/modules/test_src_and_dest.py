# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rps_device with a phone list for its input and a file for its outcomes."""

from __future__ import annotations

import csv
import json
import os
import stat

import pytest


@pytest.fixture
def phones(tmp_path):
    """Write a phone list, or anything else in its place, and return its path."""

    def write(text, encoding="utf-8"):
        path = tmp_path / "phones.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return str(path)

    return write


@pytest.fixture
def dest(tmp_path):
    return tmp_path / "outcomes.csv"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_reads_what_spreadsheets_write(rps, phones, separator, line_end, encoding):
    lab = ["", " https://lab.example/ "] if rps.can.own_url else [" paris ", ""]
    lines = [
        ["Name", "MAC Address", "Server Name", "Config URL", "Room"],
        ["Zoë", rps.mac(1), "", "", '"1, 2; 3"'],
        ["", "", "", "", ""],
        ["Noël", rps.mac(2).upper(), "paris", "", ""],
        ["Lab", rps.mac(3), *lab, "cellar"],
    ]

    result = rps.device(src=phones(line_end.join(map(separator.join, lines)) + line_end, encoding))

    assert "failed" not in result
    assert rps.urls == {
        rps.mac(1): rps.servers["berlin"],
        rps.mac(2): rps.servers["paris"],
        rps.mac(3): "https://lab.example/" if rps.can.own_url else rps.servers["paris"],
    }


def test_a_column_of_macs_is_enough(rps, phones):
    rps.device(src=phones(f"mac\n{rps.mac(1)}\n{rps.mac(2)}"))

    assert list(rps.urls) == rps.macs(2, start=1)


def test_short_rows_are_filled_up(rps, phones):
    rps.device(src=phones(f"mac,server,url\n{rps.mac(1)}\n{rps.mac(2)},paris\n"))

    assert rps.urls == {rps.mac(1): rps.servers["berlin"], rps.mac(2): rps.servers["paris"]}


@pytest.mark.needs("own_url")
def test_bad_rows_are_named_by_their_lines(rps, phones):
    src = phones(
        "\n".join(
            [
                "extension,mac,server,url",
                f"100,{rps.mac(1)}",
                "101,nonsense",
                "",
                f"102,{rps.mac(2)},,gopher://lab.example/",
                f"103,{rps.mac(1)},paris",
                "104",
            ]
        )
    )

    result = rps.device(src=src)

    assert result["msg"].startswith("4 problems: ")
    assert "phones.csv line 3: 'nonsense' is not a MAC address" in result["msg"]
    assert "phones.csv line 5: 'gopher://lab.example/' does not begin with" in result["msg"]
    assert f"phones.csv line 6: {rps.mac(1)} has another target in phones.csv line 2" in result["msg"]
    assert "phones.csv line 7: the MAC address is missing" in result["msg"]
    assert rps.requests == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("001565000001\n", "has no column mac"),
        ("mac,mac\n", "has 2 columns for mac"),
        (b"mac\n\x81\n", "is text in an unknown encoding"),
        ("mac\n" + "0" * 200_000, "line 2 has more than 65,536 characters"),
    ],
)
def test_files_that_are_no_phone_list(rps, phones, content, words):
    src = phones(content)

    result = rps.device(src=src)

    assert result["msg"].startswith(f"{src}: {words}")
    assert result["failure"]["code"] == "invalid_input"
    assert rps.requests == 0


@pytest.mark.needs("list_account")
def test_an_unclosed_quote_releases_nothing(rps, phones):
    rps.holds(*rps.macs(4))
    rows = [f'{rps.mac(0)},"Room 1', f"{rps.mac(1)},Room 2", f"{rps.mac(2)},Room 3", f'{rps.mac(3)},19"']

    result = rps.device(src=phones("\n".join(["mac,name", *rows])), prune=True)

    assert "phones.csv line 2: a quote is not closed: its cell goes on to line 5" in result["msg"]
    assert rps.requests == 0


@pytest.mark.needs("list_account")
def test_an_empty_phone_list_prunes_nothing(rps, phones):
    rps.holds(*rps.macs(3))

    result = rps.device(src=phones("mac,server\n"), prune=True)

    assert "prune: no row of the list belongs to this account" in result["msg"]
    assert rps.requests == 0


def test_of_many_problems_the_first_are_named_and_all_are_in_the_file(rps, phones, dest):
    src = phones("mac\n" + "nonsense\n" * 50_000)

    result = rps.device(src=src, dest=str(dest))

    assert len(json.dumps({**result, "invocation": None})) < 10_000
    assert [problem["where"] for problem in result["problems"]] == [f"phones.csv line {line}" for line in range(2, 22)]
    assert result["problem_counts"] == {"invalid_mac": 50_000}
    assert "more invalid_mac" in result["msg"]
    with dest.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 50_000
    assert (rows[-1]["action"], rows[-1]["code"]) == ("failed", "invalid_mac")
    assert rows[-1]["message"].startswith("phones.csv line 50001: ")


@pytest.mark.dialect("redirect")
def test_every_outcome_goes_into_the_file(rps, dest):
    rps.holds(rps.mac(0))
    rps.others(rps.mac(2))
    dest.write_text("what was there before")

    result = rps.device(*rps.macs(3), dest=str(dest), return_devices="none")

    assert result["devices"] == []
    target = {"server": "berlin", "url": rps.servers["berlin"]}
    with dest.open(newline="") as file:
        assert list(csv.DictReader(file)) == [
            {"mac": rps.mac(0), "action": rps.left_alone, "status": "registered", **target, "code": "", "message": ""},
            {"mac": rps.mac(1), "action": "registered", "status": "unknown", **target, "code": "", "message": ""},
            {
                "mac": rps.mac(2),
                "action": "failed",
                "status": "registered_elsewhere",
                **target,
                "code": rps.foreign,
                "message": "Registered Elsewhere",
            },
        ]
    assert list(dest.parent.iterdir()) == [dest]


def test_removed_devices_have_no_target_in_the_file(rps, dest):
    rps.holds(rps.mac(0))

    rps.device(rps.mac(0), state="absent", dest=str(dest))

    assert dest.read_text() == f"mac,action,status,server,url,code,message\n{rps.mac(0)},removed,registered,,,,\n"


def test_the_file_is_written_beside_the_working_directory_too(rps, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    rps.device(rps.mac(0), dest="outcomes.csv")

    assert (tmp_path / "outcomes.csv").read_text().startswith("mac,")


@pytest.mark.dialect("redirect")
def test_a_run_that_was_given_up_leaves_its_file(rps, dest):
    rps.simulator.misbehave({"kind": "http_error", "status": 403, "skip": len(rps.listing)})

    rps.device(*rps.macs(8), dest=str(dest))

    assert dest.read_text().count(",failed,") == 8


@pytest.fixture
def things(tmp_path):
    """A folder, a file, a FIFO and links to what is no file."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "link to a folder").symlink_to(tmp_path / "folder")
    (tmp_path / "link to a device").symlink_to("/dev/null")
    os.mkfifo(tmp_path / "fifo")
    return tmp_path


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("folder", "is a folder"),
        ("folder/", "is a folder"),
        ("link to a folder", "is a folder"),
        ("no/folder/outcomes.csv", "there is no folder"),
        ("file/outcomes.csv", "there is no folder"),
        ("fifo", "is not a regular file"),
        ("link to a device", "is not a regular file"),
        ("/dev/null", "is not a regular file"),
        ("phones.csv", "is the phone list itself"),
    ],
)
def test_a_file_that_cannot_be_written_stops_the_task_before_it_starts(rps, phones, things, where, words):
    result = rps.device(src=phones(f"mac\n{rps.mac(1)}\n"), dest=str(things / where))

    assert result["failure"]["code"] == "invalid_input"
    assert result["msg"].startswith("dest: ")
    assert words in result["msg"]
    assert rps.requests == 0


def test_a_link_to_the_phone_list_is_the_phone_list(rps, phones, tmp_path):
    src = phones(f"mac\n{rps.mac(1)}\n")
    (tmp_path / "link.csv").symlink_to(src)

    assert "is the phone list itself" in rps.device(src=src, dest=str(tmp_path / "link.csv"))["msg"]


def test_an_existing_file_keeps_its_mode_and_a_link_stays_one(rps, dest, tmp_path):
    dest.write_text("what was there before")
    dest.chmod(0o640)
    link = tmp_path / "link.csv"
    link.symlink_to(dest)

    result = rps.device(rps.mac(1), dest=str(link))

    assert result["dest"] == str(link)
    assert link.is_symlink()
    assert stat.S_IMODE(dest.stat().st_mode) == 0o640
    assert dest.read_text().startswith("mac,")


def test_a_new_file_has_the_mode_of_any_new_file(rps, dest, tmp_path):
    (tmp_path / "other").touch()

    rps.device(rps.mac(1), dest=str(dest))

    assert dest.stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.dialect("redirect")
def test_no_cell_runs_as_a_formula(rps, dest):
    rps.answers("register", False, "=HYPERLINK(1)")

    rps.device(rps.mac(1), dest=str(dest))

    assert "'=HYPERLINK(1)" in dest.read_text()


def test_a_file_that_cannot_be_written_after_all_fails_the_task(rps, dest, monkeypatch):
    """The devices are done by then, and the task's result tells of them."""

    def fail(*_paths):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)

    result = rps.device(rps.mac(1), dest=str(dest))

    assert (result["failed"], result["changed"], result["summary"]["registered"]) == (True, True, 1)
    assert result["msg"] == f"dest: {dest} could not be written: No space left on device"
    assert "dest" not in result
    assert list(dest.parent.iterdir()) == []
