"""The fact functions give the declared columns, all of one length, and equal rows for a redelivery."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from functions.cdr_facts import cdr_facts
from functions.compliance_facts import compliance_facts
from functions.dlr_facts import dlr_facts
from functions.facts import event_key
from functions.function import AnyFunction
from schema.instants import time_of
from tests.support import events, fact_events
from tests.support.validity import Message
from tests.support.writes import decoded

NOW = datetime(2026, 10, 15, 12, 30, tzinfo=UTC)
fact_functions = pytest.mark.parametrize(
    ("function", "make"),
    [
        (dlr_facts, fact_events.report),
        (cdr_facts, fact_events.record),
        (compliance_facts, fact_events.evaluation),
    ],
    ids=["dlr", "cdr", "compliance"],
)


@fact_functions
def test_columns_are_the_tables(function: AnyFunction, make: events.Make) -> None:
    random = Random(1)
    facts = function(decoded(function, [events.message(random, make(random, NOW)) for _ in range(50)], NOW))
    assert facts.columns.keys() == facts.table.columns.keys()
    assert {len(column) for column in facts.columns.values()} == {50}


@fact_functions
def test_a_redelivery_is_the_same_row(function: AnyFunction, make: events.Make) -> None:
    random = Random(2)
    batch = decoded(function, [events.message(random, make(random, NOW))], NOW)
    assert function(batch) == function(batch)


@fact_functions
def test_the_copy_that_was_stored_first_has_the_highest_version(function: AnyFunction, make: events.Make) -> None:
    message = events.message(Random(3), make(Random(3), NOW))
    first, later = (
        function(decoded(function, [message], NOW + delay)) for delay in (timedelta(), timedelta(microseconds=1))
    )
    assert first.columns["ver"][0] > later.columns["ver"][0] > 0


@fact_functions
def test_touched_cells(function: AnyFunction, make: events.Make) -> None:
    random = Random(4)
    batch = decoded(function, [events.message(random, make(random, NOW)) for _ in range(30)], NOW)
    assert function(batch).touched == {
        (one.event.tenant_id, int(time_of(one.at).replace(minute=0, second=0, microsecond=0).timestamp() * 10**6))
        for one in batch
    }


def test_what_a_report_does_not_name_is_unknown() -> None:
    fields = fact_events.report(Random(5), NOW)
    for name in ("tenantId", "mno", "lane", "direction", "destinationPrefix", "errorCode"):
        fields.pop(name, None)
    message = events.message(Random(0), fields)
    nameless, header = (
        dlr_facts(decoded(dlr_facts, [Message(message.data, headers)], NOW)).columns
        for headers in (None, {"X-Tenant-Id": "t-7"})
    )
    names = ("tenant_id", "mno", "lane", "direction", "destination_prefix", "error_code")
    assert [nameless[name][0] for name in names] == ["unknown"] * 5 + [None]
    assert header["tenant_id"] == ["t-7"]


def test_keys_are_stable_over_releases() -> None:
    """Stored rows are replaced only by rows with the same key."""
    assert event_key("evt-1") == 0x475CA1DD826E43BE
    assert event_key("EVT-1") != event_key("evt-1")
