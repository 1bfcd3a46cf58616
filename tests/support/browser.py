"""Chromium, as npm packs it, sent to GraphiQL. Where it cannot be had, the test fails, and says why."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from tools.assets import NODE, environment_with_node
from tools.node import PATIENCE, modules

SCRIPT: Final = Path(__file__).parents[1] / "end_to_end" / "browser" / "explore.mjs"


@dataclass(frozen=True, slots=True)
class Exploration:
    """What was seen: titles of tabs, the answer that each showed, every request, and complaints of the console."""

    titles: Sequence[str]
    answers: Mapping[str, Any]
    requests: Sequence[str]
    complaints: Sequence[str]


def explore_graphiql(url: str, folder: Path) -> Exploration:
    """Opens the page at `url`, and runs the example of each of its tabs. Everything that is unpacked is in `folder`."""
    (folder / "temporary").mkdir()
    (folder / "browser").mkdir()
    shutil.copy(SCRIPT, folder / "browser")
    (folder / "browser" / "node_modules").symlink_to(modules())
    return msgspec.json.decode(_run(folder, NODE, "explore.mjs", url), type=Exploration)


def _run(folder: Path, *command: str | Path) -> str:
    # The package brings the libraries of Chromium for AWS Lambda, where there are none either.
    own = {"TMPDIR": str(folder / "temporary"), "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs22.x"}
    done = subprocess.run(
        command,
        cwd=folder / "browser",
        env={**environment_with_node(), **own},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, f"{command[1]} failed, so no browser has seen GraphiQL: {done.stderr}"
    return done.stdout
