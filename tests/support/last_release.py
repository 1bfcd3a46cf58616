"""The last release's own code, from the history of this repository, run with the packages of today."""

import os
import re
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from tests.support.cli import environment
from tools.export import ROOT

PATIENCE: Final = 120.0
HEADING: Final = re.compile(r"^## (\d+\.\d+\.\d+) - ", re.MULTILINE)
SHALLOW: Final = (
    "The history of this clone lacks release {version}, which this test runs: `git fetch --unshallow` fetches it."
)


class NoHistoryError(Exception):
    """The last release is not in the history of this clone."""


@dataclass(frozen=True)
class Release:
    """A release whose files are in `folder`. `settings`: of all of its processes, which have their home in `home`."""

    version: str
    folder: Path
    home: Path
    settings: Mapping[str, str]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs a command until it ends."""
        return subprocess.run(
            self._command(*arguments),
            env=self._environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    @contextmanager
    def running(self, log: Path, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
        """Runs a command during the body, with its output in `log`. Afterwards SIGTERM has to end it in order.

        The body may kill it.
        """
        with (
            log.open("wb") as output,
            subprocess.Popen(
                self._command(*arguments), env=self._environment(), cwd=self.folder, stdout=output, stderr=output
            ) as process,
        ):
            try:
                yield process
                process.terminate()
                assert process.wait(PATIENCE) in (0, -signal.SIGKILL), log.read_text()
            finally:
                process.kill()

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-P", "-m", "anlyt", *arguments]

    def _environment(self) -> Mapping[str, str]:
        return {**environment(self.home, self.settings), "PYTHONPATH": str(self.folder)}


def last_version() -> str:
    """The version of the changelog's newest release."""
    found = HEADING.search((ROOT / "CHANGELOG.md").read_text())
    assert found is not None
    return found[1]


def released_steps() -> frozenset[str]:
    """The names of the last release's migrations of PostgreSQL. Raises NoHistoryError."""
    listed = _git("ls-tree", "--name-only", _commit(last_version()), "schema/postgres/").decode()
    return frozenset(Path(line).stem for line in listed.splitlines() if line.endswith(".sql"))


def last_release(folder: Path, settings: Mapping[str, str]) -> Release:
    """Unpacks the last release into the folder. Raises NoHistoryError if this clone does not have it."""
    version, tree = last_version(), folder / "release"
    tree.mkdir()
    archive = _git("archive", _commit(version))
    with tarfile.open(fileobj=BytesIO(archive)) as files:
        files.extractall(tree, filter="data")
    return Release(version, tree, folder, settings)


def _commit(version: str) -> str:
    """The commit of the tag, or the one that gave the changelog its heading."""
    if _git("tag", "--list", f"v{version}"):
        return f"v{version}"
    commits = _git("log", "--format=%H", f"-S## {version} - ", "--", "CHANGELOG.md").decode().split()
    # The first commit of a shallow clone has all files, so it seems to have added the heading.
    if not commits or not _git("rev-list", "--max-count=1", "--parents", commits[-1]).split()[1:]:
        raise NoHistoryError(SHALLOW.format(version=version))
    return commits[-1]


def _git(*arguments: str) -> bytes:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, check=False, env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    )
    if done.returncode:
        raise NoHistoryError(f"{SHALLOW.format(version=last_version())} git: {done.stderr.decode()}")
    return done.stdout
