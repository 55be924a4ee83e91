# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pages of services show as an example is what the modules do, against the simulated service."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from rps_simulator.dialects import DIALECTS

from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES

PAGES = Path(__file__).parents[3] / "docs" / "services"
NAME, SECRET = "key-7", "secret-of-the-example"


def tasks():
    """Yield the tasks of the examples: page, number, module and options."""
    for page in sorted(PAGES.glob("*.md")):
        for block in re.findall(r"^```yaml\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            for play in yaml.safe_load(block):
                for task in play["tasks"]:
                    yield pytest.param(task, id=f"{page.stem}-{task['name']}")


@pytest.mark.parametrize("task", list(tasks()))
def test_an_example(task, simulator, run):
    ((module, options),) = [(key, value) for key, value in task.items() if key.startswith("voip.rps.")]
    provider = options["provider"]
    simulator.seed({"accounts": [{"name": NAME, "password": SECRET, "provider": provider}]})
    address, *login = (option.lower() for option in DIALECTS[provider].options)
    login = login if any(login) else list(SERVICES[provider].login)
    assert {name for name in login if name} == set(SERVICES[provider].login) - set(SERVICES[provider].optional)
    given = {option: value for option, value in zip(login, (NAME, SECRET), strict=True) if option}
    # Logins come from a vault, or are paths.
    assert all("{{" in str(value) or value.startswith("/") for name, value in options.items() if name in given)
    given = {name: value if "{{" in options[name] else __file__ for name, value in given.items()}
    sent = {**options, address: simulator.endpoint(provider), **given}
    if "server" in options:
        servers = [{"account": NAME, "name": name, "url": url} for name, url in options["servers"].items()]
        simulator.seed({"servers": servers})

    result = run(module.rpartition(".")[2], **sent)

    assert "failed" not in result, result
    assert result["changed"]
    assert SECRET not in str(result)
