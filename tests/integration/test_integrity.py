"""Verification of the hash chain over compliance facts finds and names every tampering."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple

import asyncpg
import pytest
from prometheus_client import REGISTRY

from infra.clickhouse import connect
from infra.embedded.engine import Engine
from pipelines import runs
from pipelines.integrity import datasets
from pipelines.integrity import metrics as gauge
from pipelines.stores import Stores
from tests.support.audit_facts import Fact
from tests.support.cli import anlyt
from tests.support.integrity_chain import DAY, DAYS, close_days, day_facts, differences, midnight, open_chain, write

pytestmark = pytest.mark.anyio

EMPTY_TOO = "allow_replace_partition_from_empty_source = 1"
FIRST = midnight(DAYS + 2)
HISTORY = [(FIRST + number * DAY).date() for number in range(DAYS)]


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Days close immediately, because all clocks agree here."""
    monkeypatch.setattr(datasets, "SETTLING", timedelta(0))


Work = Callable[[], Awaitable[object]]


class Tampering(NamedTuple):
    """A tampering, how it is undone, and the message of verification."""

    do: Work
    undo: Work
    message: str


async def test_every_tampering_is_named(
    database: str, warehouse: str, server: Engine, tmp_path: Path, settled: None
) -> None:
    random = Random(3011)
    facts = [fact for day in range(DAYS) for fact in day_facts(random, FIRST + day * DAY, 60)]
    async with open_chain(database, warehouse, server.url) as stores:
        await write(warehouse, facts)
        await close_days(stores)
        await write(warehouse, day_facts(random, FIRST, 20, datetime.now(UTC)))
        await close_days(stores)
        assert await differences(stores) == []
        copies = [f"create table anlyt.{name} as anlyt.facts_compliance" for name in ("kept", "forged")]
        await run_in_clickhouse(stores, *copies, "insert into anlyt.kept select * from anlyt.facts_compliance final")()
        for case in [*tamperings_with_facts(stores, facts), *tamperings_with_links(stores)]:
            await case.do()
            day = date.fromisoformat(case.message[:10])
            lines = await differences(stores, day, day)
            assert any(line.startswith(case.message) for line in lines), (case.message, lines)
            await case.undo()
        await run_in_clickhouse(stores, "drop table anlyt.kept sync", "drop table anlyt.forged sync")()
        assert await differences(stores) == []
        await check_postgres_refuses_changes(stores)
        await check_command(stores, facts, tmp_path)


def tamperings_with_facts(stores: Stores, facts: Sequence[Fact]) -> Sequence[Tampering]:
    """Tamperings with facts of the second day, and of the first day, which has late facts."""
    day, amended = HISTORY[1], HISTORY[0]
    one = next(fact for fact in facts if fact["at"].date() == day and len(fact["findings"]) == 1)
    old = next(fact for fact in facts if fact["at"].date() == amended)
    forged = {**one, "key": 7, "at": one["at"] + timedelta(microseconds=1)}
    nobody = {**forged, "tenantId": "t-9"}
    before = {**forged, "at": FIRST - 9 * DAY}

    def forged_day(fact: Fact, rows: str) -> tuple[Work, Work]:
        """Replaces a day by the selected rows, and restores it."""
        partition = f"{fact['at']:%Y%m%d}"
        forge = (
            "truncate table anlyt.forged",
            f"insert into anlyt.forged {rows} and toYYYYMMDD(event_time) = {partition}",
            f"alter table anlyt.facts_compliance replace partition '{partition}' from anlyt.forged",
        )
        restore = (
            f"alter table anlyt.facts_compliance replace partition '{partition}' from anlyt.kept settings {EMPTY_TOO}"
        )
        return run_in_clickhouse(stores, *forge), run_in_clickhouse(stores, restore)

    def changed(fact: Fact, column: str, wrong: str) -> tuple[Work, Work]:
        value = f"if(event_key = {fact['key']}, {wrong}, {column}) as {column}"
        return forged_day(fact, f"select * replace ({value}) from anlyt.kept where 1")

    def dropped(fact: Fact) -> tuple[Work, Work]:
        return forged_day(fact, f"select * from anlyt.kept where event_key != {fact['key']}")

    def added(fact: Fact) -> tuple[Work, Work]:
        return lambda: write(stores.engines.clickhouse, [fact]), forged_day(fact, "")[1]

    rule = f"['{one['findings'][0]['ruleType']}']"
    number = 2
    return [
        Tampering(*changed(one, "message_id", "'m-0'"), _message(day, "changed", one, number)),
        Tampering(*changed(one, "rule_types", "['NONE']"), _message(day, "changed", one, number)),
        Tampering(*changed(one, "rule_types", f"arrayPushBack({rule}, 'X')"), _message(day, "changed", one, number)),
        Tampering(*changed(one, "rule_types", "[]"), _message(day, "changed", one, number)),
        Tampering(*changed(one, "tenant_id", "'t-9'"), _message(day, "dropped", one, number)),
        Tampering(*dropped(one), _message(day, "dropped", one, number)),
        Tampering(*added(forged), _message(day, "added", forged, number)),
        Tampering(*added(nobody), _message(day, "added", nobody, number)),
        Tampering(*dropped(old), _message(amended, "dropped", old, 1)),
        Tampering(
            *added(before), f"{before['at'].date()}  added facts of tenant {one['tenantId']} that no link covers"
        ),
    ]


