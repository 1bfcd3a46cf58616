"""The access log of MNO names: an answer with real names under an addendum is logged before it is returned."""

from pathlib import Path
from typing import Final

from graph.postgres import connected, with_deadline
from infra.postgres import Pool
from infra.sql import statement

_LOG: Final = statement(Path(__file__).parent / "sql", "log_unmasking")


class UnmaskingLog:
    """Writes to the table anlyt.unmasking_log of the primary."""

    def __init__(self, primary: Pool) -> None:
        self._primary = primary

    async def log(self, tenant_id: str, caller: str, request_id: str, what: str) -> None:
        """Commits one entry. After a DependencyUnavailableError, the caller must not return the answer."""
        async with with_deadline("unmasking_log", self._primary), connected(self._primary) as connection:
            await connection.execute(_LOG, tenant_id, caller, request_id, what)
