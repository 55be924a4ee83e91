# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a refusal means for the refused batch. Each service decides this for its own refusals."""

from __future__ import annotations

from enum import Enum


class Verdict(Enum):
    """The meaning of a service's refusal, whatever error code users see.

    Refused logins are not included: they concern no batch and end the run.
    """

    DEVICES = "devices of the batch cause it: those that are named, or unknown ones"
    UNCLEAR = "the service failed: the cause is unknown, and part of the batch may have been carried out"
    SINGLY = "the service does not support this form of the call: try each device by itself"
    REGISTERED = "a device is already registered, perhaps to this account: read it first"
    NOT_OVERRIDDEN = "a device could not be taken over; an earlier call of this run may have registered it"
    ELSEWHERE = "a device is another account's; an earlier call of this run may have registered it"
    ALREADY = "the desired state is reached already"
    SERVER = "the server is refused, for any device"
    BATCH = "the whole batch is refused, for any devices"
