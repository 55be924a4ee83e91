# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Phone lists as spreadsheets, portals and scripts write them, and files that are none."""

from __future__ import annotations

import csv
import io
import os
import random
import sys
import zipfile

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.voip.rps.plugins.module_utils._pure.list_columns import NAMES, column_of, row_of
from ansible_collections.voip.rps.plugins.module_utils._pure.list_csv import csv_rows
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import is_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.phone_list import (
    EXTRA,
    extra_problems,
    phones_of,
    read_phone_list,
)

M1, M2, M3 = "001565000001", "001565000002", "001565000003"


@pytest.fixture
def read(tmp_path):
    """Read a phone list of this content."""

    def read_content(content):
        path = tmp_path / "phones.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return list(read_phone_list(str(path)))

    return read_content


@pytest.fixture
def why(tmp_path):
    """Tell why a phone list of this content is refused, and where."""

    def refused(content):
        path = tmp_path / "phones.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        problems = []
        list(phones_of(str(path), problems))
        assert len(problems) == 1
        assert problems[0].message.isprintable()
        assert len(problems[0].message) < 500
        return problems[0].where.replace(str(path), "all"), problems[0].message

    return refused


def test_lines_are_counted_as_an_editor_does(read):
    assert read("mac\n1\n\n , \n2\n") == [(2, {"mac": "1"}), (5, {"mac": "2"})]


def test_headers_and_cells_are_stripped_and_headers_are_in_any_case(read):
    assert read(" MAC ;\tServer\n 1 ; a b \n") == [(2, {"mac": "1", "server": "a b"})]


def test_the_separator_is_what_makes_the_most_of_the_header(read):
    assert read("mac;name, first;url\n1;a, b;2\n") == [(2, {"mac": "1", "url": "2"})]
    assert read('"Name, first, second, third";mac\na;1\n') == [(2, {"mac": "1"})]


def test_quoted_headers_and_cells(read):
    assert read('"mac","name"\n"1","a ""b"", c"\n') == [(2, {"mac": "1", "name": 'a "b", c'})]
    assert read('mac, "name"\n1, "a, b"\n') == [(2, {"mac": "1", "name": "a, b"})]


def test_short_rows_are_filled_up_and_empty_cells_at_the_end_are_nothing(read):
    assert read("server,mac\na\nb,1,,\n") == [(2, {"server": "a", "mac": ""}), (3, {"server": "b", "mac": "1"})]


def test_cells_beyond_the_header_are_told_apart(read):
    rows = read("mac,url\n1,,2,3\n4,\n")

    assert rows == [(2, {"mac": "1", "url": "", EXTRA: "'2', '3'"}), (3, {"mac": "4", "url": ""})]
    assert "'2', '3' is beyond the header's columns" in str(extra_problems("x", rows[0][1])[0])
    assert extra_problems("x", rows[1][1]) == []


def test_ignored_columns_may_be_nameless_or_there_twice(read):
    assert read("mac,,,Room,Room\n1,x,y,a,b\n") == [(2, {"mac": "1"})]


def test_other_names_of_descriptive_columns_yield_to_our_own(read):
    assert read("mac,Site,Group\n1,a,b\n") == [(2, {"mac": "1", "group": "b"})]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be-bom", "cp1252"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_what_the_csv_module_writes_is_read(read, separator, line_end, encoding):
    chance = random.Random(1)
    columns = ["mac", "server", "url", "name"]
    rows = [["".join(chance.choices('aé1,;"\t ', k=6)).strip() for _column in columns] for _time in range(50)]
    rows = [["m" + row[0], *row[1:]] for row in rows]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator=line_end).writerows([columns, *rows])
    written = text.getvalue()
    content = b"\xfe\xff" + written.encode("utf-16-be") if encoding == "utf-16-be-bom" else written.encode(encoding)

    assert [list(row.values()) for _line, row in read(content)] == rows


@pytest.mark.parametrize(
    "above",
    ["", "\n", "# my phones, mac, server\n", ';;;\n"# a, ""b"""\n', "#\n \n", "\ufeff\n", '# "open\n'],
)
@pytest.mark.parametrize("named", ["", "sep=;\n", "SEP=;\r\n", '"sep=;"\n', "sep=;;;\n"])
def test_what_may_stand_above_the_header(read, named, above):
    text = f"{named}{above}MAC;Server, or so;URL\n{M1};x;y\n"

    assert read(text) == [(text.count("\n"), {"mac": M1, "url": "y"})]


