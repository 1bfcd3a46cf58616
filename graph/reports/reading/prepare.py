"""Prepares a connection for reports, so that the first report on it waits neither for plans nor for types."""

from datetime import UTC, datetime
from typing import Final

from graph.reports.reading.active import ACTIVE_BETWEEN, ACTIVE_DAYS
from graph.reports.reading.rows import STATEMENTS, STATEMENTS_WITH_VERSIONS, Selection
from graph.reports.reading.versions import DAY_VERSIONS
from infra.postgres import Connection

_ROWS: Final = Selection("PLATFORM", (), ())
_PREFETCHED: Final = (
    Selection("ACCOUNT", (), (), "hours"),
    Selection("ACCOUNT", (), (), "days"),
    Selection("ACCOUNT", (), (), "altogether"),
    Selection("OPERATOR", None, (), "altogether"),
)


async def prepare_reports(connection: Connection) -> None:
    """Runs the statements of reports for no days: the server plans them, and the driver learns their types."""
    now = datetime.now(UTC)
    today = now.date()
    await connection.fetch(DAY_VERSIONS, today, today)
    await connection.fetch(STATEMENTS[_ROWS.statement], *_ROWS.arguments)
    await connection.fetch(ACTIVE_DAYS, [], [])
    await connection.fetch(ACTIVE_BETWEEN, now, now)
    for each in _PREFETCHED:
        await connection.fetch(STATEMENTS_WITH_VERSIONS[each.statement], *each.arguments, today, today)
