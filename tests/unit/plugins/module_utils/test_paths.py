# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a file that users name is searched."""

from __future__ import annotations

import pytest

from ansible_collections.voip.rps.plugins.module_utils._pure.paths import find_file


@pytest.fixture
def folders(tmp_path):
    for name in ("play", "play/files", "cwd"):
        (tmp_path / name).mkdir()
    return [str(tmp_path / name) for name in ("play", "play/files", "cwd")]


@pytest.mark.parametrize("there", [[0], [1], [2], [0, 1, 2], [1, 2]])
def test_the_first_folder_that_has_the_file_wins(folders, there):
    for number in there:
        with open(f"{folders[number]}/phones.csv", "w", encoding="utf-8"):
            pass

    assert find_file("phones.csv", folders) == f"{folders[there[0]]}/phones.csv"


def test_a_file_that_is_nowhere_names_the_folders(folders):
    with pytest.raises(ValueError, match="was not found") as caught:
        find_file("lists/phones.csv", folders)

    for part in ("lists/phones.csv", *folders):
        assert part in str(caught.value)


def test_absolute_paths_stay(folders, monkeypatch):
    monkeypatch.setenv("HOME", folders[0])

    assert find_file("/no/such.csv", folders) == "/no/such.csv"
    assert find_file("~/phones.csv", folders) == f"{folders[0]}/phones.csv"


def test_a_stale_pwd_is_not_read(folders, monkeypatch):
    with open(f"{folders[2]}/phones.csv", "w", encoding="utf-8"):
        monkeypatch.chdir(folders[2])
    monkeypatch.setenv("PWD", folders[0])

    assert find_file("phones.csv", ["."]) == f"{folders[2]}/phones.csv"


@pytest.mark.parametrize("path", ["", " "])
def test_an_empty_path(folders, path):
    with pytest.raises(ValueError, match="empty"):
        find_file(path, folders)