def test_sep_beats_the_header(read):
    assert read("sep=\t\nmac\tname, first, second\n1\tx\n") == [(3, {"mac": "1"})]
    assert read("#,mac,server\n7,1,x\n") == [(2, {"mac": "1", "server": "x"})]


def test_what_is_no_line_end_ends_no_line(read):
    text = "mac,name\r1,a\u2028b\x0cc\x0bd\x85e\r\n2,x\n3,\u00a0\u200by\u2060\n"

    assert read(text) == [
        (2, {"mac": "1", "name": "a\u2028b\x0cc\x0bd\x85e"}),
        (3, {"mac": "2", "name": "x"}),
        (4, {"mac": "3", "name": "y"}),
    ]


@pytest.mark.parametrize("column", NAMES)
def test_every_name_of_a_column_in_every_spelling(column):
    for name in [column, *NAMES[column]]:
        camel = "".join(word.capitalize() for word in name.split())
        for spelling in (name, name.upper(), name.replace(" ", "_"), name.replace(" ", "-").lower(), camel):
            assert column_of(f'\ufeff "{spelling}" ') == column
    assert sum(column_of(name) == column for names in NAMES.values() for name in names) == len(NAMES[column])


@pytest.mark.parametrize("name", ["current_url", "Room", "", "macs", "vlan", "status", "IP Address", "Provisioning"])
def test_other_names_are_no_columns_of_ours(name):
    assert column_of(name) is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("\n \n;;\n", "is empty"),
        ("# mac\n", "is empty"),
        ("name,server\nx,y\n", "no column mac. Columns found: 'name', 'server'"),
        ("\n".join([",".join(f"column{n}" for n in range(5000)), "x"]), "and 4992 more"),
        (f"{M1},berlin\n", f"no column mac. Columns found: '{M1}', 'berlin'"),
        ("mac,url,MAC\n1,2,3\n", "has 2 columns for mac: 'mac', 'MAC'"),
        ("mac,Config URL,url\n1,2,3\n", "has 2 columns for url: 'Config URL', 'url'"),
        (b"mac\n\0\n", "is a binary file"),
        ("mac\n1\n".encode("utf-16-le"), "is a binary file"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "is a binary file"),
        (b"mac\n\x81\xff\n", "unknown encoding"),
        (b"\xef\xbb\xbfmac\n\xff\n", "is damaged"),
        (b"\xff\xfem\0a\0c\0\n", "is damaged"),
        (b"%PDF-1.7\n", "is a PDF"),
        (b"\r\n<!DOCTYPE html><html>", "is a web page"),
        (b'\xef\xbb\xbf[{"mac": 1}]', "is JSON"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an Excel workbook of the old kind (.xls)"),
        (b"\x1f\x8b\x08", "is compressed"),
        (b"PK\x03\x04 and so on", "is a damaged ZIP"),
        ("mac\n" + "1" * 200_000, "line 2 has more than 65,536 characters"),
        ("mac\n" + "\n" * 2_000_000, "has more than 2,000,000 lines"),
        ("1" * 200_000, "line 1 has more than 65,536 characters"),
    ],
)
def test_files_that_are_no_phone_list(why, content, words):
    where, message = why(content)

    assert where == "all"
    assert words in message


@pytest.mark.parametrize("secret", ["https://bob:hunter2@pbx.example/", "https://bob:" + "hunter2" * 20 + "@x/"])
def test_a_header_that_is_none_shows_no_password(why, secret):
    assert "hunter2" not in why(f"{M1},{secret}\n")[1]
    assert "hunter2" not in str(extra_problems("", {EXTRA: ""})) + why(f"{secret}\n")[1]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (f'mac,name\n{M1},"Room 1\n{M2},Room 2\n', 2),
        (f'mac,name\n{M1},x\n{M2},"Room 2', 3),
        (f'mac,name\n{M1},"Room 1\n{M2},Room 2\n{M3},19"\n', 2),
        (f'mac,name\n{M1},x\n{M2},"Room 1\n{M3},"Room 3"\n', 3),
        (f'name,mac\n"Room 1,{M1}\n19",{M2}\n', 2),
        (f'mac,name\n{M1},"Room 1\n{M2}\n{M3},19"\n', 2),
        (f'mac,name\n{M1},"Room 1\n{M2[:-1]}O,x\n{M3},19"\n', 2),
        (f'mac,name,a,b\n{M1},"Room 1\nnonsense,x,y,z\nx,19",,\n', 2),
        (f'extension,mac,name,url\n1,{M1},"Room 1\n19",{M2}\n', 2),
        (f'name,mac,"room\n1",{M1},\n', 1),
        (f'# a\nmac,name\n{M1},"a" b\n', 3),
        ("mac,name\n" + f'{M1},"Room 1\n' + f"{M2},x\n" * 50_000, 2),
        ("sep=|\nmac|name\n", 1),
    ],
)
def test_a_quote_that_never_closes_is_an_error_at_its_line(why, content, line):
    where, message = why(content)

    assert where == f"phones.csv line {line}"
    assert "quote" in message or "separator" in message


