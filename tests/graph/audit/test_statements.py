"""The exact SQL of an audit query, and slices that cover exactly the window."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.audit.request import LONGEST_WINDOW, AuditQuery
from graph.audit.statements import PageCursor, TimeSlice, slices, statement
from schema.catalog.audit import AUDITED, AuditDataset
from schema.expressions import Column
from schema.facts import FACTS_CDR, FACTS_COMPLIANCE, FactTable

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
END = datetime(2026, 10, 1, 12, tzinfo=UTC)
QUERY = AuditQuery("t-1", BEGIN, END, "compliance", "BLOCK", "URL", 10, None, evidence=False, log_size=None)

SQL = """\
select
    rows.event_time as at,
    rows.event_key as key,
    rows.tenant_id as tenantId,
    rows.account_id as accountId,
    rows.mno as mno,
    rows.lane as lane,
    rows.verdict as verdict,
    rows.evaluation_id as evaluationId,
    rows.message_id as messageId,
    rows.rule_ids as ruleIds,
    rows.rule_names as ruleNames,
    rows.rule_types as ruleTypes,
    rows.rule_actions as ruleActions,
    rows.rule_set_id as ruleSetId,
    rows.rule_set_version as ruleSetVersion,
    rows.evaluation_latency_ms as evaluationLatencyMs
from anlyt.facts_compliance as rows final
where rows.tenant_id = {tenant:String}
    and rows.event_time >= {p1:DateTime64(6, 'UTC')}
    and rows.event_time < {p2:DateTime64(6, 'UTC')}
    and rows.verdict = {p3:String}
    and has(rows.rule_types, {p4:String})
    and (rows.event_time, rows.event_key) > ({p1:DateTime64(6, 'UTC')}, {p5:UInt64})
order by
    at asc nulls last,
    key asc nulls last
limit {p6:UInt64}"""


def test_the_statement_of_a_second_page() -> None:
    at = datetime(2026, 10, 1, 2, 0, 0, 1, tzinfo=UTC)
    found = statement(QUERY, TimeSlice(at, END), PageCursor(10, at, 2**64 - 1), 11)
    assert found.sql == SQL
    assert found.parameters == {
        "tenant": "t-1",
        "p1": "2026-10-01 02:00:00.000001",
        "p2": "2026-10-01 12:00:00.000000",
        "p3": "BLOCK",
        "p4": "URL",
        "p5": 2**64 - 1,
        "p6": 11,
    }


@pytest.mark.parametrize(("dataset", "table"), [("compliance", FACTS_COMPLIANCE), ("cdr", FACTS_CDR)])
def test_whole_facts_are_read(dataset: AuditDataset, table: FactTable) -> None:
    """All stored columns of an event but the version by which copies replace each other."""
    read = AUDITED[dataset]
    assert read.table.name == table.name
    assert set(read.columns.values()) == {Column(name) for name in table.columns if name != "ver"}


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),
    st.timedeltas(timedelta(microseconds=1), LONGEST_WINDOW),
)
def test_slices_cover_exactly_the_window(begin: datetime, length: timedelta) -> None:
    found = list(slices(begin, begin + length))
    assert (found[0].from_, found[-1].to) == (begin, begin + length)
    assert all(left.to == right.from_ for left, right in pairwise(found))
    assert all(time_slice.from_ < time_slice.to for time_slice in found)
    assert len(found) <= 10
    assert found[0].to - begin <= timedelta(minutes=10)
