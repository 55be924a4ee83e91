# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documentation of the PBX's modules shows is what they do."""

from __future__ import annotations

import pytest

from ..modules.test_examples import documentation, is_documented
from .conftest import CP

MODULES = ["yeastar_autoprovision_info", "yeastar_phone"]


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("check", [False, True])
def test_examples_run(pbx, run, name, check, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "phones.csv").write_text("mac;model;template;extension\n805ec0000001;CP920;YSDP_YealinkCP;1005\n")
    examples = documentation(name, "EXAMPLES")
    assert examples

    for task in examples:
        options = task[f"voip.rps.{name}"]
        assert options["client_secret"] == "{{ pbx_client_secret }}"
        result = run(name, **{**options, **pbx.options}, check=check)
        assert "failed" not in result, task["name"]


def test_what_is_returned_of_phones_is_documented_and_the_other_way_round(pbx):
    def results():
        yield pbx.phone(pbx.phones(8), diff=True)
        yield pbx.phone(pbx.phones(8), **CP)
        yield pbx.phone([{"mac": phone["mac"]} for phone in pbx.phones(3)], state="absent", diff=True)
        yield pbx.phone(pbx.phones(1), client_secret="guessed")
        yield pbx.phone([{"mac": "nonsense"}])

    is_documented("yeastar_phone", results())


def test_what_is_returned_of_menus_is_documented_and_the_other_way_round(pbx):
    def results():
        yield pbx.menu("phone_vendor")
        yield pbx.menu("phone_vendor", client_secret="guessed")
        yield pbx.menu("phone_vendor", base_url="pbx")

    is_documented("yeastar_autoprovision_info", results())
