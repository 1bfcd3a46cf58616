"""`make bench` runs all benchmarks. `python -m bench [smoke] [NAME]...` runs some, `smoke` shortly.

Those that take long have options: `python -m bench freshness --help`.
"""

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import uvloop

from bench import (
    audit,
    backfill,
    burst,
    codings,
    cold,
    crosscheck,
    crowd,
    cubes,
    etag,
    facts,
    freshness,
    growth,
    ingest,
    ledger,
    lists,
    marks,
    pages,
    parts,
    queries,
    recompute,
    reports,
    rollup,
    rows,
    tlog,
    workers,
)
from bench.options import parse
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
        parts,
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


LONG = {module.__name__.removeprefix("bench."): module for module in (freshness, growth, crowd, workers)}


def main(arguments: Sequence[str]) -> None:
    """Runs the named benchmarks. Arguments after the name of a long one are its options."""
    forget_foreign(os.environ)
    smoke, words = "smoke" in arguments, [argument for argument in arguments if argument != "smoke"]
    if words and words[0] in LONG:
        _run_long(words[0], words[1:], smoke)
        return
    for name in words:
        if name not in BENCHES:
            sys.exit(f"There is no benchmark {name}; choose from smoke, {', '.join([*LONG, *BENCHES])}.")
    for name in words or BENCHES:
        with _folder() as folder:
            uvloop.run(BENCHES[name](Path(folder), smoke=smoke))
    for name in LONG if smoke and not words else ():
        _run_long(name, (), smoke)


def _run_long(name: str, options: Sequence[str], smoke: bool) -> None:
    module = LONG[name]
    scale = parse(name, module.__doc__ or "", module.EXAMPLE, options, module.FULL, module.SMOKE, smoke=smoke)
    with _folder() as folder:
        uvloop.run(module.run(Path(folder), scale))


def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="anlyt-bench-")


if __name__ == "__main__":
    main(sys.argv[1:])
