"""`make soak`: a whole deployment under load and faults for hours; at its end, every number is compared.

In reading order: `plan` (what a run is), `deployment` (the engines, an Envoy in front of each, and the commands of the
product, each `supervised`), `load` (the producers), `callers` (who asks meanwhile), `faults` (what breaks, and how long
ingest stops: `acknowledged`), `resources` (memory, handles, connections), `journal` (what the streams stored), `truth`
(what has to follow from it), `history` and `verdict` (how what is stored compares), `soak` (all of it), and `summary`.
"""

import argparse
import asyncio
import logging
import os
import sys
import time
import zoneinfo
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.environment import forget_foreign
from infra.telemetry import configure_logs
from tests.soak.plan import Plan
from tests.soak.soak import soak
from tests.soak.summary import summary

MINUTES = 60.0


def main() -> int:
    options = _options()
    forget_foreign(os.environ)
    zoneinfo.reset_tzpath(to=[])  # references use the time zones of the locked wheel
    configure_logs(None, least=logging.CRITICAL)
    plan = Plan(options.seed, options.minutes * 60, options.rate, options.pause)
    print(f"seed {plan.seed}: {options.minutes:g} minutes, {plan.rate:g} messages/s", flush=True)
    ending = "\r" if sys.stdout.isatty() else "\n"

    def show(line: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {line}".ljust(110), end=ending, flush=True)

    with TemporaryDirectory(dir=options.folder) as folder:
        report = asyncio.run(soak(Path(folder), plan, show))
    print("\n".join(["", *summary(report)]))
    return 1 if report.differences else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak",
        description=(__doc__ or "").partition("\n")[0],
        epilog="Example: make soak SOAK='--minutes 60 --rate 3000 --seed 7'",
    )
    parser.add_argument("--minutes", type=float, default=MINUTES, help=f"of load; default: {MINUTES:g}")
    parser.add_argument("--rate", type=float, default=3_000.0, help="messages per second; default: 3000")
    parser.add_argument("--pause", type=float, default=10.0, help="seconds between two faults, on average; default: 10")
    parser.add_argument(
        "--seed", type=int, default=int(time.time()), help="of events and faults; default: by the clock"
    )
    parser.add_argument("--folder", type=Path, help="where the engines' folders are made; default: the system's")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
