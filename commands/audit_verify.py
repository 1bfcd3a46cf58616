"""`anlyt audit verify`: whether the compliance facts are what the hash chain says."""

from collections import Counter
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
    """ "17:9f86d0..." as a link; click's UsageError."""
    if text is None:
        return None
    number, _, digest = text.partition(":")
    try:
        return Anchor(int(number), bytes.fromhex(digest))
    except ValueError:
        raise click.UsageError(
            f"--anchor {text} is not a link's number, a colon and its hash in hexadecimal."
        ) from None


async def run(settings: Settings, bounds: Days, anchor: Anchor | None, *, as_json: bool) -> None:
    """Until every day is computed again; TamperedError if anything differs."""
    columns = TextColumn("{task.description}"), BarColumn(30), MofNCompleteColumn(), TimeRemainingColumn()
    found: Counter[date] = Counter()
    with Progress(*columns, console=Console(stderr=True)) as progress:

        def tell(difference: Difference) -> None:
            found[difference.day] += 1
            click.echo(msgspec.json.encode(difference._asdict()).decode() if as_json else str(difference))

        async with configured(settings, engines(settings)) as stores:
            read = await verification.read_chain(stores)
            days = await verification.days(stores, read, *bounds)
            for difference in read.differences(anchor):
                tell(difference)
            task = progress.add_task("days", total=len(days))
            async for some in verification.verified(stores, read, days):
                for difference in some:
                    tell(difference)
                progress.advance(task)
    head = read.links[-1].link
    if found:
        raise TamperedError(
            f"The facts and the chain are not as they were, in {found.total()} places; "
            "docs/runbooks/integrity.md says what to do."
        )
    told = f"{len(days):,} days up to {days[-1]} are what the chain says"
    click.echo(f"{told}; its newest link is {head.number}:{head.hash.hex()}", err=as_json)
