"""However events are split into batches, the sum of their effects is the same, and equals the reference."""

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.billing_metrics import billing_metrics
from functions.delivery_metrics import delivery_metrics
from functions.function import AnyFunction
from tests.support import events
from tests.support.reference import expect
from tests.support.validity import Message
from tests.support.writes import decoded, expected_amounts, split, total_amounts

NOW = datetime(2026, 10, 15, 12, 30, tzinfo=UTC)
SEEDS = st.integers(0, 2**32)


def _messages(random: Random, make: events.Make) -> list[Message]:
    """Events without repetitions, which the ledger removes."""
    return [events.message(random, make(random, NOW)) for _ in range(random.randrange(60))]


@pytest.mark.parametrize(
    ("function", "make"),
    [(billing_metrics, events.billing), (delivery_metrics, events.report)],
    ids=["billing", "reports"],
)
@settings(deadline=None)
@given(seed=SEEDS)
def test_any_split_and_order_comes_to_the_same(function: AnyFunction, make: events.Make, seed: int) -> None:
    random = Random(seed)
    whole = decoded(function, _messages(random, make), NOW)
    shuffled = random.sample(whole, len(whole))
    parts = [function(part) for part in split(random, shuffled)]
    assert total_amounts(parts) == total_amounts([function(whole)])
    assert frozenset().union(*(part.accounts for part in parts)) == function(whole).accounts


@settings(deadline=None)
@given(seed=SEEDS)
def test_billing_is_what_the_reference_says(seed: int) -> None:
    messages = _messages(Random(seed), events.billing)
    writes, expected = billing_metrics(decoded(billing_metrics, messages, NOW)), expect(messages, [], NOW)
    assert total_amounts([writes]) == expected_amounts(expected)
    assert writes.accounts == expected.accounts


@settings(deadline=None)
@given(seed=SEEDS)
def test_reports_are_what_the_reference_says(seed: int) -> None:
    messages = _messages(Random(seed), events.report)
    writes, expected = delivery_metrics(decoded(delivery_metrics, messages, NOW)), expect([], messages, NOW)
    assert total_amounts([writes]) == expected_amounts(expected)
    assert writes.accounts == expected.accounts
