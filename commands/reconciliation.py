"""`anlyt reconciliation`: explains a day's difference with billing, and accepts it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Final

import click

from graph.lists.explanation import explain
from graph.lists.explanation_answer import DayExplanation, ExplainedComparison
from infra.endpoints import engines
from infra.errors import UsageError
from infra.postgres import Connection, open_pool
from infra.settings import Settings
from infra.sql import statement

ACCEPT: Final = statement(Path(__file__).parent / "sql", "accept_difference")
LONGEST: Final = 1000  # characters of a note


async def show(settings: Settings, day: date) -> None:
    """Prints what could explain the day. Raises UsageError if it was never compared."""
    async with _connection(settings) as connection:
        found = await explain(connection.fetchval, day)
    if not found.comparisons:
        raise UsageError(f"{day} was never compared; `anlyt pipeline reconciliation --param day={day}` compares it.")
    for line in lines(found):
        click.echo(line)


async def accept(settings: Settings, day: date, currency: str, by: str, note: str) -> None:
    """Accepts the difference of the last comparison. Raises UsageError if there is none to accept."""
    for name, text in (("--by", by), ("--note", note)):
        if not text.strip() or len(text) > LONGEST:
            raise UsageError(f"{name} must have 1 to {LONGEST:,} characters.")
    async with _connection(settings) as connection:
        difference = await connection.fetchval(ACCEPT, day, currency, by.strip(), note.strip())
    if difference is None:
        raise UsageError(f"{day} has no difference in {currency}; `anlyt reconciliation explain {day}` shows the day.")
    click.echo(f"The difference of {difference} {currency} on {day} is accepted.")


def lines(found: DayExplanation) -> Iterator[str]:
    """The explanation as text."""
    for each in found.comparisons:
        yield from _comparison(each)
    if found.accounts:
        yield "accounts that moved most against the seven days before:"
    for account in found.accounts:
        yield f"  {account.account_id}: {account.cost}, before {account.before} ({account.change})"


def _comparison(explained: ExplainedComparison) -> Iterator[str]:
    last = explained.comparison
    ours, theirs = last.ours or "nothing", last.theirs or "nothing"
    yield f"{last.day} {last.currency} {last.status}: ours {ours}, billing's {theirs}, difference {last.difference}"
    for finding in explained.findings:
        amount = "" if finding.amount is None else f" [{finding.amount}]"
        yield f"  {'=' if finding.explains else '-'} {finding.cause}: {finding.sentence}{amount}"
    for each in explained.acceptances:
        state = "accepted" if each.holds else f"accepted with a difference of {each.difference}"
        yield f"  {state} by {each.accepted_by} on {each.accepted_at:%Y-%m-%d %H:%M} UTC: {each.note}"


@asynccontextmanager
async def _connection(settings: Settings) -> AsyncIterator[Connection]:
    async with open_pool(engines(settings).postgres, size=1) as pool, pool.acquire() as connection:
        yield connection
