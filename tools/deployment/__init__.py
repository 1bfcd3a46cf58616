"""Programs that only the tests of deployment run, in `.venv/tools/deployment`, locked in `requirements.lock`."""

from pathlib import Path
from typing import Final

from tools.debian import TOOLS

INSTALLED: Final = TOOLS / "deployment"
MISSING: Final = "It is missing. Run `make test` again with access to the package index of Python."


def program(name: str) -> Path:
    """The path of an installed program. Raises AssertionError with advice if it is missing."""
    path = INSTALLED / "bin" / name
    assert path.exists(), f"{path}: {MISSING}"
    return path
