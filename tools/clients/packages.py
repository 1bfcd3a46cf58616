"""Builds the client packages: a wheel for Python, a tarball for npm."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tools.assets import NODE, NPM, environment_with_node
from tools.node import INSTALL, PATIENCE

ROOT: Final = Path(__file__).resolve().parents[2]
PYTHON: Final = ROOT / "clients" / "python"
TYPESCRIPT: Final = Path("clients") / "typescript"
OPENAPI: Final = Path("schema") / "openapi.json"  # what the types of TypeScript are made from


def build_wheel(target: Path) -> Path:
    """Builds the wheel into a folder; returns its path. Raises CalledProcessError."""
    _run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target.resolve())], PYTHON)
    (wheel,) = target.glob("anlyt_client-*.whl")
    return wheel


def copy_with_tools(folder: Path) -> Path:
    """Copies the TypeScript package, and what it is made from, and installs its tools; returns the copy.

    Raises CalledProcessError.
    """
    made = shutil.ignore_patterns("node_modules", "dist")
    package = shutil.copytree(ROOT / TYPESCRIPT, folder / TYPESCRIPT, ignore=made)
    (folder / OPENAPI).parent.mkdir()
    shutil.copyfile(ROOT / OPENAPI, folder / OPENAPI)
    run_npm(package, *INSTALL)
    return package


def build_tarball(package: Path, target: Path) -> Path:
    """Builds a copy of the TypeScript package into a folder; returns the path. Raises CalledProcessError."""
    run_npm(package, "pack", "--silent", f"--pack-destination={target.resolve()}")
    (tarball,) = target.glob("anlyt-client-*.tgz")
    return tarball


def run_npm(folder: Path, *arguments: str) -> None:
    """Runs npm in a folder. Raises CalledProcessError."""
    _run([str(NODE), str(NPM), *arguments], folder)


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(
        command,
        cwd=folder,
        env=environment_with_node(),
        check=True,
        timeout=PATIENCE,
        capture_output=True,
        text=True,
    )
