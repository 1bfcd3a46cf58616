"""Processes that export, to be killed."""

import asyncio
import signal
from functools import partial
from multiprocessing.process import BaseProcess
from random import Random

import uvloop

from commands import audit_api
from commands.support import query_exports
from graph.access.budget import Budget
from graph.exports.runner import Pace
from infra.endpoints import Engines
from infra.postgres import open_pool
from infra.settings import read_settings
from infra.telemetry import configure_logs
from infra.tls import TlsFiles
from tests.support.forked import FORK
from tests.support.worker import wait_for_exit


def work(files: TlsFiles | None, stores: Engines, pace: Pace) -> None:
    """Runs `anlyt audit-api`, or without certificates what writes exports in `anlyt api`, until it is killed."""
    configure_logs("json")
    uvloop.run(_query_exports(stores, pace) if files is None else _audit_api(files, stores, pace))


async def _audit_api(files: TlsFiles, stores: Engines, pace: Pace) -> None:
    async with audit_api.running(read_settings({"ANLYT_AUDIT_PORT": "0"}), stores, files, pace=pace):
        await asyncio.Event().wait()


async def _query_exports(stores: Engines, pace: Pace) -> None:
    async with (
        open_pool(stores.postgres, size=2) as pool,
        query_exports.running(read_settings({}), stores, pool, Budget(8, 10**12), tuple, pace),
    ):
        await asyncio.Event().wait()


class ExportProcesses:
    """Two processes that share the exports. Another one replaces each that is killed."""

    def __init__(self, files: TlsFiles | None, stores: Engines, pace: Pace) -> None:
        self._new_process = partial(FORK.Process, target=work, args=(files, stores, pace))
        self._members: list[BaseProcess] = []

    def start(self) -> None:
        for _ in range(2):
            self._add()

    async def kill_one(self, random: Random) -> None:
        victim = self._members.pop(random.randrange(len(self._members)))
        victim.kill()
        assert await wait_for_exit(victim) == -signal.SIGKILL
        self._add()

    async def kill(self) -> None:
        for member in self._members:
            member.kill()
            await wait_for_exit(member)

    def _add(self) -> None:
        member = self._new_process()
        member.start()
        self._members.append(member)
