"""Puts Prometheus and promtool into `.venv/tools`, for the tests of the alerts; run as `python -m tools.prometheus`.

The system's own if there are any, else those of Debian's package.
"""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tools.debian import TOOLS, apt

PROGRAMS: Final = ("promtool", "prometheus")
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
    with apt(folder) as packages:
        packages.unpack(["prometheus"], folder / "debian")
    return [folder / "debian/usr/bin" / program for program in PROGRAMS]


if __name__ == "__main__":
    try:
        fetch(TOOLS)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"{MISSING} ({error})")
