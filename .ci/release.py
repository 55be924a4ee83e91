# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prepare a release in the current directory: ``python .ci/release.py 1.2.3``.

Sets the version, writes the changelog, builds the artifact in ``dist``, checks it with Galaxy's importer, installs it
into an empty environment, plays the demo from there, and writes the checksums. Running it again for the same version
gives the same files, byte for byte. It commits, tags and publishes nothing.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import venv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

VERSIONS = {
    Path("galaxy.yml"): r"(?m)^version: .*$",
    Path("roles/simulator/files/rps_simulator/version.py"): r'(?m)^VERSION = ".*"$',
}
SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?")
DIST = Path("dist")


def run(*command: str, **environment: str) -> None:
    """Run a command; ends the program with its status if it fails."""
    print("+", *command, flush=True)
    done = subprocess.run(command, env={**os.environ, **environment}, check=False)
    if done.returncode:
        sys.exit(f"{command[0]} failed with status {done.returncode}")


def set_version(version: str) -> None:
    """Write the version into the files that have it."""
    for path, pattern in VERSIONS.items():
        text = path.read_text(encoding="utf-8")
        line = f'VERSION = "{version}"' if path.suffix == ".py" else f"version: {version}"
        path.write_text(re.sub(pattern, line, text), encoding="utf-8")


def release_date(version: str) -> datetime | None:
    """Return the date that the changelog has for a version, None if it does not have the version yet."""
    changelog = yaml.safe_load(Path("changelogs/changelog.yaml").read_text(encoding="utf-8"))
    release = (changelog["releases"] or {}).get(version)
    return release and datetime.fromisoformat(str(release["release_date"])).replace(tzinfo=UTC)


def write_changelog(version: str) -> datetime:
    """Make the changelog of a version from the fragments, unless it is there. Returns the date of the release."""
    if release_date(version) is None:
        fragments = list(Path("changelogs/fragments").glob("*.yml"))
        if not any("release_summary" in yaml.safe_load(path.read_text(encoding="utf-8")) for path in fragments):
            sys.exit("add a fragment with a release_summary to changelogs/fragments")
        run("antsibull-changelog", "release")
    date = release_date(version)
    if date is None:
        sys.exit(f"the changelog has no version {version}")
    return date


def build(date: datetime) -> Path:
    """Build the artifact, and write it again so that only its content decides its bytes."""
    DIST.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        run("ansible-galaxy", "collection", "build", "--output-path", folder)
        (built,) = Path(folder).glob("*.tar.gz")
        with tarfile.open(built) as archive:
            members = {member.name: member for member in archive}
            content = {name: _content(archive, member) for name, member in members.items()}
    listed: dict[str, Any] = json.loads(content["FILES.json"])
    listed["files"].sort(key=lambda one: one["name"])
    content["FILES.json"] = json.dumps(listed, indent=True).encode()
    manifest = json.loads(content["MANIFEST.json"])
    manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(content["FILES.json"]).hexdigest()
    content["MANIFEST.json"] = json.dumps(manifest, indent=True).encode()
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for name in sorted(members):
            member = members[name]
            member.mtime, member.size, member.pax_headers = int(date.timestamp()), len(content[name]), {}
            archive.addfile(member, io.BytesIO(content[name]))
    artifact = DIST / built.name
    artifact.write_bytes(gzip.compress(plain.getvalue(), mtime=0))
    return artifact


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member) if member.isfile() else None
    return file.read() if file else b""


def try_out(artifact: Path) -> None:
    """Install the artifact where nothing else is, verify it and play its demo from there."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        bin_ = Path(folder) / "bin"
        run(str(bin_ / "pip"), "install", "--quiet", "ansible-core", "requests")
        galaxy, collections = str(bin_ / "ansible-galaxy"), str(Path(folder) / "collections")
        run(galaxy, "collection", "install", "--offline", "-p", collections, str(artifact))
        paths = {"ANSIBLE_COLLECTIONS_PATH": collections, "ANSIBLE_HOME": f"{folder}/.ansible"}
        run(galaxy, "collection", "verify", "--offline", "voip.rps", **paths)
        run(str(bin_ / "ansible-playbook"), "voip.rps.demo", **paths)


def write_checksums() -> None:
    """Write the SHA-256 of each artifact, as ``sha256sum --check`` reads it."""
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(DIST.glob("*.tar.gz"))]
    (DIST / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")


def main() -> None:
    """Prepare a release of the version that is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", help="the version to release, such as 1.2.3")
    version = parser.parse_args().version
    if not SEMVER.fullmatch(version):
        sys.exit(f"{version!r} is not a semantic version such as 1.2.3")
    set_version(version)
    artifact = build(write_changelog(version))
    run(sys.executable, "-m", "galaxy_importer.main", str(artifact))
    try_out(artifact)
    write_checksums()
    print(f"{artifact} is ready. Commit, tag the commit with {version}, and run:")
    print(f"  ansible-galaxy collection publish {artifact}")


if __name__ == "__main__":
    main()
