"""Runs the commands in documents against a demo, as they are printed."""

import json
import os
import re
import shlex
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import httpx

from infra.endpoints import Endpoints
from tools.assets import environment_with_node

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = ("README.md", "docs/first-steps.md", "docs/audit.md", "docs/graphql.md")
BLOCK: Final = re.compile(r"^```(?:sh)?\n(.*?)^```\n+(?:^```(?:json)?\n(.*?)^```)?", re.DOTALL | re.MULTILINE)
COUNTS: Final = frozenset({"messages", "totalMessages", "messagesSent", "sent", "records", "segments"})
PATIENCE: Final = 120.0  # seconds
LONGEST_RUN: Final = 400  # seconds in which the scheduler's run of a pipeline ends, after three weeks of rest
BUSY: Final = "is running in another process"  # the scheduler also runs pipelines
RUN: Final = ("curl", ".venv/bin/anlyt", ".venv/bin/python")


@dataclass(frozen=True, slots=True)
class Example:
    """A command with the answer that its page shows, if any."""

    page: str
    words: Sequence[str]
    shown: str | None


def examples() -> list[Example]:
    """All commands for the demo in all pages."""
    return [each for page in PAGES for each in _page_examples(page) if each.words[0] in RUN]


def _page_examples(page: str) -> Iterator[Example]:
    for block in BLOCK.finditer((ROOT / page).read_text()):
        yield from (Example(page, words, block[2]) for words in _commands(block[1]))


def _commands(block: str) -> Iterator[Sequence[str]]:
    """The words of each command. A command ends with its line, unless a backslash or an open quote continues it."""
    text = ""
    for line in block.splitlines():
        text += line + "\n"
        if line.endswith("\\"):
            continue
        try:
            words = shlex.split(text.replace("\\\n", " "), comments=True)
        except ValueError:  # an open quote
            continue
        text = ""
        if words:
            yield words


def check(example: Example, endpoints: Endpoints, home: Path) -> None:
    """Runs an example against the demo whose files are in `home`. Fails unless it succeeds and returns data."""
    if example.words[0] == "curl":
        _check_answer(example, _curl(example.words, endpoints, home))
        return
    words = [word.replace("http://127.0.0.1:3030", endpoints.api) for word in example.words]
    program = [sys.executable] if words[0] == ".venv/bin/python" else [*words[:1]]
    if words[0] == ".venv/bin/anlyt":
        program = [sys.executable, "-m", "anlyt"]
    settings = {name: value for name, value in environment_with_node().items() if not name.startswith("ANLYT_")}
    environment = {**settings, "ANLYT_HOME": str(home), "PYTHONPATH": os.fspath(ROOT)}
    deadline = time.monotonic() + LONGEST_RUN
    while BUSY in (process := _run([*program, *words[1:]], environment)).stderr:
        assert time.monotonic() < deadline, process.stderr
        time.sleep(1)
    assert process.returncode == 0, (example, process.stderr)
    assert process.stdout.strip(), example


def _run(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def _curl(words: Sequence[str], endpoints: Endpoints, home: Path) -> httpx.Response:
    """The response that curl would get, with the demo's addresses and certificates."""
    (url,) = (word for word in words if re.match(r"https?://", word))
    options = list(pairwise(words))
    headers = dict(value.split(": ", 1) for option, value in options if option == "-H")
    data = next((value for option, value in options if option == "-d"), None)
    for default, own in (("http://127.0.0.1:3030", endpoints.api), ("https://127.0.0.1:3443", endpoints.audit or "")):
        url = url.replace(default, own)
    context: ssl.SSLContext | bool = True
    if "--cert" in words:
        files = {option: home / "tls" / Path(value).name for option, value in options if option.startswith("--")}
        context = ssl.create_default_context(cafile=files["--cacert"])
        context.load_cert_chain(files["--cert"], files["--key"])
    method = "GET" if data is None else "POST"
    with (
        httpx.Client(verify=context, timeout=60) as client,
        client.stream(method, url, headers=headers, content=data) as response,
    ):
        if response.headers["content-type"].startswith("text/event-stream"):
            response._content = next(response.iter_bytes())  # the first event; the stream lasts for minutes
        else:
            response.read()
    return response


def _check_answer(example: Example, response: httpx.Response) -> None:
    assert response.status_code == 200, (example, response.text)
    kind = response.headers["content-type"].partition(";")[0]
    if kind == "text/event-stream":
        assert "event: next" in response.text, response.text
    elif kind == "text/plain":
        assert response.text, example
    elif kind == "text/csv":
        assert len(response.text.splitlines()) > 1, (example, response.text)
    else:
        answer = response.json()
        assert "errors" not in answer, (example, answer)
        shown = json.loads(example.shown) if example.shown else {}
        assert fits(shown, answer), (example, response.text)
        if "evidence" not in str(example.words):  # a month may have no evidence yet
            assert has_data(answer), (example, response.text)


def fits(shown: Any, answer: Any, name: str = "") -> bool:
    """Whether an answer has all members that the page shows. "..." stands for more members; numbers may differ.

    If the page shows rows or a count of messages above 0, the answer needs rows or a count above 0.
    """
    match shown, answer:
        case dict(), dict():
            names = shown.keys() - {"...", "USD", "AFN"}
            return names <= answer.keys() and all(fits(shown[each], answer[each], each) for each in names)
        case list(), list():
            return all(bool(answer) and fits(each, answer[0], name) for each in shown)
        case _ if name in COUNTS and shown:
            return isinstance(answer, int) and answer > 0
        case _:
            return shown == "..." or isinstance(answer, type(shown)) or answer is None


def has_data(answer: Any) -> bool:
    """Whether an answer has a non-empty row, or a count above 0, anywhere."""
    if isinstance(answer, Mapping):
        return any((name in COUNTS and value) or has_data(value) for name, value in answer.items())
    return isinstance(answer, list) and any(
        each if not isinstance(each, Mapping) else any(each.values()) for each in answer
    )
