# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The models of Snom phones by the first octets of their MAC addresses.

After the ranges in versions 1.1.3, 1.2.02, 1.2.04 and 1.4.3 of Snom's own command-line client.
"""

from __future__ import annotations

_RANGES = {
    "snom300": "00041325 00041328 0004132d 0004132f 00041334 00041336 00041337 0004133b 0004133d 0004133e"
    " 00041349 0004134a 0004134c 0004134e 00041350",
    "snom320": "00041324 00041327 0004132c 00041331 00041335 00041338 0004133f 0004134d 00041351",
    "snom360": "00041323 00041329 0004132b 00041339",
    "snom370": "00041326 0004132e 0004133a 0004133c 00041352",
    "snom710": "00041374 00041376 0004137a 0004137c 0004137e 00041389",
    "snom715": "00041375 0004137f 00041387 0004138a 000413a5 000413b2",
    "snom720": "00041370 00041377 0004137d",
    "snom725": "00041378 00041386 0004138b 000413b7",
    "snom760": "00041371 0004137b",
    "snom820": "00041340",
    "snom821": "00041345 00041346 00041348 0004134b 00041353",
    "snom870": "00041341 00041347 00041354",
    "snom870E": "00041343",
    "snomC520": "000413a0",
    "snomD120": "00041382",
    "snomD305": "00041383 0004138e",
    "snomD315": "00041384 0004138f",
    "snomD335": "000413a4",
    "snomD345": "00041385 000413a1",
    "snomD375": "00041391 00041395",
    "snomD385": "00041393",
    "snomD712": "00041388 000413a8",
    "snomD717": "000413a6",
    "snomD735": "000413a3",
    "snomD745": "00041379 0004138c",
    "snomD765": "000413790 00041390 00041394 00041398",
    "snomD785": "00041392 00041396",
    "snomM3": "0004132a",
    "snomM200SC": "00041364",
    "snomM300": "00041362 000413b8 00087bd7",
    "snomM700": "00041361 00041363 00087b08 00087b09 00087b0b",
    "snomM900": "000413b6",
    "snomMP": "00041332 00041355",
    "snomPA1": "00041333 0004138d",
    "snomm9": "00041330 00041356",
}
MODELS = frozenset(_RANGES) | {"snomC620", "snomM100", "snomM100KLE", "snomM400SC"}
"""All models of listPhones; some have no known ranges."""
_FINER = (
    ("000413840016", "000413840079", "snomD305"),
    ("00041394b421", "00041394bf03", "snom715"),
)
"""Ranges within others, from the first MAC address to the last."""
_MODELS = {prefix: model for model, prefixes in _RANGES.items() for prefix in prefixes.split()}


def model(mac: str) -> str | None:
    """Return the model of the phone with this bare MAC address, named as in listPhones; None if unknown."""
    finer = next((name for first, last, name in _FINER if first <= mac <= last), None)
    return finer or _MODELS.get(mac[:9]) or _MODELS.get(mac[:8])
