# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls, several at a time."""

from __future__ import annotations

import threading

import pytest

from ansible_collections.voip.rps.plugins.module_utils._http.client import Client
from ansible_collections.voip.rps.plugins.module_utils._http.logins import BasicLogin
from ansible_collections.voip.rps.plugins.module_utils._reconcile.runner import Runner
from ansible_collections.voip.rps.plugins.module_utils._services.yealink import Yealink


@pytest.fixture
def make_runner(web):
    def make(concurrency):
        return Runner(
            Yealink(
                Client(web.url, Yealink.headers, login=BasicLogin("me", "secret"), concurrency=concurrency, retries=0)
            )
        )

    return make


@pytest.mark.parametrize("count", [0, 1, 2, 100])
@pytest.mark.parametrize("concurrency", [1, 8])
def test_every_item_is_worked_on_once(make_runner, count, concurrency):
    done = []

    make_runner(concurrency).each(done.append, range(count))

    assert sorted(done) == list(range(count))


def test_so_many_at_a_time_and_no_more(make_runner):
    together = threading.Barrier(4, timeout=5)
    busy = threading.Semaphore(4)

    def work(item):
        if item:
            assert busy.acquire(blocking=False)
            together.wait()
            busy.release()

    make_runner(4).each(work, range(13))


def test_the_first_is_alone(make_runner):
    """A wrong password is tried once, not by every thread."""
    another = threading.Event()

    def work(item):
        if item:
            another.set()
        else:
            assert not another.wait(0.05)

    make_runner(8).each(work, range(20))

    assert another.is_set()


@pytest.mark.parametrize("concurrency", [1, 4])
def test_what_nobody_reckoned_with_ends_the_run(make_runner, concurrency):
    done = []

    def work(item):
        if item == 5:
            raise KeyError(item)
        done.append(item)

    with pytest.raises(KeyError):
        make_runner(concurrency).each(work, range(100_000))

    assert len(done) < 100_000
