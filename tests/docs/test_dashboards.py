"""The statements, files and commands of docs/dashboards.md work."""

import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import msgspec
import pytest

from dashboards.files import BOARDS
from dashboards.sources import POSTGRES, SOURCES
from infra.clickhouse import connect
from tests.support.boards import targets
from tests.support.database import connected
from tools.export import ROOT
from tools.grafana import interpolation
from tools.grafana.interpolation import Window

pytestmark = pytest.mark.anyio

PAGE = (ROOT / "docs/dashboards.md").read_text()
WINDOW = Window(datetime(2026, 11, 15, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC), timedelta(hours=1))


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def statements(block: str) -> list[str]:
    return [each for each in block.removeprefix("-- ClickHouse\n").split(";\n") if each.strip()]


async def test_the_grants_of_postgresql_suffice_for_the_panels_and_no_more(database: str) -> None:
    grants, _ = blocks("sql")
    queries = [target["rawSql"] for board in BOARDS for target in targets(board.json()) if _of_postgres(target)]
    async with connected(database) as connection:
        transaction = connection.transaction()
        await transaction.start()
        for statement in statements(grants):
            await connection.execute(statement)
        await connection.execute("set local role grafana")
        for statement in queries:
            await connection.fetch(interpolation.postgres(statement, WINDOW, {}))
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("select * from anlyt.metrics_hourly")
        await transaction.rollback()  # roles belong to the whole server
    assert len(queries) == 4


def _of_postgres(target: object) -> bool:
    return isinstance(target, dict) and target["datasource"] == POSTGRES.ref


async def test_clickhouse_can_parse_the_grants(warehouse: str) -> None:
    _, grants = blocks("sql")
    async with connect(warehouse) as client:
        for statement in statements(grants):
            assert (await client.query(f"explain ast {statement}")).result_rows
    assert not re.search(r"\b(tenant|account)_id\b", grants)


def test_data_sources_are_those_of_the_dashboards() -> None:
    providers, sources = (msgspec.yaml.decode(block) for block in blocks("yaml"))
    assert {source["type"] for source in sources["datasources"]} == {source.plugin for source in SOURCES}
    assert [provider["type"] for provider in providers["providers"]] == ["file"]


def test_the_copied_dashboards_link_to_the_given_runbooks(tmp_path: Path) -> None:
    (script,) = blocks("sh")
    variables = {
        "DASHBOARDS": str(tmp_path),
        "RUNBOOKS": "https://git.example/anlyt/docs/runbooks",
        "PATH": "/usr/bin:/bin",
    }
    subprocess.run(["sh", "-eu", "-c", script], env=variables, cwd=ROOT, check=True, timeout=60)
    for board in BOARDS:
        copied = (tmp_path / f"{board.uid}.json").read_text()
        assert "runbooks.example" not in copied
        assert "https://git.example/anlyt/docs/runbooks" in copied
