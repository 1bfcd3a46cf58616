"""The commands and statements of the runbooks, as they are written, and what runs them."""

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from infra.embedded.postgres import binaries
from tests.support.cli import PATIENCE, environment
from tools.export import ROOT

RUNBOOKS: Final = ROOT / "docs/runbooks"


def blocks(page: str, language: str = "sh") -> list[str]:
    """The texts of the code blocks of a language in a page, dedented."""
    texts = re.findall(rf"^ *```{language}\n(.*?)^ *```", (RUNBOOKS / page).read_text(), re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(block) for block in texts]


def statements(page: str) -> tuple[Sequence[str], Sequence[str]]:
    """The statements for PostgreSQL, and those for ClickHouse."""
    texts = blocks(page, "sql")
    clickhouse = [text for text in texts if text.startswith("-- ClickHouse\n")]
    return [text for text in texts if text not in clickhouse], clickhouse


def shell(folder: Path, script: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Runs a script with `anlyt` and `psql` on PATH."""
    settings = environment(folder, variables)
    path = os.pathsep.join([str(Path(sys.executable).parent), str(binaries()), settings["PATH"]])
    return subprocess.run(
        ["sh", "-eu", "-c", script],
        env=settings | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
