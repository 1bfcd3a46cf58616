"""The JSON Schemas and the decoder accept the same events, and find the same problems in all others.

The schemas are read by `jsonschema-rs`, which shares no code with the product.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

import jsonschema_rs
import pytest

from schema.decoding import EventDecoder
from schema.events import EVENTS, CdrGenerated, ComplianceAudit, DlrInbound, Event, SmsBilled
from schema.instants import instant
from schema.json_schema import event_schema
from schema.problems import BadEventError
from schema.samples import sample
from tests.support import events, fact_events

NOW: Final = datetime(2026, 10, 15, 12, 30, tzinfo=UTC)
CASES: Final = 2_500  # events of each type
MAKE: Final[Mapping[type[Event], Callable[[Random, datetime], dict[str, Any]]]] = {
    SmsBilled: events.billing,
    DlrInbound: events.report,
    CdrGenerated: fact_events.record,
    ComplianceAudit: fact_events.evaluation,
}
TEXTS: Final = (
    *(
        "",
        " ",
        "a",
        "a b",
        "a\n",
        "ä",
        "\u0000",
        "x" * 64,
        "x" * 65,
        "x" * 128,
        "x" * 129,
        "ß" * 128,
        "\U0001f600" * 64,
    ),
    *(
        "1",
        "0",
        "2",
        "-1",
        "007",
        "9370",
        "937012345",
        "1.0",
        "1.5",
        "1.",
        ".5",
        "-0.5",
        "1e3",
        "0.000001",
        "0.0000001",
    ),
    *("999999999999.999999", "1000000000000", "NaN", "USD", "usd", "US", "USDT", "MT", "mt", "BILLED", "billed"),
    *("DELIVERED", "Delivered", "FLAG", "null", "true"),
)
TIMES: Final = (
    *("2026-10-15T12:00:00Z", "2026-10-15t12:00:00z", "2026-10-15T12:00:00+04:30", "2026-10-15T12:00:00-00:00"),
    *("2026-10-15T12:00:00.123456789Z", "2026-10-15T12:00:00.1234567890Z", "2026-10-15T12:00:00.Z"),
    *("2026-10-15T12:00:00", "2026-10-15 12:00:00Z", "2026-10-15", "2026-10-15T12:00Z", "2026-10-15T24:00:00Z"),
    *("2026-10-15T12:60:00Z", "2026-10-15T12:00:60Z", "2016-12-31T23:59:60Z", "2026-10-15T12:00:00+24:00"),
    *(
        "2026-10-15T12:00:00+05:60",
        "2026-10-15T12:00:00+0430",
        "2026-10-15T12:00:00+04",
        "\N{FULLWIDTH DIGIT TWO}026-10-15T12:00:00Z",
    ),
    *("2025-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "2024-02-30T00:00:00Z", "2026-04-31T00:00:00Z"),
    *("2026-00-10T00:00:00Z", "2026-13-10T00:00:00Z", "2026-10-00T00:00:00Z", "2026-10-32T00:00:00Z"),
    *("0000-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2027-01-01T00:00:00Z"),
    *((NOW + timedelta(hours=24)).isoformat(), (NOW + timedelta(hours=24, microseconds=1)).isoformat()),
    *((NOW - timedelta(days=3653)).isoformat(), (NOW - timedelta(days=3653, microseconds=1)).isoformat()),
)
NUMBERS: Final = (
    *(-1, 0, 1, 64, 65, 2**31 - 1, 2**31, 2**31 + 1, 2**63, 2**64, 10**30, -(10**30)),
    *(0.0, -0.0, 1.0, 7.0, 1e3, 2.0**31, 2.0**31 + 1, 0.5, 1.5, -1.0, 1e-7, 1e300),
)
OTHERS: Final[Sequence[Any]] = (None, True, False, [], {}, [None], [1], ["x"], {"a": 1}, [[]], [{}])


def _value(random: Random) -> Any:
    return random.choice(random.choice([TEXTS, TIMES, NUMBERS, OTHERS]))


def _mutated(random: Random, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields with one change."""
    name = random.choice(list(fields))
    match random.randrange(6):
        case 0:
            return {each: value for each, value in fields.items() if each != name}
        case 1:
            return {
                {name: random.choice([name.lower(), name.upper(), f"{name}_"])}.get(each, each): value
                for each, value in fields.items()
            }
        case 2:
            return {**fields, random.choice(["extra", "msisdn", "", "a b"]): _value(random)}
        case 3 if fields.get("findings") and isinstance(fields["findings"], list):
            return {**fields, "findings": _findings(random, fields["findings"])}
        case _:
            return {**fields, name: _value(random)}


