"""Which event a JSON object is meant to be: events do not name their type, their fields do."""

from collections.abc import Iterable, Mapping
from typing import Final

from schema.events import EVENTS, Event
from schema.fields import fields_of
from schema.hints import plain


def event_type_of(names: Iterable[str]) -> type[Event] | None:
    """The type that has most of the names which only one type has; None if there is none, or several have as many.

    Spellings make no difference: `billed_at` counts as `billedAt`.
    """
    written = {plain(name) for name in names}
    counts = {event: len(own & written) for event, own in _OWN.items()}
    most = max(counts.values())
    found = [event for event, count in counts.items() if count == most]
    return found[0] if most and len(found) == 1 else None


def _own_names() -> Mapping[type[Event], frozenset[str]]:
    """The names of each type that no other type has."""
    names = {event: frozenset(plain(field.name) for field in fields_of(event)) for event in EVENTS}
    return {
        event: own.difference(*(others for other, others in names.items() if other is not event))
        for event, own in names.items()
    }


_OWN: Final = _own_names()
