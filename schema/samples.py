"""Good events to look at and to start from, made of the examples that the event types declare."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from schema.events import Event
from schema.fields import Field, fields_of


def sample(event: type[Event], now: datetime, *, minimal: bool = False) -> Mapping[str, Any]:
    """A good event of this type with new ids, at `now` (in UTC), with all fields or only the required ones."""
    at = f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z"
    own = {
        "event_id": str(uuid.uuid4()),
        "message_id": f"msg-{uuid.uuid4().hex[:12]}",
        "cdr_id": f"cdr-{uuid.uuid4().hex[:12]}",
        "evaluation_id": f"eval-{uuid.uuid4().hex[:12]}",
        event.time_field: at,
    }
    return {
        field.name: own[field.attribute] if field.attribute in own else _example(field)
        for field in fields_of(event)
        if field.required or not minimal
    }


def example(struct: type[Struct]) -> Mapping[str, Any]:
    """The first example of each field."""
    return {field.name: _example(field) for field in fields_of(struct)}


def _example(field: Field) -> Any:
    return field.examples[0] if field.item is None or field.examples else [example(field.item)]
