# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a refusal means for the batch that was refused. Each service says it of its own refusals."""

from __future__ import annotations

from enum import Enum


class Verdict(Enum):
    """What a service's no means, whatever the error code that users see.

    A refusal that is about the login is none of these: it is no refusal of a batch, and ends the run.
    """

    DEVICES = "devices of the batch are to blame: those that are named, or nobody knows which"
    UNCLEAR = "the service failed: nothing tells which devices are to blame, and some may have been carried out"
    SINGLY = "the service takes no call of this form: each device is tried by itself"
    REGISTERED = "a device is registered already, perhaps to this account: ask first"
    NOT_OVERRIDDEN = "a device could not be taken over; it may be an earlier call of ours that registered it"
    ELSEWHERE = "a device is another account's; it may be an earlier call of ours that registered it"
    ALREADY = "it is so already"
    SERVER = "the server is refused, for whatever device"
    BATCH = "the whole batch is refused, whatever devices are in it"
