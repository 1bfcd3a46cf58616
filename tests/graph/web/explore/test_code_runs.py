"""The code of a question, run: it gets the rows that the page shows."""

import asyncio
import json
import re
import shlex
import sys
from collections.abc import Mapping
from html import unescape
from typing import Final
from urllib.parse import urlencode, urlsplit

import httpx
import pytest

from tests.graph.support.api import ADMIN
from tests.graph.support.explore import (
    HOSTILE,
    PATH,
    QUESTIONS,
    WINDOW,
    cells,
)
from tests.graph.support.pages import page
from tests.graph.support.queries import tenant

pytestmark = pytest.mark.anyio


async def code(site: httpx.AsyncClient, query: str, caller: Mapping[str, str]) -> Mapping[str, str]:
    """The texts of the question as code."""
    html = (await site.get(f"{PATH}?{query}", headers=dict(caller))).text
    return {name: unescape(text) for name, text in re.findall(r'id="code-(\w+)"[^>]*><code>(.*?)</code>', html, re.S)}


async def run(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return output.decode()


CODED: Final = {
    "conditions": QUESTIONS["conditions"][0],
    "hostile": f"measure=messages&dimension=lane&field1=lane&op1=ne&{urlencode({'value1': HOSTILE})}"
    "&field2=deliveryRate&op2=lt&value2=0.99",
}


@pytest.mark.parametrize("query", CODED.values(), ids=CODED)
@pytest.mark.parametrize("caller", [ADMIN, tenant("t-1")], ids=["admin", "tenant"])
async def test_the_code_gets_the_same_rows(site: httpx.AsyncClient, query: str, caller: Mapping[str, str]) -> None:
    texts = await code(site, f"{query}&{WINDOW}", caller)
    shown = (await page(site, f"{PATH}?{query}&{WINDOW}", caller)).rows("table-rows")
    credentials = [part for name, value in caller.items() for part in ("-H", f"{name}: {value}")]
    asked = json.loads(await run("sh", "-c", f"{texts['curl']} {shlex.join(credentials)}"))["data"]
    document = {"query": texts["graphql"]}
    response = await site.post("/graphql", json=document, headers={**caller, "Accept": "application/json"})
    assert "errors" not in response.json(), response.text
    graphql = response.json()["data"]["query"]["data"]
    program = texts["python"].replace("headers = {", f"headers = {{**{dict(caller)!r}, ", 1)
    assert "**" in program
    printed = await run(sys.executable, "-c", program.replace("{**", "{\n  **", 1))
    assert asked
    assert graphql == asked
    assert printed == "".join(f"{row}\n" for row in asked)
    assert list(shown.values()) == [cells(row) for row in asked]
    linked = urlsplit(texts["link"])
    assert (await page(site, f"{linked.path}?{linked.query}", caller)).rows("table-rows") == shown
