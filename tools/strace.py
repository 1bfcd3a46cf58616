"""`python -m tools.strace` puts strace into `.venv/tools`, for the tests that make a disk slow.

It links the system's strace if there is one. Otherwise it unpacks Debian's package and its less common library.
"""

import subprocess
import sys
from typing import Final

from tools.debian import TOOLS, link_or_unpack

PROGRAM: Final = TOOLS / "strace"
MISSING: Final = (
    "strace is neither on PATH nor available from apt-get. Install it and run `make test` again. "
    "Until then the tests of slow disks fail."
)

if __name__ == "__main__":
    try:
        link_or_unpack(PROGRAM.name, "usr/bin/strace", ["libunwind"])
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"{MISSING} ({error})")
