"""Files are split into their values, however they are written, and wherever their chunks end."""

import json
import time
from collections.abc import Sequence
from random import Random
from typing import Any, Final

import pytest

from commands.support.json_values import LONGEST, JsonSplitter, JsonValue
from infra.errors import UsageError

TEXTS: Final = ["", "a", '"', "\\", '\\"', "{", "}", "[]", "a,b", "\n", "{\n", "é", "\\\\", "x" * 300]


def split(data: bytes, size: int = 1 << 16) -> Sequence[JsonValue]:
    splitter = JsonSplitter()
    found = [value for start in range(0, len(data), size) for value in splitter.feed(data[start : start + size])]
    return [*found, *splitter.end()]


def _object(random: Random, depth: int = 0) -> dict[str, Any]:
    leaves: list[Any] = [None, True, 1, -1.5, [], {}, *TEXTS]
    values = [
        _object(random, depth + 1) if depth < 3 and random.random() < 0.2 else random.choice(leaves) for _ in range(4)
    ]
    return {
        random.choice(TEXTS) + str(n): [value, value] if random.random() < 0.2 else value
        for n, value in enumerate(values)
    }


@pytest.mark.parametrize("seed", range(15))
def test_values_are_found_in_every_layout_and_at_every_chunk_size(seed: int) -> None:
    random = Random(seed)
    values = [_object(random) for _ in range(random.randrange(1, 8))]
    for size in (1, 2, 7, 64, 1 << 16):
        for text in (
            json.dumps(values),
            json.dumps(values, indent=random.choice([0, 2])),
            "\n".join(map(json.dumps, values)),
            "\r\n\r\n".join(json.dumps(value, ensure_ascii=False) for value in values) + "\r\n",
            "".join(json.dumps(value, indent=1) for value in values),
            "[\n" + ",\n".join(map(json.dumps, values)) + "\n]\n",
            "\ufeff" + "\n".join(map(json.dumps, values)),
        ):
            assert [json.loads(value.text) for value in split(text.encode(), size)] == values


def test_values_have_the_line_in_which_they_begin() -> None:
    text = '\n{"a": 1}\n\n{\n  "b": [\n{}\n]\n}\n{"c": 3}{"d": 4}\n[5, "x"]'
    assert [(value.line, value.text) for value in split(text.encode())] == [
        (2, b'{"a": 1}'),
        (4, b'{\n  "b": [\n{}\n]\n}'),
        (9, b'{"c": 3}'),
        (9, b'{"d": 4}'),
        (10, b"5"),
        (10, b'"x"'),
    ]


@pytest.mark.parametrize("size", [1, 3, 1 << 16])
@pytest.mark.parametrize(
    "broken",
    [
        '{"a": 1',
        '{"a": 1,',
        '{"a',
        '{"a": "b',
        '{"a": [1',
        '{"a": [1, 2]',
        '{"a": {"b": 1}',
        "{",
        "hello",
        '"x',
        "}",
        "{]}",
        "1 2",
    ],
)
def test_a_broken_line_does_not_hide_the_next_one(broken: str, size: int) -> None:
    good = '{"eventId": "e-1"}'
    found = split(f"{good}\n{broken}\n{good}\n{good}\n".encode(), size)
    assert [value.line for value in found if value.text == good.encode()] == [1, 3, 4]
    assert {value.line for value in found if value.text != good.encode()} == {2}


def test_a_long_value_is_reported_without_its_text() -> None:
    long = b'{"a": "' + b"x" * LONGEST + b'"}'
    for text in (long, b"[" + long + b"]", b"[" + long + b', {"b": 1}]', long + b'\n{"b": 1}'):
        found = split(text)
        assert [value.text for value in found] == [b"", b'{"b": 1}'][: len(found)]
        assert found[0].fault == "The event is longer than 1,048,576 bytes."


def test_what_is_cut_off_is_reported() -> None:
    found = split(b'[{"a": 1}, {"b"')
    assert [(value.text, value.fault) for value in found] == [
        (b'{"a": 1}', None),
        (b'{"b"', None),
        (b"", "The list does not end; the file may be cut off."),
    ]
    assert split(b"") == split(b" \n\n") == []
    assert [value.text for value in split(b"7")] == [b"7"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_another_encoding_is_refused(encoding: str) -> None:
    with pytest.raises(UsageError, match="Save it as UTF-8"):
        split('{"a": 1}'.encode(encoding))


HOSTILE: Final = {
    "brackets": b"[" * (1 << 16),
    "braces": b'{"a":' * (1 << 16),
    "lines of braces": b"{\n" * (1 << 15),
    "objects in a list": b"[" + b"{}," * (1 << 16),
    "backslashes": b'{"a": "' + b"\\" * (1 << 16),
    "quotes": b'{"a": ' + b'"' * (1 << 16),
    "blank lines": b'{"a":' + b"\n" * (1 << 16) + b"{",
    "garbage": b"\xff}}}\x00" * (1 << 16),
    "commas": b"[1" + b",1" * (1 << 16),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_splitting_takes_linear_time_and_constant_memory(data: bytes) -> None:
    """At most three seconds of CPU time for a quarter of a megabyte, ten times what it takes."""
    before, splitter, count = time.process_time(), JsonSplitter(), 0
    data = b" " + data
    for start in range(0, len(data), 1 << 16):
        count += sum(1 for _ in splitter.feed(data[start : start + (1 << 16)]))
    assert count + sum(1 for _ in splitter.end()) > 0
    assert time.process_time() - before < 3
