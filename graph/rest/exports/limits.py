"""How many exports a tenant may have, and how large they may be together until they expire."""

from dataclasses import dataclass
from typing import Final

from graph.access.budget import PLATFORM_SHARE
from graph.dsl.scope import EVERY_TENANT
from graph.errors import QueryTooExpensiveError, RateLimitedError
from graph.rest.exports.jobs import Usage
from infra.settings import Settings

MEGABYTE: Final = 1_000_000
SOON, LATER = 60, 3600  # seconds after which to retry: when an export may have ended, or expired


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one tenant, or of the platform's callers together."""

    unfinished: int
    row_count: int
    byte_count: int

    def check_request(self, unfinished: int, usage: Usage) -> None:
        """Raises RateLimitedError if there is no room for a further export."""
        if unfinished >= self.unfinished:
            raise RateLimitedError(f"{self.unfinished} exports are not finished; wait for one, or cancel it.", SOON)
        if usage.row_count >= self.row_count or usage.byte_count >= self.byte_count:
            raise RateLimitedError(f"The kept exports have {self._most}; delete one, or wait until one expires.", LATER)

    def check_usage(self, usage: Usage) -> None:
        """Raises QueryTooExpensiveError if the exports are larger than they may be."""
        if usage.row_count > self.row_count or usage.byte_count > self.byte_count:
            raise self.exceeded()

    def exceeded(self) -> QueryTooExpensiveError:
        """The error of an export for which there is not enough room."""
        return QueryTooExpensiveError(
            f"With this export, the kept exports have more than {self._most}; delete others, or request fewer rows."
        )

    @property
    def _most(self) -> str:
        return f"{self.row_count:,} rows or {self.byte_count // MEGABYTE:,} MB"


def limits_of(settings: Settings, tenant_id: str) -> Limits:
    """The limits that the settings give a tenant."""
    share = PLATFORM_SHARE if tenant_id == EVERY_TENANT else 1
    most_bytes = settings.export_megabytes * MEGABYTE * share
    return Limits(settings.export_concurrency * share, settings.export_rows * share, most_bytes)
