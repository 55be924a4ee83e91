# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup phones, where it looks for lists and what it returns of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleLookupError
from ansible.parsing.dataloader import DataLoader

from ansible_collections.voip.rps.plugins.lookup.phones import LookupModule

LIST = "MAC Address;Server;Room;Replaces\n00:15:65:AB:CD:EF;berlin;1;001565-000002\n001565000001;;2;\n"
ROWS = [
    {"mac": "001565abcdef", "server": "berlin", "replaces": "001565000002"},
    {"mac": "001565000001", "server": "", "replaces": ""},
]


@pytest.fixture
def playbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the playbook; beside it are C(cwd), in which Ansible runs, and C(elsewhere), which $PWD names."""
    for name in ("playbook/files", "cwd", "elsewhere"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "cwd")
    monkeypatch.setenv("PWD", str(tmp_path / "elsewhere"))
    return tmp_path / "playbook"


@pytest.fixture
def phones(playbook: Path) -> Callable[..., Any]:
    """Run the lookup for these terms."""

    def run(*terms: Any, **options: Any) -> Any:
        loader = DataLoader()
        loader.set_basedir(str(playbook))
        return LookupModule(loader=loader).run(list(terms), {}, **options)

    return run


def test_rows_by_column(phones: Callable[..., Any], playbook: Path) -> None:
    (playbook / "phones.csv").write_text(LIST)
    (playbook / "more.tsv").write_text("mac\tname\n001565000003\tReception\n")
    (playbook / "more.yml").write_text("- mac: 001565000004\n  name: Lab\n")

    assert phones("phones.csv") == ROWS
    assert phones("more.tsv", ["more.yml"]) == [
        {"mac": "001565000003", "name": "Reception"},
        {"mac": "001565000004", "name": "Lab"},
    ]


def test_the_folders_in_their_order(phones: Callable[..., Any], playbook: Path) -> None:
    places = [playbook, playbook / "files", playbook.parent / "cwd"]
    for number, folder in reversed(list(enumerate(places, 1))):
        (folder / "phones.csv").write_text(f"mac\n00156500000{number}\n")
        assert phones("phones.csv") == [{"mac": f"00156500000{number}"}]
    assert phones(str(places[2] / "phones.csv")) == [{"mac": "001565000003"}]


def test_a_list_that_is_nowhere_names_the_folders(phones: Callable[..., Any], playbook: Path) -> None:
    (playbook.parent / "elsewhere" / "phones.csv").write_text(LIST)

    with pytest.raises(AnsibleLookupError) as raised:
        phones("phones.csv")

    folders = f"{playbook}, {playbook}/files, {playbook.parent}/cwd"
    assert f"phones.csv was not found. Searched in: {folders}" in str(raised.value)
    assert "elsewhere" not in str(raised.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("mac\n0015\n", "phones.csv line 2: '0015' is not a MAC address"),
        ("mac\n001565000001,1\n", "phones.csv line 2: '1' is beyond the header's columns"),
        ("mac,replaces\n001565000001,x\n", "phones.csv line 2: replaces: 'x' is not a MAC address"),
        ("name\nx\n", "has no column mac"),
    ],
)
def test_lists_that_are_wrong(phones: Callable[..., Any], playbook: Path, content: str, words: str) -> None:
    (playbook / "phones.csv").write_text(content)

    with pytest.raises(AnsibleLookupError) as raised:
        phones("phones.csv")

    assert words in str(raised.value)


@pytest.mark.parametrize(("term", "options"), [(5, {}), (None, {}), ("", {}), ("a.csv", {"key": 1})])
def test_terms_that_are_no_paths(phones: Callable[..., Any], term: Any, options: dict[str, Any]) -> None:
    with pytest.raises(AnsibleLookupError, match=r"voip\.rps\.phones: "):
        phones(term, **options)


def test_json(phones: Callable[..., Any], playbook: Path) -> None:
    (playbook / "phones.json").write_text(json.dumps({"result": [{"macAddress": "001565-00000A", "u_x": {"y": 1}}]}))

    assert phones("phones.json") == [{"mac": "00156500000a"}]
