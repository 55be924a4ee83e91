# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is measured: the work of rps_device, what a play takes anyway, and what one would do without the collection."""

from __future__ import annotations

import sys
import xmlrpc.client
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

from measure import Cost, Play, run
from world import ACCOUNT, MOVED_EVERY, PASSWORD, SERVERS, World, macs

BATCH = 100
SIZES = (100, 1_000, 10_000, 100_000)
LATENCIES = (0.0, 0.02)
CONCURRENCIES = (8, 32)
LARGE = 10_000
"""From here on, combinations that would tell nothing new are left out."""


class Case(NamedTuple):
    """Work for rps_device: what the account holds before, and the options; ``requests`` is the cost model's figure."""

    title: str
    held: bool
    moving: bool
    options: Mapping[str, Any]
    requests: Callable[[int], int]
    summary: Callable[[int], Mapping[str, int]]
    reads: bool = False
    """Whether each phone is read."""


def _bulk(count: int) -> int:
    return ceil(count / BATCH)


def _moved(size: int) -> int:
    return ceil(size / MOVED_EVERY)


LIST = 1
CANARY = 1
"""Of each named server that phones are bound to, one is read before the others follow: here it is one server."""

CASES = {
    "fresh": Case("fresh rollout", False, False, {}, lambda n: LIST + _bulk(n) + CANARY, lambda n: {"registered": n}),
    "trusted": Case(
        "re-run, `check_target: false`", True, False, {"check_target": False}, lambda n: LIST, lambda n: {"none": n}
    ),
    "checked": Case("re-run, targets checked", True, False, {}, lambda n: LIST + n, lambda n: {"none": n}, True),
    "move": Case(
        "move of 1 %",
        True,
        True,
        {},
        lambda n: LIST + n + _bulk(_moved(n)) + CANARY,
        lambda n: {"moved": _moved(n), "none": n - _moved(n)},
        True,
    ),
    "removal": Case("removal", True, False, {"state": "absent"}, lambda n: LIST + _bulk(n), lambda n: {"removed": n}),
}

# What registers phones one by one: its title, and the most phones that it is measured with.
OTHERS = {
    "uri": ("`ansible.builtin.uri` in a loop", 100),
    "curl": ("curl in a loop", 1_000),
    "script": ("a script with `xmlrpc.client`", 1_000),
    "curl --parallel": ("`curl --parallel`", 10_000),
}


class Setting(NamedTuple):
    """One row of figures. ``way``: the option with the phones, src or devices, or what runs instead of rps_device."""

    case: str
    way: str
    size: int
    latency: float
    concurrency: int


class Sample(NamedTuple):
    """One measurement; requests as the module counts them, and as the simulator does, and the simulator's own CPU."""

    cost: Cost
    requests: int | None
    logged: int
    simulator_cpu: float


def groups(sizes: Sequence[int], latencies: Sequence[float], cases: Sequence[str]) -> Iterator[list[Setting]]:
    """Yield the settings to measure, in groups to compare; an empty play is in several of them."""
    for size in sizes:
        for latency in latencies:
            empty = Setting("empty", "empty", size, latency, 1)
            ours = [
                Setting(case, way, size, latency, concurrency)
                for case in cases
                for way in ("src", "devices")
                for concurrency in (*CONCURRENCIES, 64)
                if _tells(CASES[case].reads, case, way, size, latency, concurrency)
            ]
            if "fresh" not in cases:
                yield [empty, *ours, empty]
                continue
            fresh = [one for one in ours if one.case == "fresh"]
            others = [
                Setting("fresh", way, size, latency, 32 if way == "curl --parallel" else 1)
                for way, (_title, most) in OTHERS.items()
                if size <= most
            ]
            noop = Setting("noop", "devices", size, latency, 1)
            yield [empty, *fresh, noop, empty, *(one for one in ours if one not in fresh), *others, empty]


LEFT_OUT = f"""\
Left out, as they tell nothing new: through `devices`, concurrency 32, as the way in makes no difference to it;
without latency, concurrency 32 from {LARGE:,} phones on; of 100,000 phones: through `devices` all but the fresh
rollout, reading each phone with concurrency 8, and without latency the move. Concurrency 64 is for 100,000 targets
checked, at 20 ms, alone. What registers one by one is measured with fewer phones."""


