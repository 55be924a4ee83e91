# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was promised, and what was measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cases import CASES, Setting
from figures import Figures
from least import MOST as MOST_TIMES_LEAST

LATENCY = 0.02
MANY = 10_000
MOST = 100_000
LINEAR = MOST / MANY * 1.15
_FRESH = ((MANY, 8, 1.35), (MANY, 32, 1.5), (MOST, 8, 1.5), (MOST, 32, 2.0))
# Through devices, the whole play's time is Ansible's own by far.
_GROWTH = (("src", "wall"), ("src", "module_peak"), ("devices", "module_cpu"), ("devices", "module_peak"))


class Goal(NamedTuple):
    """``measured`` is empty if the run did not include the case."""

    what: str
    wanted: str
    measured: str
    passed: bool


def goals(figures: Figures) -> list[Goal]:
    """Every goal, with what this run says of it."""
    found = [_fresh(figures, size, concurrency, most) for size, concurrency, most in _FRESH]
    found += [_uri(figures), _largest(figures)]
    found += [_cpu_per_read(figures, size, concurrency) for size, concurrency in ((MANY, 32), (MOST, 64))]
    found += [_checked(figures), _above_noop(figures)]
    found += [_growth(figures, way, field) for way, field in _GROWTH]
    services = [
        _services(figures, what, field, least)
        for what, field, least in (("requests", "requests", "least"), ("time", "seconds", "floor"))
    ]
    return [*found, _requests(figures), *services]


def _goal(what: str, wanted: str, form: str, measure: Callable[[], float], reached: Callable[[float], bool]) -> Goal:
    try:
        value = measure()
    except KeyError:
        return Goal(what, wanted, "", False)
    return Goal(what, wanted, form.format(value), reached(value))


def _fresh(figures: Figures, size: int, concurrency: int, most: float) -> Goal:
    one = Setting("fresh", "src", size, LATENCY, concurrency)
    return _goal(
        f"fresh, {size:,} through src, 20 ms, concurrency {concurrency}",
        f"<= {most:g} x floor",
        "{:.2f} x",
        lambda: figures.wall(one) / figures.floor(one),
        lambda ratio: ratio <= most,
    )


def _uri(figures: Figures) -> Goal:
    return _goal(
        f"fresh, {MANY:,} through src, 20 ms, concurrency 8: the uri loop takes",
        ">= 500 x as long",
        "{:,.0f} x",
        lambda: figures.other("uri", MANY, LATENCY)[0] / figures.wall(Setting("fresh", "src", MANY, LATENCY, 8)),
        lambda ratio: ratio >= 500,
    )


def _largest(figures: Figures) -> Goal:
    one = Setting("fresh", "src", MOST, LATENCY, 8)
    return _goal(
        f"fresh, {MOST:,} through src: the largest process",
        "< 300 MB",
        "{:.0f} MB",
        lambda: figures.median(one, "largest_peak") / 1e6,
        lambda size: size < 300,
    )


def _cpu_per_read(figures: Figures, size: int, concurrency: int) -> Goal:
    """From a re-run that reads every phone and one that reads none."""
    checked = Setting("checked", "src", size, LATENCY, concurrency)
    trusted = Setting("trusted", "src", size, LATENCY, 32)
    return _goal(
        f"the module's CPU for one read, of {size:,}, concurrency {concurrency}",
        "<= 0.5 ms",
        "{:.2f} ms",
        lambda: (figures.median(checked, "module_cpu") - figures.median(trusted, "module_cpu")) / size * 1000,
        lambda cost: cost <= 0.5,
    )


def _checked(figures: Figures) -> Goal:
    return _goal(
        f"{MOST:,} targets checked, 20 ms, concurrency 64",
        "<= 60 s",
        "{:.1f} s",
        lambda: figures.wall(Setting("checked", "src", MOST, LATENCY, 64)),
        lambda time: time <= 60,
    )


def _above_noop(figures: Figures) -> Goal:
    one = Setting("fresh", "devices", MANY, LATENCY, 8)
    return _goal(
        f"fresh, {MANY:,} through devices, above a module that does nothing",
        "<= 1 s",
        "{:.2f} s",
        lambda: figures.wall(one) - figures.wall(figures.noop(one)),
        lambda time: time <= 1,
    )


def _growth(figures: Figures, way: str, field: str) -> Goal:
    """Check how the cost grows, less that of an empty play, or of a module that does nothing with the same list."""
    few, many = (Setting("fresh", way, size, LATENCY, 8) for size in (MANY, MOST))
    baseline = figures.empty if way == "src" else figures.noop

    def above(one: Setting) -> float:
        return figures.median(one, field) - figures.median(baseline(one), field)

    what = {"wall": "time", "module_cpu": "the module's CPU", "module_peak": "the module's memory"}[field]
    return _goal(
        f"fresh through {way}, {MANY:,} to {MOST:,}: growth of {what} without that of the list itself",
        f"<= {LINEAR:g} x",
        "{:.1f} x",
        lambda: above(many) / above(few),
        lambda growth: growth <= LINEAR,
    )


def _requests(figures: Figures) -> Goal:
    ours = list(figures.ours)
    exact = sum(figures.requests(one) == {CASES[one.case].requests(one.size)} for one in ours)
    wanted, measured = "the cost model's", f"{exact} of {len(ours)} rows"
    return Goal("requests sent, as the module and the simulator count them", wanted, measured, exact == len(ours))


def _services(figures: Figures, what: str, field: str, least: str) -> Goal:
    """Check the service and case with the largest ratio to the least that its API allows."""
    return _goal(
        f"the {what} that any service takes, next to the least that its API allows",
        f"<= {MOST_TIMES_LEAST:g} x",
        "{:.2f} x",
        lambda: _worst(figures, field, least),
        lambda ratio: ratio <= MOST_TIMES_LEAST,
    )


def _worst(figures: Figures, field: str, least: str) -> float:
    ratios: list[float] = [one[field] / one[least] for one in figures.data.get("vendors", [])]
    if not ratios:
        raise KeyError("vendors")
    return max(ratios)
