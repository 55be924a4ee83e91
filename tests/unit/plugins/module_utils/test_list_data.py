# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Phone lists as YAML and JSON: read as they are written, refused in words, bounded."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.voip.rps.plugins.module_utils._pure import list_data
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import parse_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.phone_list import phones_of

MACS = ["001565000001", "11:22:33:44:55:06", "00:15:65:00:00:01", "123456789012", "00156500e123", "1e1565000001"]


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., tuple[list[Any], list[str]]]:
    """Read a file of that name and content: its rows, and what is wrong with it."""

    def read_file(name: str, content: str | bytes) -> tuple[list[Any], list[str]]:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        problems: list[Any] = []
        rows = list(phones_of(str(path), problems))
        return rows, [str(problem).replace(f"{tmp_path}/", "") for problem in problems]

    return read_file


@pytest.mark.parametrize("mac", MACS)
def test_yaml_values_are_as_they_are_written(read: Callable[..., Any], mac: str) -> None:
    rows, problems = read("phones.yml", f"- mac: {mac}\n  extension: 0123\n  name: no\n  server: ~\n  url:\n")

    assert not problems
    ((where, row),) = rows
    assert where == "phones.yml[0]"
    assert row == {"mac": mac, "extension": "0123", "name": "no", "server": "", "url": ""}
    assert parse_mac(row["mac"])


@pytest.mark.parametrize("key", [None, "phones", "result"])
@pytest.mark.parametrize("name", ["phones.json", "phones.yaml", "PHONES.YML"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_list_or_a_dict_with_one(read: Callable[..., Any], key: str | None, name: str, encoding: str) -> None:
    phones = [{"MAC Address": "00:15:65:00:00:01", "room": [1]}, {"mac": "001565000002", "name": "Zoë"}]
    content = json.dumps({key: phones} if key else phones, ensure_ascii=False)

    assert read(name, content.encode(encoding)) == (
        [(f"{name}[0]", {"mac": "00:15:65:00:00:01"}), (f"{name}[1]", {"mac": "001565000002", "name": "Zoë"})],
        [],
    )


def test_merged_dicts(read: Callable[..., Any]) -> None:
    content = "- &d {mac: '1', server: berlin}\n- <<: *d\n  mac: '2'\n- <<: [*d]\n  mac: '3'\n  server: paris\n"

    rows, problems = read("phones.yml", content)

    assert [(row["mac"], row["server"]) for _where, row in rows] == [("1", "berlin"), ("2", "berlin"), ("3", "paris")]
    assert not problems


BOMB = "a0: &a0 {k: v}\n" + "".join(
    f"a{level}: &a{level} {{<<: [{','.join([f'*a{level - 1}'] * 200)}]}}\n" for level in range(1, 9)
)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.yml", "", "is empty"),
        ("a.json", " \n", "is empty"),
        ("a.yml", "# nothing\n", "is null"),
        ("a.yml", "text", "is text"),
        ("a.json", "[]", "has no phone"),
        ("a.json", '{"count": 1, "results": []}', "is a dict of 2 keys"),
        ("a.json", '{"results": {}}', "holds a dict"),
        ("a.json", '[{"mac": 1,}]', "is not JSON: line 1"),
        ("a.json", '{"mac": "1"}\n{"mac": "2"}\n', "is not JSON: line 2"),
        ("a.json", b'["\xff"]', "is text in an unknown encoding"),
        ("a.json", '[{"mac": "1", "mac": "2"}]', "has the key 'mac' twice"),
        ("a.yml", "- mac: 1\n  mac: 2\n", "line 1: a dict has the key 'mac' twice"),
        ("a.yml", "- mac: '1\n", "is not YAML that can be read: line"),
        ("a.yml", "- mac: 1\n---\n- mac: 2\n", "is not YAML that can be read: line"),
        ("a.yml", "- ? [a]\n  : b\n", "is not YAML that can be read: line"),
        ("a.yml", "- !vault x\n", "is not YAML that can be read: line 1"),
        ("a.yml", "- !!python/object/apply:os.system [id]\n", "is not YAML that can be read: line 1"),
        ("a.yml", b"- mac: \x00\n", "is not YAML"),
        ("a.yml", b"- mac: \xff\n", "is not YAML"),
        ("a.yml", BOMB, "too many keys"),
        ("a.yml", "[" * 3_000_000, "is nested too deeply"),
        ("a.yml", "- " * 20_000 + "1", "is nested too deeply"),
        ("a.json", "[" * 3_000_000, "is nested too deeply"),
    ],
)
def test_files_that_are_no_list(read: Callable[..., Any], name: str, content: str | bytes, words: str) -> None:
    rows, problems = read(name, content)

    assert rows == []
    (problem,) = problems
    assert problem.startswith(f"{name}: ")
    assert words in problem
    assert "\n" not in problem


def test_rows_that_are_no_phones(read: Callable[..., Any]) -> None:
    digits = "1" * 100_000
    rows, problems = read("a.json", f'[5, null, ["x"], {{"mac": {digits}}}, {{"mac": 1565000001}}]')

    assert problems == [
        "a.json[0]: is a number instead of a dict such as {mac: …}",
        "a.json[1]: is null instead of a dict such as {mac: …}",
        "a.json[2]: is a list instead of a dict such as {mac: …}",
    ]
    for _where, row in rows:
        with pytest.raises(ValueError, match="MAC address"):
            parse_mac(row["mac"])


@pytest.mark.parametrize(("name", "limit"), [("a.json", "MAX_JSON_BYTES"), ("a.yml", "MAX_YAML_BYTES")])
def test_large_files(read: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, name: str, limit: str) -> None:
    content = '[{"mac": "001565000001"}]'.ljust(2 * 1024 * 1024)
    monkeypatch.setattr(list_data, limit, len(content))
    assert len(read(name, content)[0]) == 1
    monkeypatch.setattr(list_data, limit, len(content) - 1)
    assert "has more than 1 MiB" in read(name, content)[1][0]


def test_without_pyyaml(read: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)

    assert "the Python library PyYAML is missing" in read("a.yml", "- mac: 1\n")[1][0]
    assert read("a.json", '[{"mac": "1"}]')[1] == []
