"""The command line: help with examples, one sentence per failure, statuses 0, 1 and 2."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from anlyt import cli
from tests.support.cli import anlyt


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, command in group.commands.items():
        found.append((*path, name))
        if isinstance(command, click.Group):
            found.extend(commands(command, (*path, name)))
    return found


@pytest.mark.parametrize("path", [(), *commands(cli)], ids=" ".join)
def test_help_has_an_example(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli, [*path, "--help"])
    assert result.exit_code == 0
    assert re.search(rf"Example:\n\s+.*anlyt {' '.join(path)}", result.output)


@pytest.mark.parametrize(
    ("arguments", "settings", "sentence"),
    [
        (["ingest"], {"ANLYT_COLOUR": "red"}, "ANLYT_COLOUR is not a setting"),
        (["api"], {"ANLYT_API_PORT": "many"}, "ANLYT_API_PORT must be a port"),
        (["api"], {"ANLYT_API_HOST": "0.0.0.0"}, "ANLYT_TRUST_NETWORK=1"),
        (["api"], {}, "ANLYT_NATS_URL is not set, and no `anlyt dev` runs in /"),
        (["ingest", "--function", "nothing"], {}, "choose from billing_metrics, delivery_metrics"),
        (["schedule", "--pipeline", "nothing"], {}, "--pipeline nothing is unknown; choose from cubes, copies"),
        (["deadletters", "drop"], {}, "Give the numbers of dead letters, or --all."),
        (["backfill", "dlr_facts", "--since", "2026-10-01"], {}, "--since 2026-10-01 is not a time with an offset"),
        (
            ["backfill", "dlr_facts", "--since", "0001-01-01T00:00:00+05:00"],
            {},
            "--since 0001-01-01T00:00:00+05:00 is not between 2000-01-01 and 2100-01-01.",
        ),
        (
            ["backfill", "billing_metrics", "--rebuild", "--since", "9999-12-31T23:59:59Z"],
            {},
            "--since 9999-12-31T23:59:59Z is not between 2000-01-01 and 2100-01-01.",
        ),
        (["audit", "verify", "--from", "yesterday"], {}, "--from yesterday is not a day, such as 2026-10-01."),
        (["audit", "verify", "--anchor", "17"], {}, "--anchor 17 is not a link's number, a colon and its hash"),
        (["deadletters", "replay", "9" * 20], {}, "is not in the range 1<=x<=9223372036854775807"),
        (["deadletters", "show", "first"], {}, "'first' is not a valid integer"),
        (["dev"], {"ANLYT_HOME": "/dev/null"}, "ANLYT_HOME: /dev/null is not a writable folder (File exists)."),
        (["fly"], {}, "No such command 'fly'"),
    ],
)
def test_wrong_usage_is_one_sentence(
    tmp_path: Path, arguments: list[str], settings: dict[str, str], sentence: str
) -> None:
    result = anlyt(tmp_path, *arguments, **settings)
    assert result.returncode == 2
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr


def test_an_absent_engine_is_a_failure(tmp_path: Path) -> None:
    nowhere = {
        "ANLYT_NATS_URL": "nats://127.0.0.1:9",
        "ANLYT_POSTGRES_DSN": "postgresql://anlyt@127.0.0.1:9/anlyt",
        "ANLYT_CLICKHOUSE_DSN": "http://127.0.0.1:9/anlyt",
    }
    commands = (["migrate"], ["ingest"], ["deadletters", "list"])
    with ThreadPoolExecutor() as threads:
        results = list(threads.map(lambda arguments: anlyt(tmp_path, *arguments, **nowhere), commands))
    for result in results:
        assert result.returncode == 1, result
        assert re.search(r"anlyt: (NATS|PostgreSQL) does not answer", result.stderr)
        assert "Traceback" not in result.stderr


@pytest.mark.parametrize("arguments", [("api", "--debug"), ("--debug", "api")], ids=" ".join)
def test_debug_shows_the_traceback(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    result = anlyt(tmp_path, *arguments, ANLYT_API_PORT="many")
    assert result.returncode == 1
    assert "Traceback" in result.stderr
