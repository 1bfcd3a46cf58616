"""How far back PostgreSQL keeps data, when a day is closed, and the range of accepted times."""

from datetime import UTC, datetime, timedelta
from typing import Final

RECENT: Final = timedelta(days=90)
"""Days of which every hour is older than this move from PostgreSQL to the archive. No report's window is longer."""
CERTAINLY_RECENT: Final = RECENT - timedelta(days=1)
"""PostgreSQL has all rows of days that began within this time: the archive has not started with them."""
CLOSING: Final = timedelta(hours=1)
"""A day is closed this long after its end: by then, the events that belong to it have come, but for late ones."""

# No stream has messages from before or after. Times around these limits are still valid dates; ClickHouse's dates end
# soon after 2100.
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
