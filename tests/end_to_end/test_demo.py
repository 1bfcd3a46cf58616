"""`anlyt dev --demo` as the README and the first steps promise it: a week of numbers, and lines to paste that work."""

import asyncio
import os
import re
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Final

import httpx
import pytest

from commands.dev import COMPLETE, PORTAL
from commands.support.preflight import HISTORY_MARK
from demo.world import make_world
from graph.gql.explorer import TABS
from tests.support.api import ADMIN, ANALYTICS, get_when_ready
from tests.support.cli import anlyt, running
from tests.support.documents import check, examples
from tests.support.explorer import explore_graphiql


def printed_until_complete(stdout: IO[str] | None) -> list[str]:
    """The lines of the announcement, and those until the history is complete."""
    assert stdout is not None
    lines: list[str] = []
    for line in stdout:
        lines.append(line.strip())
        if COMPLETE in line:
            return lines
    raise AssertionError(lines)


# Runs `anlyt dev --demo` with a clock three weeks in the past, few messages and no live traffic.
THREE_WEEKS_AGO: Final = """
import asyncio
from datetime import datetime, timedelta
from functools import partial

import anlyt
from commands.support import demo_traffic

class Then(datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) - timedelta(weeks=3)

async def no_traffic(*_, **options):
    await asyncio.Event().wait()

demo_traffic.datetime = Then
demo_traffic.traffic.history = partial(demo_traffic.traffic.history, messages=12_000)
demo_traffic.feed.run_live = no_traffic
anlyt.main()
"""


@pytest.mark.timeout(900)  # two starts, a week of history, npm and a browser take minutes on a busy machine
def test_a_demo_that_rested_for_three_weeks_and_the_commands_of_documents_work(tmp_path: Path) -> None:
    """The folder has an old week of data. Restarted, the demo also has a week that ends now."""
    with running(tmp_path, "dev", "--demo", program=("-c", THREE_WEEKS_AGO)) as old:
        printed_until_complete(old.process.stdout)
        assert days_that_differ(old.endpoints().api) == 1  # the demo's error in billing's totals
        assert old.stop() == 0
    then = (datetime.now(UTC) - timedelta(weeks=3)).timestamp()
    os.utime(old.home / HISTORY_MARK, (then, then))
    with running(tmp_path, "dev", "--demo") as demo:
        lines = printed_until_complete(demo.process.stdout)
        endpoints = demo.endpoints()
        check_history(endpoints.api)
        curls = [shlex.split(line) for line in lines if line.startswith("curl ")]
        assert len(curls) >= 4
        # Another test runs the command with a certificate.
        for *options, url in (words for words in curls if "--cert" not in words):
            headers = dict(word.split(": ") for word in options if ": " in word)
            assert get_when_ready(url, headers=headers)["dataAsOf"]
        for example in examples():
            check(example, endpoints, demo.home)
        check_explorer(endpoints.api)
        assert days_that_differ(endpoints.api) == 1
        dead_letters = anlyt(tmp_path, "deadletters", "list").stdout
        assert re.search(r"not_json|missing_field|invalid_field|unsupported_version", dead_letters)
        assert demo.stop() == 0


def check_history(api: str) -> None:
    """The last week is complete, the week before it is empty, and the old week is still there."""
    url = f"{api}{ANALYTICS}/summary"
    summary = get_when_ready(url, {"granularity": "daily", **last_week()})
    assert summary["totalMessages"] > 100_000
    assert summary["activeAccounts"] == 200
    assert set(summary["costsByCurrency"]) == {"USD", "AFN"}
    assert all(point["totalMessages"] > 0 for point in summary["series"][1:-1])
    counts = [get_when_ready(url, five_days(ago))["totalMessages"] for ago in (1, 3)]
    assert counts[0] == 0
    assert counts[1] > 6_000


def five_days(weeks_ago: int) -> dict[str, str]:
    end = datetime.now(UTC) - timedelta(weeks=weeks_ago, days=1)
    return {"from": f"{end - timedelta(days=5):%Y-%m-%dT00:00:00Z}", "to": f"{end:%Y-%m-%dT00:00:00Z}"}


def test_one_identity_is_one_customer() -> None:
    """Each tenant and account that are printed together belong together in the demo's world."""
    customers = {(account.tenant_id, account.id) for account in make_world().accounts}
    commands = [
        *(" ".join(each.words) for each in examples()),
        PORTAL,
        *(" ".join(tab.headers.values()) for tab in TABS),
    ]
    shown = [
        (tenant, account)
        for text in commands
        for tenant in re.findall(r"tenant-\d+", text)
        for account in re.findall(r"acc-\d+", text)
    ]
    assert len(shown) >= 7
    assert set(shown) <= customers


def test_no_command_for_the_demo_has_a_date() -> None:
    """A fixed date would have no data a week later."""
    commands = examples()
    assert len(commands) > 20
    assert [each for each in commands if re.search(r"20[0-9]{2}-[0-9]{2}", " ".join(each.words))] == []


def check_explorer(api: str) -> None:
    """Opens GraphiQL in a browser. The examples of all tabs get answers, and all requests go to the API."""
    page = asyncio.run(explore_graphiql(f"{api}/graphql"))
    assert len(page.titles) == len(TABS)
    callers = {tab.headers["X-Caller"] for tab in TABS}
    assert callers == {"admin-dashboard", "customer-portal", "finance-dashboard"}
    assert [*page.answers] == [re.findall(r"^(?:query|subscription) (\w+)", tab.query, re.MULTILINE)[0] for tab in TABS]
    for answer in page.answers.values():
        assert "errors" not in answer, answer
        assert None not in answer["data"].values()


def days_that_differ(api: str) -> int:
    query = "{ reconciliation(first: 100) { edges { node { day status } } } }"
    response = httpx.post(f"{api}/graphql", json={"query": query}, headers=ADMIN, timeout=60).raise_for_status().json()
    nodes = [edge["node"] for edge in response["data"]["reconciliation"]["edges"]]
    assert {node["status"] for node in nodes} == {"OK", "DIVERGED"}
    return len({node["day"] for node in nodes if node["status"] == "DIVERGED"})


def last_week() -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "from": f"{now - timedelta(days=8):%Y-%m-%dT00:00:00Z}",
        "to": f"{now + timedelta(days=1):%Y-%m-%dT00:00:00Z}",
    }