def run_in_clickhouse(stores: Stores, *statements: str) -> Work:
    """Runs statements in ClickHouse."""

    async def run() -> None:
        async with connect(stores.engines.clickhouse) as client:
            for each in statements:
                await client.command(each)

    return run


def _message(day: object, verb: str, fact: Fact, link: int) -> str:
    return f"{day}  {verb} facts of tenant {fact['tenantId']} that link {link} covers: expected "


def run_in_postgres(stores: Stores, *changes: str) -> Work:
    """Runs statements in PostgreSQL without its triggers."""

    async def run() -> None:
        async with stores.postgres.acquire() as connection, connection.transaction():
            await connection.execute("set local session_replication_role = replica")
            for change in changes:
                await connection.execute(change)

    return run


def tamperings_with_links(stores: Stores) -> Sequence[Tampering]:
    """Tamperings with the chain by a superuser of PostgreSQL."""
    statements = partial(run_in_postgres, stores)

    def swapped(one: int, other: int) -> Work:
        change = "update anlyt.integrity_links set number = {} where number = {}"
        return statements(change.format(99, one), change.format(one, other), change.format(other, 99))

    links, leaves = "update anlyt.integrity_links set ", "update anlyt.integrity_leaves set "
    kept = "create table anlyt.kept as select * from anlyt.{} where {}"
    back = "insert into anlyt.{} select * from anlyt.kept", "drop table anlyt.kept"
    two, three, four = HISTORY[1:4]
    leaf = "link = 3 and tenant_id = 't-2'"
    return [
        Tampering(swapped(2, 3), swapped(2, 3), f"{three}  hash of link 2: "),
        Tampering(
            statements(f"{links} facts = facts + 1 where number = 2"),
            statements(f"{links} facts = facts - 1 where number = 2"),
            f"{two}  number of facts of link 2: ",
        ),
        Tampering(
            statements(
                kept.format("integrity_links", "number = 3"), "delete from anlyt.integrity_links where number = 3"
            ),
            statements(back[0].format("integrity_links"), back[1]),
            f"{four}  number of link 4: expected 3; found 4",
        ),
        Tampering(
            statements(f"{leaves} facts = facts - 1, number = number + 90 where {leaf}"),
            statements(f"{leaves} facts = facts + 1, number = number - 90 where {leaf}"),
            f"{three}  root of the leaves of link 3: ",
        ),
        Tampering(
            statements(kept.format("integrity_leaves", leaf), f"delete from anlyt.integrity_leaves where {leaf}"),
            statements(back[0].format("integrity_leaves"), back[1]),
            f"{three}  number of leaves of link 3: expected 3; found 2",
        ),
        Tampering(
            statements(f"{leaves} path = '\\x52' || substr(path, 2) where link = 3 and get_byte(path, 0) = 76"),
            statements(f"{leaves} path = '\\x4c' || substr(path, 2) where link = 3 and tenant_id in ('t-2', 't:3')"),
            f"{three}  path of tenant t-2 in link 3: ",
        ),
    ]


async def check_postgres_refuses_changes(stores: Stores) -> None:
    for table in ("integrity_links", "integrity_leaves"):
        for change in (f"update anlyt.{table} set facts = 0", f"delete from anlyt.{table}"):
            with pytest.raises(asyncpg.RaiseError, match="only ever added to"):
                await stores.postgres.execute(change)
    with pytest.raises(asyncpg.UniqueViolationError):  # a fork
        await stores.postgres.execute(
            "insert into anlyt.integrity_links "
            "select 99, day, number, stored_before, leaves, facts, root, previous, hash "
            "from anlyt.integrity_links where number = 2"
        )


async def check_command(stores: Stores, facts: Sequence[Fact], folder: Path) -> None:
    """Checks `anlyt audit verify` and the pipeline's alarm."""
    engines = stores.engines
    settings = {
        "ANLYT_POSTGRES_DSN": engines.postgres,
        "ANLYT_CLICKHOUSE_DSN": engines.clickhouse,
        "ANLYT_NATS_URL": engines.nats,
    }

    async def verify(*arguments: str) -> tuple[int, str, str]:
        process = await asyncio.to_thread(anlyt, folder, "audit", "verify", *arguments, **settings)
        assert "Traceback" not in process.stderr
        return process.returncode, process.stdout, process.stderr

    status, said, _ = await verify("--from", str(HISTORY[1]))
    number, _, head = said.split()[-1].partition(":")
    assert (status, "agree with the chain" in said) == (0, True), said
    await write(engines.clickhouse, [{**facts[0], "key": 9}])
    status, said, errors = await verify("--json", "--anchor", f"{number}:{'0' * 64}")
    noted, *added = map(json.loads, said.splitlines())
    assert (status, noted["what"], noted["found"]) == (1, f"noted hash of link {number}", head)
    both = [(str(HISTORY[0]), "added")] * 2  # one per link
    assert [(each["day"], each["what"].split()[0]) for each in added] == both
    assert "anlyt: The facts and the chain differ in 3 places; docs/runbooks/integrity.md" in errors
    with pytest.raises(runs.PipelineAlarmError, match=r"differ from the chain: .* added facts of tenant"):
        await close_days(stores)
    await gauge.measure(stores)
    assert REGISTRY.get_sample_value("anlyt_integrity_differences") == 2
