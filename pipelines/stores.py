"""The stores of pipelines: opened in a composition root, shared by all runs of a process."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from infra.clickhouse import ClickHouse, open_clickhouse
from infra.endpoints import Engines
from infra.postgres import Pool, open_pool
from infra.settings import Settings, variable
from infra.tlog.keys import read_signers
from infra.tlog.witnesses import Witness
from schema.tlog.notes import Signer

CONNECTIONS: Final = 4
# Seconds. A pipeline's statements do bounded work; one that takes this long waits for a server that hangs.
STATEMENT_TIMEOUT: Final = 300.0


@dataclass(frozen=True, slots=True)
class LogIdentity:
    """The name of the transparency log, and who signs its checkpoints; nobody: the key that a migration created.

    A checkpoint is shown when `needed` of the witnesses have signed it.
    """

    origin: str = "localhost/anlyt"
    signers: Sequence[Signer] = ()
    witnesses: Sequence[Witness] = ()
    needed: int = 0


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores and settings of runs. Connections are opened when they are first needed.

    `engines`: addresses, for a connection of one's own. `dedup_days`: ANLYT_DEDUP_DAYS, 0 without limit, None if unset.
    `integrity_lag`: ANLYT_INTEGRITY_LAG_HOURS. `tlog`: ANLYT_TLOG_* and ANLYT_WITNESSES*. `crosscheck_seconds`: the
    budget of a run, ANLYT_CROSSCHECK_MILLISECONDS.
    """

    engines: Engines
    postgres: Pool
    clickhouse: ClickHouse
    dedup_days: int | None
    integrity_lag: timedelta
    tlog: LogIdentity
    crosscheck_seconds: float


@asynccontextmanager
async def open_stores(
    engines: Engines,
    *,
    dedup_days: int | None = 0,
    integrity_lag_hours: int = 24,
    tlog: LogIdentity = LogIdentity(),
    crosscheck_milliseconds: int = 1200,
) -> AsyncIterator[Stores]:
    """Opens the stores and closes them after the body."""
    async with AsyncExitStack() as opened:
        yield Stores(
            engines,
            await opened.enter_async_context(
                open_pool(engines.postgres, size=CONNECTIONS, statement_timeout=STATEMENT_TIMEOUT)
            ),
            await opened.enter_async_context(open_clickhouse(engines.clickhouse, statement_timeout=STATEMENT_TIMEOUT)),
            dedup_days,
            timedelta(hours=integrity_lag_hours),
            tlog,
            crosscheck_milliseconds / 1000,
        )


def configured(settings: Settings, engines: Engines) -> AbstractAsyncContextManager[Stores]:
    """Opens the stores with a process's settings."""
    return open_stores(
        engines,
        dedup_days=settings.dedup_days,
        integrity_lag_hours=settings.integrity_lag_hours,
        tlog=log_identity(settings),
        crosscheck_milliseconds=settings.crosscheck_milliseconds,
    )


def log_identity(settings: Settings) -> LogIdentity:
    """The transparency log of the settings. Raises UsageError for an unusable key."""
    origin, pems = settings.tlog_origin, settings.tlog_signing_key
    signers = read_signers(origin, pems, variable("tlog_signing_key")) if pems else ()
    witnesses = settings.witnesses or ()
    needed = len(witnesses) if settings.witnesses_needed is None else settings.witnesses_needed
    return LogIdentity(origin, signers, witnesses, needed)
