"""`python -m tools.golang` puts Go and its module of verifiable logs into `.venv/tools`, for the tests of the log.

They are Debian's packages. The tests compile a program that checks proofs, tiles and notes with them.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from tools.debian import TOOLS, apt

FOLDER: Final = TOOLS / "golang"
PACKAGES: Final = ("golang-go", "golang-golang-x-mod-dev")
MISSING: Final = (
    "Go is not available from apt-get. Run `make test` again where apt-get has the packages "
    f"{' and '.join(PACKAGES)}. Until then the tests of the log that compare it with Go's own fail."
)


def build(source: Path, program: Path) -> None:
    """Compiles one Go file to `program`. Raises AssertionError with advice if Go is missing."""
    go = next(FOLDER.glob("debian/usr/lib/go-1.*/bin/go"), None)
    assert go is not None, MISSING
    folders = {"GOROOT": go.parents[1], "GOPATH": FOLDER / "debian/usr/share/gocode", "GOCACHE": FOLDER / "cache"}
    environment = {name: str(folder) for name, folder in folders.items()}
    settings = {"PATH": os.defpath, "GO111MODULE": "off", "CGO_ENABLED": "0", "GOFLAGS": "-trimpath"}
    subprocess.run([go, "build", "-o", program, source], env={**environment, **settings}, check=True)


def fetch(folder: Path) -> None:
    """Unpacks the packages under `folder`. Raises OSError or CalledProcessError if apt does not have them."""
    with apt(folder) as packages:
        packages.unpack(packages.closure(PACKAGES, "golang"), folder / "debian")


if __name__ == "__main__":
    try:
        fetch(FOLDER)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"{MISSING} ({error})")
