# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run ansible-test with the arguments given, and say which of the Python versions it supports are here.

ansible-test downloads a get-pip script for its virtual environments, from a host that not every network reaches. Where
its cache has none, get_pip.py takes the script's place, for as long as this runs.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

from ansible_test._internal.constants import SUPPORTED_PYTHON_VERSIONS
from ansible_test._internal.python_requirements import get_venv_packages

CACHE = Path.home() / ".ansible" / "test" / "cache"


@contextmanager
def pip_bootstrap() -> Iterator[None]:
    """Fill the gaps in ansible-test's cache of get-pip scripts, for as long as the context lasts."""
    versions = {get_venv_packages(SimpleNamespace(version=version))["pip"] for version in SUPPORTED_PYTHON_VERSIONS}
    scripts = [CACHE / f"get_pip_{version.replace('.', '_')}.py" for version in versions]
    missing = [script for script in scripts if not script.exists()]
    for script in missing:
        script.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(__file__).with_name("get_pip.py"), script)
    try:
        yield
    finally:
        for script in missing:
            script.unlink()


def main() -> int:
    """Return the exit status of ansible-test."""
    with pip_bootstrap():
        status = subprocess.run(["ansible-test", *sys.argv[1:]], check=False).returncode
    found = [version for version in SUPPORTED_PYTHON_VERSIONS if shutil.which(f"python{version}")]
    lacking = [version for version in SUPPORTED_PYTHON_VERSIONS if version not in found]
    print(f"Python versions found: {', '.join(found)}; lacking: {', '.join(lacking) or 'none'}")
    return status


if __name__ == "__main__":
    sys.exit(main())
