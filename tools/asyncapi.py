"""The AsyncAPI 3 document: the streams with their events, headers and consumers, and what is published."""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from functions import FUNCTIONS
from functions.function import AnyFunction
from graph.http.openapi import INFO
from schema.dead_letters import DeadLetter
from schema.events import EVENTS, TENANT_HEADER, DlrInbound, Event
from schema.json_schema import components
from schema.quality import OperatorQuality
from schema.samples import example
from schema.streams import DEADLETTER, OPERATOR_QUALITY, STREAMS, Stream

Json = dict[str, Any]

DESCRIPTION: Final = """The events that anlyt counts, and those that it publishes, on NATS JetStream.

Delivery is at least once, counting is exactly once: `eventId` and event time together identify an event. Of copies that
differ, the one that its stream stored first counts. Unknown fields are ignored and never stored. An event that cannot
be counted becomes a dead letter, with everything that is wrong with it.
"""
REFERENCE: Final = "#/components/schemas/{name}"
TRACEPARENT: Final[Json] = {
    "type": "string",
    "description": "The producer's W3C trace context. The span of the event's batch links to it.",
    "examples": ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"],
}
TENANT: Final[Json] = {
    "type": "string",
    "description": "The tenant of an event that names none. Not read if the event has a `tenantId`.",
    "pattern": "^[A-Za-z0-9_.:-]{1,64}$",
    "examples": ["tenant-001"],
}
ANY_ID: Final = "Makes JetStream drop a second copy within the stream's duplicate window. The `eventId`, or any id."
QUALITY_ID: Final = "The `eventId`, so that no window is stored twice."
LETTER_ID: Final = "Stream, sequence, function and time of storage: a redelivered event gets no second dead letter."


def document() -> Json:
    """The whole document."""
    return {
        "asyncapi": "3.1.0",
        "id": "urn:anlyt:events",
        "info": {
            **INFO,
            "title": "anlyt events",
            "description": DESCRIPTION,
            "license": {"name": INFO["license"]["name"]},
        },
        "defaultContentType": "application/json",
        "servers": {
            "jetstream": {
                "host": "{host}:{port}",
                "protocol": "nats",
                "description": "ANLYT_NATS_URL. `anlyt dev --engines` prints the address of a development server.",
                "variables": {"host": {"default": "127.0.0.1"}, "port": {"default": "4222"}},
            }
        },
        "channels": {stream.name: _channel(stream) for stream in STREAMS},
        "operations": {**{each.name: _consumer(each) for each in FUNCTIONS}, **_publishers()},
        "components": {"messages": _messages(), "schemas": _schemas()},
    }


def streams() -> Mapping[type[Event], Stream]:
    """The stream of each event type."""
    return {function.event: function.stream for function in FUNCTIONS}


def _channel(stream: Stream) -> Json:
    """A stream and its subject."""
    names = {each.name: event.event_type for event, each in streams().items()}
    names |= {OPERATOR_QUALITY.name: OPERATOR_QUALITY.subject, DEADLETTER.name: "deadletter"}
    message = names[stream.name]
    owner = "anlyt" if stream.is_ours else "its producer"
    channel = {
        "address": stream.subject,
        "title": stream.name,
        "description": f"The stream {stream.name} of JetStream. It belongs to {owner}. "
        "`anlyt migrate` creates it if it is missing, and never alters it.",
        "messages": {message: {"$ref": f"#/components/messages/{message}"}},
        "x-jetstream": {
            "stream": stream.name,
            "retentionSeconds": int(stream.retention.total_seconds()),
            "duplicateWindowSeconds": int(stream.duplicate_window.total_seconds()),
        },
    }
    if stream is DEADLETTER:
        sources = [each.name for each in dict.fromkeys(streams().values())]
        channel["address"] = stream.subject.replace(">", "{stream}")
        channel["parameters"] = {"stream": {"description": "The stream of the bad event.", "enum": sources}}
    return channel


def _consumer(function: AnyFunction) -> Json:
    """A function, which receives the events of a stream by its durable consumer."""
    summary, _, _ = (function.run.__doc__ or "").partition("\n")
    return {
        **_operation("receive", function.stream, function.event.event_type, function.name, summary),
        "x-durable": function.durable,
        "x-store": function.store,
    }


def _publishers() -> Json:
    return {
        "quality": _operation(
            "send", OPERATOR_QUALITY, OPERATOR_QUALITY.subject, "quality", "Every 60 s, per mno and direction."
        ),
        "deadletters": _operation(
            "send", DEADLETTER, "deadletter", "deadletters", "One per bad event and function that reads it."
        ),
    }


def _operation(action: str, stream: Stream, message: str, title: str, summary: str) -> Json:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{stream.name}"},
        "title": title,
        "summary": summary,
        "messages": [{"$ref": f"#/channels/{stream.name}/messages/{message}"}],
    }


def _messages() -> Json:
    events = {
        event.event_type: _message(
            event, event.event_type, ANY_ID, {TENANT_HEADER: TENANT} if event is DlrInbound else {}
        )
        for event in EVENTS
    }
    return {
        **events,
        OPERATOR_QUALITY.subject: _message(OperatorQuality, OPERATOR_QUALITY.subject, QUALITY_ID, {}),
        "deadletter": _message(DeadLetter, "deadletter", LETTER_ID, {}),
    }


def _message(payload: type[Struct], name: str, meaning_of_id: str, more: Mapping[str, Json]) -> Json:
    ids = {"Nats-Msg-Id": {"type": "string", "description": meaning_of_id}}
    return {
        "name": name,
        "title": name,
        "summary": (payload.__doc__ or "").partition("\n")[0],
        "contentType": "application/json",
        "headers": {"type": "object", "properties": {**ids, **more, "traceparent": TRACEPARENT}},
        "payload": {"$ref": REFERENCE.format(name=payload.__name__)},
        "examples": [{"name": "full", "summary": "All fields.", "payload": example(payload)}],
    }


def _schemas() -> Json:
    schemas = components([*EVENTS, OperatorQuality, DeadLetter], REFERENCE)
    quality = schemas[OperatorQuality.__name__]
    return {**schemas, OperatorQuality.__name__: {**quality, "required": list(quality["properties"])}}
