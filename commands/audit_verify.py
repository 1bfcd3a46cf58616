"""`anlyt audit verify`: compares facts with the hash chain and the transparency log, or verifies answers offline."""

import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TypeAlias

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from graph.audit import verify
from infra.endpoints import engines
from infra.errors import AnlytError
from infra.settings import Settings
from pipelines.integrity import verification
from pipelines.integrity.days import DAY
from pipelines.integrity.differences import Difference
from pipelines.integrity.verification import Anchor
from pipelines.stores import Stores, configured
from pipelines.tlog import verification as tlog
from pipelines.tlog.checkpoints import signers

Days: TypeAlias = tuple[date | None, date | None]


class TamperedError(AnlytError):
    """The facts or the chain were changed."""


def read_anchor(text: str | None) -> Anchor | None:
    """A link from text such as 17:9f86d0...; None for None. Raises click's UsageError for other text."""
    if text is None:
        return None
    match = re.fullmatch(r"([0-9]{1,18}):([0-9a-f]{64})", text)
    if match is None:
        raise click.UsageError(f"--anchor {text} is not a link's number, a colon and its hash in hexadecimal.")
    return Anchor(int(match[1]), bytes.fromhex(match[2]))


def run_offline(pages: str, checkpoint: str | None, key: str | None) -> None:
    """Verifies answers in a file, as graph/audit/verify.py does alone. Raises TamperedError with what does not hold."""
    try:
        click.echo(verify.verified_files(pages, checkpoint, key))
    except verify.ForgedError as error:
        raise TamperedError(f"NOT VERIFIED: {error}.") from None


async def print_keys(settings: Settings) -> None:
    """Prints the verifier keys of all keys that sign checkpoints."""
    async with configured(settings, engines(settings)) as stores:
        for signer in await signers(stores):
            click.echo(signer.verifier.text)


async def run(settings: Settings, bounds: Days, anchor: Anchor | None, *, as_json: bool) -> None:
    """Recomputes the hashes of all days within `bounds`, and prints each difference. Raises TamperedError if any."""
    count = 0
    async with configured(settings, engines(settings)) as stores:
        chain = await verification.read_chain(stores)
        days = await verification.days(stores, chain, *bounds)
        with _bar(len(days)) as advance:
            for difference in chain.differences(anchor):
                _print(difference, as_json=as_json)
                count += 1
            async for differences in verification.verified(stores, chain, days):
                for difference in differences:
                    _print(difference, as_json=as_json)
                count += len(differences)
                advance()
            async for difference in _of_log(stores, days, bounds):
                _print(difference, as_json=as_json)
                count += 1
    if count:
        raise TamperedError(
            f"The facts and the chain differ in {count} places; docs/runbooks/integrity.md says what to do."
        )
    head = chain.links[-1].link
    agreement = f"{len(days):,} days up to {days[-1]} agree with the chain"
    click.echo(f"{agreement}; its newest link is {head.number}:{head.hash.hex()}", err=as_json)


async def _of_log(stores: Stores, days: Sequence[date], bounds: Days) -> AsyncIterator[Difference]:
    """The differences in the transparency log, and in the facts of these days and (without a last one) of open days."""
    open_days = tlog.days(days[-1] + DAY, datetime.now(UTC).date()) if bounds[1] is None else ()
    async for difference in tlog.log_differences(stores):
        yield difference
    for day in [*days, *open_days]:
        for difference in await tlog.arrival_differences(stores, day):
            yield difference


def _print(difference: Difference, *, as_json: bool) -> None:
    click.echo(msgspec.json.encode(difference._asdict()).decode() if as_json else str(difference))


@contextmanager
def _bar(total: int) -> Iterator[Callable[[], None]]:
    """A progress bar of `total` days on stderr. Yields the function to call after each day."""
    columns = TextColumn("{task.description}"), BarColumn(30), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("days", total=total)
        yield lambda: progress.advance(task)
