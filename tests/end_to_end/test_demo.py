"""`anlyt dev --demo` as the README promises it: a week of numbers, and lines to paste that work."""

import re
import shlex
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import httpx

from tests.support.api import ADMIN, ANALYTICS
from tests.support.cli import anlyt, running


def printed_until_ready(stdout: IO[str] | None) -> list[str]:
    """The lines of the announcement, up to its last."""
    assert stdout is not None
    lines: list[str] = []
    for line in stdout:
        lines.append(line.strip())
        if "Ctrl-C stops everything." in line:
            break
    return lines


def test_the_demo_keeps_its_word(tmp_path: Path) -> None:
    with running(tmp_path, "dev", "--demo") as demo:
        lines = printed_until_ready(demo.process.stdout)
        endpoints = demo.endpoints()
        found = answer(f"{endpoints.api}{ANALYTICS}/summary", ADMIN, {"granularity": "daily", **last_week()})
        assert found["totalMessages"] > 100_000
        assert found["activeAccounts"] == 200
        assert set(found["costsByCurrency"]) == {"USD", "AFN"}
        assert all(point["totalMessages"] > 0 for point in found["series"][1:-1])
        curls = [shlex.split(line) for line in lines if line.startswith("curl ")]
        assert len(curls) >= 4
        # The one with a certificate is tried where its listener is.
        for *options, url in (words for words in curls if "--cert" not in words):
            headers = dict(word.split(": ") for word in options if ": " in word)
            assert answer(url, headers)["dataAsOf"]
        assert days_that_differ(endpoints.api) == 1  # the mistake in billing's books
        letters = anlyt(tmp_path, "deadletters", "list").stdout
        assert re.search(r"not_json|missing_field|invalid_field|unsupported_version", letters)
        assert demo.stop() == 0


def days_that_differ(api: str) -> int:
    query = "{ reconciliation(first: 100) { edges { node { day status } } } }"
    found = httpx.post(f"{api}/graphql", json={"query": query}, headers=ADMIN).raise_for_status().json()
    nodes = [edge["node"] for edge in found["data"]["reconciliation"]["edges"]]
    assert {node["status"] for node in nodes} == {"OK", "DIVERGED"}
    return len({node["day"] for node in nodes if node["status"] == "DIVERGED"})


def answer(url: str, headers: Mapping[str, str], parameters: Mapping[str, str] | None = None) -> Any:
    """The answer of an API that may be too busy at first; it says when to come back."""
    for _ in range(20):
        response = httpx.get(url, headers=headers, params=parameters)
        if response.status_code != 503:
            break
        time.sleep(int(response.headers["Retry-After"]))
    return response.raise_for_status().json()


def last_week() -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "from": f"{now - timedelta(days=8):%Y-%m-%dT00:00:00Z}",
        "to": f"{now + timedelta(days=1):%Y-%m-%dT00:00:00Z}",
    }
