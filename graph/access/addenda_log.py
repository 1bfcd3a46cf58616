"""The access log of real MNO names: what an addendum shows a tenant is written down before it is shown."""

from pathlib import Path
from typing import Final

from graph.postgres import connected, with_deadline
from infra.postgres import Pool
from infra.sql import statement

_LOG: Final = statement(Path(__file__).parent / "sql", "log_unmasking")


class Unmaskings:
    """Writes through `primary`."""

    def __init__(self, primary: Pool) -> None:
        self._primary = primary

    async def log(self, tenant_id: str, caller: str, request_id: str, what: str) -> None:
        """Committed when it returns; DependencyUnavailableError, and then nothing may be answered."""
        async with with_deadline("unmasking_log", self._primary), connected(self._primary) as taken:
            await taken.execute(_LOG, tenant_id, caller, request_id, what)
