#!/usr/bin/python

# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: yeastar_phone
short_description: Put phones into a Yeastar P-Series PBX
version_added: 0.1.0
author:
  - voip.rps contributors (@voip-rps)
description:
  - Makes a PBX provision phones, each with an extension, and touches only the phones for which that differs. The PBX
    has the phones' vendors redirect them to it.
  - If some phones fail, the rest is still carried out, and the task fails with a true RV(ignore:changed) and every
    phone's outcome.
extends_documentation_fragment:
  - voip.rps.attributes
  - voip.rps.attributes.actiongroup_yeastar
  - voip.rps.yeastar
attributes:
  check_mode:
    support: full
    details:
      - Only reading calls are sent, beside those that take and give back the token. Refusals of the PBX that its menus
        do not tell cannot be foreseen.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  phones:
    description:
      - The phones, each a dictionary with the columns of a phone list. Other keys are ignored.
      - Exactly one of O(phones) and O(src) is required.
    type: list
    elements: dict
    suboptions:
      mac:
        description:
          - The phone's MAC address, 12 hex digits in either case, bare, in pairs split by C(-), C(:) or space, or in
            three groups split by C(.). Quote it in YAML.
        type: str
        required: true
      extension:
        description:
          - The number of the phone's extension. With O(state=present), either this or O(phones[].ext_id) is required.
        type: str
      ext_id:
        description:
          - The ID of the extension in the PBX. Ignored if O(phones[].extension) is given.
        type: int
      vendor:
        description:
          - Like O(vendor), for this phone.
        type: str
      model:
        description:
          - Like O(model), for this phone.
        type: str
      template_name:
        description:
          - Like O(template_name), for this phone.
        type: str
  src:
    description:
      - A phone list, read where the module runs. A CSV file with a header, and the columns C(mac), C(extension),
        C(vendor) or C(provider), C(model) and C(template), of which only the first is required; others are ignored.
      - Header names, encodings, separators and workbooks that are accepted are listed in the guide on phone lists.
    type: path
  vendor:
    description:
      - The vendor of the phones that name none, as the PBX calls it, in either case.
      - Where it is not given either, a MAC address of a redirection service's vendor tells it.
    type: str
  model:
    description:
      - The model of the phones that name none, as the PBX calls it, in either case.
    type: str
  template_name:
    description:
      - The provisioning template of the phones that name none.
    type: str
    aliases:
      - template
  rps_auth:
    description:
      - Whether a phone must authenticate when it is provisioned for the first time. Only for phones that are added.
    type: bool
    default: false
  recreate:
    description:
      - Remove a phone that the PBX holds as of another vendor or model, or with another template, and add it anew. The
        API cannot change these; without this, such a phone fails.
    type: bool
    default: false
  state:
    description:
      - V(present) adds phones and gives them their extension. V(absent) removes them.
    type: str
    choices:
      - present
      - absent
    default: present
seealso:
  - module: voip.rps.yeastar_autoprovision_info
  - module: voip.rps.rps_device
  - ref: ansible_collections.voip.rps.docsite.yeastar
    description: Phones into a Yeastar PBX, from its settings on.
  - ref: ansible_collections.voip.rps.docsite.phone_lists
    description: What a phone list may look like.
"""

EXAMPLES = r"""
- name: Two phones of one model
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

- name: Phones of several models, from a phone list
  voip.rps.yeastar_phone:
    base_url: https://pbx.acme.example
    client_id: "{{ pbx_client_id }}"
    client_secret: "{{ pbx_client_secret }}"
    src: phones.csv

- name: A phone that was sold
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
    - What became of each phone, in the order asked. In check mode, what would become of it.
  returned: unless the whole task failed
  type: list
  elements: dict
  contains:
    mac:
      description: The phone's MAC address, 12 lower-case hex digits.
      type: str
      returned: always
      sample: "100000000000"
    action:
      description:
        - V(registered), which is added, V(moved) to another extension or, with O(recreate), removed and added,
          V(removed), V(none) or V(failed).
      type: str
      returned: always
      sample: registered
    status:
      description: The phone's status before, V(registered) in the PBX or V(unknown) to it.
      type: str
      returned: always
      sample: unknown
    vendor:
      description: The vendor that was asked for.
      type: str
      returned: with O(state=present)
      sample: Yealink
    model:
      description: The model that was asked for.
      type: str
      returned: with O(state=present)
      sample: SIP-T53W
    template_name:
      description: The provisioning template that was asked for.
      type: str
      returned: with O(state=present)
      sample: YSDP_YealinkT5
    extension:
      description: The number of the extension that was asked for; null where its id was given.
      type: str
      returned: with O(state=present)
      sample: "1001"
    ext_id:
      description: The extension's id; null where it was not needed.
      type: int
      returned: with O(state=present)
      sample: 3
    provisioning_link:
      description:
        - Where the PBX serves the phone, if it does not have the vendor redirect it. Point the phone there with
          M(voip.rps.rps_device). Null for the others.
        - Such a phone cannot be added by the API, and fails as C(unsupported) until somebody adds it in the PBX's web
          page.
      type: str
      returned: with O(state=present)
      sample: https://pbx.acme.example:443/api/autoprovision/6gEzigLFhMGntjd8
    error:
      description: Why it failed, C(code) being one of the collection's error codes and C(message) the PBX's words.
      type: dict
      returned: where it failed
      sample:
        code: invalid_input
        message: "PARAMETER ERROR (errcode 40002): ext_id 99"
summary:
  description: How many phones had each action.
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
  description: How many HTTP requests were sent.
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
  description: The first 20 problems with the input.
  returned: when the input is wrong
  type: list
  elements: dict
  sample:
    - code: invalid_mac
      where: phones[0]
      message: "'0015650001' has 10 digits instead of 12"
problem_counts:
  description: How many problems with the input there are of each error code.
  returned: when the input is wrong
  type: dict
  sample:
    invalid_mac: 1
failure:
  description: Why the whole task failed or was given up, C(code) being one of the collection's error codes.
  returned: when the whole task failed or was given up
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
