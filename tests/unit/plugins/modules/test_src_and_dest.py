# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rps_device with a phone list for its input and a file for its outcomes."""

from __future__ import annotations

import csv

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
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_reads_what_spreadsheets_write(rps, phones, separator, line_end, encoding):
    lab = ["", " https://lab.example/ "] if rps.can.own_url else [" paris ", ""]
    lines = [
        ["Name", "MAC", "Server", "URL", "Room"],
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


@pytest.mark.needs("list_account")
def test_rows_of_other_providers_and_accounts_are_left_to_their_tasks(rps, phones):
    rps.holds(*rps.macs(4))
    rows = [
        f"{rps.mac(0)},{rps.provider},acme-de",
        f"{rps.mac(1)},other,acme-de",
        f"{rps.mac(2)},{rps.provider.upper()},acme-fr",
        f"{rps.mac(7)},,",
    ]

    result = rps.device(src=phones("\n".join(["mac,provider,account", *rows])), account="acme-de", prune=True)

    outcomes = {device["mac"]: device["action"] for device in result["devices"]}
    assert outcomes == {rps.mac(0): rps.left_alone, rps.mac(7): "registered", rps.mac(3): "removed"}


def test_a_mixed_list_is_sorted_by_the_vendors_macs(rps, phones):
    rows = [f"{mac}," for mac in rps.every_vendors(1)]
    rows += [f"{mac},{rps.provider}" for mac in rps.every_vendors(2)]

    result = rps.device(src=phones("\n".join(["mac,provider", *rows])), by_prefix=True)

    assert [device["mac"] for device in result["devices"]] == [rps.mac(1), *rps.every_vendors(2)]


def test_without_an_account_every_account_is_ours(rps, phones):
    rps.device(src=phones(f"mac,account\n{rps.mac(1)},acme-fr\n{rps.mac(2)},"))

    assert len(rps.urls) == 2


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
    assert "phones.csv line 7: '' is not a MAC address" in result["msg"]
    assert rps.requests == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "has no column mac"),
        ("001565000001\n", "has no column mac"),
        ("mac,mac\n", "has more than one column mac"),
        (b"mac\n\xff\xfe\n", "is not UTF-8 text"),
        ("mac\n" + "0" * 200_000, "is not CSV: field larger"),
    ],
)
def test_files_that_are_no_phone_list(rps, phones, content, words):
    src = phones(content)

    result = rps.device(src=src)

    assert result["msg"].startswith(f"{src} {words}")
    assert result["failure"]["code"] == "invalid_input"
    assert rps.requests == 0


def test_rows_that_are_wrong_for_us_and_rows_that_are_left_to_others(rps, phones):
    rows = [
        "mac,server,provider",
        f"{rps.mac(1)},berlin,{rps.provider},100",
        "nonsense,berlin,somebody",
        "nonsense,berlin,",
    ]

    result = rps.device(src=phones("\n".join(rows)))

    assert result["msg"].startswith("2 problems: ")
    assert "phones.csv line 2: '100' is beyond the header's columns" in result["msg"]
    assert "phones.csv line 4: 'nonsense' is not a MAC address" in result["msg"]


def test_an_empty_phone_list_prunes_nothing(rps, phones):
    rps.holds(*rps.macs(3))

    result = rps.device(src=phones("mac,server\n"), prune=True)

    assert "the list is empty" in result["msg"]
    assert rps.requests == 0


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


def test_a_run_that_was_given_up_leaves_its_file(rps, dest):
    rps.simulator.misbehave({"kind": "http_error", "status": 403, "skip": len(rps.listing)})

    rps.device(*rps.macs(8), dest=str(dest))

    assert dest.read_text().count(",failed,") == 8


@pytest.mark.parametrize("where", ["folder", "no/folder/outcomes.csv", "file/outcomes.csv"])
def test_a_file_that_cannot_be_written_stops_the_task_before_it_starts(rps, tmp_path, where):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()

    result = rps.device(rps.mac(1), dest=str(tmp_path / where))

    assert result["failure"] == {"code": "invalid_input", "message": f"dest: {tmp_path / where} cannot be written"}
    assert rps.requests == 0


def test_a_file_that_cannot_be_written_after_all_is_a_warning(rps, dest, monkeypatch):
    """The devices are done by then, and the task's result tells of them."""

    def fail(*_paths):
        dest.mkdir()
        raise IsADirectoryError("Is a directory")

    monkeypatch.setattr("os.replace", fail)

    result = rps.device(rps.mac(1), dest=str(dest))

    assert result["summary"]["registered"] == 1
    assert result["warnings"] == ["dest could not be written: Is a directory"]
    assert list(dest.parent.iterdir()) == [dest]
