"""Starts processes in 30 ms, so that tests can kill many: they are forked from one that has imported all modules.

The first use starts that process, and it preloads only the modules named before. Therefore this module names all.
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
