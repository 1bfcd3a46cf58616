"""ClickHouse under the chart's configuration: tiers, backups, and what each user may do, on the real engine."""

import re
from collections.abc import AsyncIterator

import pytest

from graph.audit.exports.warehouse import LIMITS as EXPORT_LIMITS
from graph.dsl.execute import LIMITS
from infra.cluster import statements
from tests.support.clickhouse_server import Result, Server, configured_server, objects, successes
from tools.export import ROOT

# The tables with a tenant column that SQL readers may read.
TENANTS = {
    "facts_dlr",
    "facts_cdr",
    "facts_compliance",
    "cube_dlr_hourly",
    "cube_dlr_daily",
    "cube_cdr_hourly",
    "cube_cdr_daily",
    "cube_compliance_hourly",
}
DDL = sorted((ROOT / "schema/clickhouse").glob("*.sql"))


@pytest.fixture(scope="module")
async def server(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """A server, migrated by the user with which the service writes."""
    async with configured_server(tmp_path_factory.mktemp("clickhouse")) as found:
        made = [each for file in DDL for each in statements(file.read_text(), None)]
        filled = [f"insert into anlyt.{name} (tenant_id) values ('acme'), ('other')" for name in TENANTS]
        # As `anlyt migrate` does: before its first step, no other database exists.
        successes(found.run("use default", *made, *filled, as_user="anlyt"))
        yield found


def test_every_table_with_a_tenant_is_known_here(server: Server) -> None:
    tables = "select distinct table from system.columns where database = 'anlyt' and name = 'tenant_id'"
    assert set(successes(server.run(tables))[0].split()) == TENANTS | {"dirty"}


def test_the_engine_moves_parts_through_the_tiers_and_backs_them_up(server: Server) -> None:
    made = (
        "create table anlyt.aged (day Date) engine = MergeTree partition by day order by day",
        "alter table anlyt.aged modify setting storage_policy = 'anlyt_tiered'",
        "alter table anlyt.aged modify ttl day + interval 90 day to volume 'warm', "
        "day + interval 1 year to volume 'cold'",
        "insert into anlyt.aged select today() - 30 * number from numbers(26)",
        # Parts move a little later: an insert does not wait for S3.
        (
            "select disk_name, count() from system.parts where table = 'aged' and active group by 1 order by 1",
            moved := "anlyt_cold\t13\nanlyt_warm\t10\ndefault\t3\n",
        ),
        "select count() from anlyt.aged",
    )
    *_, disks, count, whole, again, later = server.run(
        *made,
        "backup database anlyt to Disk('anlyt_backups', '2026-47/whole/')",
        "backup database anlyt to Disk('anlyt_backups', '2026-47/whole/')",
        "backup database anlyt to Disk('anlyt_backups', '2026-47/2/') "
        "settings base_backup = Disk('anlyt_backups', '2026-47/whole/')",
    )
    assert successes([disks, count]) == [moved.strip(), "26"]
    assert ["BACKUP_CREATED" in each for each in successes([whole, later])] == [True, True]
    # The text that the backup script looks for.
    assert "BACKUP_ALREADY_EXISTS" in refused(again)
    assert all(name.startswith("cold/anlyt-server-0/") for name in objects(server, "anlyt"))
    assert {name.rpartition("/.backup")[0] for name in objects(server, "anlyt-backups") if ".backup" in name} == {
        "2026-47/whole",
        "2026-47/2",
    }


def test_the_api_reads_within_limits_and_changes_nothing(server: Server) -> None:
    # One setting is about HTTP; another one comes last, as no setting can follow it.
    ours = [f"{name} = '{value}'" for name, value in LIMITS.items() if name not in {"wait_end_of_query", "readonly"}]
    kept, set_, beyond, changed, made, read = server.run(
        "select count() from anlyt.facts_dlr",
        f"set {', '.join(ours)}, readonly = 1",
        "set max_execution_time = 1000",
        "insert into anlyt.facts_dlr (tenant_id) values ('acme')",
        "create table anlyt.made (x Int8) engine = Memory",
        "select * from file('/etc/passwd', 'LineAsString')",
        as_user="anlyt_reader",
    )
    assert successes([kept, set_]) == ["2", ""]
    for answer in (beyond, changed, made, read):
        assert re.search("READONLY|SETTING_CONSTRAINT_VIOLATION|ACCESS_DENIED", refused(answer))
    [beyond] = server.run("set max_execution_time = 1000", as_user="anlyt_reader")
    assert "SETTING_CONSTRAINT_VIOLATION" in refused(beyond)


def test_the_auditor_exports_and_changes_nothing(server: Server) -> None:
    limits = ", ".join(f"{name} = {EXPORT_LIMITS[name]}" for name in ("max_execution_time", "max_memory_usage"))
    exported, changed = server.run(
        "insert into function s3(anlyt_exports, filename = 'audit/1.parquet') select * from anlyt.facts_compliance"
        f" settings {limits}",
        "insert into anlyt.facts_compliance (tenant_id) values ('acme')",
        as_user="anlyt_auditor",
    )
    successes([exported])
    assert "ACCESS_DENIED" in refused(changed)
    assert "exports/audit/1.parquet" in objects(server, "anlyt")


def test_a_reader_of_one_tenant_sees_that_tenant_alone(server: Server) -> None:
    asked = [f"select groupArray(tenant_id) from anlyt.{name}" for name in sorted(TENANTS)]
    *seen, marks = server.run(*asked, "select count() from anlyt.dirty", as_user="reader_acme")
    assert successes(seen) == ["['acme']"] * len(TENANTS)
    assert "ACCESS_DENIED" in refused(marks)


def refused(answer: Result) -> str:
    assert isinstance(answer, dict), answer
    return answer["error"]
