"""What `anlyt dev` needs of the machine, checked before anything starts: a home, ports and space.

It imports next to nothing, so that the answer comes in the first second.
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

LONGEST_HOME: Final = 900  # bytes; of a path, PostgreSQL reads 1,023
FOLDERS: Final = ("postgres", "nats", "clickhouse", "s3")  # of engines, in ANLYT_HOME
HISTORY_TOLD: Final = "demo-history-told"  # in ANLYT_HOME, when the demo's history is stored


async def check(settings: Settings, *, with_demo: bool) -> None:
    """Returns if everything can start; makes the home. UsageError, FolderInUseError, FullDiskError."""
    make_home(settings.home)
    for folder in _made(settings.home):
        await _check_free(folder)
    _check_ports(settings)
    if starts_engines(settings):
        is_week_to_come = with_demo and not (settings.home / HISTORY_TOLD).exists()
        space.check(settings.home, space.WEEK if is_week_to_come else space.FRESH)


def starts_engines(settings: Settings) -> bool:
    """Whether there is an engine that no setting points at."""
    return None in (settings.nats_url, settings.postgres_dsn, settings.clickhouse_dsn)


def make_home(home: Path) -> None:
    """UsageError if engines cannot live there."""
    name = os.fsencode(home.absolute())
    if len(name) > LONGEST_HOME:
        raise UsageError(
            f"ANLYT_HOME has {len(name)} bytes with the folders above it; PostgreSQL takes {LONGEST_HOME}. "
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
            f"ANLYT_HOME: {home} is no folder to write in ({error.strerror}). Set it to one that you may write in."
        ) from error
    for folder in _made(home):
        _check_owner(home, folder)


async def _check_free(folder: Path) -> None:
    try:
        async with folders.claimed(folder):
            pass
    except FolderInUseError as error:
        raise FolderInUseError(f"{error} Stop it, or set ANLYT_HOME to another folder.") from error


def _made(home: Path) -> Iterator[Path]:
    return (folder for name in FOLDERS if (folder := home / name).exists())


def _check_owner(home: Path, folder: Path) -> None:
    """Of an engine's folder. Root runs PostgreSQL as nobody where it has to."""
    data = folder / "data"
    owners = [path.stat().st_uid for path in (folder, data) if path.exists()]
    ours = {os.geteuid(), *(() if os.geteuid() else [pwd.getpwnam("nobody").pw_uid])}
    for uid in owners:
        if uid not in ours:
            raise UsageError(
                f"ANLYT_HOME: {home} was made by {_name(uid)}. Run anlyt as that user, or set ANLYT_HOME to another "
                "folder."
            )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _check_ports(settings: Settings) -> None:
    """All are held at once: two settings may name the same port. The audit listener takes another one by itself."""
    with ExitStack() as opened:
        for address in (api_address(settings), metrics_address(settings)):
            opened.enter_context(listen(address))
