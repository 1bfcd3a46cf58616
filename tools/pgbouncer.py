"""Puts PgBouncer into `.venv/tools`, for the tests of connections through a pooler; run as `python -m tools.pgbouncer`.

The system's own if there is one, else that of Debian's package, with those of its libraries that few systems have.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tools.debian import TOOLS, apt

PROGRAM: Final = TOOLS / "pgbouncer"
MISSING: Final = (
    "PgBouncer is neither on PATH nor to be had from apt-get; install it, and run `make test` again. "
    "Until then the tests of connections through a pooler fail."
)
LIBRARIES: Final = ("libcares", "libc-ares", "libevent-2")  # what Debian calls c-ares and libevent, by release


def fetch(program: Path) -> None:
    """Makes `program`; OSError or CalledProcessError when neither way works."""
    program.parent.mkdir(parents=True, exist_ok=True)
    program.unlink(missing_ok=True)
    if found := shutil.which("pgbouncer", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"):
        program.symlink_to(found)
        return
    root = program.parent / "debian"
    with apt(program.parent) as packages:
        libraries = [name for prefix in LIBRARIES for name in packages.needed(["pgbouncer"], prefix)]
        packages.unpack(["pgbouncer", *libraries], root)
    folders = ":".join(sorted({str(library.parent) for library in root.glob("usr/lib/**/*.so.*")}))
    program.write_text(f'#!/bin/sh\nLD_LIBRARY_PATH={folders} exec {root}/usr/sbin/pgbouncer "$@"\n')
    program.chmod(0o755)


if __name__ == "__main__":
    try:
        fetch(PROGRAM)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"{MISSING} ({error})")
