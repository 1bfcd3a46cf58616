"""Builds `.venv/tools/gotmpl`, with which the tests render the charts; run as `python -m tools.renderer`.

With the system's Go if there is one, else with Debian's; what the program imports comes from Debian's packages in
either case. Docs: docs/decisions/0028-charts-are-rendered-without-helm.md.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tools.debian import TOOLS, apt

SOURCE: Final = Path(__file__).parent / "gotmpl/main.go"
PROGRAM: Final = TOOLS / "gotmpl"
LIBRARIES: Final = ("golang-github-masterminds-sprig-dev", "golang-gopkg-yaml.v3-dev")
MISSING: Final = (
    "tools/gotmpl cannot be built: its libraries, and Go unless it is on PATH, come from apt-get. "
    "Until it is, the tests of the charts fail."
)


def build(program: Path) -> None:
    """OSError or CalledProcessError when it cannot be. Nothing is done for a source that it was built of already."""
    built_of = program.with_suffix(".go")
    if program.exists() and built_of.exists() and built_of.read_bytes() == SOURCE.read_bytes():
        program.touch()
        return
    program.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=program.parent) as scratch, apt(program.parent) as packages:
        go = shutil.which("go")
        wanted = LIBRARIES if go else ("golang-go", *LIBRARIES)
        packages.unpack(packages.needed(wanted, "golang-"), Path(scratch))
        _compile(Path(go or f"{scratch}/usr/lib/go/bin/go"), Path(scratch), program)
    shutil.copyfile(SOURCE, built_of)


def _compile(go: Path, root: Path, program: Path) -> None:
    """Without modules: Debian's packages are a GOPATH."""
    environment = {
        **os.environ,
        "GO111MODULE": "off",
        "GOPATH": str(root / "usr/share/gocode"),
        "GOCACHE": str(root / "cache"),
        "CGO_ENABLED": "0",
    }
    if go.is_relative_to(root):
        environment["GOROOT"] = str(go.resolve().parent.parent)
    subprocess.run([go, "build", "-ldflags=-s -w", "-o", program, SOURCE], env=environment, check=True)


if __name__ == "__main__":
    try:
        build(PROGRAM)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"{MISSING} ({error})")
