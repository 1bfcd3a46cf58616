"""The runbooks match the code: one page per alert, existing commands and metrics, statements that run."""

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
from tests.support.runbooks import statements
from tools.export import ROOT
from tools.reference import families

pytestmark = pytest.mark.anyio

PAGES = sorted((ROOT / "docs/runbooks").glob("*.md"))


def commands(page: Path) -> list[list[str]]:
    """The arguments of each command, in lines and in `inline code` that begin with anlyt."""
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
        check_command(cli, command)


def check_command(command: click.Command, arguments: Sequence[str], parent: click.Context | None = None) -> None:
    """Fails unless click accepts the arguments, and functions and pipelines have known names."""
    if isinstance(command, click.Group):
        assert arguments[0] in command.commands, arguments
        context = click.Context(command, parent, command.name, **command.context_settings)
        check_command(command.commands[arguments[0]], arguments[1:], context)
        return
    parameters = command.make_context(command.name, list(arguments), parent).params
    functions = parameters.get("function") or ()
    assert ({functions} if isinstance(functions, str) else set(functions)) <= {function.name for function in FUNCTIONS}
    assert parameters.get("name") in {None, "NAME", *DEFINITIONS}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_the_metrics_exist(page: Path) -> None:
    configured = {POLICY, COLLECTION, WARM_DISK, COLD_DISK, "anlyt_backups"}  # names in ClickHouse's configuration
    assert set(re.findall(r"\banlyt_\w+[a-z]", page.read_text())) - set(families()) - configured <= {"anlyt_"}


async def test_the_statements_run(database: str, warehouse: str) -> None:
    """Those of restore.md replace a store; tests/deployment/test_restore.py restores both."""
    pages = [statements(page.name) for page in PAGES if page.name != "restore.md"]
    postgres, clickhouse = (list(chain(*each)) for each in zip(*pages, strict=True))
    connection = await asyncpg.connect(database)
    for statement in postgres:
        await connection.fetch(statement)
    await connection.close()
    async with connect(warehouse) as client:
        for statement in clickhouse:
            await client.query(statement.strip().removesuffix(";"))
    assert min(len(postgres), len(clickhouse)) > 3
