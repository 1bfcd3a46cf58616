"""`anlyt`, in a process that was forked: what it imports, the process has imported already."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from tempfile import TemporaryDirectory

import anlyt
from commands import api, audit, audit_verify, backfill, deadletters, dev, ingest, migrate, pipeline, schedule
from tests.support.forked import FORK

IMPORTED = (api, audit, audit_verify, backfill, deadletters, dev, ingest, migrate, pipeline, schedule)


def run(arguments: Sequence[str], environment: Mapping[str, str], out: Path, error: Path) -> None:
    """What `python -m anlyt` does; its output goes to files."""
    for descriptor, path in ((1, out), (2, error)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["anlyt", *arguments]
    anlyt.main()


def ran(arguments: Sequence[str], environment: Mapping[str, str], patience: float) -> CompletedProcess[str]:
    """A command that has ended; TimeoutExpired if it takes longer."""
    with TemporaryDirectory() as folder:
        out, error = Path(folder, "out"), Path(folder, "error")
        process = FORK.Process(target=run, args=(arguments, environment, out, error))
        process.start()
        process.join(patience)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutExpired(arguments, patience)
        return CompletedProcess(arguments, process.exitcode, out.read_text(), error.read_text())
