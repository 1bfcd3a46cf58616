"""Runs `anlyt` in a forked process, which has already imported the modules of its commands."""

import os
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from tempfile import TemporaryDirectory
from typing import Final

import anlyt
from tests.support.forked import FORK

NOWHERE: Final = Path(os.devnull)


def run(arguments: Sequence[str], environment: Mapping[str, str], out: Path, error: Path) -> None:
    """Does the same as `python -m anlyt`, with the output in files."""
    for descriptor, path in ((1, out), (2, error)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["anlyt", *arguments]
    anlyt.main()


def start_command(
    arguments: Sequence[str], environment: Mapping[str, str], out: Path = NOWHERE, error: Path = NOWHERE
) -> BaseProcess:
    """Starts a command."""
    process = FORK.Process(target=run, args=(arguments, environment, out, error))
    process.start()
    return process


def run_command(arguments: Sequence[str], environment: Mapping[str, str], patience: float) -> CompletedProcess[str]:
    """Runs a command until it ends. Raises TimeoutExpired after `patience` seconds."""
    with TemporaryDirectory() as folder:
        out, error = Path(folder, "out"), Path(folder, "error")
        process = start_command(arguments, environment, out, error)
        process.join(patience)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutExpired(arguments, patience)
        return CompletedProcess(arguments, process.exitcode, out.read_text(), error.read_text())
