"""The runbooks against the code: a page for each alert, commands and metrics that exist, statements that run."""

import re
import shlex
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import asyncpg
import click
import pytest

from anlyt import cli
from functions import FUNCTIONS
from infra.clickhouse import connect
from infra.tiers import COLD_DISK, COLLECTION, POLICY, WARM_DISK
from pipelines.pipeline_registry import DEFINITIONS
from tests.support.prometheus import alerts
from tools.export import ROOT
from tools.reference import families

pytestmark = pytest.mark.anyio

PAGES = sorted((ROOT / "docs/runbooks").glob("*.md"))


def blocks(page: Path, language: str) -> list[str]:
    """What stands between ```language and ```, wherever it is indented to."""
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", page.read_text(), re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[list[str]]:
    """Lines of blocks, and `inline code`, that begin with anlyt."""
    text = page.read_text()
    lines = re.findall(r"^ *anlyt (.*)$", text, re.MULTILINE) + re.findall(r"`anlyt ([^`]+)`", text)
    return [shlex.split(line, comments=True) for line in lines]


def name(page: Path) -> str:
    return page.stem


def test_each_alert_has_a_page_and_a_line_in_the_index() -> None:
    index = (ROOT / "docs/runbooks/README.md").read_text()
    lines = re.findall(r"^\| \[(\w+)\]\((\w+)\.md\) \| (\w+) \|", index, re.MULTILINE)
    assert lines == [(alert["alert"], alert["alert"], alert["labels"]["severity"]) for alert in alerts()]
    assert {page.stem for page in PAGES if page.stem.startswith("Anlyt")} == {alert["alert"] for alert in alerts()}
    assert [page for page in PAGES if f"{page.name})" not in index and page.name != "README.md"] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_the_commands_exist(page: Path) -> None:
    for command in commands(page):
        parsed(cli, command)


def parsed(command: click.Command, arguments: Sequence[str], parent: click.Context | None = None) -> None:
    """Fails if this is not how the command is used. Under its parent, as click calls it."""
    if isinstance(command, click.Group):
        assert arguments[0] in command.commands, arguments
        context = click.Context(command, parent, command.name, **command.context_settings)
        parsed(command.commands[arguments[0]], arguments[1:], context)
        return
    given = command.make_context(command.name, list(arguments), parent).params
    named = given.get("function") or ()
    assert ({named} if isinstance(named, str) else set(named)) <= {function.name for function in FUNCTIONS}
    assert given.get("name") in {None, "NAME", *DEFINITIONS}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_the_metrics_exist(page: Path) -> None:
    configured = {POLICY, COLLECTION, WARM_DISK, COLD_DISK}  # of a ClickHouse server
    assert set(re.findall(r"\banlyt_\w+[a-z]", page.read_text())) - set(families()) - configured <= {"anlyt_"}


def statements(page: Path) -> tuple[list[str], list[str]]:
    """Of PostgreSQL, and of ClickHouse."""
    found = blocks(page, "sql")
    clickhouse = [text for text in found if text.lstrip().startswith("-- ClickHouse\n")]
    return [text for text in found if text not in clickhouse], clickhouse


async def test_the_statements_run(database: str, warehouse: str) -> None:
    postgres, clickhouse = (list(chain(*each)) for each in zip(*map(statements, PAGES), strict=True))
    connection = await asyncpg.connect(database)
    for statement in postgres:
        await connection.fetch(statement)
    await connection.close()
    async with connect(warehouse) as client:
        for statement in clickhouse:
            await client.query(statement.strip().removesuffix(";"))
    assert min(len(postgres), len(clickhouse)) > 3
