"""`python -m tools.pgbouncer` puts PgBouncer into `.venv/tools`, for the tests of connections through a pooler.

It links the system's PgBouncer if there is one. Otherwise it unpacks Debian's package and its less common libraries.
"""

import subprocess
import sys
from typing import Final

from tools.debian import TOOLS, link_or_unpack

PROGRAM: Final = TOOLS / "pgbouncer"
MISSING: Final = (
    "PgBouncer is neither on PATH nor available from apt-get. Install it and run `make test` again. "
    "Until then the tests of connections through a pooler fail."
)

if __name__ == "__main__":
    try:
        # c-ares and libevent; names differ by release
        link_or_unpack(PROGRAM.name, "usr/sbin/pgbouncer", ["libcares", "libc-ares", "libevent-2"])
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"{MISSING} ({error})")
