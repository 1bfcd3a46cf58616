"""`anlyt audit verify`: whether the compliance facts are what the hash chain says."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import TypeAlias

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from infra.endpoints import engines
from infra.errors import AnlytError
from infra.settings import Settings
from pipelines.integrity import verification
from pipelines.integrity.differences import Difference
from pipelines.integrity.verification import Anchor
from pipelines.stores import configured

Days: TypeAlias = tuple[date | None, date | None]


class TamperedError(AnlytError):
    """The facts or the chain are not what they were."""


def read_anchor(text: str | None) -> Anchor | None:
    """A link as 17:9f86d0...; click's UsageError."""
    if text is None:
        return None
    found = re.fullmatch(r"([0-9]{1,18}):([0-9a-f]{64})", text)
    if found is None:
        raise click.UsageError(f"--anchor {text} is not a link's number, a colon and its hash in hexadecimal.")
    return Anchor(int(found[1]), bytes.fromhex(found[2]))


async def run(settings: Settings, bounds: Days, anchor: Anchor | None, *, as_json: bool) -> None:
    """Until every day is computed again; TamperedError if anything differs."""
    found = 0
    async with configured(settings, engines(settings)) as stores:
        read = await verification.read_chain(stores)
        days = await verification.days(stores, read, *bounds)
        with _bar(len(days)) as advance:
            for difference in read.differences(anchor):
                _tell(difference, as_json=as_json)
                found += 1
            async for some in verification.verified(stores, read, days):
                for difference in some:
                    _tell(difference, as_json=as_json)
                found += len(some)
                advance()
    if found:
        raise TamperedError(
            f"The facts and the chain are not as they were, in {found} places; "
            "docs/runbooks/integrity.md says what to do."
        )
    head = read.links[-1].link
    told = f"{len(days):,} days up to {days[-1]} are what the chain says"
    click.echo(f"{told}; its newest link is {head.number}:{head.hash.hex()}", err=as_json)


def _tell(difference: Difference, *, as_json: bool) -> None:
    click.echo(msgspec.json.encode(difference._asdict()).decode() if as_json else str(difference))


@contextmanager
def _bar(total: int) -> Iterator[Callable[[], None]]:
    """Days, on stderr; what is yielded is called after each."""
    columns = TextColumn("{task.description}"), BarColumn(30), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("days", total=total)
        yield lambda: progress.advance(task)
