"""Where the engines are: a setting's word first, then what a running `anlyt dev` wrote down."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import msgspec

from infra.errors import UsageError
from infra.s3 import S3, from_dsn, from_settings
from infra.settings import Settings, variable

FILE: Final = "endpoints.json"


@dataclass(frozen=True, slots=True, repr=False)
class Endpoints:
    """What `endpoints.json` holds: DSNs and URLs, usable as they are, passwords included."""

    nats: str
    postgres: str
    clickhouse: str
    api: str
    metrics: str
    audit: str | None = None
    s3: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Engines:
    """The three stores that a process works with, and S3 if there is one."""

    nats: str
    postgres: str
    clickhouse: str
    s3: S3 | None = None


@contextmanager
def published(home: Path, endpoints: Endpoints) -> Iterator[None]:
    """`endpoints.json` is there while the body runs, for its owner alone: it has passwords.

    It appears whole: a reader never sees half of it, or a null.
    """
    file, draft = home / FILE, home / f"{FILE}.new"
    known = {name: address for name, address in asdict(endpoints).items() if address is not None}
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600, exist_ok=False)
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(known)) + b"\n")
    draft.replace(file)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def engines(settings: Settings) -> Engines:
    """The engines of this process; UsageError says which setting is missing and what to do."""
    running = _running(settings.home)
    s3 = from_settings(settings)
    return Engines(
        nats=settings.nats_url or _found(running, "nats", "nats_url"),
        postgres=settings.postgres_dsn or _found(running, "postgres", "postgres_dsn"),
        clickhouse=settings.clickhouse_dsn or _found(running, "clickhouse", "clickhouse_dsn"),
        s3=from_dsn(running.s3) if s3 is None and running is not None and running.s3 else s3,
    )


def has_audit(home: Path) -> bool:
    """Whether an `anlyt dev` runs there that has an audit listener."""
    running = _running(home)
    return running is not None and running.audit is not None


def _running(home: Path) -> Endpoints | None:
    try:
        return msgspec.json.decode((home / FILE).read_bytes(), type=Endpoints)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except msgspec.DecodeError as error:
        raise UsageError(
            f"{home / FILE} is not what `anlyt dev` writes; delete it and start `anlyt dev` again."
        ) from error


def _found(running: Endpoints | None, engine: str, setting: str) -> str:
    if running is None:
        raise UsageError(f"{variable(setting)} is not set, and no `anlyt dev` runs here; set it or start `anlyt dev`.")
    address: str = getattr(running, engine)
    return address