def _findings(random: Random, findings: Sequence[Any]) -> list[Any]:
    index = random.randrange(len(findings))
    finding = findings[index]
    changed = (
        _mutated(random, finding) if isinstance(finding, dict) and finding and random.random() < 0.5 else _value(random)
    )
    return [*findings[:index], changed, *findings[index + 1 :], *[findings[0]] * random.choice([0, 0, 0, 63, 64, 65])]


def _message(random: Random, fields: Mapping[str, Any]) -> str:
    """The fields as JSON, sometimes with a member twice."""
    text = json.dumps(fields, ensure_ascii=random.random() < 0.5)
    if not fields or random.random() < 0.9:
        return text
    name = json.dumps(random.choice(list(fields)))
    twice = f"{name}: {json.dumps(_value(random))}"
    return f"{{{twice}, {text[1:]}" if random.random() < 0.5 else f"{text[:-1]}, {twice}}}"


def _messages(event: type[Event]) -> Iterator[str]:
    random = Random(event.event_type)
    for _ in range(CASES):
        fields = MAKE[event](random, NOW)
        for _ in range(random.choice([0, 1, 1, 1, 2, 3])):
            fields = _mutated(random, fields)
        yield _message(random, fields)


def _paths_by_schema(validator: jsonschema_rs.Draft202012Validator, schema: Mapping[str, Any], text: str) -> set[str]:
    """Where the schema says that an event is wrong."""
    value = json.loads(text)
    paths = set()
    for error in validator.iter_errors(value):
        path = "$" + "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in error.instance_path)
        kind = error.kind
        paths.add(f"{path}.{kind.property}" if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required) else path)
    (name,) = (each for each in schema["x-identity"] if each != "eventId")
    if not any(path.startswith((f"$.{name}", "$[")) for path in paths) and not _near(
        value[name], schema["properties"][name]
    ):
        paths.add(f"$.{name}")
    return paths


def _paths_by_decoder(decoder: EventDecoder[Any], text: str) -> set[str]:
    """Where the decoder says that an event is wrong."""
    try:
        decoder.decode(text.encode(), None, instant(NOW))
    except BadEventError as error:
        return {problem.path for problem in error.problems}
    return set()


def _near(time: str, schema: Mapping[str, Any]) -> bool:
    """Whether a time is within the limits that the schema annotates."""
    at = datetime.fromisoformat(time.upper())
    seconds = (at - NOW) / timedelta(seconds=1)
    return bool(-schema["x-max-age-seconds"] <= seconds <= schema["x-max-ahead-seconds"])


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.event_type)
def test_schema_and_decoder_find_the_same_problems(event: type[Event]) -> None:
    decoder, schema = EventDecoder(event), event_schema(event)
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    good = 0
    for text in _messages(event):
        wanted = {
            path for path in _paths_by_schema(validator, schema, text) if "findings" not in path or _index(path) < 64
        }
        assert _paths_by_decoder(decoder, text) == wanted, text
        good += not wanted
    assert CASES / 10 < good < CASES * 0.9


def _index(path: str) -> int:
    """The index of the finding that a path is about; 0 for other paths."""
    return int(path.partition("[")[2].partition("]")[0] or 0)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.event_type)
def test_samples_and_declared_examples_are_good(event: type[Event]) -> None:
    schema = event_schema(event)
    jsonschema_rs.meta.validate(schema)
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    full, least = (sample(event, NOW, minimal=minimal) for minimal in (False, True))
    for fields in (full, least):
        validator.validate(fields)
        EventDecoder(event).decode(json.dumps(fields).encode(), None, instant(NOW))
    assert list(full) == list(schema["properties"])
    assert set(least) == set(schema["required"])
    for name, declared in schema["properties"].items():
        for example in declared.get("examples", ()):
            validator.validate({**full, name: example})
        assert declared["description"].endswith("."), name
