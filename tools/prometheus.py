"""`python -m tools.prometheus` puts Prometheus and promtool into `.venv/tools`, for the tests of the alerts.

It links the system's programs if there are any. Otherwise it unpacks Debian's package.
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
    "Prometheus is neither on PATH nor available from apt-get. Install it and run `make test` again. "
    "Until then the tests of the alerts fail."
)


def fetch(folder: Path) -> None:
    """Links PROGRAMS into `folder`. Raises OSError or CalledProcessError if neither the system nor apt has them."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [shutil.which(program) for program in PROGRAMS]
    for program, path in zip(PROGRAMS, paths if all(paths) else _unpacked(folder), strict=True):
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
