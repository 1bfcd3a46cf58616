"""Puts Prometheus and promtool into `.venv/tools`, for the tests of the alerts; run as `python -m tools.prometheus`.

The system's own if there are any, else those of Debian's package, fetched by apt-get and unpacked: no root, nothing is
installed. Docs: docs/decisions/0019-prometheus-comes-from-debian.md.
"""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

PROGRAMS: Final = ("promtool", "prometheus")
FOLDER: Final = Path(sys.prefix) / "tools"
MISSING: Final = (
    "Prometheus is neither on PATH nor to be had from apt-get; install it, and run `make test` again. "
    "Until then the tests of the alerts fail."
)


def fetch(folder: Path) -> None:
    """Fills `folder` with PROGRAMS; OSError or CalledProcessError when neither way works."""
    folder.mkdir(parents=True, exist_ok=True)
    found = [shutil.which(program) for program in PROGRAMS]
    for program, path in zip(PROGRAMS, found if all(found) else _unpacked(folder), strict=True):
        (folder / program).unlink(missing_ok=True)
        (folder / program).symlink_to(str(path))


def _unpacked(folder: Path) -> Sequence[Path]:
    """Of the newest package that apt's signed lists know; lists and package are kept apart from the system's."""
    with TemporaryDirectory() as scratch:
        state, cache = Path(scratch, "state"), Path(scratch, "cache")
        (state / "lists/partial").mkdir(parents=True)
        (cache / "archives/partial").mkdir(parents=True)
        options = {"Dir::State": state, "Dir::Cache": cache, "Acquire::Languages": "none", "APT::Sandbox::User": ""}
        apt = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items())]
        subprocess.run([*apt, "update"], check=False)  # another source than Debian's may be away
        subprocess.run([*apt, "download", "prometheus"], cwd=scratch, check=True)
        [package] = Path(scratch).glob("prometheus_*.deb")
        subprocess.run(["dpkg-deb", "-x", package, folder / "debian"], check=True)
    return [folder / "debian/usr/bin" / program for program in PROGRAMS]


if __name__ == "__main__":
    try:
        fetch(FOLDER)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"{MISSING} ({error})")