@pytest.mark.parametrize(
    "name",
    [
        '"two\nlines"',
        '"a ""quoted"" word,\nand a second line"',
        '"Main Street 5, 2nd floor\n10115 Berlin"',
        '"Call\n030 12345678\n"',
        '"replaces\r\nthe one with 001565000009"',
        '"\n\n"',
    ],
)
def test_cells_of_several_lines(read, name):
    rows = read(f'mac,name,url\n{M1},{name},u\n{M2},19" rack,v\n')

    assert [(row["mac"], row["url"]) for _line, row in rows] == [(M1, "u"), (M2, "v")]
    assert rows[1] == (3 + name.count("\n"), {"mac": M2, "name": '19" rack', "url": "v"})


ANY_MAC = st.integers(0, 2**48 - 1).map("{:012x}".format)
RUINED_MAC = st.one_of(ANY_MAC, ANY_MAC.map(lambda mac: mac[:11]), ANY_MAC.map(lambda mac: f"{mac[:5]}o{mac[6:]}"))
CELL = st.text('ab1" ', max_size=4).filter(lambda text: not text.strip().startswith('"'))


@given(st.data(), st.sampled_from(",;\t"), st.integers(1, 4))
def test_no_stray_quote_hides_a_phone(data, separator, width):
    """Whatever the quotes: every phone is there, or something is wrong, which stops the run."""
    place = data.draw(st.integers(0, width - 1))
    columns = ["server", "name", "room", "url"][:width]
    columns[place] = "mac"
    macs = data.draw(st.lists(RUINED_MAC, min_size=2, max_size=4))
    rows = [[mac if column == "mac" else data.draw(CELL) for column in columns] for mac in macs]
    text = "".join(separator.join(row) + "\n" for row in [columns, *rows])
    for at in data.draw(st.lists(st.integers(0, len(text)), max_size=2)):
        text = f'{text[:at]}"{text[at:]}'

    path_free = iter(io.StringIO(text))
    try:
        found = [cells for _line, cells in csv_rows(path_free)]
    except ValueError:
        return
    assume([column_of(cell) for cell in found[0]].count("mac") == 1)
    where = [column_of(cell) for cell in found[0]].index("mac")
    phones = [row[where] if where < len(row) else "" for row in found[1:]]
    if all(len(row) <= len(found[0]) for row in found) and all(map(is_mac, phones)):
        assert phones == macs


@pytest.mark.parametrize("name", [".", "missing.csv", "no/such/folder.csv", "nul\0byte.csv", "file/x"])
def test_files_that_cannot_be_read(tmp_path, name):
    (tmp_path / "file").touch()

    with pytest.raises(ValueError, match=r"cannot be read: |is not a valid path"):
        list(read_phone_list(str(tmp_path / name)))


def test_a_relative_path_says_where_it_was_searched(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ValueError, match=f"working directory is {tmp_path}"):
        list(read_phone_list("missing.csv"))


