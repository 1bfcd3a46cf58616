import importlib
import pkgutil

import functions
from functions import FACTS, FUNCTIONS, METRICS
from functions.function import Function
from infra.suitability import MAX_ACK_PENDING
from schema.writes import Writes


def test_every_function_is_listed() -> None:
    modules = [importlib.import_module(f"functions.{found.name}") for found in pkgutil.iter_modules(functions.__path__)]
    declared = {value for module in modules for value in vars(module).values() if isinstance(value, Function)}
    assert declared == set(FUNCTIONS)


def test_names_and_durables_are_not_shared() -> None:
    """A ledger key has room for 16 characters of the name."""
    assert len({function.name[:16] for function in FUNCTIONS}) == len(FUNCTIONS)
    assert len({(function.stream.name, function.durable) for function in FUNCTIONS}) == len(FUNCTIONS)


def test_two_workers_have_room_to_read_ahead() -> None:
    """Each has a batch in hand and two requested."""
    for function in FUNCTIONS:
        assert 2 * 3 * function.batch.size <= MAX_ACK_PENDING


def test_no_events_write_nothing() -> None:
    for function in METRICS:
        assert function([]) == Writes()
    for function in FACTS:
        facts = function([])
        assert not facts.touched
        assert not any(facts.columns.values())
