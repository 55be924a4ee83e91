# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host's variable that refers to another one, read without Ansible, is what Ansible makes of it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.voip.rps.plugins.plugin_utils._roles.templated import plain, referred

try:
    from ansible.template import trust_as_template
except ImportError:  # ansible-core 2.18

    def trust_as_template(value: str) -> str:
        return value


VARIABLES = {
    "site": "berlin",
    "chain": "{{ site }}",
    "mixed": "at {{ site }}",
    "padded": " berlin \n",
    "number": 1001,
    "list": [1, 2],
    "like_a_list": "[1, 2]",
    "like_a_number": "1001",
    "empty": "",
    "true_text": "True",
    "nothing": None,
    "length": "of that name is a filter, too",
}


def trusted(value: Any) -> Any:
    return trust_as_template(value) if isinstance(value, str) else value


@pytest.mark.parametrize("name", VARIABLES)
@pytest.mark.parametrize(
    "form", ["{{ %s }}", "{{%s}}", " {{ %s }}", "{{ %s }}\n", "{{ %s | upper }}", "{%% if %s %%}x{%% endif %%}"]
)
def test_it_is_what_ansible_makes_of_it(name: str, form: str) -> None:
    variables = {name: trusted(value) for name, value in VARIABLES.items()}
    templar = Templar(loader=DataLoader(), variables=variables)
    value = trusted(form % name)

    assert plain(templar.template(referred(value, variables)), None) == plain(templar.template(value), None)


def test_a_reference_to_a_plain_text_needs_no_templating() -> None:
    variables = {name: trusted(value) for name, value in VARIABLES.items()}

    assert referred(trusted("{{ chain }}"), variables) == "berlin"


def test_variables_that_refer_to_each_other_are_left_to_ansible() -> None:
    variables = {"one": trusted("{{ other }}"), "other": trusted("{{ one }}")}

    assert referred(variables["one"], variables) == "{{ other }}"
    assert referred(trusted("{{ nowhere }}"), variables) == "{{ nowhere }}"
