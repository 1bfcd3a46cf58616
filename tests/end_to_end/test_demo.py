"""`anlyt dev --demo` as the README promises it: a week of numbers, and lines to paste that work."""

import json
import re
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import urlsplit

import httpx
import pytest

from graph.gql.explorer import TABS
from tests.support.api import ADMIN, ANALYTICS, answered
from tests.support.browser import explored
from tests.support.cli import anlyt, running

ROOT: Final = Path(__file__).parents[2]


def printed_until_ready(stdout: IO[str] | None) -> list[str]:
    """The lines of the announcement, up to its last."""
    assert stdout is not None
    lines: list[str] = []
    for line in stdout:
        lines.append(line.strip())
        if "Ctrl-C stops everything." in line:
            break
    return lines


@pytest.mark.timeout(420)  # a week of history, npm and a browser: half a minute each, and more on a busy machine
def test_the_demo_keeps_its_word(tmp_path: Path) -> None:
    with running(tmp_path, "dev", "--demo") as demo:
        lines = printed_until_ready(demo.process.stdout)
        endpoints = demo.endpoints()
        found = answered(f"{endpoints.api}{ANALYTICS}/summary", {"granularity": "daily", **last_week()})
        assert found["totalMessages"] > 100_000
        assert found["activeAccounts"] == 200
        assert set(found["costsByCurrency"]) == {"USD", "AFN"}
        assert all(point["totalMessages"] > 0 for point in found["series"][1:-1])
        curls = [shlex.split(line) for line in lines if line.startswith("curl ")]
        assert len(curls) >= 4
        # The one with a certificate is tried where its listener is.
        for *options, url in (words for words in curls if "--cert" not in words):
            headers = dict(word.split(": ") for word in options if ": " in word)
            assert answered(url, headers=headers)["dataAsOf"]
        check_readme(endpoints.api)
        check_explorer(endpoints.api, tmp_path)
        assert days_that_differ(endpoints.api) == 1  # the mistake in billing's books
        dead_letters = anlyt(tmp_path, "deadletters", "list").stdout
        assert re.search(r"not_json|missing_field|invalid_field|unsupported_version", dead_letters)
        assert demo.stop() == 0


def check_readme(api: str) -> None:
    """Every line of the README that asks the API is answered, and by what the README shows, but for numbers."""
    found = re.findall(r"```\n(curl .*?)```\n+(?:```json\n(.*?)```)?", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len(found) >= 8
    for command, shown in found:
        words = shlex.split(command.replace("\\\n", " "))
        if "--cert" in words:  # is tried where its listener is
            continue
        response = asked(words, api)
        assert response.status_code == 200, (command, response.text)
        if shown:
            told = response.json()
            assert "errors" not in told, told
            assert fits(json.loads(shown), told), (command, shown, response.text)


def asked(words: Sequence[str], api: str) -> httpx.Response:
    """What curl would get; the address is that of the demo which runs."""
    (url,) = (word for word in words if word.startswith("http://127.0.0.1:3030"))
    options = list(pairwise(words))
    headers = dict(value.split(": ", 1) for option, value in options if option == "-H")
    data = next((value for option, value in options if option == "-d"), None)
    return httpx.request(
        "GET" if data is None else "POST",
        url.replace("http://127.0.0.1:3030", api),
        headers=headers,
        content=data,
        timeout=60,
    )


def fits(shown: Any, told: Any) -> bool:
    """Whether an answer has everything that is shown, in its place; "..." stands for more, and numbers differ."""
    match shown, told:
        case dict(), dict():
            named = shown.keys() - {"...", "USD", "AFN"}
            return named <= told.keys() and all(fits(shown[name], told[name]) for name in named)
        case list(), list():
            return all(fits(each, told[0]) for each in shown if told)
        case _:
            return shown == "..." or isinstance(told, type(shown)) or told is None


def check_explorer(api: str, folder: Path) -> None:
    """GraphiQL in a browser: tabs for each kind of caller, whose examples are answered; nobody else is asked."""
    seen = explored(f"{api}/graphql", folder)
    assert seen.complaints == []
    assert {urlsplit(url).netloc for url in seen.requests if not url.startswith("data:")} == {urlsplit(api).netloc}
    assert len(seen.titles) == len(TABS)
    callers = {tab.headers["X-Caller"] for tab in TABS}
    assert callers == {"admin-dashboard", "customer-portal", "finance-dashboard"}
    assert [*seen.answers] == [re.findall(r"^(?:query|subscription) (\w+)", tab.query, re.MULTILINE)[0] for tab in TABS]
    for answer in seen.answers.values():
        assert "errors" not in answer, answer
        assert None not in answer["data"].values()


def days_that_differ(api: str) -> int:
    query = "{ reconciliation(first: 100) { edges { node { day status } } } }"
    found = httpx.post(f"{api}/graphql", json={"query": query}, headers=ADMIN, timeout=60).raise_for_status().json()
    nodes = [edge["node"] for edge in found["data"]["reconciliation"]["edges"]]
    assert {node["status"] for node in nodes} == {"OK", "DIVERGED"}
    return len({node["day"] for node in nodes if node["status"] == "DIVERGED"})


def last_week() -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "from": f"{now - timedelta(days=8):%Y-%m-%dT00:00:00Z}",
        "to": f"{now + timedelta(days=1):%Y-%m-%dT00:00:00Z}",
    }
