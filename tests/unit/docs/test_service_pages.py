# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The play that the page of each service begins with does what it says, against the simulated service."""

from __future__ import annotations

import pytest
import yaml
from rps_simulator.dialects import DIALECTS

from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES
from ansible_collections.voip.rps.tests.unit.docs.blocks import GUIDES, blocks

NAME, SECRET = "key-7", "secret-of-the-example"


def plays():
    """Yield the plays of the services' pages, each with the provider of its page."""
    for page in sorted((GUIDES / "services").glob("*.rst")):
        for number, block in enumerate(block for block in blocks(page) if block.language == "yaml"):
            for play in yaml.safe_load(block.text):
                yield pytest.param(page.stem, play, id=f"{page.stem}-{number}")


@pytest.mark.parametrize(("provider", "play"), list(plays()))
def test_the_play_of_a_page(provider, play, simulator, run):
    account = play["module_defaults"]["group/voip.rps.rps"]
    assert account["provider"] == provider
    simulator.seed({"accounts": [{"name": NAME, "password": SECRET, "provider": provider}]})
    address, *login = (option.lower() for option in DIALECTS[provider].options)
    given = {option: value for option, value in zip(login, (NAME, SECRET), strict=True) if option}
    given |= {option: __file__ for option, value in account.items() if str(value).startswith("/")}
    assert given.keys() == set(SERVICES[provider].login) - set(SERVICES[provider].optional)
    # Logins come from a vault, or are paths.
    assert all("{{" in account[name] or account[name].startswith("/etc/") for name in given)

    for task in play["tasks"]:
        ((module, options),) = [(key, value) for key, value in task.items() if key.startswith("voip.rps.")]
        result = run(
            module.rpartition(".")[2], **{**account, **options, address: simulator.endpoint(provider), **given}
        )

        assert "failed" not in result, result
        assert result["changed"]
        assert SECRET not in str(result)
