"""`make bench` runs all benchmarks. `python -m bench [smoke] [NAME]...` runs some, `smoke` shortly."""

import os
import sys
import tempfile
from pathlib import Path

import uvloop

from bench import (
    audit,
    backfill,
    burst,
    codings,
    cold,
    crosscheck,
    cubes,
    etag,
    facts,
    ingest,
    ledger,
    lists,
    marks,
    pages,
    queries,
    recompute,
    reports,
    rollup,
    rows,
    tlog,
)
from infra.environment import forget_foreign

BENCHES = {
    module.__name__.removeprefix("bench."): module.run
    for module in (
        ingest,
        cold,
        reports,
        burst,
        etag,
        codings,
        lists,
        pages,
        ledger,
        rollup,
        backfill,
        facts,
        cubes,
        recompute,
        marks,
        crosscheck,
        queries,
        audit,
        rows,
        tlog,
    )
}


def main(arguments: list[str]) -> None:
    forget_foreign(os.environ)
    smoke = "smoke" in arguments
    names = [name for name in arguments if name != "smoke"] or list(BENCHES)
    for name in names:
        if name not in BENCHES:
            sys.exit(f"There is no benchmark {name}; choose from smoke, {', '.join(BENCHES)}.")
    for name in names:
        with tempfile.TemporaryDirectory(prefix="anlyt-bench-") as folder:
            uvloop.run(BENCHES[name](Path(folder), smoke=smoke))


if __name__ == "__main__":
    main(sys.argv[1:])
