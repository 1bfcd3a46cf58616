"""Measures what an event, a request and a query cost as everything grows: accounts, ids, history, facts.

Each cost is compared with that of the smallest size in the same run. Events: one `anlyt ingest` counts delivery reports
of some accounts, or beside some ids in the dedup ledger, in turns. Requests: reports of twelve hours, with more days of
history or more accounts behind them, each size in engines of its own. Queries: over HTTP and, in turns, the same SQL
sent to the engine, over facts of 90 days and 200 tenants whose shares follow Zipf's law, with their cubes.

All data are filled by statements inside the engines, in the partitions that the product makes. `events`, `requests` and
`queries` measure.
"""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from bench.growth import events, queries, requests
from bench.growth.scale import Cost, Scale
from bench.report import Goal, show

EXAMPLE: Final = "python -m bench growth --parts queries --facts 1e7,1e8,1e9"
FULL: Final = Scale(
    parts=("events", "requests", "queries"),
    accounts=(10, 1_000, 100_000),
    ids=(0, 20_000_000, 50_000_000),
    events=200_000,
    days=(1, 90, 400),
    report_accounts=(10, 1_000, 10_000),
    asks=1_000,
    facts=(10_000_000, 100_000_000),
    queries=40,
    rounds=5,
    seed=19,
)
SMOKE: Final = Scale(
    parts=FULL.parts,
    accounts=(10, 100),
    ids=(0, 20_000),
    events=2_000,
    days=(1, 2),
    report_accounts=(10,),
    asks=3,
    facts=(20_000,),
    queries=3,
    rounds=1,
    seed=19,
)
PARTS: Final[dict[str, Callable[[Path, Scale], Awaitable[Sequence[Cost]]]]] = {
    "events": events.run,
    "requests": requests.run,
    "queries": queries.run,
}


async def run(folder: Path, scale: Scale) -> None:
    """Prints one table of all costs; each part's own tables come before it."""
    costs: list[Cost] = []
    for part in scale.parts:
        costs += await PARTS[part](folder / part, scale)
    show(
        f"What grows, and what one costs then; seed {scale.seed}",
        ("cost", "unit", "what grows", "sizes", "cost at each size", "largest / smallest"),
        [
            (
                each.name,
                each.unit,
                each.grows,
                ", ".join(f"{size:,}" for size in each.sizes),
                ", ".join(f"{cost:.3g}" for cost in each.costs),
                each.ratio,
            )
            for each in costs
        ],
        [
            Goal(f"{each.name}, by {each.grows}: largest / smallest", each.ratio, 1.1, at_most=True)
            for each in costs
            if each.should_be_flat
        ],
    )
