"""Processes that are at work in 30 ms, so that many can be killed: forked from one that has imported everything.

That one is started by whoever needs it first, and imports what was named by then: it is all named here.
"""

import multiprocessing
from multiprocessing.context import ForkServerContext
from typing import Final

FORK: Final[ForkServerContext] = multiprocessing.get_context("forkserver")
SUPPORT: Final = ("command", "cube_process", "export_processes", "pipeline_process", "worker")
COMMANDS: Final = ("api", "audit", "audit_verify", "backfill", "deadletters", "dev", "ingest", "migrate")
FORK.set_forkserver_preload(
    [*(f"tests.support.{name}" for name in SUPPORT), *(f"commands.{name}" for name in COMMANDS), "pipelines.run_now"]
)
