"""The commands that documents print for whoever runs the demo, run as they are printed."""

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
from tools.assets import node_first

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = ("README.md", "docs/first-steps.md", "docs/audit.md", "docs/graphql.md", "examples/README.md")
BLOCK: Final = re.compile(r"^```(?:sh)?\n(.*?)^```\n+(?:^```(?:json)?\n(.*?)^```)?", re.DOTALL | re.MULTILINE)
COUNTS: Final = frozenset({"messages", "totalMessages", "messagesSent", "sent", "records", "segments"})
PATIENCE: Final = 120.0  # seconds
BUSY: Final = "is running in another process"  # the scheduler runs pipelines, too
RUN: Final = ("curl", "node", ".venv/bin/anlyt", ".venv/bin/python")


@dataclass(frozen=True, slots=True)
class Example:
    """A command, and the answer that its page shows, if it does; `folder`: in which it is run, from the root."""

    page: str
    words: Sequence[str]
    shown: str | None
    folder: str = "."


def examples() -> list[Example]:
    """Every command for the demo, of every page."""
    return [each for page in PAGES for each in _of_page(page) if each.words[0] in RUN]


def _of_page(page: str) -> Iterator[Example]:
    for block in BLOCK.finditer((ROOT / page).read_text()):
        folder = "."
        for words in _commands(block[1]):
            if words[0] == "cd":
                folder = words[1]
            else:
                yield Example(page, words, block[2], folder)


def _commands(block: str) -> Iterator[Sequence[str]]:
    """A command ends with its line, unless a backslash or a quote goes on."""
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
    """Runs it against the demo that keeps its files in `home`: it is answered, and with something."""
    if example.words[0] == "curl":
        _check_answer(example, _asked(example.words, endpoints, home))
        return
    moved = [word.replace("http://127.0.0.1:3030", endpoints.api) for word in example.words]
    program = [sys.executable] if moved[0] == ".venv/bin/python" else [*moved[:1]]
    if moved[0] == ".venv/bin/anlyt":
        program = [sys.executable, "-m", "anlyt"]
    settings = {name: value for name, value in node_first().items() if not name.startswith("ANLYT_")}
    environment = {**settings, "ANLYT_HOME": str(home), "PYTHONPATH": os.fspath(ROOT)}
    deadline = time.monotonic() + PATIENCE
    while BUSY in (ran := _ran([*program, *moved[1:]], example.folder, environment)).stderr:
        assert time.monotonic() < deadline, ran.stderr
        time.sleep(1)
    assert ran.returncode == 0, (example, ran.stderr)
    assert ran.stdout.strip(), example
    if moved[0] == "node":
        assert all(json.loads(ran.stdout).values()), ran.stdout


def _ran(command: Sequence[str], folder: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT / folder,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def _asked(words: Sequence[str], endpoints: Endpoints, home: Path) -> httpx.Response:
    """What curl would get. Addresses are those of the demo; certificates, those that it made."""
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
            response._content = next(response.iter_bytes())  # it goes on for minutes
        else:
            response.read()
    return response


def _check_answer(example: Example, response: httpx.Response) -> None:
    assert response.status_code == 200, (example, response.text)
    kind = response.headers["content-type"].partition(";")[0]
    if kind == "text/event-stream":
        assert "event: next" in response.text, response.text
    elif kind == "text/csv":
        assert len(response.text.splitlines()) > 1, (example, response.text)
    else:
        told = response.json()
        assert "errors" not in told, (example, told)
        shown = json.loads(example.shown) if example.shown else {}
        assert fits(shown, told), (example, response.text)
        if "evidence" not in str(example.words):  # a month may have nothing yet
            assert has_data(told), (example, response.text)


def fits(shown: Any, told: Any, name: str = "") -> bool:
    """Whether an answer has everything that is shown, in its place; "..." stands for more, and numbers differ.

    What is shown to have rows has rows, and a number of messages that is not shown to be 0 is not 0.
    """
    match shown, told:
        case dict(), dict():
            names = shown.keys() - {"...", "USD", "AFN"}
            return names <= told.keys() and all(fits(shown[each], told[each], each) for each in names)
        case list(), list():
            return all(bool(told) and fits(each, told[0], name) for each in shown)
        case _ if name in COUNTS and shown:
            return isinstance(told, int) and told > 0
        case _:
            return shown == "..." or isinstance(told, type(shown)) or told is None


def has_data(told: Any) -> bool:
    """Whether there is a row with something in it, or a count, anywhere in an answer."""
    if isinstance(told, Mapping):
        return any((name in COUNTS and value) or has_data(value) for name, value in told.items())
    return isinstance(told, list) and any(
        each if not isinstance(each, Mapping) else any(each.values()) for each in told
    )
