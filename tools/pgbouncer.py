"""`python -m tools.pgbouncer` puts PgBouncer into `.venv/tools`, for the tests of connections through a pooler.

It links the system's PgBouncer if there is one. Otherwise it unpacks Debian's package and its less common libraries.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tools.debian import TOOLS, apt, write_launcher

PROGRAM: Final = TOOLS / "pgbouncer"
MISSING: Final = (
    "PgBouncer is neither on PATH nor available from apt-get. Install it and run `make test` again. "
    "Until then the tests of connections through a pooler fail."
)
LIBRARIES: Final = (
    "libcares",
    "libc-ares",
    "libevent-2",
)  # c-ares and libevent; names differ by release


def fetch(program: Path) -> None:
    """Makes the file `program`. Raises OSError or CalledProcessError if neither the system nor apt has PgBouncer."""
    program.parent.mkdir(parents=True, exist_ok=True)
    program.unlink(missing_ok=True)
    if path := shutil.which("pgbouncer", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"):
        program.symlink_to(path)
        return
    root = program.parent / "debian"
    with apt(program.parent) as packages:
        libraries = [name for prefix in LIBRARIES for name in packages.closure(["pgbouncer"], prefix)]
        packages.unpack(["pgbouncer", *libraries], root)
    write_launcher(program, root, "usr/sbin/pgbouncer")


if __name__ == "__main__":
    try:
        fetch(PROGRAM)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"{MISSING} ({error})")
