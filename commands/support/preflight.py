"""Checks the machine before `anlyt dev` starts: a writable home, free ports, and disk space.

It imports little, so that the result appears within a second.
"""

import os
import pwd
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from commands.support import space
from infra.embedded import folder as folders
from infra.errors import FolderInUseError, UsageError
from infra.listening import api_address, listen, metrics_address
from infra.settings import Settings

LONGEST_HOME: Final = 900  # bytes; PostgreSQL's paths are limited to 1,023
FOLDERS: Final = ("postgres", "nats", "clickhouse", "s3")  # the engines' folders in ANLYT_HOME
HISTORY_MARK: Final = "demo-history-told"  # file in ANLYT_HOME; exists when the demo's history is stored


async def check(settings: Settings, *, with_demo: bool, with_service: bool = True) -> None:
    """Creates the home, and checks that the engines and the service can start.

    Raises UsageError, FolderInUseError, FullDiskError.
    """
    make_home(settings.home)
    for folder in _existing(settings.home):
        await _check_free(folder)
    if with_service:
        _check_ports(settings)
    if starts_engines(settings):
        needs_history = with_demo and not (settings.home / HISTORY_MARK).exists()
        space.check(settings.home, space.WEEK if needs_history else space.FRESH)


def starts_engines(settings: Settings) -> bool:
    """Whether an engine has no setting, so that `anlyt dev` starts it."""
    return None in (settings.nats_url, settings.postgres_dsn, settings.clickhouse_dsn)


def farewell(settings: Settings, command: str) -> str:
    """The last line of a `command` that was stopped: where its data is."""
    if not starts_engines(settings):
        return "Stopped."
    return f"Stopped. The data stays in {settings.home}; `{command}` continues with it."


def make_home(home: Path) -> None:
    """Creates the folder ANLYT_HOME. Raises UsageError if engines cannot run in it."""
    name = os.fsencode(home.absolute())
    if len(name) > LONGEST_HOME:
        raise UsageError(
            f"ANLYT_HOME is {len(name)} bytes long as an absolute path; PostgreSQL allows {LONGEST_HOME}. "
            "Set it to a shorter path."
        )
    if name != name.decode(errors="replace").encode():
        raise UsageError("ANLYT_HOME must be a path in UTF-8.")
    try:
        home.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=home):
            pass
    except OSError as error:
        raise UsageError(
            f"ANLYT_HOME: {home} is not a writable folder ({error.strerror}). Set it to one that you may write to."
        ) from error
    for folder in _existing(home):
        _check_owner(home, folder)


async def _check_free(folder: Path) -> None:
    try:
        async with folders.claimed(folder):
            pass
    except FolderInUseError as error:
        raise FolderInUseError(f"{error} Stop it, or set ANLYT_HOME to another folder.") from error


def _existing(home: Path) -> Iterator[Path]:
    return (folder for name in FOLDERS if (folder := home / name).exists())


def _check_owner(home: Path, folder: Path) -> None:
    """Raises UsageError if another user owns an engine's folder. Root may have to run PostgreSQL as `nobody`."""
    data = folder / "data"
    owners = [path.stat().st_uid for path in (folder, data) if path.exists()]
    ours = {os.geteuid(), *(() if os.geteuid() else [pwd.getpwnam("nobody").pw_uid])}
    for uid in owners:
        if uid not in ours:
            raise UsageError(
                f"ANLYT_HOME: {home} belongs to {_name(uid)}. Run anlyt as that user, or set ANLYT_HOME to another "
                "folder."
            )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _check_ports(settings: Settings) -> None:
    """Raises UsageError for an occupied port. Holds all ports together: two settings may name the same one.

    The audit listener's port is not checked: it falls back to a free one.
    """
    with ExitStack() as opened:
        for address in (api_address(settings), metrics_address(settings)):
            opened.enter_context(listen(address))
