#!/usr/bin/python

# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: run_role
short_description: Run a role of this collection
version_added: 0.1.0
author:
  - voip.rps contributors (@voip-rps)
description:
  - The roles of this collection use this action. Use the roles instead of calling it yourself.
  - It reads the variables of the role from the play, validates all of them before anything is sent, and runs the role
    on the controller.
extends_documentation_fragment:
  - voip.rps.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  role:
    description:
      - The name of the role without its collection.
    type: str
    required: true
    choices:
      - preflight
      - audit
      - restore
      - rollout
      - migrate
      - decommission
      - find
      - yeastar
      - awx
requirements:
  - requests, in the Python environment of Ansible
seealso:
  - module: voip.rps.rps_device
  - module: voip.rps.yeastar_phone
"""

EXAMPLES = r"""
- name: Roll out the phones
  voip.rps.run_role:
    role: rollout
"""

RETURN = r"""
lines:
  description: What the role did, one line for each account.
  returned: always
  type: list
  elements: str
  sample:
    - "office: 3 registered, 1 failed (requests: 5)"
failures:
  description: What failed and what to do about it. After the first 20, only the number of the remaining failures.
  returned: always
  type: list
  elements: str
  sample: []
problems:
  description: The first 20 problems of the input.
  returned: if the input is wrong. Nothing was changed then.
  type: list
  elements: dict
  contains:
    code:
      description: An error code of the collection.
      type: str
      returned: always
      sample: invalid_mac
    where:
      description: The variable, or the phone list and its line.
      type: str
      returned: always
      sample: phones.csv line 3
    message:
      description: What is wrong.
      type: str
      returned: always
      sample: "'0015650000' is not a MAC address"
problem_counts:
  description: Number of problems of the input for each error code.
  returned: if the input is wrong
  type: dict
  sample:
    invalid_mac: 3
to_add:
  description: The phones that you must add in the web interface of the PBX.
  returned: from the role C(yeastar), unless the input is wrong
  type: list
  elements: str
  sample:
    - 000413900003, Snom, D785, YSDP_SnomD, 1003
definitions:
  description: The objects of AWX by kind, each the arguments of its module of C(awx.awx), without secrets.
  returned: from the role C(awx), if its input is right
  type: dict
absent:
  description: The objects of AWX to delete, by kind.
  returned: from the role C(awx), if its input is right
  type: dict
stale_nodes:
  description: The nodes that the workflow has in AWX, and not in its definition.
  returned: from the role C(awx), if its input is right
  type: list
  elements: str
"""
