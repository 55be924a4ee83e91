# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sessions that check and show the collection: ``nox -l`` lists them, ``nox`` runs all that must pass."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from glob import glob
from pathlib import Path

import antsibull_nox
import nox
from antsibull_fileutils.copier import GitCopier

ROOT = Path(__file__).parent
ANSIBLE_WITH_AWX = "10.7.0"
"""Has awx.awx 24.6.1, and so have later ones, as long as they have it."""
QUIET_ANSIBLE = {
    "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
    "ANSIBLE_DEPRECATION_WARNINGS": "False",
    "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "False",
    "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
    "ANSIBLE_LOCALHOST_WARNING": "False",
}

nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = False
os.environ["PIP_CONSTRAINT"] = "tests/constraints.txt"


def search_path() -> str:
    """Return PATH without the shims of version managers (pyenv, asdf, mise), and with the Pythons that they installed.

    Shims answer for every Python, installed or not, and ansible-test believes them.
    """
    folders = [Path(folder) for folder in os.environ["PATH"].split(os.pathsep)]
    for shims in [folder for folder in folders if folder.name == "shims"]:
        folders.remove(shims)
        folders += [python.parent for python in sorted(shims.parent.glob("*/[0-9]*/bin/python3"))]
    return os.pathsep.join(map(str, folders))


os.environ["PATH"] = search_path()


@contextmanager
def tree(session: nox.Session) -> Iterator[Path]:
    """Work in a copy of the collection at the one path that Ansible's tools accept.

    Gives the folder that holds ``ansible_collections``. Collections installed elsewhere are out of sight.
    """
    with tempfile.TemporaryDirectory(prefix="voip.rps-") as name:
        root = Path(name)
        collection = root / "ansible_collections" / "voip" / "rps"
        collection.parent.mkdir(parents=True)
        GitCopier().copy(ROOT, collection)
        session.env.update(ANSIBLE_COLLECTIONS_PATH=name, ANSIBLE_HOME=f"{name}/.ansible")
        with session.chdir(collection):
            yield root


def with_awx(session: nox.Session) -> None:
    """Download the collection awx.awx, which is a part of the package ansible, and set AWX_COLLECTIONS to its folder.

    If the download fails, the tests that need the collection are skipped, with a warning.
    """
    cache = session.cache_dir.resolve() / f"ansible-{ANSIBLE_WITH_AWX}"
    if not cache.is_dir():
        with tempfile.TemporaryDirectory() as name:
            package = f"ansible=={ANSIBLE_WITH_AWX}"
            command = ["pip", "download", "--quiet", "--no-deps", "--dest", name, package]
            session.run(*command, success_codes=[0, 1], env={"PIP_CONSTRAINT": ""})
            for wheel in Path(name).glob("*.whl"):
                with zipfile.ZipFile(wheel) as archive:
                    files = [file for file in archive.namelist() if file.startswith("ansible_collections/awx/awx/")]
                    archive.extractall(f"{name}/wheel", files)
                shutil.move(f"{name}/wheel", cache)
    if cache.is_dir():
        session.env["AWX_COLLECTIONS"] = str(cache)
    else:
        session.warn("awx.awx cannot be downloaded: the tests that need it are skipped")


antsibull_nox.load_antsibull_nox_toml()


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, types and texts: ruff, yamllint, mypy, codespell, proselint."""
    session.install("codespell", "mypy", "proselint", "ruff", "types-requests", "yamllint")
    mypy = ["mypy", "--cache-dir", str(session.cache_dir.resolve() / "mypy")]
    with tree(session) as root:
        session.run("ruff", "check")
        session.run("ruff", "format", "--check")
        session.run("yamllint", "--strict", ".")
        session.run(*mypy, "--python-executable", sys.executable, "noxfile.py")
        packages = ["-p", "ansible_collections.voip.rps.plugins", "-p", "rps_simulator"]
        session.run(*mypy, *packages, env={"MYPYPATH": f"{root}:roles/simulator/files"})
        session.run(*mypy, *sorted(glob("extensions/eda/plugins/*/*.py")))
        simulated = "tests/benchmark:roles/simulator/files"
        scripts = sorted(glob("tests/benchmark/**/*.py", recursive=True))
        session.run(*mypy, "--python-executable", sys.executable, *scripts, env={"MYPYPATH": simulated})
        session.run("python", "tests/prose.py")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the docs site into tests/output/docs: without a network, and with no warning."""
    session.install("ansible-core", "antsibull-docs", "requests", "sphinx", "sphinx-ansible-theme")
    site = ROOT / "tests" / "output" / "docs"
    with tree(session) as root:
        pages = root / "pages"
        pages.mkdir(mode=0o700)  # antsibull-docs refuses a folder that others can write to
        session.run(
            "antsibull-docs", "collection", "--use-current", "--squash-hierarchy", "--dest-dir", str(pages), "voip.rps"
        )
        session.run("sphinx-build", "-q", "--fail-on-warning", "-E", "-c", "docs/docsite", str(pages), str(site))
    session.log(f"{site}/index.html")


@nox.session
def changelog(session: nox.Session) -> None:
    """Check the changelog and its fragments."""
    session.install("antsibull-changelog")
    session.run("antsibull-changelog", "lint")
    session.run("antsibull-changelog", "lint-changelog-yaml", "changelogs/changelog.yaml")


