"""The addresses of the engines: from the settings, else from the `endpoints.json` of a running `anlyt dev`."""

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
    """The contents of `endpoints.json`: DSNs and URLs, usable as they are, with passwords.

    `anlyt dev --engines` has neither `api` nor `metrics`.
    """

    nats: str
    postgres: str
    clickhouse: str
    api: str = ""
    metrics: str = ""
    audit: str | None = None
    s3: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Engines:
    """The DSNs of the three engines that a process uses, and S3 if it is configured."""

    nats: str
    postgres: str
    clickhouse: str
    s3: S3 | None = None


@contextmanager
def published(home: Path, endpoints: Endpoints) -> Iterator[None]:
    """Writes `endpoints.json`, and removes it when the body ends. Only its owner may read it: it has passwords.

    A rename makes it appear whole: a reader never sees half of it. Addresses that it does not have are left out.
    """
    file, draft = home / FILE, home / f"{FILE}.new"
    addresses = {name: str(address) for name, address in asdict(endpoints).items() if address}
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600, exist_ok=False)
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(addresses)) + b"\n")
    draft.replace(file)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def engines(settings: Settings) -> Engines:
    """The engines of this process. Raises UsageError with the missing setting and what to do."""
    running = _running(settings.home)
    s3 = from_settings(settings)
    return Engines(
        nats=settings.nats_url or _dev_address(running, "nats", "nats_url", settings.home),
        postgres=settings.postgres_dsn or _dev_address(running, "postgres", "postgres_dsn", settings.home),
        clickhouse=settings.clickhouse_dsn or _dev_address(running, "clickhouse", "clickhouse_dsn", settings.home),
        s3=from_dsn(running.s3) if s3 is None and running is not None and running.s3 else s3,
    )


def nats_address(settings: Settings) -> str:
    """The address of NATS, for a process that needs no other engine. Raises UsageError."""
    return settings.nats_url or _dev_address(_running(settings.home), "nats", "nats_url", settings.home)


def has_audit(home: Path) -> bool:
    """Whether an `anlyt dev` with an audit listener runs in `home`."""
    running = _running(home)
    return running is not None and running.audit is not None


def _running(home: Path) -> Endpoints | None:
    try:
        return msgspec.json.decode((home / FILE).read_bytes(), type=Endpoints)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{home / FILE} is not what `anlyt dev` writes; delete it and start `anlyt dev` again."
        ) from error


def _dev_address(running: Endpoints | None, engine: str, setting: str, home: Path) -> str:
    if running is None:
        name = variable(setting)
        raise UsageError(
            f"{name} is not set, and no `anlyt dev` runs in {home.absolute()}. Set {name}, or run this in the folder "
            "where `anlyt dev` was started, with the same ANLYT_HOME."
        )
    address: str = getattr(running, engine)
    return address
