import importlib
import inspect
import pkgutil

import functions
from functions import FACTS, FUNCTIONS, METRICS
from functions.function import Function
from functions.function import function as declared
from infra.suitability import MAX_ACK_PENDING
from schema.writes import Writes


def test_every_function_is_listed() -> None:
    modules = [importlib.import_module(f"functions.{found.name}") for found in pkgutil.iter_modules(functions.__path__)]
    declared = {value for module in modules for value in vars(module).values() if isinstance(value, Function)}
    assert declared == set(FUNCTIONS)


def test_names_and_consumers_are_not_shared() -> None:
    """A ledger key contains only 16 characters of the function's name."""
    assert len({function.name[:16] for function in FUNCTIONS}) == len(FUNCTIONS)
    assert len({(function.stream.name, function.durable) for function in FUNCTIONS}) == len(FUNCTIONS)


def test_a_worker_has_room_to_read_ahead() -> None:
    """It processes two batches and has requested two more."""
    for function in FUNCTIONS:
        assert 4 * function.batch.size <= MAX_ACK_PENDING


def test_no_events_write_nothing() -> None:
    for function in METRICS:
        assert function([]) == Writes()
    for function in FACTS:
        facts = function([])
        assert not facts.touched
        assert not any(facts.columns.values())


def test_event_and_store_follow_from_the_signature() -> None:
    """The decorator takes neither; the event class has the event's type and time field."""
    signatures = {
        function.name: (function.event.event_type, function.event.time_field, function.store) for function in FUNCTIONS
    }
    assert signatures == {
        "billing_metrics": ("sms.billed.v1", "billed_at", "postgres"),
        "delivery_metrics": ("sms.dlr.inbound.v1", "received_at", "postgres"),
        "dlr_facts": ("sms.dlr.inbound.v1", "received_at", "clickhouse"),
        "cdr_facts": ("cdr.generated.v1", "occurred_at", "clickhouse"),
        "compliance_facts": ("compliance.audit.v1", "at", "clickhouse"),
    }
    assert set(inspect.signature(declared).parameters) == {"stream", "durable", "span", "batch"}
