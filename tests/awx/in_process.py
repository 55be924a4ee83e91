# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A copy of awx.awx whose modules run within Ansible's worker: the same code, without half a second for a process.

python tests/awx/in_process.py FOLDER/ansible_collections/awx/awx OTHER/ansible_collections/awx/awx
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

ACTION = """
import contextlib, importlib, io, json

from ansible.module_utils import basic
from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        name = "NAME"
        args = dict(self._task.args)
        self._update_module_args("awx.awx." + name, args, task_vars)
        plain = json.loads(json.dumps(args, default=str))
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": plain}).encode()
        basic._ANSIBLE_PROFILE = "legacy"
        output = io.StringIO()
        module = importlib.import_module("ansible_collections.awx.awx.plugins.modules." + name)
        for left in ("response",):
            if isinstance(getattr(module, left, None), list):
                getattr(module, left).clear()
        try:
            with contextlib.redirect_stdout(output):
                module.main()
        except SystemExit:
            pass
        except Exception as error:
            return {"failed": True, "msg": "MODULE FAILURE: %s %s" % (type(error).__name__, error)}
        return json.loads(output.getvalue())
"""


def copy(source: Path, target: Path) -> None:
    """Copy the collection, and give each of its modules an action of its name."""
    shutil.copytree(source, target, dirs_exist_ok=True)
    actions = target / "plugins" / "action"
    actions.mkdir(exist_ok=True)
    for module in (source / "plugins" / "modules").glob("*.py"):
        if module.stem != "__init__":
            (actions / module.name).write_text(ACTION.replace("NAME", module.stem))


if __name__ == "__main__":
    copy(Path(sys.argv[1]), Path(sys.argv[2]))
