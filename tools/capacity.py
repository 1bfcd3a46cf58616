"""docs/capacity.md: what was measured, what is assumed, and the machines that follow; all of its arithmetic is here."""

from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from pathlib import Path
from string import Template
from typing import Final

from tools.measured import (
    CLAIM,
    CLAIMS,
    CUBE_SCAN,
    CUBES,
    DAY,
    DENSE_HOUR,
    FACT_BYTES,
    FACT_WORKER,
    FACTS,
    FUNCTIONS,
    HOUR,
    HOUR_ROW,
    METRICS,
    MOST_ROWS,
    RECOMPUTED,
    SCAN,
    STORED_MESSAGE,
    STREAMS,
    SUMMARIES,
    USAGES,
    WORKER,
)

PAGE: Final = Path("docs/capacity.md")
TEMPLATE: Final = Path(__file__).parent / "capacity.md"

YEAR: Final = 365  # days

Table = tuple[Sequence[str], Sequence[Sequence[str]]]


# Assumptions, each named on the page.
EVERY: Final = 15  # seconds from one computation of a cell to the next, if it is done by then
CLICKHOUSE_CORES: Final = 16  # of one machine
READERS: Final = 4  # cores of PostgreSQL, for reports and pipelines
HEADROOM: Final = 2  # machines are planned for twice the work
SPARE: Final = 1.3  # disks are planned to be at most this much too large
REPLICAS: Final = 3
HOT, COLD, KEPT = 90, YEAR, 7 * YEAR  # days
LEDGER_DAYS: Final = 11  # ANLYT_DEDUP_DAYS and two more, until the partition is dropped
STREAM_DAYS: Final = 7
TENANTS: Final = 200
LARGEST: Final = 6  # the largest tenant has one in so many messages
SCOPES: Final = 1_007  # the platform, operators, accounts
RATES: Final = (3_000, 30_000)  # messages a second


def files() -> Mapping[Path, str]:
    """Path -> content."""
    return {PAGE: page()}


def page() -> str:
    """The page, with its tables computed."""
    tables: Mapping[str, Table] = {
        "costs": costs(),
        "cores": cores(),
        "workers": workers(),
        "cubes": cubes(),
        "facts": facts(),
        "tiers": tiers(),
        "postgres": postgres(),
        "streams": streams(),
        "queries": queries(),
        "machines": machines(),
    }
    printed = {name: "\n".join(_lines(*table)) for name, table in tables.items()}
    return Template(TEMPLATE.read_text()).substitute({**printed, **figures()})


def figures() -> Mapping[str, str]:
    """Those within the text."""
    month = DENSE_HOUR / TENANTS * 24 * 30
    return {
        "summaries": f"{SUMMARIES:,}",
        "usages": f"{USAGES:,}",
        "planned": f"{SUMMARIES / HEADROOM:,.0f}",
        "dense_hour": f"{DENSE_HOUR:,}",
        "cube_month": f"{month:,.0f}",
        "cube_scan": f"{CUBE_SCAN / 1e6:.0f} million",
        "cube_cores": f"{sum(recomputing(cube, RATES[-1]) for cube in RECOMPUTED):.0f}",
        "cube_took": f"{month / CUBE_SCAN * 1000:.0f} ms",
        "scan": f"{SCAN / 1e6:.0f} million",
        "days": _days(TENANTS),
        "largest_days": _days(LARGEST),
    }


def _days(share: int) -> str:
    """How long a tenant with one in `share` messages takes to a billion."""
    return " and ".join(f"{MOST_ROWS * share / rate / DAY:,.0f} days at {rate:,}/s" for rate in RATES)


def spent(part: str) -> float:
    """CPU us a message: of the workers, PostgreSQL, ClickHouse or NATS."""
    match part:
        case "workers":
            return sum(cost.worker for cost in FUNCTIONS.values())
        case "NATS":
            return sum(cost.nats for cost in FUNCTIONS.values())
        case _:
            of = METRICS if part == "PostgreSQL" else FACTS
            return sum(cost.store for cost in FUNCTIONS.values() if cost is of)


PARTS: Final = ("workers", "PostgreSQL", "ClickHouse", "NATS")


def costs() -> Table:
    rows = [
        [f"`{name}`", *(f"{value:.1f}" for value in (cost.worker, cost.store, cost.nats))]
        for name, cost in FUNCTIONS.items()
    ]
    whole = [sum(getattr(cost, part) for cost in FUNCTIONS.values()) for part in ("worker", "store", "nats")]
    total = [f"**{value:.1f}**" for value in whole]
    return ("CPU us an event", "worker", "its store", "NATS"), [*rows, ["**a message**", *total]]


def needed(part: str, rate: int) -> float:
    """Cores, headroom included."""
    return spent(part) * rate / 1e6 * HEADROOM


def cores() -> Table:
    rows = [[part, f"{spent(part):.1f}", *(f"{needed(part, rate):.2f}" for rate in RATES)] for part in PARTS]
    return ("", "us a message", *(f"cores at {rate:,}/s" for rate in RATES)), rows


def recomputing(cube: str, rate: int) -> float:
    """Cores, at the end of an hour, when it has most facts; half of it in the mean. All tenants are at work."""
    return RECOMPUTED[cube] * rate * HOUR / 1e6 / EVERY


