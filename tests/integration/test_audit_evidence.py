"""US-ANLYT-15: the regulator proves that nothing was added, changed or dropped; docs/audit.md's own command does it."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from graph.audit.audits import Audits
from infra.clickhouse import connect
from infra.embedded.engine import Engine
from pipelines.integrity import datasets
from pipelines.stores import Stores
from tests.support import audit_facts
from tests.support.audit_facts import TENANTS
from tests.support.integrity_chain import DAY, DAYS, close_days, day_facts, differences, midnight, open_chain, write
from tests.support.regulator import QUERY, audit_listener, make_certificates
from tools.export import ROOT

pytestmark = pytest.mark.anyio

GRAPHQL = "/graphql"
(COMMAND,) = re.findall(r"^python (verify\.py pages\.jsonl)$", (ROOT / "docs/audit.md").read_text(), re.MULTILINE)
# Whatever leaves out `assert`: every way to run it has to find the same.
WAYS: Sequence[tuple[Sequence[str], Mapping[str, str]]] = [((), {}), (("-O",), {}), ((), {"PYTHONOPTIMIZE": "1"})]


class NotVerifiedError(Exception):
    """What the verifier said of answers that do not hold."""


@dataclass(frozen=True, slots=True)
class Portal:
    """The regulator's portal, which keeps what it was answered in a folder."""

    client: httpx.AsyncClient
    folder: Path

    async def walk(self, tenant: str, from_: datetime, to: datetime) -> list[str]:
        """Every page, as it was answered."""
        body: dict[str, Any] = {"tenantId": tenant, "from": from_.isoformat(), "to": to.isoformat(), "limit": 150}
        pages = [await self._page(body)]
        while cursor := json.loads(pages[-1])["page"]["endCursor"]:
            pages.append(await self._page({**body, "after": cursor}))
        return pages

    async def _page(self, body: Any) -> str:
        response = await self.client.post(QUERY, json={**body, "evidence": True})
        assert response.status_code == 200, response.text
        return response.text

    def verified(self, pages: Sequence[str]) -> str:
        """What the shipped file says of these answers, copied to where they are and run without any package."""
        shutil.copy(ROOT / "graph/audit/verify.py", self.folder / "verify.py")
        (self.folder / "pages.jsonl").write_text("".join(f"{page}\n" for page in pages))
        runs = [
            subprocess.run(
                [sys.executable, "-S", *options, *COMMAND.split()],
                cwd=self.folder,
                env=dict(more),
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            for options, more in WAYS
        ]
        assert len({(run.returncode, run.stdout, run.stderr) for run in runs}) == 1
        if runs[0].returncode:
            assert runs[0].returncode == 1, runs[0].stderr
            assert runs[0].stderr.startswith("NOT VERIFIED: "), runs[0].stderr
            raise NotVerifiedError(runs[0].stderr)
        return runs[0].stdout


@asynccontextmanager
async def portal(stores: Stores, folder: Path) -> AsyncIterator[Portal]:
    certificates = make_certificates(folder)
    async with (
        audit_listener(certificates.files, stores.engines) as url,
        httpx.AsyncClient(base_url=url, verify=certificates.regulator(), timeout=30) as client,
    ):
        yield Portal(client, folder)


async def test_what_is_closed_is_proved(
    database: str, warehouse: str, server: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "SETTLING", timedelta(0))
    random = Random(3001)
    first, until = midnight(DAYS + 2), midnight(2)
    facts = [fact for number in range(DAYS) for fact in day_facts(random, first + number * DAY, 150)]
    async with open_chain(database, warehouse, server.url) as stores, portal(stores, tmp_path) as asking:
        await write(warehouse, facts)
        assert (await close_days(stores))["days_closed"] >= DAYS + 1  # the last of them has no facts
        for tenant in TENANTS:
            await check_proof(asking, tenant, first, until)
        await check_copies_change_nothing(stores, asking, facts)
        check_tampered_answers(asking, await asking.walk("t-1", first, until))
        await check_late_facts(stores, asking, random, first)
        await check_links_made_meanwhile(stores, asking, random, first)
        await check_graphql(asking, first, until)


async def check_proof(asking: Portal, tenant: str, first: datetime, until: datetime) -> None:
    pages = await asking.walk(tenant, first, until)
    assert asking.verified(pages).startswith(f"{DAYS} days with facts, ")
    evidence = json.loads(pages[0])["evidence"]
    assert [json.loads(page)["evidence"] for page in pages[1:]] == [None] * (len(pages) - 1)
    assert sum(leaf["facts"] for leaf in evidence["leaves"]) == sum(len(json.loads(page)["data"]) for page in pages)
    assert [leaf["number"] for leaf in evidence["leaves"]] == list(range(1, len(evidence["leaves"]) + 1))
    assert evidence["closedUntil"] >= midnight(1).date().isoformat()
    shown = json.dumps(evidence)
    assert not any(other in shown for other in TENANTS)


async def check_copies_change_nothing(stores: Stores, asking: Portal, facts: Sequence[audit_facts.Fact]) -> None:
    """Written again, and again under a later instant, as a producer's copy is; merged or not."""
    await write(stores.engines.clickhouse, facts[::2])
    await write(stores.engines.clickhouse, [{**fact, "stored": datetime.now(UTC)} for fact in facts[::3]])
    assert await differences(stores) == []
    assert (await close_days(stores)).items() >= {"days_amended": 0, "facts": 0, "differences": 0}.items()
    async with connect(stores.engines.clickhouse) as client:
        await client.command("optimize table facts_compliance final")
    assert await differences(stores) == []


def check_tampered_answers(asking: Portal, pages: Sequence[str]) -> None:
    """What would be made of an answer on its way is found, whatever it is."""
    answers = [json.loads(page) for page in pages]
    row = next(row for row in answers[0]["data"] if row["findings"])
    replacements = [
        (json.dumps(row["messageId"]), '"m-0"'),
        (json.dumps(row["findings"][0]["ruleName"]), '"other"'),
        (f'"evaluationLatencyMs": {row["evaluationLatencyMs"]}', '"evaluationLatencyMs": 51'),
        (json.dumps(row["storedAt"]), '"2020-01-01T00:00:00Z"'),
    ]
    evidence = answers[0]["evidence"]
    replacements += [(json.dumps(evidence["links"][1]["root"]), json.dumps("0" * 64))]
    replacements += [(f'"leaves": {evidence["links"][0]["leaves"]}', '"leaves": 9')]
    replacements += [(f'"digest": "{evidence["leaves"][2]["digest"]}', f'"digest": "{"0" * 64}')]
    replacements += [(f'"number": {len(evidence["leaves"])}, "link"', '"number": 77, "link"')]
    whole = [json.dumps(answer) for answer in answers]
    asking.verified(whole)
    for old, new in replacements:
        assert old in whole[0], old
        with pytest.raises(NotVerifiedError):
            asking.verified([whole[0].replace(old, new, 1), *whole[1:]])
    dropped = [json.dumps({**answers[0], "data": answers[0]["data"][1:]}), *whole[1:]]
    swapped = [json.dumps({**answers[0], "data": answers[0]["data"][:2][::-1] + answers[0]["data"][2:]}), *whole[1:]]
    unlinked = json.dumps({**answers[0], "evidence": {**evidence, "links": evidence["links"][1:]}})
    bare = json.dumps({**answers[0], "evidence": {**evidence, "leaves": evidence["leaves"][1:]}})
    for wrong in (dropped, swapped, whole[:-1], [unlinked, *whole[1:]], [bare, *whole[1:]]):
        with pytest.raises(NotVerifiedError):
            asking.verified(wrong)


async def check_late_facts(stores: Stores, asking: Portal, random: Random, first: datetime) -> None:
    """Both leaves of the day stay, and hold; so do those of a day before the chain began."""
    late = day_facts(random, first + DAY, 30, datetime.now(UTC)) + day_facts(random, first - DAY, 30, datetime.now(UTC))
    await write(stores.engines.clickhouse, late)
    assert await differences(stores) == []  # not in the chain yet, and no tampering either
    assert (await close_days(stores)).items() >= {"days_closed": 1, "days_amended": 1, "differences": 0}.items()
    assert await differences(stores) == []
    pages = await asking.walk("t-1", first - DAY, midnight(0))
    assert asking.verified(pages).startswith(f"{DAYS + 1} days with facts, ")
    evidence = json.loads(pages[0])["evidence"]
    day = (first + DAY).date().isoformat()
    before, after = [leaf for leaf in evidence["leaves"] if leaf["day"] == day]
    assert after["facts"] > before["facts"] > 0
    links = {link["number"]: link for link in evidence["links"]}
    assert (links[before["link"]]["amends"], links[after["link"]]["amends"]) == (None, before["link"])
    # The leaves of the whole history are numbered without a gap.
    numbers = sorted(leaf["number"] for leaf in evidence["leaves"])
    assert numbers == list(range(1, len(numbers) + 1))


async def check_links_made_meanwhile(stores: Stores, asking: Portal, random: Random, first: datetime) -> None:
    """Late facts that come, and get their leaf, when a page was read and is not answered yet."""
    read = Audits._read

    async def reading(audits: Audits, *asked: Any) -> Any:
        found = await read(audits, *asked)
        await write(stores.engines.clickhouse, day_facts(random, first + DAY, 30, datetime.now(UTC)))
        assert (await close_days(stores))["days_amended"] == 1
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Audits, "_read", reading)
        pages = await asking.walk("t-1", first + DAY, first + 2 * DAY)
    assert asking.verified(pages).startswith("1 days with facts, ")


async def check_graphql(asking: Portal, first: datetime, until: datetime) -> None:
    """The same answer as REST's."""
    [rest] = [json.loads(page) for page in (await asking.walk("t-2", first, until))[:1]]
    fields = (
        "data page { endCursor hasNextPage } meta { dataset tenantId tenantKnown window { from to } dataAsOf "
        "rowsBefore rowCap truncated } "
        "evidence { closedUntil leaves { day number link storedBefore facts digest path } "
        "links { number day amends storedBefore leaves facts root previous hash } }"
    )
    query = f"query Slice($input: AuditInput!) {{ audit(input: $input) {{ {fields} }} }}"
    given = {"tenantId": "t-2", "from": first.isoformat(), "to": until.isoformat(), "limit": 150, "evidence": True}
    response = await asking.client.post(GRAPHQL, json={"query": query, "variables": {"input": given}})
    answer = response.json()
    assert "errors" not in answer, answer
    found = answer["data"]["audit"]
    del rest["meta"]["accessId"], rest["meta"]["elapsedMs"]
    assert found == rest
