"""How far back data lies, and between which years times are taken for times."""

from datetime import UTC, datetime, timedelta
from typing import Final

RECENT: Final = timedelta(days=90)
"""Days that are over so old as a whole leave PostgreSQL for the archive; no window of a report is longer."""
CERTAINLY_RECENT: Final = RECENT - timedelta(days=1)
"""Days that began no longer ago than this are in PostgreSQL as a whole: the archive has not begun with them."""

# No stream has anything from before or after. Hours and days counted from here stay in the calendar;
# that of ClickHouse ends soon after 2100.
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
