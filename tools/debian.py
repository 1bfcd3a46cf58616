"""Fetches Debian packages with apt-get and unpacks them without root: programs for tests that no wheel has.

apt checks signatures as usual. Its lists and cache are separate from the system's; nothing is installed.
Docs: docs/decisions/0019-prometheus-comes-from-debian.md.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

TOOLS: Final = Path(sys.prefix) / "tools"

_KINDS: Final = ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")


@dataclass(frozen=True, slots=True)
class Apt:
    """apt with its own lists and cache, which it keeps in `scratch`."""

    scratch: Path
    options: Sequence[str]

    def unpack(self, packages: Sequence[str], folder: Path) -> None:
        """Unpacks the newest versions of packages under `folder`. Raises CalledProcessError if one is not available."""
        with TemporaryDirectory(dir=self.scratch) as downloads:
            subprocess.run(["apt-get", "-qq", *self.options, "download", *packages], cwd=downloads, check=True)
            for package in sorted(Path(downloads).glob("*.deb")):
                subprocess.run(["dpkg-deb", "-x", package, folder], check=True)

    def closure(self, packages: Sequence[str], prefix: str) -> Sequence[str]:
        """The names of these packages and of all their dependencies that begin with `prefix`, sorted."""
        only_depends = [f"--no-{kind}" for kind in _KINDS]
        command = ["apt-cache", *self.options, "depends", "--recurse", *only_depends, *packages]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        return sorted({line for line in lines if line.startswith(prefix)})


def link_or_unpack(name: str, path: str, libraries: Sequence[str] = ()) -> None:
    """Puts a program into `.venv/tools`: a link to the system's, or else the package of its name, unpacked.

    `path`: where the program is in the package. `libraries`: the beginnings of the names of the packages that it needs
    and that few systems have. Raises OSError or CalledProcessError if neither the system nor apt has the program.
    """
    program = TOOLS / name
    program.parent.mkdir(parents=True, exist_ok=True)
    program.unlink(missing_ok=True)
    if found := shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"):
        program.symlink_to(found)
        return
    root = program.parent / "debian"
    with apt(program.parent) as packages:
        needed = [each for prefix in libraries for each in packages.closure([name], prefix)]
        packages.unpack([name, *needed], root)
    write_launcher(program, root, path)


def write_launcher(launcher: Path, root: Path, program: str, **environment: str) -> None:
    """Makes `launcher` start `root/program` with the libraries that are unpacked under `root`."""
    folders = sorted({str(library.parent) for library in root.glob("**/lib/**/*.so*")})
    settings = {"LD_LIBRARY_PATH": ":".join(folders), **environment}
    words = [*(f'{name}="{value}"' for name, value in settings.items()), f'exec "{root / program}" "$@"']
    launcher.write_text(f"#!/bin/sh\n{' '.join(words)}\n")
    launcher.chmod(0o755)


@contextmanager
def apt(folder: Path) -> Iterator[Apt]:
    """Yields apt with fresh lists in a temporary folder under `folder`. Raises OSError without apt."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as scratch:
        state, cache = Path(scratch, "state"), Path(scratch, "cache")
        (state / "lists/partial").mkdir(parents=True)
        (cache / "archives/partial").mkdir(parents=True)
        settings = {"Dir::State": state, "Dir::Cache": cache, "Acquire::Languages": "none", "APT::Sandbox::User": ""}
        options = [f"-o{name}={value}" for name, value in settings.items()]
        subprocess.run(["apt-get", "-qq", *options, "update"], check=False)  # a source other than Debian's may fail
        yield Apt(Path(scratch), options)
