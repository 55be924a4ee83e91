# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No more requests than were allowed, by C(rate_limit) or by a service's Retry-After, all threads together."""

from __future__ import annotations

import resource

import pytest

SLACK = 0.5
"""Seconds by which a busy machine may put a request off on its way to the service, or its entry in the log."""


def expect_rate(times, rate):
    """Expect that in no span of time there were more requests than that many a second."""
    for first, begin in enumerate(times):
        for last, end in enumerate(times[first:], first):
            assert last - first <= (end - begin + SLACK) * rate


@pytest.mark.parametrize("concurrency", [1, 20])
def test_rate_limit_holds_over_reads_writes_retries_and_read_backs(rps, concurrency):
    rate = 30
    macs = rps.macs(24)
    rps.holds(*macs[:12], server="paris")
    rps.simulator.misbehave(
        {"kind": "http_error", "status": 503, "methods": rps.methods("list", "locate"), "skip": 1, "times": 3},
        {"kind": "http_error", "status": 429, "methods": rps.methods("register"), "times": 2},
        {"kind": "reset_after", "methods": rps.methods("register", "confirm", "move"), "skip": 1, "times": 2},
    )

    result = rps.device(*macs, rate_limit=rate, concurrency=concurrency, batch_size=2, **rps.moving)

    assert "failed" not in result
    assert set(rps.urls.values()) == {rps.servers["berlin"]}
    assert result["requests"] == rps.requests >= 12
    expect_rate(sorted(entry.at for entry in rps.simulator.log), rate)


@pytest.mark.few(1)
@pytest.mark.parametrize("what", ["read", "write"])
@pytest.mark.parametrize(("rate_limit", "count"), [(None, 40), (8, 16)])
def test_retry_after_holds_back_every_thread(rps, what, rate_limit, count):
    """Those too that wait for their turn already; not what is on its way."""
    concurrency, retry_after, before = 8, 2, 4
    macs = rps.macs(count)
    if what == "read":
        rps.holds(*macs)
    methods = rps.methods(rps.look if what == "read" else "register")
    rps.simulator.misbehave(
        {
            "kind": "http_error",
            "status": 429,
            "retry_after": retry_after,
            "methods": methods,
            "skip": before,
            "times": 1,
        }
    )

    if what == "read":
        result = rps.info(macs=macs, concurrency=concurrency, rate_limit=rate_limit)
    else:
        result = rps.device(*macs, batch_size=1, concurrency=concurrency, rate_limit=rate_limit)

    assert "failed" not in result
    (told,) = [entry.at for entry in rps.simulator.log if entry.fault]
    begin, end = told + SLACK, told + retry_after - SLACK
    assert not [entry for entry in rps.simulator.log if begin < entry.at < end]
    assert len([entry for entry in rps.simulator.log if entry.at > end]) >= count - before - 2 * concurrency
    assert result["requests"] == rps.requests


@pytest.mark.dialect("redirect")
def test_retry_after_of_an_overloaded_service_is_honoured(rps):
    rps.misbehaves("http_error", "list", times=1, status=503, retry_after=1)

    rps.device(*rps.macs(8))

    first, second, *_more = rps.simulator.log
    assert second.at - first.at >= 0.9


@pytest.mark.dialect("redirect")
@pytest.mark.parametrize("retry_after", [3600, "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_nobody_waits_for_hours(rps, retry_after):
    rps.misbehaves("http_error", "list", status=503, retry_after=retry_after)

    result = rps.device(*rps.macs(8))

    assert result["failure"]["code"] == "service_error"
    assert rps.requests == 1


def test_a_retry_after_that_makes_no_sense_is_passed_over(rps):
    rps.misbehaves("http_error", "list", times=1, status=503, retry_after="soon")

    assert "failed" not in rps.device(*rps.macs(8))


NUMBERS = [
    ("rate_limit", [1e-10, 0.0009, -1, 0, "nan", "inf", "-inf", "1e999", 1e300]),
    ("timeout", [1e-300, 0, -1, "nan", "inf", "1e999", 86401]),
    ("retries", [-1, 101, 1025, 10**30, -(10**4000)]),
    ("concurrency", [-1, 0, 1001, 10**30, 10**4000]),
    ("batch_size", [-1, 0, 10**30]),
    ("prune_limit", [-1, 10**30]),
]


@pytest.mark.parametrize(("option", "number"), [(option, number) for option, numbers in NUMBERS for number in numbers])
def test_numbers_are_bounded(rps, option, number):
    result = rps.device(rps.mac(1), **{option: number})

    assert result["failure"]["code"] == "invalid_input"
    assert result["msg"].startswith(f"{option}: ")
    assert len(result["msg"]) < 100
    assert result["requests"] == 0


def test_no_more_connections_than_a_process_may_open_files(rps):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        refused = rps.device(*rps.macs(8), concurrency=300)
        carried_out = rps.device(*rps.macs(8), concurrency=100, batch_size=1)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert refused["failure"]["code"] == "invalid_input"
    assert refused["msg"].startswith("concurrency: 300 connections are more than the 256 files")
    assert carried_out["summary"]["registered"] == 8


HALVES = [{"password": "hunter2\ud800"}, {"username": "\udfff"}, {"account": "\ud800"}, {"url": "https://h/\ud800"}]


@pytest.mark.parametrize("options", [*HALVES, {"servers": {"\ud800": "\ud800"}}, {"api_url": "https://\ud800/"}])
def test_half_a_character(rps, options):
    result = rps.device(rps.mac(1), **{"server": "berlin", **options})

    assert result.get("failure", {"code": "invalid_input"})["code"].startswith("invalid_")
    assert "internal_error" not in str(result)
    assert "hunter2" not in str(result)


@pytest.mark.parametrize("options", [{"models": ["\ud800"]}, {"models": ["snomD765\udfff"]}, {"url": "\ud800"}])
def test_half_a_character_to_look_for(rps, options):
    result = rps.info(**options)

    assert result["failed"]
    assert result["failure"]["code"] in ("invalid_input", "unsupported")
    assert result["requests"] == 0


@pytest.mark.parametrize("options", [{"servers": None}, {"servers": None, "name": None}, {"name": None, "url": None}])
def test_nothing_for_servers(rps, options):
    result = rps.server(**options)

    assert result["failed"]
    assert result.get("failure", {"code": "invalid_input"})["code"] in ("invalid_input", "unsupported")


def test_nothing_for_options(rps):
    for option in ("servers", "server", "url", "devices", "src", "account", "dest", "rate_limit", "ca_path", "api_url"):
        result = rps.device(rps.mac(1), **{option: None})
        assert result.get("failure", {}).get("code") != "internal_error", option
