import pytest

from schema.event_types import event_type_of
from schema.events import EVENTS, Event
from schema.fields import fields_of


@pytest.mark.parametrize("event", EVENTS)
def test_the_fields_of_an_event_say_which_it_is(event: type[Event]) -> None:
    names = [field.name for field in fields_of(event)]
    assert event_type_of(names) is event
    assert event_type_of([name for name in names if field_is_required(event, name)]) is event
    assert event_type_of([name.upper() for name in names]) is event


def field_is_required(event: type[Event], name: str) -> bool:
    return next(field.required for field in fields_of(event) if field.name == name)


@pytest.mark.parametrize("names", [[], ["eventId", "tenantId"], ["billedAt", "receivedAt"], ["unheard of"]])
def test_others_are_no_event(names: list[str]) -> None:
    assert event_type_of(names) is None
