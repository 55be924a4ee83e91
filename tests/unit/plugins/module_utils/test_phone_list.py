# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Phone lists as spreadsheets and scripts write them."""

from __future__ import annotations

import csv
import random

import pytest

from ansible_collections.voip.rps.plugins.module_utils._pure.phone_list import EXTRA, read_phone_list


@pytest.fixture
def read(tmp_path):
    """Read a phone list of this content."""

    def read_content(content):
        path = tmp_path / "phones.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return list(read_phone_list(str(path)))

    return read_content


def test_lines_are_counted_as_an_editor_does(read):
    assert read("mac\n1\n\n , \n2\n") == [(2, {"mac": "1"}), (5, {"mac": "2"})]


def test_headers_and_cells_are_stripped_and_headers_are_in_any_case(read):
    assert read(" MAC ;\tServer\n 1 ; a b \n") == [(2, {"mac": "1", "server": "a b"})]


def test_the_separator_is_what_the_header_has_most_of(read):
    assert read("mac;name, first;room\n1;a, b;2\n") == [(2, {"mac": "1", "name, first": "a, b", "room": "2"})]


def test_quoted_headers_and_cells(read):
    assert read('"mac","name"\n"1","a ""b"", c"\n') == [(2, {"mac": "1", "name": 'a "b", c'})]


def test_short_rows_are_filled_up_and_empty_cells_at_the_end_are_nothing(read):
    assert read("server,mac\na\nb,1,,\n") == [(2, {"server": "a", "mac": ""}), (3, {"server": "b", "mac": "1"})]


def test_cells_beyond_the_header_are_told_apart(read):
    assert read("mac,url\n1,,2,3\n4,\n") == [(2, {"mac": "1", "url": "", EXTRA: "2, 3"}), (3, {"mac": "4", "url": ""})]


def test_nameless_columns_are_fine(read):
    assert [row["mac"] for _line, row in read("mac,,\n1,x,y\n")] == ["1"]


def test_a_header_alone(read):
    assert read("mac") == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_what_the_csv_module_writes_is_read(tmp_path, separator, line_end, encoding):
    chance = random.Random(1)
    columns = ["mac", "server", "url", "name"]
    rows = [["".join(chance.choices('aé1,;"\t ', k=6)).strip() for _column in columns] for _time in range(50)]
    rows = [["m" + row[0], *row[1:]] for row in rows]
    path = tmp_path / "phones.csv"
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file, delimiter=separator, lineterminator=line_end).writerows([columns, *rows])

    assert [list(row.values()) for _line, row in read_phone_list(str(path))] == rows


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "has no column mac in its first line"),
        ("\nmac\n1\n", "has no column mac in its first line"),
        ("name,server\n", "has no column mac in its first line"),
        ("mac,url,MAC,url\n", "has more than one column mac, url"),
        (b"mac\n\xff\n", "is not UTF-8 text"),
        ("mac\n1\n".encode("utf-16"), "is not UTF-8 text"),
        ("mac\n" + "1" * 140_000, "is not CSV: field larger than field limit"),
    ],
)
def test_files_that_are_no_phone_list(read, content, why):
    with pytest.raises(ValueError, match=why):
        read(content)


@pytest.mark.parametrize("name", [".", "missing.csv"])
def test_files_that_cannot_be_read(tmp_path, name):
    with pytest.raises(ValueError, match="cannot be read: "):
        list(read_phone_list(str(tmp_path / name)))