def _tells(reads: bool, case: str, way: str, size: int, latency: float, concurrency: int) -> bool:
    if concurrency == 64:
        return case == "checked" and way == "src" and size > LARGE and latency > 0
    if way == "devices" and (concurrency > 8 or (size > LARGE and case != "fresh")):
        return False
    if concurrency > 8 and size >= LARGE and not latency:
        return False
    if reads and size > LARGE:
        return concurrency > 8 if latency else case == "checked"
    return True


def sample(world: World, play: Play, setting: Setting, folder: Path) -> Sample:
    """Measure once. Raises RuntimeError where something fails, or did not do what it was to do."""
    case = CASES.get(setting.case)
    world.begin(macs(setting.size) if case and case.held else [], setting.latency)
    before = world.cpu()
    requests = None
    if setting.case == "empty":
        cost, _result = play.run({"noop": {}})
    elif setting.case == "noop":
        cost, _result = play.run({"noop": {"devices": "{{ phones }}"}}, world.phone_vars(setting.size, False))
    elif case and setting.way in ("src", "devices"):
        cost, requests = _rps_device(world, play, setting, case)
    else:
        cost = _other(world, play, setting, folder)
    simulator_cpu = world.cpu() - before
    log = world.log()
    if setting.way in OTHERS and sum(entry["carried_out"] is True for entry in log) != setting.size:
        raise RuntimeError(f"{setting}: not every phone was registered")
    return Sample(cost, requests, len(log), simulator_cpu)


def _rps_device(world: World, play: Play, setting: Setting, case: Case) -> tuple[Cost, int]:
    options = {
        "provider": "yealink",
        "api_url": world.url,
        "username": ACCOUNT,
        "password": PASSWORD,
        "concurrency": setting.concurrency,
        "batch_size": BATCH,
        "servers": SERVERS,
        "return_devices": "failed",
        **case.options,
    }
    variables = []
    if setting.way == "src":
        options["src"] = str(world.phone_list(setting.size, case.moving))
    else:
        options["devices"] = "{{ phones }}"
        variables = [world.phone_vars(setting.size, case.moving)]
    cost, result = play.run({"voip.rps.rps_device": options}, *variables)
    summary = {action: count for action, count in result["summary"].items() if count}
    if summary != case.summary(setting.size):
        raise RuntimeError(f"{setting}: {summary}")
    return cost, int(result["requests"])


def _other(world: World, play: Play, setting: Setting, folder: Path) -> Cost:
    phones = str(world.mac_list(setting.size))
    if setting.way == "uri":
        return play.run(_uri(world), world.phone_vars(setting.size, False))[0]
    if setting.way == "script":
        script = str(Path(__file__).parent / "one_by_one.py")
        return run([sys.executable, script, world.url_with_account, phones])[0]
    account = folder / "account.cfg"
    account.write_text(_curl_options(world))
    if setting.way == "curl":
        loop = 'while read -r mac; do curl --config "$1" --data "$(printf "$2" "$mac")"; done < "$3"'
        return run(["sh", "-euc", loop, "sh", str(account), _call("%s").replace("\n", ""), phones])[0]
    transfers = folder / "transfers.cfg"
    transfers.write_text("next\n".join(_curl_options(world, mac) for mac in macs(setting.size)))
    return run(["curl", "--parallel", "--parallel-max", str(setting.concurrency), "--config", str(transfers)])[0]


def _call(mac: str) -> str:
    return xmlrpc.client.dumps((mac, "berlin"), "redirect.registerDevice")


def _uri(world: World) -> dict[str, Any]:
    return {
        "ansible.builtin.uri": {
            "url": world.url,
            "method": "POST",
            "url_username": ACCOUNT,
            "url_password": PASSWORD,
            "force_basic_auth": True,
            "headers": {"Content-Type": "text/xml"},
            "body": _call("{{ item }}"),
        },
        "loop": "{{ macs }}",
    }


def _curl_options(world: World, mac: str = "") -> str:
    data = _call(mac).replace("\n", "").replace('"', '\\"')
    lines = ["silent", "fail", f'url = "{world.url}"', f'user = "{ACCOUNT}:{PASSWORD}"', 'output = "/dev/null"']
    return "".join(f"{line}\n" for line in [*lines, *([f'data = "{data}"'] if mac else [])])
