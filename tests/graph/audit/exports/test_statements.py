"""The exact statements of exports. Values of a request are bound, never part of the text."""

from datetime import UTC, datetime

from graph.audit.exports.request import ExportQuery
from graph.audit.exports.statements import counting, measuring, writing
from graph.audit.statements import TimeSlice

SLICE = TimeSlice(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, 3, tzinfo=UTC))
RULE = "URL' or 1=1 --"
EVALUATIONS = ExportQuery("t-1", *SLICE, "compliance", "BLOCK", RULE)
RECORDS = ExportQuery("t-1", *SLICE, "cdr", None, None)
BOUND = {"tenant": "t-1", "p1": "2024-01-01 00:00:00.000000", "p2": "2024-01-02 03:00:00.000000"}

COUNTING = """\
select
    toStartOfHour(rows.event_time, 'UTC') as hour,
    count() as rows
from anlyt.facts_compliance as rows final
where rows.tenant_id = {tenant:String}
    and rows.event_time >= {p1:DateTime64(6, 'UTC')}
    and rows.event_time < {p2:DateTime64(6, 'UTC')}
    and rows.verdict = {p3:String}
    and has(rows.rule_types, {p4:String})
group by
    hour
order by
    hour asc nulls last"""
FINDINGS = (
    "CAST(arrayZip(rows.rule_ids, rows.rule_names, rows.rule_types, rows.rule_actions), "
    "'Array(Tuple(ruleId String, ruleName String, ruleType String, action String))')"
)
WRITING = """\
-- ClickHouse: writes the rows of the following select to an object. The server has the keys to S3.
insert into function s3(anlyt_exports, filename = {file:String}, format = 'Parquet')
select
    rows.event_time as at,
    rows.event_key as eventKey,
    rows.tenant_id as tenantId,
    rows.account_id as accountId,
    rows.mno as mno,
    rows.lane as lane,
    rows.verdict as verdict,
    rows.evaluation_id as evaluationId,
    rows.message_id as messageId,
    rows.rule_set_id as ruleSetId,
    rows.rule_set_version as ruleSetVersion,
    rows.evaluation_latency_ms as evaluationLatencyMs,
    FINDINGS as findings
from anlyt.facts_compliance as rows final
where rows.tenant_id = {tenant:String}
    and rows.event_time >= {p1:DateTime64(6, 'UTC')}
    and rows.event_time < {p2:DateTime64(6, 'UTC')}
    and rows.verdict = {p3:String}
    and has(rows.rule_types, {p4:String})
order by
    at asc nulls last,
    eventKey asc nulls last""".replace("FINDINGS", FINDINGS)
WRITING_RECORDS = """\
-- ClickHouse: writes the rows of the following select to an object. The server has the keys to S3.
insert into function s3(anlyt_exports, filename = {file:String}, format = 'Parquet')
select
    rows.event_time as occurredAt,
    rows.event_key as eventKey,
    rows.tenant_id as tenantId,
    rows.account_id as accountId,
    rows.mno as mno,
    rows.lane as lane,
    rows.operator_id as operatorId,
    rows.direction as direction,
    rows.destination_prefix as destinationPrefix,
    rows.status as status,
    rows.cdr_id as cdrId,
    rows.message_id as messageId,
    rows.segment_count as segmentCount,
    rows.charge_amount as chargeAmount,
    rows.currency as currency
from anlyt.facts_cdr as rows final
where rows.tenant_id = {tenant:String}
    and rows.event_time >= {p1:DateTime64(6, 'UTC')}
    and rows.event_time < {p2:DateTime64(6, 'UTC')}
order by
    occurredAt asc nulls last,
    eventKey asc nulls last"""


def test_counting() -> None:
    statement = counting(EVALUATIONS, SLICE)
    assert statement.sql == COUNTING
    assert statement.parameters == {**BOUND, "p3": "BLOCK", "p4": RULE}


def test_writing() -> None:
    statement = writing(EVALUATIONS, SLICE, "id/0001-ab.parquet")
    assert statement.sql == WRITING
    assert statement.parameters == {**BOUND, "p3": "BLOCK", "p4": RULE, "file": "id/0001-ab.parquet"}
    records = writing(RECORDS, SLICE, "id/0001-ab.parquet")
    assert records.sql == WRITING_RECORDS
    assert records.parameters == {**BOUND, "file": "id/0001-ab.parquet"}


def test_measuring_reads_the_object_only() -> None:
    for dataset in ("compliance", "cdr"):
        statement = measuring(dataset, "f")
        assert "anlyt." not in statement.sql
        assert statement.parameters == {"file": "f"}
