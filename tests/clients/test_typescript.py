"""The package for npm, installed into an empty folder: its figures are the API's, and each failure has its class."""

import json
import re
import shutil
from pathlib import Path
from typing import Any, Final, NamedTuple

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
from tools.assets import NODE
from tools.clients.contents import live
from tools.clients.packages import ROOT, TYPESCRIPT, build_tarball, copy_with_tools, run_npm

pytestmark = pytest.mark.anyio

GENERATED: Final = Path("src/generated/openapi.ts")
CONFIG: Final = {
    "compilerOptions": {
        "target": "ES2023",
        "module": "NodeNext",
        "lib": ["ES2023", "DOM"],
        "types": [],
        "strict": True,
        "exactOptionalPropertyTypes": True,
        "noUncheckedIndexedAccess": True,
        "noEmit": True,
    }
}


class Installed(NamedTuple):
    """The package's sources with their tools, and a folder into which only the package is installed."""

    sources: Path
    folder: Path


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    sources = copy_with_tools(tmp_path_factory.mktemp("sources"))
    folder = tmp_path_factory.mktemp("portal")
    tarball = build_tarball(sources, folder)
    (folder / "package.json").write_text(json.dumps({"private": True, "type": "module"}))
    run_npm(folder, "install", "--offline", "--no-audit", "--no-fund", tarball.name)
    for name in ("typescript_program.ts", "wrong.ts"):
        shutil.copyfile(PROGRAMS / name, folder / name)
    return Installed(sources, folder)


@pytest.fixture(scope="module")
async def results(installed: Installed, served: Served) -> Any:
    """What the program printed."""
    return json.loads(await run(NODE, "typescript_program.ts", argument(served), cwd=installed.folder))


async def test_figures_are_those_of_the_api(results: Any, served: Served) -> None:
    found = results["sync"]
    assert {name: found[name] for name in served.answers} == served.answers
    assert len(found["pages"]) > 1
    assert (max(found["pages"]), sum(found["pages"])) == (50, len(found["rows"]))


async def test_failures_are_retried_and_have_their_classes(results: Any, served: Served) -> None:
    assert results["repeated"] == served.answers["summary"]  # after two cut connections
    check_failures(results["failures"], second=1000)
    assert results["failures"]["aborted"] == {"class": "Error", "isOurs": False}  # the caller's own reason


async def test_exports_are_all_rows_and_requested_once(results: Any, served: Served) -> None:
    check_exports(results["exports"], served)


async def test_the_live_stream_continues_after_a_cut(results: Any) -> None:
    check_live(results["live"], [each.name for each in live().members])


async def test_the_types_accept_right_names_and_refuse_wrong_ones(installed: Installed, served: Served) -> None:
    """`wrong.ts` has the errors that the compiler must find."""
    (block,) = code_blocks("ts", served)
    (installed.folder / "block.ts").write_text(block)
    (installed.folder / "tsconfig.json").write_text(json.dumps(CONFIG))
    await run(NODE, installed.sources / "node_modules" / "typescript" / "bin" / "tsc", cwd=installed.folder)


async def test_the_example_of_the_page_runs(installed: Installed, served: Served) -> None:
    (block,) = code_blocks("ts", served)
    (installed.folder / "run.ts").write_text(block)
    out = await run(NODE, "run.ts", cwd=installed.folder)
    assert re.search(r" OTP 1\n", out)
    assert "$.time.last " in out
    assert re.search(r"^\S+Z [\d.]+$", out, re.MULTILINE)


def test_the_generated_types_match_the_document(installed: Installed) -> None:
    run_npm(installed.sources, "run", "--silent", "generate")
    committed = (ROOT / TYPESCRIPT / GENERATED).read_text()
    assert (installed.sources / GENERATED).read_text() == committed, "run `npm run generate` in clients/typescript"


def test_the_package_needs_no_other(installed: Installed) -> None:
    assert [each.name for each in (installed.folder / "node_modules").iterdir() if not each.name.startswith(".")] == [
        "@anlyt"
    ]


@pytest.mark.parametrize("folder", [TYPESCRIPT, Path("tools/node")], ids=str)
def test_the_lock_file_names_no_registry(folder: Path) -> None:
    """The installer chooses the registry; the hashes verify the packages."""
    lock = json.loads((ROOT / folder / "package-lock.json").read_text())
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert all("integrity" in each and "resolved" not in each for each in packages.values())
