"""docs/producers.md, followed by a stranger: every command as it is printed, and every answer that it shows."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from infra.embedded.ports import free_port
from tests.support.cli import PATIENCE, Running, environment, running
from tools.export import ROOT

BLOCK: Final = re.compile(r"^```sh\n(.*?)^```\n+(?:^```(?:json)?\n(.*?)^```)?", re.DOTALL | re.MULTILINE)
SERVICES: Final = {"dev --engines", "ingest", "api"}  # they run until they are stopped
ANLYT: Final = ".venv/bin/anlyt "


class Step(NamedTuple):
    """Commands of the page: one that may be run until its answer is right, and those to run once before it.

    `shown`: what the page shows of their output; None if it shows nothing.
    """

    once: str
    repeated: str
    shown: str | None


def _steps() -> Iterator[Step]:
    for block in BLOCK.finditer((ROOT / "docs/producers.md").read_text()):
        *first, last = [block[1]] if "<<" in block[1] else block[1].splitlines()
        if block[2] is None or block[2].startswith("{"):
            yield from (Step("", command, None) for command in first)
            yield Step("", last, block[2])
        else:
            yield Step("\n".join(first), last, block[2])


@pytest.mark.timeout(900)  # four services and twelve commands, each of which starts Python on a busy machine
def test_a_stranger_counts_events_with_the_page_alone(tmp_path: Path) -> None:
    port = str(free_port())
    with ExitStack() as services:
        started: dict[str, Running] = {}
        for step in _steps():
            words = step.repeated.strip().removeprefix(ANLYT)
            if words in SERVICES:
                settings = {"ANLYT_API_PORT": port} if words == "api" else {}
                started[words] = services.enter_context(running(tmp_path, *words.split(), **settings))
                endpoints = started["dev --engines"].endpoints()
            else:
                _check(step, tmp_path, {"nats://127.0.0.1:4222": endpoints.nats, ":3030": f":{port}"})
        assert (endpoints.api, endpoints.metrics) == ("", "")
        assert [started[words].stop() for words in ("api", "ingest", "dev --engines")] == [0, 0, 0]
    assert not (tmp_path / "home/endpoints.json").exists()


def _check(step: Step, folder: Path, addresses: dict[str, str]) -> None:
    """Runs commands until their output is the shown one: an event is counted some time after it was published."""
    own = {"/tmp/event.json": str(folder / "event.json"), **addresses}
    own |= {".venv/bin/python ": f"{sys.executable} ", ANLYT: f"{sys.executable} -m anlyt "}  # in this order
    once, repeated = step.once, step.repeated
    for printed, actual in own.items():
        once, repeated = once.replace(printed, actual), repeated.replace(printed, actual)
    before = _run(once, folder) if once else ""
    deadline = time.monotonic() + PATIENCE
    while not _fits(step.shown, output := before + _run(repeated, folder)):
        assert time.monotonic() < deadline, (step, output)


def _run(command: str, folder: Path) -> str:
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env={**environment(folder, {}), "PYTHONPATH": os.fspath(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert "Traceback" not in done.stdout, done.stdout
    return done.stdout


def _fits(shown: str | None, output: str) -> bool:
    if shown is None:
        return True
    if shown.startswith("{"):
        wanted = {name: value for name, value in json.loads(shown).items() if name != "..."}
        return bool(wanted.items() <= _json(output).items())
    return _without_times(shown) == _without_times(output)


def _json(output: str) -> dict[str, Any]:
    """The members of a JSON object that are no lists or objects; none if curl found no server yet."""
    try:
        return {name: value for name, value in json.loads(output).items() if not isinstance(value, (list, dict))}
    except ValueError:
        return {}


def _without_times(text: str) -> list[str]:
    lines = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", text).splitlines()
    return [" ".join(line.split()) for line in lines]
