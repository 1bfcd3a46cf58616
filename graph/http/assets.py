"""Third-party scripts and styles for pages. `assets.json` lists them; `python -m tools.assets` fetches them from npm.

A page calls `read_asset`. If a file was not fetched, the page shows MISSING.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

LOCK: Final = Path(__file__).with_suffix(".json")
FETCHED: Final = Path(__file__).parent / "fetched"  # outside git, inside the wheel
MISSING: Final = (
    "The scripts of this page are missing: npm did not answer when `make setup` ran. Run `make setup` again with "
    "access to npm."
)
_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".txt": "text/plain"}


@dataclass(frozen=True, slots=True)
class Package:
    """An npm package. `integrity`: hash of its tarball, as in lock files; `files`: path in the tarball -> name here."""

    version: str
    integrity: str
    files: dict[str, str]


@dataclass(frozen=True, slots=True)
class Asset:
    """A file to serve; `packed` is compressed with gzip."""

    media_type: str
    packed: bytes


@cache
def packages() -> dict[str, Package]:
    """The locked packages, by name."""
    return msgspec.json.decode(LOCK.read_bytes(), type=dict[str, Package])


def names() -> frozenset[str]:
    """The names of all declared files, fetched or not."""
    return frozenset(name for package in packages().values() for name in package.files.values())


def read_asset(name: str) -> Asset | None:
    """Returns the file, or None when it is not declared or was not fetched."""
    if name not in names():
        return None
    try:
        return Asset(_TYPES[Path(name).suffix], path_of(name).read_bytes())
    except FileNotFoundError:
        return None


def path_of(name: str) -> Path:
    """The path of a fetched file."""
    return FETCHED / f"{name}.gz"
