"""Drives GraphiQL with Chromium from npm. Fails with the reason if Chromium is missing."""

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
    """The tabs' titles, each tab's answer, all requests, and the messages on the console."""

    titles: Sequence[str]
    answers: Mapping[str, Any]
    requests: Sequence[str]
    complaints: Sequence[str]


def explore_graphiql(url: str, folder: Path) -> Exploration:
    """Opens the page at `url` and runs the example of each tab. Unpacks Chromium in `folder`."""
    (folder / "temporary").mkdir()
    (folder / "browser").mkdir()
    shutil.copy(SCRIPT, folder / "browser")
    (folder / "browser" / "node_modules").symlink_to(modules())
    return msgspec.json.decode(_run(folder, NODE, "explore.mjs", url), type=Exploration)


def _run(folder: Path, *command: str | Path) -> str:
    # For AWS Lambda, the package unpacks Chromium's libraries, which may be missing here, too.
    lambda_settings = {"TMPDIR": str(folder / "temporary"), "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs22.x"}
    process = subprocess.run(
        command,
        cwd=folder / "browser",
        env={**environment_with_node(), **lambda_settings},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert process.returncode == 0, f"{command[1]} failed, so GraphiQL was not tested: {process.stderr}"
    return process.stdout
