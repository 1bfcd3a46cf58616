"""The wheel, installed into an empty environment: its figures are the API's, and each failure has its class."""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from tests.clients.conftest import (
    PROGRAMS,
    Served,
    argument,
    check_exports,
    check_failures,
    check_live,
    code_blocks,
    run,
)
from tools.clients.contents import live
from tools.clients.packages import PYTHON, build_wheel

pytestmark = pytest.mark.anyio

UV: Final = Path(sys.prefix) / "uv" / "bin" / "uv"
CONFIG: Final = "[mypy]\nstrict = true\n[mypy-polars.*]\nfollow_imports = skip\n"  # polars alone takes 10 s


@pytest.fixture(scope="module")
async def python(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has the package, what its lock file has, and nothing else."""
    folder = tmp_path_factory.mktemp("python")
    found = folder / "venv" / "bin" / "python"
    await run(UV, "venv", "--quiet", "--python", sys.executable, folder / "venv", cwd=folder)
    locked = ("--require-hashes", PYTHON / "requirements.lock")
    await run(UV, "pip", "sync", "--quiet", "--python", found, *locked, cwd=folder)
    await run(UV, "pip", "install", "--quiet", "--no-deps", "--python", found, build_wheel(folder), cwd=folder)
    return found


@pytest.fixture(scope="module")
async def results(python: Path, served: Served, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the program printed."""
    program = PROGRAMS / "python_program.py"
    return json.loads(await run(python, program, argument(served), cwd=tmp_path_factory.mktemp("empty")))


async def test_figures_are_those_of_the_api(results: Any, served: Served) -> None:
    found = results["sync"]
    assert {name: found[name] for name in served.answers} == served.answers
    assert len(found["pages"]) > 1
    assert (max(found["pages"]), sum(found["pages"])) == (50, len(found["rows"]))
    assert all(found[name] == each for name, each in results["async"].items())


async def test_frames_have_the_rows_of_all_pages(results: Any, served: Served) -> None:
    rows = [flat(row) for row in served.answers["rows"]]
    for frame in ("pandas", "polars", "arrow"):
        assert results["sync"][frame] == rows, frame


def flat(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row with the columns of Arrow and CSV."""
    previous = {f"previous.{name}": value for name, value in row["previous"].items()}
    return {**{name: value for name, value in row.items() if name != "previous"}, **previous}


async def test_failures_are_retried_and_have_their_classes(results: Any, served: Served) -> None:
    assert results["repeated"] == served.answers["summary"]  # after two cut connections
    check_failures(results["failures"], second=1)


async def test_exports_are_all_rows_and_requested_once(results: Any, served: Served) -> None:
    check_exports(results["exports"], served)


async def test_the_live_stream_continues_after_a_cut(results: Any) -> None:
    check_live(results["live"], [each.name for each in live().members])


async def test_the_types_accept_right_names_and_refuse_wrong_ones(python: Path, served: Served, tmp_path: Path) -> None:
    """mypy reads the installed package and its py.typed. `wrong.py` has the errors that it must find."""
    programs = [PROGRAMS / name for name in ("python_program.py", "wrong.py")]
    for number, code in enumerate(code_blocks("python", served)):
        programs.append(tmp_path / f"block_{number}.py")
        programs[-1].write_text(code)
    config = tmp_path / "mypy.ini"
    config.write_text(CONFIG)
    options = ("--config-file", config, "--python-executable", python)
    await run(sys.executable, "-m", "mypy", *options, *programs, cwd=tmp_path)


async def test_the_examples_of_the_page_run(python: Path, served: Served, tmp_path: Path) -> None:
    first, second = [await run(python, "-c", each, cwd=tmp_path) for each in code_blocks("python", served)]
    assert re.search(r" OTP 1\.0\n", first)  # a row
    assert re.search(r"^OTP +5$", first, re.MULTILINE)  # of the frame
    assert "$.time.last " in first
    assert len(second.splitlines()) == 2
