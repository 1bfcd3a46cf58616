"""The JSON Schemas of events, as their types declare them: Draft 2020-12 for files, components for AsyncAPI.

Two things cannot be said in JSON Schema, and are annotations instead: a time's distance from the message's arrival
(`x-max-ahead-seconds`, `x-max-age-seconds`), and a unit (`x-unit`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from schema.events import Event
from schema.fields import fields_of

Json = dict[str, Any]

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_ANNOTATIONS: Final = ("description", "examples", "x-unit")


def event_schema(event: type[Event]) -> Json:
    """The schema of an event's JSON, complete in itself."""
    schemas = components([event], "#/$defs/{name}")
    own = schemas.pop(event.__name__)
    identity = [next(each.name for each in fields_of(event) if each.attribute == event.time_field)]
    return {
        "$schema": DRAFT,
        "$id": f"urn:anlyt:{event.event_type}",
        **own,
        "title": event.event_type,
        "x-identity": ["eventId", *identity],
        **({"$defs": schemas} if schemas else {}),
    }


def components(types: Sequence[type[Struct]], reference: str) -> dict[str, Json]:
    """The schemas of structs, and of the structs inside them, by name. `reference`: as in `#/$defs/{name}`."""
    _, schemas = msgspec.json.schema_components(types, ref_template=reference)
    return {name: _portable(schema) for name, schema in schemas.items()}


def _portable(schema: Any) -> Any:
    """A schema as any validator and generator reads it.

    Anchors of patterns are ECMA's, and annotations of an optional field stand beside its type's alternatives.
    """
    match schema:
        case Mapping():
            portable = {name: _portable(inner) for name, inner in schema.items()}
            if isinstance(pattern := portable.get("pattern"), str):
                portable["pattern"] = pattern.replace(r"\A", "^").replace(r"\Z", "$")
            for branch in portable.get("anyOf", ()):
                portable = {name: branch.pop(name) for name in _ANNOTATIONS if name in branch} | portable
            return portable
        case list():
            return [_portable(inner) for inner in schema]
        case _:
            return schema
