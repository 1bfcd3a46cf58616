"""The clients of examples/ print the figures of a served API, and the generated code matches the schema."""

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx
import pytest

from examples.python.client import AnlytError, Client
from graph.app import create_app
from graph.http.server import serving
from infra.clickhouse import open_clickhouse
from infra.postgres import open_pool
from infra.settings import read_settings
from tests.graph.support.queries import fill, reports, tenant
from tests.support.npm import Completed, complete
from tools.assets import NODE, NPM, environment_with_node
from tools.node import INSTALL

pytestmark = pytest.mark.anyio

ROOT: Final = Path(__file__).parents[2]
TYPESCRIPT: Final = Path("examples/typescript")
START, END = "2026-10-01T00:00:00Z", "2026-10-04T00:00:00Z"


@pytest.fixture
async def url(database: str, warehouse: str) -> AsyncIterator[str]:
    await fill(warehouse, facts_dlr=reports(Random(31), 300))
    async with open_pool(database, size=4) as pool, open_clickhouse(warehouse, statement_timeout=30) as clickhouse:
        app = create_app(read_settings({}), pool, {}, clickhouse=clickhouse, development=False)
        async with serving(app, "127.0.0.1", 0) as served:
            yield served


async def run(*command: str | Path, cwd: Path) -> Completed:
    pipe, environment = asyncio.subprocess.PIPE, environment_with_node()
    process = await asyncio.create_subprocess_exec(*command, cwd=cwd, stdout=pipe, stderr=pipe, env=environment)
    return await complete(process)


async def get_report(url: str, path: str, caller: Mapping[str, str]) -> Any:
    async with httpx.AsyncClient(base_url=url) as client:
        response = await client.get(f"{path}?from={START}&to={END}", headers=dict(caller))
        return response.json()


async def test_python(url: str) -> None:
    quality = await get_report(url, "/v1/insights/mno-quality", tenant("t-1"))
    start, end = map(datetime.fromisoformat, (START, END))
    with Client(url, tenant("t-1")) as client:
        answer = await asyncio.to_thread(client.mno_quality, {"from": START, "to": END})
        assert [each.mno for each in answer.mnos] == [each["mno"] for each in quality["mnos"]]
        for name in ("messages", "terminal"):
            assert [getattr(each, name) for each in answer.mnos] == [each[name] for each in quality["mnos"]]
        assert (answer.window.start, answer.window.end) == (start, end)
        by_status = {"dataset": "dlr", "measures": ["messages"], "dimensions": ["status"]}
        query = {**by_status, "time": {"from": START, "to": END}, "limit": 1}
        rows = await asyncio.to_thread(lambda: list(client.rows(query)))
        assert {row["status"] for row in rows} == {"DELIVERED", "FAILED", "PENDING"}
        with pytest.raises(AnlytError, match="INVALID_WINDOW"):
            await asyncio.to_thread(client.mno_quality, {"from": END, "to": START})
    script = ROOT / "examples/python/client.py"
    code, out, error = await run(sys.executable, script, url, "t-1", START, END, cwd=ROOT)
    assert code == 0, error
    assert [line.partition(":")[0] for line in out.splitlines()] == [each["mno"] for each in quality["mnos"]]
    code, out, error = await run(sys.executable, script, url, "t-1", "24h", cwd=ROOT)
    assert (code, out) == (0, ""), error  # nothing was sent in the last day
    code, _, error = await run(sys.executable, script, url, "t-1", END, START, cwd=ROOT)
    assert (code, error.partition(":")[0]) == (1, "INVALID_WINDOW")


@pytest.fixture(scope="module")
def typescript(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the client and the schema, so that the tree gets no node_modules."""
    root = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / TYPESCRIPT, root / TYPESCRIPT, ignore=shutil.ignore_patterns("node_modules"))
    (root / "schema").mkdir()
    shutil.copy(ROOT / "schema/graph.graphql", root / "schema")
    return root / TYPESCRIPT


async def test_the_generated_code_matches_the_schema_and_compiles(typescript: Path) -> None:
    code, _, error = await run(NODE, NPM, *INSTALL, cwd=typescript)
    assert code == 0, error
    generated = typescript / "generated/operations.ts"
    committed = generated.read_text()
    code, _, error = await run(NODE, "generate.mjs", cwd=typescript)
    assert code == 0, error
    assert generated.read_text() == committed, "run `npm run generate` in examples/typescript"
    code, out, _ = await run(NODE, "node_modules/typescript/bin/tsc", cwd=typescript)
    assert code == 0, out


async def test_typescript(url: str, typescript: Path) -> None:
    """Node runs the client without npm packages: only `generate` and `check` need them."""
    code, out, error = await run(NODE, "main.ts", url, "t-1", "acc-1", START, END, cwd=typescript)
    assert code == 0, error
    quality = await get_report(url, "/v1/insights/mno-quality", tenant("t-1"))
    shown = json.loads(out)
    fields = ("mno", "messages", "deliveryRate", "errorRate", "p95LatencyMs", "suppressed", "lowSample")
    assert shown["mnos"] == [{name: each[name] for name in fields} for each in quality["mnos"]]
    assert {row["lane"] for row in shown["lanes"]} == {"OTP", "MARKETING"}
    code, out, error = await run(NODE, "main.ts", url, "t-1", "acc-1", "24h", cwd=typescript)
    assert (code, json.loads(out)) == (0, {"mnos": [], "sent": 0, "lanes": []}), error
    code, _, error = await run(NODE, "main.ts", url, "t-1", "acc-1", END, START, cwd=typescript)
    assert (code, error.partition(":")[0]) == (1, "INVALID_WINDOW")


@pytest.mark.parametrize("folder", [TYPESCRIPT, Path("tools/node")], ids=str)
def test_the_lock_file_names_no_registry(folder: Path) -> None:
    """The installer chooses the registry; the hashes verify the packages."""
    lock = json.loads((ROOT / folder / "package-lock.json").read_text())
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert all("integrity" in each and "resolved" not in each for each in packages.values())
