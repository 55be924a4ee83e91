# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: phones
short_description: Read phone lists
version_added: 0.1.0
author:
  - voip.rps contributors (@voip-rps)
description:
  - Reads phone lists on the controller, and returns a dictionary for each phone, with the columns that the collection
    knows.
  - A phone list is a CSV or TSV file, a YAML or JSON file with a list of dictionaries, or an Excel workbook (C(.xlsx),
    requires the Python library C(openpyxl)). The page
    R(Phone lists, ansible_collections.voip.rps.docsite.phone_lists) lists the accepted header names,
    encodings and separators.
  - Fails if a phone list cannot be read, or if a row has no valid MAC address.
options:
  _terms:
    description:
      - Paths of phone lists.
      - A relative path is searched in the directory of the playbook, then in its C(files) directory, then in the
        working directory.
    type: list
    elements: str
    required: true
notes:
  - For thousands of phones, use O(voip.rps.rps_device#module:src) with the path instead. It needs no templating.
  - Use C(query) to always get a list. C(lookup) returns a dictionary instead of a list if there is only one phone.
seealso:
  - module: voip.rps.rps_device
  - plugin: voip.rps.rps
    plugin_type: inventory
  - ref: ansible_collections.voip.rps.docsite.phone_lists
    description: The formats and columns of phone lists.
"""

EXAMPLES = r"""
- name: Register the Berlin phones of a list with their server
  voip.rps.rps_device:
    provider: yealink
    username: acme
    password: "{{ rps_password }}"
    devices: "{{ query('voip.rps.phones', 'phones.csv') | selectattr('group', 'equalto', 'Berlin') }}"
    server: berlin

- name: Count the phones of two lists
  ansible.builtin.debug:
    msg: "{{ query('voip.rps.phones', 'yealink.csv', 'snom.xlsx') | length }}"
"""

RETURN = r"""
_raw:
  description:
    - The phones of all lists, in the order of the lists, each as a dictionary of its columns. Unknown columns are not
      returned.
    - An empty cell is an empty string.
    - C(mac) and C(replaces) have 12 lower-case hex digits.
  type: list
  elements: dict
  sample:
    - mac: "001565000001"
      server: berlin
      name: Reception
"""

import os
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import InputError, Problem, Problems
from ansible_collections.voip.rps.plugins.module_utils._pure.list_columns import Row
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import parse_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.paths import find_file
from ansible_collections.voip.rps.plugins.module_utils._pure.phone_list import EXTRA, extra_problems, phones_of
from ansible_collections.voip.rps.plugins.module_utils._pure.words import kind_of


class LookupModule(LookupBase):  # type: ignore[misc]  # ansible-core has no type hints
    def run(self, terms: list[Any], variables: Any = None, **kwargs: Any) -> list[Row]:
        if kwargs:
            raise AnsibleLookupError(f"voip.rps.phones: {', '.join(kwargs)} is not an option. Only paths are accepted")
        playbook = os.path.abspath(self._loader.get_basedir())
        folders = [playbook, os.path.join(playbook, "files"), os.getcwd()]
        problems: Problems = []
        rows = [row for term in self._flatten(terms) for row in _rows(term, folders, problems)]
        if problems:
            raise AnsibleLookupError(f"voip.rps.phones: {InputError(problems).message}")
        return rows


def _rows(term: Any, folders: list[str], problems: Problems) -> list[Row]:
    """Return the rows of the phone list at the path ``term``, and add its problems to ``problems``.

    Raise AnsibleLookupError if there is no such file, because the list of searched folders is too long for a problem.
    """
    if not isinstance(term, str):
        problems.append(Problem("invalid_input", "", f"the path is {kind_of(term)} instead of text"))
        return []
    try:
        path = find_file(term, folders)
    except ValueError as error:
        raise AnsibleLookupError(f"voip.rps.phones: {error}") from None
    rows = []
    for where, row in phones_of(path, problems):
        problems += extra_problems(where, row)
        row.pop(EXTRA, None)
        for column in ("mac", "replaces"):
            if column == "mac" or row.get(column):
                try:
                    row[column] = parse_mac(row[column])
                except ValueError as error:
                    message = str(error) if column == "mac" else f"{column}: {error}"
                    problems.append(Problem("invalid_mac", where, message))
        rows.append(row)
    return rows
