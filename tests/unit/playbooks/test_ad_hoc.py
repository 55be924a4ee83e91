# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""C(ansible localhost -m …), with the account in the environment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rps_simulator import Simulator


def test_a_phone_is_asked_about_with_the_account_in_the_environment(
    ansible: Callable[..., Any], account: dict[str, Any], simulator: Simulator
) -> None:
    simulator.seed({"devices": [{"account": "acme", "mac": "001565000001", "server": "berlin"}]})
    environment = {f"RPS_{option.upper()}": str(value) for option, value in account.items()}
    command = ("ansible", "localhost", "-m", "voip.rps.rps_device_info", "-a", "macs=0015.6500.0001")

    done = ansible(*command, **environment)

    assert done.returncode == 0, done.stdout
    assert '"status": "registered"' in done.stdout
    assert '"current_url": "https://berlin.example/prov/"' in done.stdout
    assert "WARNING" not in done.stdout
