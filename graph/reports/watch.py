"""One statement for all who ask at the same time what their answers have to be checked against."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final, TypeAlias

from graph.reports.marks import Seen, Span, see
from infra.postgres import Connection

PATIENCE: Final = 1.0  # seconds for one statement

Asked: TypeAlias = tuple[Span, "asyncio.Future[Seen]"]
Connect: TypeAlias = Callable[[], AbstractAsyncContextManager[Connection]]


class Watch:
    """Who asks while a statement runs waits for the next one: what it hears is never older than its question."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._waiting: list[Asked] = []
        self._asked: list[Asked] = []  # of the statement that runs
        self._task: asyncio.Task[None] | None = None

    async def look(self, span: Span) -> Seen:
        """What a snapshot taken from now on says of a span of days."""
        answer: asyncio.Future[Seen] = asyncio.get_running_loop().create_future()
        self._waiting.append((span, answer))
        if self._task is None:
            self._task = asyncio.create_task(self._serve())
        return await answer

    async def _serve(self) -> None:
        """Until nobody waits. One connection serves a rush; one that failed is left behind with who waited for it."""
        try:
            while self._waiting:
                try:
                    async with asyncio.timeout(PATIENCE) as patience, self._connect() as connection:
                        while self._waiting:
                            patience.reschedule(asyncio.get_running_loop().time() + PATIENCE)
                            await self._tell(connection)
                except Exception as error:
                    self._fail(error)
        finally:
            self._task = None

    async def _tell(self, connection: Connection) -> None:
        """One snapshot for all who wait."""
        self._asked, self._waiting = self._waiting, []
        spans = tuple({span for span, _ in self._asked})
        seen = dict(zip(spans, await see(connection, spans), strict=True))
        for span, answer in self._asked:
            if not answer.done():  # who gave up has cancelled its future
                answer.set_result(seen[span])
        self._asked = []

    def _fail(self, error: Exception) -> None:
        asked, self._asked, self._waiting = [*self._asked, *self._waiting], [], []
        for _, answer in asked:
            if not answer.done():
                answer.set_exception(error)