@nox.session(name="ansible-lint")
def ansible_lint(session: nox.Session) -> None:
    """Check roles and playbooks with ansible-lint's production profile."""
    session.install("ansible-core", "ansible-lint")
    with tree(session):
        session.run("ansible-lint", "--offline", "--strict")


@nox.session
def sanity(session: nox.Session) -> None:
    """Run ansible-test sanity with every Python found."""
    session.install("ansible-core")
    with tree(session):
        session.run("python", "tests/run_ansible_test.py", "sanity", *session.posargs)


def run_units(session: nox.Session, *arguments: str) -> None:
    with tree(session) as root:
        session.run("pytest", "--numprocesses=auto", *arguments, env={"PYTHONPATH": str(root)})


@nox.session
def units(session: nox.Session) -> None:
    """Run the unit tests; with arguments after ``--``, run just what they select."""
    session.install("ansible-core", "hypothesis", "openpyxl", "pytest-cov", "pytest-xdist", "requests", "selenium")
    session.install("ansible-builder", "ansible-runner")
    with_awx(session)
    run_units(session, *session.posargs)


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Run the unit tests and measure which lines and branches they cover, in child processes too."""
    session.notify("units", ["--cov"])


@nox.session(default=False)
def soak(session: nox.Session) -> None:
    """Run the tests that draw their cases with random seeds, on all cores; ``-- --minutes 60`` says how long."""
    session.install("ansible-core", "hypothesis", "openpyxl", "pytest", "pytest-xdist", "requests")
    with tree(session) as root:
        session.run("python", "tests/soak.py", *session.posargs, env={"PYTHONPATH": str(root)})


@nox.session(default=False)
@nox.parametrize(
    ("python", "core"),
    [
        (python, core)
        for core, pythons in {
            "2.18": ("3.11", "3.12", "3.13"),
            "2.19": ("3.11", "3.12", "3.13"),
            "2.20": ("3.12", "3.13", "3.14"),
            "2.21": ("3.12", "3.13", "3.14"),
        }.items()
        for python in pythons
    ],
)
def matrix(session: nox.Session, core: str) -> None:
    """Run the unit tests with every pair of ansible-core and Python that the collection supports."""
    session.install(f"ansible-core=={core}.*", "hypothesis", "pytest", "pytest-xdist", "requests")
    run_units(session, *session.posargs)


@nox.session(default=False)
def rulebook(session: nox.Session) -> None:
    """Run the rulebook with ansible-rulebook, which needs java."""
    session.install("ansible-core", "ansible-rulebook", "hypothesis", "pytest", "pytest-xdist", "requests")
    run_units(session, *session.posargs, "tests/unit/playbooks/test_rulebook.py")


@nox.session(default=False)
def oldest(session: nox.Session) -> None:
    """Run the unit tests of the modules with the oldest requests that meta/ee-requirements.txt promises."""
    requirement = re.search(r"^requests>=(\S+)$", Path("meta/ee-requirements.txt").read_text(encoding="utf-8"), re.M)
    assert requirement
    session.install("ansible-core", "hypothesis", "pytest", "pytest-xdist", f"requests=={requirement[1]}")
    run_units(session, *(session.posargs or ["tests/unit/plugins"]))


@nox.session
def integration(session: nox.Session) -> None:
    """Run the integration targets; with ``-- --venv --python 3.8`` the modules run under that Python."""
    session.install("ansible-core", "requests")
    with tree(session):
        session.run("python", "tests/run_ansible_test.py", "integration", *session.posargs)


@nox.session
def molecule(session: nox.Session) -> None:
    """Run the roles' scenarios, as many at a time as there are cores."""
    session.install("ansible-core", "molecule", "requests")
    with_awx(session)
    with tree(session) as root:
        if "AWX_COLLECTIONS" in session.env:
            folder = "ansible_collections/awx/awx"
            session.run(
                "python", "tests/awx/in_process.py", f"{session.env['AWX_COLLECTIONS']}/{folder}", root / folder
            )
        session.run("molecule", "test", "--all", "--workers", "cpus", *session.posargs)


@nox.session
def demo(session: nox.Session) -> None:
    """Build the collection, install it where nothing else is, and play its demo from there."""
    session.install("ansible-core", "requests")
    with tree(session) as root:
        session.run("ansible-galaxy", "collection", "build", "--output-path", str(root), silent=True)
        session.chdir(root)
        (tarball,) = root.glob("*.tar.gz")
        session.env["ANSIBLE_COLLECTIONS_PATH"] = installed = f"{root}/installed"
        session.run("ansible-galaxy", "collection", "install", "--offline", "-p", installed, str(tarball), silent=True)
        session.run("ansible-playbook", "voip.rps.demo", *session.posargs, env=QUIET_ANSIBLE)


@nox.session(default=False)
def benchmark(session: nox.Session) -> None:
    """Measure how fast the collection is; what follows ``--`` goes to tests/benchmark/run.py."""
    session.install("ansible-core", "ansible-runner", "requests")
    output = ROOT / "tests" / "output" / "benchmark.json"
    with tree(session):
        session.run("python", "tests/benchmark/run.py", "--output", str(output), *session.posargs)


@nox.session(default=False)
def release(session: nox.Session) -> None:
    """Prepare the release of the version that follows ``--``, in ``dist``."""
    session.install("ansible-core", "antsibull-changelog", "galaxy-importer", "pyyaml")
    session.run("python", ".ci/release.py", *session.posargs, env=QUIET_ANSIBLE)
