"""Scripts and styles of others, for pages: what `assets.json` names, fetched from npm by `python -m tools.assets`.

A page asks `read_asset`. A file that could not be fetched is absent, and the page says so with MISSING.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

LOCK: Final = Path(__file__).with_suffix(".json")
FETCHED: Final = Path(__file__).parent / "fetched"  # outside git, inside the wheel
MISSING: Final = (
    "The scripts of this page are not here: they come from npm, which did not answer at `make setup`. Run `make setup` "
    "again where it does."
)
_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".txt": "text/plain"}


@dataclass(frozen=True, slots=True)
class Package:
    """A package of npm. `integrity` is of its tarball, as lock files have it; `files`: path in it -> name here."""

    version: str
    integrity: str
    files: dict[str, str]


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served: packed with gzip."""

    media_type: str
    packed: bytes


@cache
def packages() -> dict[str, Package]:
    """What is locked, by the package's name."""
    return msgspec.json.decode(LOCK.read_bytes(), type=dict[str, Package])


def names() -> frozenset[str]:
    """The files that there are when everything could be fetched."""
    return frozenset(name for package in packages().values() for name in package.files.values())


def read_asset(name: str) -> Asset | None:
    """None for a file that is not declared, or was not fetched."""
    if name not in names():
        return None
    try:
        return Asset(_TYPES[Path(name).suffix], path_of(name).read_bytes())
    except FileNotFoundError:
        return None


def path_of(name: str) -> Path:
    """Where a file lies, once it is fetched."""
    return FETCHED / f"{name}.gz"
