# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a service can do. A service names what it supports; it does not support anything else."""

from __future__ import annotations

import sys
from typing import NamedTuple

MANY = sys.maxsize
"""There is no known limit."""


class Bulk(NamedTuple):
    """The most devices that one call takes, by the purpose of the call; 1 if each device needs a call of its own."""

    bind: int = 1
    """Bind devices to a named server."""
    bind_url: int = 1
    """Give devices a URL of their own."""
    move: int = 1
    """Bind devices of the account to another named server."""
    move_url: int = 1
    """Give devices of the account another URL of their own."""
    release: int = 1
    """Release devices."""
    check: int = 1
    """Read devices."""


class Capabilities(NamedTuple):
    """What a service can do; the plan uses no more than this."""

    named_servers: bool = False
    """The service keeps named servers, and devices are bound to them."""
    own_url: bool = False
    """A device can have a URL of its own."""
    read_target: bool = False
    """The service reports where a device points."""
    list_account: bool = False
    """The service lists all devices of the account."""
    list_targets: bool = False
    """The list of the account also reports where each device points."""
    hides_others: bool = False
    """The service reports that a device is another account's only when the device is registered."""
    list_models: bool = False
    """The service lists the account's devices of a model, and which of them point to a given URL."""
    override: bool = False
    """A call can confirm that an earlier registration is overridden."""
    takes_over: bool = False
    """Such a call is known to take over a device from another account."""
    rebind: bool = False
    """A registered device can always be bound to another target without releasing it first."""
    confirm_by_list: bool = False
    """The answer to a write proves nothing, so the account is listed again at the end of a run."""
    bulk: Bulk = Bulk()
