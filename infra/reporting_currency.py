"""The currency of `total_cost`, which a database keeps from its first migration on."""

from infra.errors import MisconfiguredError
from infra.faults import POSTGRES, UNMIGRATED
from infra.postgres import Connection


async def record_currency(connection: Connection, currency: str) -> None:
    """Records the currency of a new database. Raises MisconfiguredError if the database counts in another one."""
    _compare(
        currency,
        await connection.fetchval(
            "insert into anlyt.deployment (reporting_currency) values ($1) "
            "on conflict (only_row) do update set reporting_currency = anlyt.deployment.reporting_currency "
            "returning reporting_currency",
            currency,
        ),
    )


async def check_currency(connection: Connection, *, currency: str) -> None:
    """Raises MisconfiguredError unless the database counts in `currency`.

    Raises it, or PostgreSQL's error for a missing table, if the database is not migrated.
    """
    recorded = await connection.fetchval("select reporting_currency from anlyt.deployment")
    if recorded is None:
        raise MisconfiguredError(POSTGRES, UNMIGRATED.problem, "", UNMIGRATED.advice)
    _compare(currency, recorded)


def _compare(currency: str, recorded: str) -> None:
    if recorded != currency:
        raise MisconfiguredError(
            "ANLYT_REPORTING_CURRENCY",
            "the database counts in another currency",
            f"in {recorded}, not {currency}",
            f"Set it to {recorded}.",
        )
