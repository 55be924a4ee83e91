#!/usr/bin/python

# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: yeastar_phone
short_description: Manage the phones of a Yeastar P-Series PBX
version_added: 0.1.0
author:
  - voip.rps contributors (@voip-rps)
description:
  - Adds phones to a PBX, assigns extensions to them, and removes phones. Only phones that differ are changed.
  - The PBX provisions the phones, and registers them with the vendor's RPS itself.
  - If some phones fail, the others are still processed. The task then fails, and reports RV(ignore:changed) and the
    outcome of every phone correctly.
extends_documentation_fragment:
  - voip.rps.attributes
  - voip.rps.attributes.actiongroup_yeastar
  - voip.rps.yeastar
attributes:
  check_mode:
    support: full
    details:
      - Only read calls are sent, in addition to the calls that get and return the token. Check mode cannot predict
        refusals that the menus of the PBX do not show.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  phones:
    description:
      - A list of phones, each a dictionary with the columns of a phone list. Other keys are ignored.
      - Exactly one of O(phones) and O(src) is required.
    type: list
    elements: dict
    suboptions:
      mac:
        description:
          - The MAC address of the phone, in any format that M(voip.rps.rps_device) accepts.
          - Quote it, because YAML reads a MAC address that has only decimal digits as a number.
        type: str
        required: true
      extension:
        description:
          - The number of the extension. With O(state=present), either this or O(phones[].ext_id) is required.
        type: str
      ext_id:
        description:
          - The ID of the extension in the PBX. Ignored if O(phones[].extension) is given.
        type: int
      vendor:
        description:
          - The vendor of this phone. Overrides O(vendor).
        type: str
      model:
        description:
          - The model of this phone. Overrides O(model).
        type: str
      template_name:
        description:
          - The provisioning template of this phone. Overrides O(template_name).
        type: str
  src:
    description:
      - Path of a phone list on the host on which the module runs.
      - The phone list is a CSV file with a header and the columns C(mac), C(extension), C(vendor) or C(provider),
        C(model) and C(template). Only C(mac) is required. Other columns are ignored.
      - R(Phone lists, ansible_collections.voip.rps.docsite.phone_lists) lists the accepted header names,
        encodings, separators and workbooks.
    type: path
  vendor:
    description:
      - The vendor of phones whose row does not name one, as the PBX spells it. Case does not matter.
      - If neither is set, the vendor is inferred from the vendor prefix (OUI) of the MAC address.
    type: str
  model:
    description:
      - The model of phones whose row does not name one, as the PBX spells it. Case does not matter.
    type: str
  template_name:
    description:
      - The provisioning template of phones whose row does not name one.
    type: str
    aliases:
      - template
  rps_auth:
    description:
      - Whether a phone must authenticate when it is provisioned for the first time. This applies only to phones that
        are added.
    type: bool
    default: false
  recreate:
    description:
      - Remove and add again a phone that exists with a different vendor, model or template, because the API cannot
        change these. If V(false), such a phone fails.
    type: bool
    default: false
  state:
    description:
      - V(present) adds phones and assigns their extension. V(absent) removes phones.
    type: str
    choices:
      - present
      - absent
    default: present
seealso:
  - module: voip.rps.yeastar_autoprovision_info
  - module: voip.rps.rps_device
  - ref: ansible_collections.voip.rps.docsite.yeastar
    description: Set up a Yeastar PBX, and add its phones.
  - ref: ansible_collections.voip.rps.docsite.phone_lists
    description: The formats and columns of phone lists.
"""

EXAMPLES = r"""
- name: Add two phones of the same model
  voip.rps.yeastar_phone:
    base_url: https://pbx.acme.example
    client_id: "{{ pbx_client_id }}"
    client_secret: "{{ pbx_client_secret }}"
    vendor: Yealink
    model: SIP-T53W
    template_name: YSDP_YealinkT5
    rps_auth: true
    phones:
      - mac: "10:00:00:00:00:00"
        extension: "1001"
      - mac: "11:11:11:11:11:11"
        extension: "1002"

- name: Add phones of several models from a phone list
  voip.rps.yeastar_phone:
    base_url: https://pbx.acme.example
    client_id: "{{ pbx_client_id }}"
    client_secret: "{{ pbx_client_secret }}"
    src: phones.csv

- name: Remove a phone that was sold
  voip.rps.yeastar_phone:
    base_url: https://pbx.acme.example
    client_id: "{{ pbx_client_id }}"
    client_secret: "{{ pbx_client_secret }}"
    phones:
      - mac: "10:00:00:00:00:00"
    state: absent
