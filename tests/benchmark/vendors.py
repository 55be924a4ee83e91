# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every service in turn: whole plays of a fresh rollout, a re-run and a move, next to the least that its API allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from least import APIS, Api, Requests
from measure import Play
from world import ACCOUNT, MOVED_EVERY, PASSWORD, SERVERS, World

SIZES = (1_000, 10_000)
LATENCY = 0.02
CONCURRENCY = 8

_KEY = {"client_id": ACCOUNT, "client_secret": PASSWORD}
_CERTIFICATE = {"client_cert": __file__, "client_key": __file__}
"""Over plain HTTP nobody reads them."""


class _Account(NamedTuple):
    """What else a service needs: what its MAC addresses begin with, and the options of its login."""

    prefix: str
    login: Mapping[str, str] = MappingProxyType({"username": ACCOUNT, "password": PASSWORD})


_ACCOUNTS = {
    "yealink": _Account("001565"),
    "snom": _Account("00041390"),
    "htek": _Account("001fc1"),
    "yealink_ymcs": _Account("805ec0", _KEY),
    "panasonic": _Account("0080f0"),
    "snom_sraps": _Account("000413", _KEY),
    "gigaset_grape": _Account("7c2f80", _KEY),
    "gigaset": _Account("7c2f80"),
    "fanvil": _Account("0c383e"),
    "poly": _Account("64167f", {"api_key": PASSWORD}),
    "ale": _Account("00809f"),
    "unify": _Account("001ae8", _CERTIFICATE),
    "auerswald": _Account("000952"),
    "yealink_v1": _Account("001565", _KEY),
    "akuvox": _Account("0c1105"),
}


def measure(
    world: World, play: Play, sizes: Sequence[int], providers: Sequence[str], folder: Path
) -> Iterator[dict[str, Any]]:
    """Yield what each play took, of each service and number of phones, next to the least.

    The least time is that of the same play with an empty list, and the latency of the least requests.

    Raises RuntimeError where a play fails, or did not do what it was to do.
    """
    for provider in providers:
        api = APIS[provider]
        for size in sizes:
            world.begin([], LATENCY, provider)
            path = folder / "phones-of-a-service.csv"
            path.write_text("mac,server\n")
            start, _result = play.run({"voip.rps.rps_device": _options(world, provider, path, size, force=False)})
            for case, least, rows, done in _cases(provider, api, size):
                path.write_text("mac,server\n" + "".join(f"{mac},{server}\n" for mac, server in rows))
                before = len(world.log())
                options = _options(world, provider, path, size, force=case == "move" and not api.shows)
                cost, result = play.run({"voip.rps.rps_device": options})
                summary = {action: count for action, count in result["summary"].items() if count}
                if summary != done or result["requests"] != len(world.log()) - before:
                    raise RuntimeError(f"{provider}, {case}: {summary}, {result['requests']} requests")
                yield {
                    "provider": provider,
                    "case": case,
                    "size": size,
                    "requests": result["requests"],
                    "least": least.total,
                    "seconds": cost.wall,
                    "floor": start.wall + least.seconds(LATENCY, CONCURRENCY, api.rate),
                }


def _cases(provider: str, api: Api, size: int) -> Iterator[tuple[str, Requests, list[tuple[str, str]], dict[str, int]]]:
    """Yield the plays in their order: the least requests, the phones with their servers, and what becomes of them."""
    prefix = _ACCOUNTS[provider].prefix
    macs = [f"{prefix}{number:0{12 - len(prefix)}x}" for number in range(size)]
    berlin = [(mac, "berlin") for mac in macs]
    yield "fresh", api.fresh(size), berlin, {"registered": size}
    yield "again", api.again(size), berlin, {"none" if api.shows else "unverified": size}
    count = ceil(size / MOVED_EVERY)
    moved = [(mac, "paris") for mac in macs[::MOVED_EVERY]]
    if api.shows:
        rest = [(mac, "berlin") for number, mac in enumerate(macs) if number % MOVED_EVERY]
        yield "move", api.moved(size, count), moved + rest, {"moved": count, "none": size - count}
    else:
        yield "move", api.moved(size, count), moved, {"moved": count}


def _options(world: World, provider: str, phones: Path, size: int, *, force: bool) -> dict[str, Any]:
    return {
        "provider": provider,
        "api_url": world.endpoint(provider),
        **_ACCOUNTS[provider].login,
        "concurrency": CONCURRENCY,
        "servers": SERVERS,
        "src": str(phones),
        "return_devices": "failed",
        **({"force": True, "force_limit": size} if force else {}),
    }
