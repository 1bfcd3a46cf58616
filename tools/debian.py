"""What the tests need and no wheel brings, from Debian's packages: fetched by apt-get and unpacked, without root.

apt checks signatures as ever; its lists and its cache are kept apart from the system's, and nothing is installed.
Docs: docs/decisions/0019-prometheus-comes-from-debian.md.
"""

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
    """apt with lists of its own; `scratch` is where it keeps them."""

    scratch: Path
    options: Sequence[str]

    def unpack(self, packages: Sequence[str], folder: Path) -> None:
        """The newest of these packages, under `folder`; CalledProcessError if one cannot be had."""
        with TemporaryDirectory(dir=self.scratch) as downloads:
            subprocess.run(["apt-get", "-qq", *self.options, "download", *packages], cwd=downloads, check=True)
            for package in sorted(Path(downloads).glob("*.deb")):
                subprocess.run(["dpkg-deb", "-x", package, folder], check=True)

    def needed(self, packages: Sequence[str], prefix: str) -> Sequence[str]:
        """These packages and all that they depend on, directly or not, as far as the names begin with `prefix`."""
        only_depends = [f"--no-{kind}" for kind in _KINDS]
        command = ["apt-cache", *self.options, "depends", "--recurse", *only_depends, *packages]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return sorted({line for line in told.splitlines() if line.startswith(prefix)})


@contextmanager
def apt(folder: Path) -> Iterator[Apt]:
    """With fresh lists, in a folder under `folder` that is gone after the body. OSError where there is no apt."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as scratch:
        state, cache = Path(scratch, "state"), Path(scratch, "cache")
        (state / "lists/partial").mkdir(parents=True)
        (cache / "archives/partial").mkdir(parents=True)
        settings = {"Dir::State": state, "Dir::Cache": cache, "Acquire::Languages": "none", "APT::Sandbox::User": ""}
        options = [f"-o{name}={value}" for name, value in settings.items()]
        subprocess.run(["apt-get", "-qq", *options, "update"], check=False)  # another source than Debian's may be away
        yield Apt(Path(scratch), options)
