"""The freshness of answers, by projection."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeAlias

from graph.reports.answers import Freshness, ProjectionFreshness
from graph.reports.reading.reader import Reader
from infra.sql import statement

# By projection: everything that reached its stream until this time is counted. None: not known.
ProjectionProgress: TypeAlias = Callable[[], Mapping[str, datetime | None]]

_FRESHNESS: Final = statement(Path(__file__).parent / "sql", "freshness")


def earliest(progress: ProjectionProgress) -> datetime | None:
    """The time until which all projections are complete; None if it is not known for one of them."""
    times = list(progress().values())
    known = [time for time in times if time is not None]
    return min(known) if known and len(known) == len(times) else None


async def freshness(reader: Reader, progress: ProjectionProgress) -> Freshness:
    """The freshness of each projection. Every caller may read it. Raises DependencyUnavailableError."""
    until, now = progress(), datetime.now(UTC)
    newest: Mapping[str, datetime] = dict(await reader.fetch_value(_FRESHNESS))
    return Freshness(
        data_as_of=max(newest.values(), default=None),
        complete_until=earliest(lambda: until),
        projections=[_projection(name, newest.get(name), until.get(name), now) for name in sorted({*until, *newest})],
    )


def _projection(name: str, newest: datetime | None, until: datetime | None, now: datetime) -> ProjectionFreshness:
    return ProjectionFreshness(
        projection=name,
        data_as_of=newest,
        complete_until=until,
        lag_seconds=None if until is None else max((now - until).total_seconds(), 0.0),
    )
