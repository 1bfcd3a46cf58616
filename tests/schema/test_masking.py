import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.masking import MASK, masked

KNOWN = {"eventId", "latencyMs"}
SECRET = "SECRET93701234567"


def test_known_fields_are_kept_and_others_counted() -> None:
    event = {"eventId": "e-1", "latencyMs": -1, "msisdn": SECRET, SECRET: 1}
    assert masked(json.dumps(event).encode(), KNOWN) == {"eventId": "e-1", "latencyMs": -1, "maskedFields": 2}


@pytest.mark.parametrize("value", [{"to": SECRET}, [SECRET], {SECRET: 1}, [[{"a": SECRET}]]])
def test_what_is_nested_in_a_known_field_is_masked(value: object) -> None:
    assert masked(json.dumps({"eventId": value}).encode(), KNOWN) == {"eventId": MASK}


def test_long_values_are_cut() -> None:
    assert masked(json.dumps({"eventId": "x" * 10_000}).encode(), KNOWN) == {"eventId": "x" * 256}


@pytest.mark.parametrize(
    "data",
    [
        f"to: {SECRET}".encode(),
        f'{{"msisdn": "{SECRET}"'.encode(),
        f'["{SECRET}"]'.encode(),
        f'"{SECRET}"'.encode(),
        b"\xff" + SECRET.encode(),
        SECRET.encode("utf-16"),
        b"[" * 100_000 + SECRET.encode(),
    ],
)
def test_of_what_is_no_object_no_letter_or_digit_is_kept(data: bytes) -> None:
    kept = masked(data, KNOWN)
    assert isinstance(kept, str)
    assert not any(character.isalnum() for character in kept)
    assert len(kept) <= 1024


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_can_be_masked_and_written(data: bytes) -> None:
    msgspec.json.encode(masked(data, KNOWN))