"""

RETURN = r"""
devices:
  description:
    - The outcome of each phone, in the order of the input. In check mode, the predicted outcome.
  returned: unless the whole task failed
  type: list
  elements: dict
  contains:
    mac:
      description: The MAC address of the phone, in 12 lower-case hex digits.
      type: str
      returned: always
      sample: "100000000000"
    action:
      description:
        - V(registered) if the phone was added, V(moved) if it got another extension or was removed and added again with
          O(recreate), V(removed), V(none) or V(failed).
      type: str
      returned: always
      sample: registered
    status:
      description: The status of the phone before the task, V(registered) in the PBX or V(unknown).
      type: str
      returned: always
      sample: unknown
    vendor:
      description: The requested vendor.
      type: str
      returned: with O(state=present)
      sample: Yealink
    model:
      description: The requested model.
      type: str
      returned: with O(state=present)
      sample: SIP-T53W
    template_name:
      description: The requested provisioning template.
      type: str
      returned: with O(state=present)
      sample: YSDP_YealinkT5
    extension:
      description: The number of the requested extension. Null if O(phones[].ext_id) was used.
      type: str
      returned: with O(state=present)
      sample: "1001"
    ext_id:
      description: The ID of the extension. Null if it was not needed.
      type: int
      returned: with O(state=present)
      sample: 3
    provisioning_link:
      description:
        - The URL at which the PBX provisions the phone, if the PBX does not register it with the vendor's RPS. Register
          the phone with M(voip.rps.rps_device) and this URL. Null for other phones.
        - The API cannot add such a phone. It fails with C(unsupported) until you add it in the web interface of the
          PBX.
      type: str
      returned: with O(state=present)
      sample: https://pbx.acme.example:443/api/autoprovision/6gEzigLFhMGntjd8
    error:
      description:
        - Why the phone failed. C(code) is an error code of the collection, and C(message) is the message of the PBX or
          the reason.
      type: dict
      returned: if the phone failed
      sample:
        code: invalid_input
        message: "PARAMETER ERROR (errcode 40002): ext_id 99"
summary:
  description: Number of phones for each action.
  returned: unless the whole task failed
  type: dict
  sample:
    registered: 2
    moved: 0
    removed: 0
    none: 0
    unverified: 0
    failed: 0
requests:
  description: Number of HTTP requests that were sent.
  returned: always
  type: int
  sample: 11
diff:
  description: One line for each phone that changes, C(MAC  before -> after), up to 10,000 lines.
  returned: in diff mode, unless the whole task failed
  type: dict
  sample:
    prepared: |
      100000000000  unknown -> Yealink SIP-T53W YSDP_YealinkT5 1001
problems:
  description: The first 20 problems of the input.
  returned: if the input is wrong
  type: list
  elements: dict
  sample:
    - code: invalid_mac
      where: phones[0]
      message: "'0015650001' has 10 digits instead of 12"
problem_counts:
  description: Number of problems of the input for each error code.
  returned: if the input is wrong
  type: dict
  sample:
    invalid_mac: 1
failure:
  description: Why the whole task failed or stopped early. C(code) is an error code of the collection.
  returned: if the whole task failed or stopped early
  type: dict
  sample:
    code: invalid_input
    message: "phones[0] and 1 more: model T53W: did you mean SIP-T53W?"
"""

from ansible_collections.voip.rps.plugins.module_utils._module.rps_module import RpsModule
from ansible_collections.voip.rps.plugins.module_utils._pbx.pbx_task import PBX_OPTIONS, PBX_RULES, PbxTask
from ansible_collections.voip.rps.plugins.module_utils._pbx.phones import wanted_phones
from ansible_collections.voip.rps.plugins.module_utils._pbx.provision import reconcile_phones
from ansible_collections.voip.rps.plugins.module_utils._reconcile.report import phone_row, task_result


def main() -> None:
    module = RpsModule(
        argument_spec=dict(
            PBX_OPTIONS,
            phones={"type": "list", "elements": "dict"},
            src={"type": "path"},
            vendor={"type": "str"},
            model={"type": "str"},
            template_name={"type": "str", "aliases": ["template"]},
            rps_auth={"type": "bool", "default": False},
            recreate={"type": "bool", "default": False},
            state={"type": "str", "choices": ["present", "absent"], "default": "present"},
        ),
        required_one_of=[("phones", "src")],
        mutually_exclusive=[*PBX_RULES["mutually_exclusive"], ("phones", "src")],
        supports_check_mode=True,
    )
    params = module.params
    with PbxTask(module) as task:
        wanted = wanted_phones(params, task.problems)
        with task.connect() as pbx:
            report = reconcile_phones(
                pbx,
                wanted,
                rps_auth=params["rps_auth"],
                recreate=params["recreate"],
                check_mode=module.check_mode,
            )
        task.leave(task_result(report, "all", diff=module._diff, row=phone_row))


if __name__ == "__main__":
    main()
