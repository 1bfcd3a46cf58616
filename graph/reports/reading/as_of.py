"""What reports said of closed days at an earlier instant (decision 64).

The daily rows of a closed day are kept before they change. So its state at an instant is that before the first change
since, or the present one. A day has no known state while it is open, nor from the first of some changes until the
rollup has added them up: then the request is refused.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from graph.errors import InvalidWindowError
from graph.reports.reading.archive import Archive
from graph.reports.reading.cells import Cell
from graph.reports.reading.rows import STATEMENTS_AS_OF, Selection, make_cells
from graph.reports.reading.snapshot import ReportCache, Snapshot
from graph.reports.reading.versions import Versions
from graph.reports.windows import DAY_HOURS, DaySlice, day_date, day_start
from infra.postgres import Connection
from infra.sql import statement
from schema.figures import Named
from schema.history import CLOSING

_SQL: Final = Path(__file__).parent / "sql"
_DAYS: Final = statement(_SQL, "as_of_days")
_CHANGED: Final = statement(_SQL, "as_of_changed")
_CHANGES: Final = statement(_SQL, "as_of_changes")
_ACCOUNTS: Final = statement(_SQL, "as_of_accounts")
_IS_FUTURE: Final = statement(_SQL, "is_future")
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_DAY: Final = timedelta(days=1)


def check_days(slices: Sequence[DaySlice]) -> None:
    """Raises InvalidWindowError unless the slices are whole UTC days."""
    if not all(each.is_whole_day for each in slices):
        raise InvalidWindowError("With asOf, a window has whole UTC days only, and a series has days (daily).")


async def open_as_of(
    connection: Connection, slices: Sequence[DaySlice], versions: Versions, archive: Archive, as_of: datetime
) -> "AsOfSnapshot":
    """What reports said at `as_of` of some neighbouring days. `connection`: in a snapshot's transaction.

    Raises InvalidWindowError if the state of a day at that instant is not known.
    """
    if await connection.fetchval(_IS_FUTURE, as_of):
        raise InvalidWindowError(f"asOf ({_text(as_of)}) is later than now.")
    bounds = day_date(slices[0].day), day_date(slices[-1].day)
    known = {row["day"]: row for row in await connection.fetch(_DAYS, *bounds, as_of)}
    for each in slices:
        if (problem := refusal(each.day, known.get(day_date(each.day)), as_of)) is not None:
            raise InvalidWindowError(problem)
    if changing := [day for day, row in known.items() if row["was_changing"]]:
        before, after = nearest([tuple(row) for row in await connection.fetch(_CHANGES, *bounds)], as_of)
        changing_now = [row["changing_since"] for row in known.values() if row["changing_since"] is not None]
        later = f", nor at {_text(after)}" if after < min(changing_now, default=_NEVER) else ""
        raise InvalidWindowError(
            f"{min(changing)} was changing at asOf ({_text(as_of)}), and what it said meanwhile is not kept. No day of "
            f"the window was changing just before {_text(before)}{later}."
        )
    return AsOfSnapshot(connection, versions, archive, as_of)


def refusal(day: int, known: Named | None, as_of: datetime) -> str | None:
    """Why the state of a day at `as_of` cannot be known; None if it can. `known`: the day's row of as_of_days.

    A day without a row had no event until now, so its figures were 0 at any instant after its end.
    """
    name = day_date(day)
    if known is None:
        is_over = as_of >= day_start(day) + _DAY + CLOSING
        return None if is_over else f"{name} was not closed at asOf ({_text(as_of)})."
    closed_at, changing_since, archived_at = (known[each] for each in ("closed_at", "changing_since", "archived_at"))
    if closed_at is None:
        return f"{name} is not closed yet, so no earlier state of it is kept."
    if as_of < closed_at:
        return f"{name} was not closed at asOf ({_text(as_of)}): its states are kept from {_text(closed_at)} on."
    if changing_since is not None and as_of >= changing_since:
        return (
            f"{name} has been changing since {_text(changing_since)}: use an instant before, or wait until the rollup "
            "has added the day up."
        )
    if archived_at is not None:
        return f"{name} has changed in the archive since asOf: use an instant from {_text(archived_at)} on."
    return None


def nearest(changes: Sequence[tuple[datetime, datetime]], instant: datetime) -> tuple[datetime, datetime]:
    """The beginning and end of the time around an instant in which there was always a change; the end is excluded.

    `changes`: when each began, and when it had ended.
    """
    before = after = instant
    for began, ended in sorted(changes):
        if began <= after < ended:
            after = ended
    for began, ended in sorted(changes, key=lambda change: change[1], reverse=True):
        if began <= before <= ended:
            before = began
    return before, after


def _text(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


class AsOfSnapshot(Snapshot):
    """A snapshot in which closed days are as they were at an instant. It shares no cache with other reports."""

    def __init__(self, connection: Connection, versions: Versions, archive: Archive, as_of: datetime) -> None:
        super().__init__(connection, versions, archive, ReportCache(), None)
        self._as_of = as_of

    async def _cells(self, selection: Selection) -> list[Cell]:
        check_days(selection.slices)
        days = [day_date(each.day) for each in selection.slices]
        query = STATEMENTS_AS_OF[selection.statement]
        arguments = selection.kind, selection.ids, days, self._as_of, selection.with_samples
        (columns,) = await self.connection.fetch(query, *arguments)
        cells = make_cells(columns)
        if archived := await self._archived(selection):
            changed = await self._changed(selection.kind, selection.slices)
            cells += [each for each in archived if each.id not in changed.get(each.hour // DAY_HOURS, ())]
        return cells

    async def count_active(self, slices: Sequence[DaySlice]) -> int:
        """The number of accounts with an event in the slices."""
        rows = await self.connection.fetch(_ACCOUNTS, [day_date(each.day) for each in slices], self._as_of)
        accounts = {row["scope_id"] for row in rows}
        if archived := [each for each in slices if each.day in self.versions.batches]:
            changed = await self._changed("ACCOUNT", archived)
            accounts.update(await self.archive.accounts([each for each in archived if each.day not in changed]))
            for each in archived:
                if each.day in changed:
                    accounts.update(set(await self.archive.accounts([each])) - changed[each.day])
        return len(accounts)

    async def _changed(self, kind: str, slices: Sequence[DaySlice]) -> Mapping[int, set[str]]:
        """The ids of subjects that changed since, by day."""
        found: dict[int, set[str]] = {}
        rows: Sequence[Any] = await self.connection.fetch(
            _CHANGED, kind, [day_date(each.day) for each in slices], self._as_of
        )
        for row in rows:
            found.setdefault(row["day"], set()).add(row["scope_id"])
        return found