def test_only_regular_files_are_read(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("/dev/zero")

    for path in (tmp_path / "fifo", tmp_path / "link", "/dev/zero", "/dev/stdin"):
        with pytest.raises(ValueError, match=r"not a regular file|cannot be read"):
            list(read_phone_list(str(path)))


def test_a_file_without_an_end(tmp_path):
    """A sparse file takes no room on the disk."""
    path = tmp_path / "phones.csv"
    path.write_text("mac\n")
    os.truncate(path, 2_000_000_000)

    with pytest.raises(ValueError, match="more than 100 MB"):
        list(read_phone_list(str(path)))


@pytest.mark.parametrize(
    ("given_row", "row"),
    [
        ({"mac": M1, "name": None, "room": 7, 5: 6}, {"mac": M1, "name": ""}),
        ({"MAC Address": f" {M1}\u200b", "serverName": "a"}, {"mac": M1, "server": "a"}),
        ({"\ufeffMAC": M1, "ext.": 100, "mac_address": ""}, {"mac": M1, "extension": "100"}),
        ({"mac": M1, "MAC-Adresse": "00:15:65:00:00:01"}, {"mac": M1}),
        ({"mac": 231997441}, {"mac": 231997441}),
        ({}, {"mac": ""}),
        ({"mac": M1, "site": {"id": 1}, "manufacturer": {"link": "x"}}, {"mac": M1}),
        ({"mac": M1, "name": "a", "Display Name": "b"}, {"mac": M1, "name": "a"}),
        ({"mac": M1, "current_url": "https://x/"}, {"mac": M1}),
    ],
)
def test_a_phone_as_a_dict(given_row, row):
    problems = []

    found = row_of("devices[0]", given_row, problems)

    assert {key: value for key, value in found.items() if value != "" or key in row} == row
    assert problems == []


@pytest.mark.parametrize(
    ("given_row", "words"),
    [
        ({"mac": M1, "MAC Address": M2}, "'mac' and 'MAC Address' both mean mac, and they differ"),
        ({"mac": M1, "url": "https://a/", "Config URL": "https://b/"}, "both mean url"),
        ({"mac": M1, "server": ["a"]}, "server is a list instead of text"),
        ({"mac": M1, "server": {}}, "server is a dict"),
        ({"mac": M1, "name": True}, "name is the boolean true"),
        ({"mac": M1, "model": 1.1}, "model is a number instead of text"),
        ({"mac": M1, "name": 10**5000}, "name is a number"),
        (M1, "is a str instead of a dict"),
        ([M1], "is a list instead of a dict"),
        (None, "is null instead of a dict"),
    ],
)
def test_a_dict_that_is_no_phone(given_row, words):
    problems = []

    row_of("devices[0]", given_row, problems)

    assert [(problem.where, words in problem.message) for problem in problems] == [("devices[0]", True)]


@given(st.lists(st.fixed_dictionaries({"mac": ANY_MAC, "Server Name": CELL, "Site": CELL, "room": CELL}), min_size=1))
def test_a_dict_and_its_csv_are_the_same_phone(phones):
    text = io.StringIO()
    writer = csv.DictWriter(text, phones[0])
    writer.writeheader()
    writer.writerows(phones)
    (_line, header), *rows = csv_rows(iter(io.StringIO(text.getvalue().replace("\r\n", "\n"))))

    as_dicts = [row_of("", dict(zip(header, cells, strict=True)), []) for _line, cells in rows]

    assert as_dicts == [row_of("", phone, []) for phone in phones]


@pytest.fixture
def workbook(tmp_path):
    """Write a workbook of these rows and return its path."""
    openpyxl = pytest.importorskip("openpyxl")

    def write(*rows):
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.create_sheet("Other").append(["x"])
        book.save(tmp_path / "phones.csv")
        return str(tmp_path / "phones.csv")

    return write


def test_a_workbook(workbook):
    path = workbook(
        ["# mine"], [], ["MAC Address", "Server", "Extension"], [M1, "a", 100.0], [], [1565000001, "b", None]
    )

    assert list(read_phone_list(path)) == [
        (4, {"mac": M1, "server": "a", "extension": "100"}),
        (6, {"mac": "1565000001", "server": "b", "extension": ""}),
    ]


@pytest.mark.parametrize(("rows", "words"), [([], "is empty"), ([["a"]], "no column mac")])
def test_a_workbook_that_is_no_phone_list(workbook, rows, words):
    with pytest.raises(ValueError, match=words):
        list(read_phone_list(workbook(*rows)))


def test_a_workbook_without_the_library(workbook, monkeypatch):
    path = workbook(["mac"], [M1])
    monkeypatch.setitem(sys.modules, "openpyxl", None)

    with pytest.raises(ValueError, match=r"\(.xlsx\).*save it as CSV UTF-8, or install the Python library openpyxl"):
        list(read_phone_list(path))


@pytest.mark.parametrize(
    ("name", "size", "words"),
    [
        ("content.xml", 1, "OpenDocument"),
        ("Index/Document.iwa", 1, "Numbers"),
        ("xl/workbook.bin", 1, "xlsb"),
        ("phones.csv", 1, "ZIP archive"),
        ("xl/workbook.xml", 1, "cannot be read|openpyxl"),
        ("xl/workbook.xml", 200_000_001, "more than 200 MB unpacked"),
    ],
)
def test_other_archives(tmp_path, name, size, words):
    path = tmp_path / "phones.csv"
    archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
    with archive, archive.open(name, "w", force_zip64=True) as part:
        for start in range(0, size, 10_000_000):
            part.write(bytes(min(10_000_000, size - start)))

    with pytest.raises(ValueError, match=words):
        list(read_phone_list(str(path)))
