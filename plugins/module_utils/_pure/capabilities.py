# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a service can do. Each says what it can; what it does not mention, it cannot."""

from __future__ import annotations

import sys
from typing import NamedTuple

MANY = sys.maxsize
"""No limit is known."""


class Bulk(NamedTuple):
    """The most devices that one call takes, by what the call does; 1 where several take a call each."""

    bind: int = 1
    """It binds devices to a named server."""
    bind_url: int = 1
    """It gives devices a URL of their own."""
    move: int = 1
    """It binds devices of the account to another named server."""
    move_url: int = 1
    """It gives devices of the account another URL of their own."""
    release: int = 1
    """It releases devices."""
    check: int = 1
    """It reads devices."""


class Capabilities(NamedTuple):
    """What a service can do; the plan uses no more than this."""

    named_servers: bool = False
    """It keeps named servers, and devices are bound to them."""
    own_url: bool = False
    """A device can have a URL of its own."""
    read_target: bool = False
    """It tells where a device points."""
    list_account: bool = False
    """It lists all devices of the account."""
    list_targets: bool = False
    """That list also tells where each device points."""
    hides_others: bool = False
    """That a device is another account's, it tells only where the device is to be registered."""
    list_models: bool = False
    """It lists the account's devices of a model, and those of them that point to a URL."""
    override: bool = False
    """A call can confirm that an earlier registration is overridden."""
    takes_over: bool = False
    """Such a call takes a device from another account, as far as is known."""
    rebind: bool = False
    """A registered device can be bound to another target for certain, without releasing it first."""
    confirm_by_list: bool = False
    """What it answers to a write is not known to prove anything: at the end of a run the account is listed again."""
    bulk: Bulk = Bulk()
