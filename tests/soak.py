# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the tests that draw their cases again and again, each time with another seed, on all cores.

A round that fails ends it and prints its seed, with which ``--seed`` repeats that round alone.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import time

TRIED = re.compile(r"^\d+ (?:passed|cases|rollouts).*", re.MULTILINE)


def run_round(seed: int) -> bool:
    """Run the tests with this seed, print what was tried, and return whether all passed."""
    pytest = [sys.executable, "-m", "pytest", "--numprocesses=auto", "-q", "-m", "hypothesis or drawn"]
    done = subprocess.run(
        [*pytest, f"--hypothesis-seed={seed}"],
        env={**os.environ, "SOAK_SEED": str(seed), "SOAK_ALL": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout)
    print(f"seed {seed}: {'; '.join(TRIED.findall(done.stdout)) or 'nothing was tried'}", flush=True)
    return done.returncode == 0


def main() -> int:
    """Return 0 if all rounds passed, else 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="the minutes after which no round begins")
    parser.add_argument("--seed", type=int, help="run one round with this seed")
    options = parser.parse_args()
    if options.seed is not None:
        return int(not run_round(options.seed))
    begin, rounds = time.monotonic(), 0
    while not rounds or time.monotonic() - begin < 60 * options.minutes:
        rounds += 1
        if not run_round(random.randrange(2**32)):
            return 1
    print(f"{rounds} rounds passed in {(time.monotonic() - begin) / 60:.0f} minutes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
