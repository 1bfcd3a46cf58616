"""Generated requests, valid and invalid by the published schemas, get documented answers and no internal errors."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

import asyncpg
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.core.failures import FailureGroup
from schemathesis.graphql.checks import GraphQLClientError

from graph.app import create_app
from graph.gql.schema import sdl
from graph.http.health import Probe
from graph.http.server import serving
from graph.rest.openapi import document
from infra.clickhouse import open_clickhouse
from infra.embedded.engine import Engine
from infra.postgres import open_pool
from infra.settings import read_settings
from tests.graph.support.api import ADMIN
from tests.graph.support.exports import exports_without_s3
from tests.graph.support.queries import fill, records, reports
from tests.graph.support.rows import random_rows
from tests.graph.support.store import DAY, Store, hours
from tools.export import ROOT

START = datetime(2026, 10, 1, tzinfo=UTC)
HEADERS = dict(ADMIN)
AnyCase: TypeAlias = "schemathesis.Case[Any]"
BOUNDED = settings(
    max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


async def _serve(dsn: str, warehouse: str, started: "Future[str]", stop: asyncio.Event) -> None:
    connection = await asyncpg.connect(dsn, server_settings={"timezone": "UTC"})
    await Store(connection).put(random_rows(Random(5), hours(START, START + 2 * DAY), density=0.3), START + DAY)
    await connection.close()
    await fill(warehouse, facts_dlr=reports(Random(6), 200), facts_cdr=records(Random(7), 50))
    async with (
        open_pool(dsn, size=4) as pool,
        open_clickhouse(warehouse, statement_timeout=30) as clickhouse,
        exports_without_s3(pool, dsn, warehouse) as exports,
    ):
        probes = {"nothing": Probe(_well, required=True)}
        app = create_app(
            read_settings({}),
            pool,
            probes,
            clickhouse=clickhouse,
            development=True,
            exports=exports,
        )
        async with serving(app, "127.0.0.1", 0) as url:
            started.set_result(url)
            await stop.wait()


async def _well() -> None:
    pass


@pytest.fixture(scope="module")
def url(dsn: str, clickhouse: Engine) -> Iterator[str]:
    """A real server in its own thread, because Schemathesis sends requests synchronously."""
    started: Future[str] = Future()
    loop, stop = asyncio.new_event_loop(), asyncio.Event()

    def run() -> None:
        try:
            loop.run_until_complete(_serve(dsn, clickhouse.dsn, started, stop))
        except BaseException as error:
            started.set_exception(error)

    thread = threading.Thread(target=run)
    thread.start()
    yield started.result(timeout=120)
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


GRAPHQL = schemathesis.graphql.from_file(sdl())


@pytest.mark.parametrize("path", sorted(document()["paths"]))
def test_rest(path: str, url: str, tmp_path: Path) -> None:
    """Runs the command of Schemathesis. Its pytest plugin would make all cases in each process that collects tests.

    A schema cannot express that `to` is later than `from`, so valid values may be refused in combination.
    """
    command = (
        sys.executable,
        "-m",
        "cProfile",
        "-o",
        "/tmp/size/sp_" + path.replace("/", "_") + ".prof",
        "-m",
        "schemathesis.cli",
        "run",
        ROOT / "schema/openapi.json",
        "--url",
        url,
        "--include-path",
        path,
    )
    headers = [each for name, value in HEADERS.items() for each in ("--header", f"{name}: {value}")]
    phases = ("--phases", "examples,coverage,fuzzing", "--exclude-checks", "positive_data_acceptance")
    drawn = ("--max-examples", "40", "--generation-deterministic", "--no-color")
    done = subprocess.run(
        [*command, *headers, *phases, *drawn], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    print(done.stdout, done.stderr)
    assert done.returncode == 0


@GRAPHQL.parametrize()
@BOUNDED
def test_graphql(case: AnyCase, url: str) -> None:
    """A refused window or id is reported as the caller's error."""
    try:
        case.call_and_validate(base_url=f"{url}/graphql", headers=HEADERS)
    except FailureGroup as failures:
        _, others = failures.split(GraphQLClientError)
        if others:
            raise
