"""`make prove`: random questions about random events on real engines, asked in all ways and compared to the digit.

In reading order: `sent` (random events), `truth` (what follows from them, by brute force), `world` (the service that
counts them, and its other work in between), `callers`, `question`, `typed`, `reports` and `rankings` (the questions),
`ways` (how they are asked), `laws` (what holds between answers), `shrink`, `proof` (all of it, until a limit).
"""

import argparse
import asyncio
import logging
import math
import os
import sys
import time
import zoneinfo
from pathlib import Path
from tempfile import TemporaryDirectory

from graph import deadlines, postgres
from graph.reports.reading import concurrency
from infra.embedded.clickhouse import clickhouse_server
from infra.embedded.postgres import postgres_server
from infra.environment import forget_foreign
from infra.telemetry import configure_logs
from tests.prove.proof import Limit, Proof, prove
from tests.support.database import make_template
from tests.support.generous_deadlines import LONG

MINUTES = 5.0


def main() -> int:
    options = _options()
    forget_foreign(os.environ)
    zoneinfo.reset_tzpath(to=[])  # references use the time zones of the locked wheel
    configure_logs(None, least=logging.ERROR)
    # A busy machine is no difference.
    deadlines.PING = postgres.LIMIT = concurrency.MAX_WAIT = LONG  # type: ignore[misc]
    print(f"seed {options.seed}", flush=True)
    began = time.monotonic()
    proof = Proof()
    try:
        asyncio.run(_run(options, proof))
    except KeyboardInterrupt:
        print("\nStopped.", end="")
    print("\n".join(["", *_summary(proof, time.monotonic() - began)]))
    return 1 if proof.differences else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.prove", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the first world; default: by the clock")
    parser.add_argument("--questions", type=int, help="how many at most")
    parser.add_argument("--minutes", type=float, help=f"how long at most; without --questions {MINUTES:g}")
    return parser.parse_args()


async def _run(options: argparse.Namespace, proof: Proof) -> None:
    minutes = options.minutes or (math.inf if options.questions else MINUTES)
    limit = Limit(options.questions or sys.maxsize, minutes * 60)
    began, ending = time.monotonic(), "\r" if sys.stdout.isatty() else "\n"

    def show(proof: Proof, seed: int) -> None:
        line = f"{_minutes(time.monotonic() - began)}, seed {seed}: {_counts(proof)}"
        print(line.ljust(100), end=ending, flush=True)

    with TemporaryDirectory() as folder:
        async with (
            postgres_server(Path(folder) / "postgres") as postgres_engine,
            clickhouse_server(Path(folder) / "clickhouse") as clickhouse,
        ):
            await make_template(postgres_engine)
            await prove(postgres_engine, clickhouse, options.seed, limit, show, proof=proof)


def _counts(proof: Proof) -> str:
    compared = sum(proof.compared.values())
    return f"{proof.questions:,} questions, {compared:,} comparisons, {len(proof.differences)} differences"


def _summary(proof: Proof, seconds: float) -> list[str]:
    abandoned = f" ({proof.abandoned} ended early, as an engine was too slow)" if proof.abandoned else ""
    return [
        *(f"{report}\n" for report in proof.differences),
        f"{proof.worlds} worlds{abandoned}, {proof.steps} steps, {proof.events:,} messages",
        f"in between: {_listed(proof.works)}",
        f"compared with JSON or REST: {_listed(proof.compared)}",
        f"{_minutes(seconds)}: {_counts(proof)}",
    ]


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02} min"


if __name__ == "__main__":
    sys.exit(main())