def cubes() -> Table:
    rows = [
        [f"`{cube}`", f"{cost:.3f}", *(f"{recomputing(cube, rate):.1f}" for rate in RATES)]
        for cube, cost in RECOMPUTED.items()
    ]
    total = [f"**{sum(recomputing(cube, rate) for cube in RECOMPUTED):.1f}**" for rate in RATES]
    return ("", "us a fact", *(f"cores at {rate:,}/s" for rate in RATES)), [*rows, ["**all**", "", *total]]


def processes(function: str, rate: int) -> int:
    """Worker processes, headroom included."""
    most = WORKER if FUNCTIONS[function] is METRICS else FACT_WORKER
    return ceil(rate * HEADROOM / most)


def workers() -> Table:
    rows = []
    for function, cost in FUNCTIONS.items():
        most = WORKER if cost is METRICS else FACT_WORKER
        behind = [f"{_minutes(rate * HOUR / (processes(function, rate) * most - rate))}" for rate in RATES]
        counts = [str(processes(function, rate)) for rate in RATES]
        pairs = zip(counts, behind, strict=True)
        rows.append([f"`{function}`", f"{most:,}", *(cell for pair in pairs for cell in pair)])
    columns = [cell for rate in RATES for cell in (f"workers at {rate:,}/s", "an hour's backlog is gone in")]
    return ("", "events/s of one", *columns), rows


def fact_bytes() -> float:
    """Of one message, in one replica, cubes included."""
    return sum(FACT_BYTES.values()) + FACT_BYTES["facts_dlr"] * CUBES


def facts() -> Table:
    beside = FACT_BYTES["facts_dlr"] * CUBES
    rows = [[f"`{name}`", f"{size:.1f}"] for name, size in FACT_BYTES.items()]
    rows += [["cubes of delivery reports", f"{beside:.2f}"], ["**all**", f"**{fact_bytes():.1f}**"]]
    return ("", "bytes a message"), rows


def terabytes(days: int, rate: int) -> float:
    """Facts of so many days in one replica, with room to spare."""
    return fact_bytes() * rate * DAY * days * SPARE / 1e12


TIERS: Final = (("hot, local", HOT), ("warm, local", COLD - HOT), ("cold, S3", KEPT - COLD))


def tiers() -> Table:
    rows = [[name, f"{days:,}", *(_size(terabytes(days, rate)) for rate in RATES)] for name, days in TIERS]
    total = ["**in S3, all replicas**", f"{KEPT - COLD:,}"]
    whole = [f"**{_size(REPLICAS * terabytes(KEPT - COLD, rate))}**" for rate in RATES]
    return ("a replica", "days", *(f"at {rate:,}/s" for rate in RATES)), [*rows, [*total, *whole]]


def ledger(rate: int) -> float:
    """TB."""
    return CLAIM * CLAIMS * rate * DAY * LEDGER_DAYS * SPARE / 1e12


def hourly() -> float:
    """TB, whatever the rate."""
    return HOUR_ROW * SCOPES * 24 * HOT * SPARE / 1e12


def postgres() -> Table:
    rows = [
        [f"`processed_events`, {LEDGER_DAYS} days", *(_size(ledger(rate)) for rate in RATES)],
        [f"`metrics_hourly`, {HOT} days of {SCOPES:,} scopes", *(_size(hourly()) for _ in RATES)],
    ]
    return ("", *(f"at {rate:,}/s" for rate in RATES)), rows


def stream_terabytes(rate: int) -> float:
    """In one copy."""
    return STORED_MESSAGE * STREAMS * rate * DAY * STREAM_DAYS * SPARE / 1e12


def streams() -> Table:
    rows = [[f"{STREAMS} streams, {STREAM_DAYS} days, one copy", *(_size(stream_terabytes(rate)) for rate in RATES)]]
    return ("", *(f"at {rate:,}/s" for rate in RATES)), rows


def tenant_month(rate: int, *, largest: bool) -> float:
    """Delivery reports of a tenant in 30 days."""
    return rate * DAY * 30 / (LARGEST if largest else TENANTS)


def queries() -> Table:
    rows = []
    for name, largest in (("the mean tenant", False), ("the largest", True)):
        for rate in RATES:
            count = tenant_month(rate, largest=largest)
            rows.append([f"{name}, {rate:,}/s", f"{count / 1e6:,.0f} million", f"{count / SCAN:,.1f} s"])
    return ("30 days from facts", "rows", "two cores take"), rows


def machines() -> Table:
    """What to have, disks beside processors."""
    rows = []
    for rate in RATES:
        ingest = sum(processes(function, rate) for function in FUNCTIONS)
        rows.append(
            [
                f"{rate:,}/s",
                f"{ingest} workers, {ceil(needed('workers', rate) + 1)} cores",
                f"2 x {ceil(needed('PostgreSQL', rate)) + READERS} cores, {_size(ledger(rate) + hourly())}",
                f"{REPLICAS} x {CLICKHOUSE_CORES} cores, {_size(terabytes(HOT, rate))} hot, "
                f"{_size(terabytes(COLD - HOT, rate))} warm",
                _size(REPLICAS * terabytes(KEPT - COLD, rate)),
                f"3 x {max(2, ceil(needed('NATS', rate)))} cores, {_size(stream_terabytes(rate))}",
            ]
        )
    return ("", "ingest", "PostgreSQL", "ClickHouse", "S3", "NATS"), rows


def _size(terabytes: float) -> str:
    return f"{terabytes * 1000:,.0f} GB" if terabytes < 1 else f"{terabytes:,.1f} TB"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:,.0f} min"


def _lines(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
