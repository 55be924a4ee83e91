# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry of dialects, the only place that knows which vendors are simulated; each has a row."""

from __future__ import annotations

from ..dialect import Dialect
from . import (
    akuvox,
    ale,
    auerswald,
    fanvil,
    gigaset,
    gigaset_grape,
    htek,
    panasonic,
    poly,
    snom,
    snom_sraps,
    unify,
    yealink,
    yealink_v1,
    yealink_ymcs,
    yeastar,
)

DIALECTS: dict[str, Dialect] = {
    dialect.provider: dialect
    for dialect in (
        yealink.DIALECT,
        htek.DIALECT,
        snom.DIALECT,
        yealink_ymcs.DIALECT,
        panasonic.DIALECT,
        gigaset.DIALECT,
        fanvil.DIALECT,
        auerswald.DIALECT,
        akuvox.DIALECT,
        snom_sraps.DIALECT,
        gigaset_grape.DIALECT,
        poly.DIALECT,
        ale.DIALECT,
        unify.DIALECT,
        yealink_v1.DIALECT,
        yeastar.DIALECT,
    )
}
