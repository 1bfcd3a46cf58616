"""The types of event fields: what a value may be, for the decoder, for messages and for the JSON Schemas.

A constraint is declared once. msgspec checks types, lengths and bounds. `schema.decoding` checks all patterns of an
event together: msgspec would search for each alone, which costs more than the rest of decoding. `allowed` is the phrase
of messages: "currency must be three capital letters ...".
"""

import re
from typing import Annotated, Final, Literal

from msgspec import Meta

from schema.instants import DAY, SECOND

MAX_INT: Final = 2**31
MAX_AHEAD: Final = DAY  # how far an event time may be ahead of the message's arrival in its stream
MAX_AGE: Final = 3653 * DAY  # ten years: how old it may be then


def means(meaning: str, *examples: object, unit: str | None = None) -> Meta:
    """What a field means, with its unit and examples. The first example is in samples."""
    keywords = {} if unit is None else {"x-unit": unit}
    return Meta(description=meaning, examples=list(examples), extra_json_schema=keywords)


def _text(pattern: str, longest: int, allowed: str, **keywords: object) -> Meta:
    """The constraints of a text that `pattern` matches as a whole. `keywords`: others of its JSON Schema."""
    return Meta(
        min_length=1,
        max_length=longest,
        extra_json_schema={"pattern": f"^(?:{pattern})$", **keywords},
        extra={"pattern": pattern, "allowed": allowed},
    )


def _integer(lowest: int) -> Meta:
    return Meta(ge=lowest, le=MAX_INT, extra={"allowed": f"an integer from {lowest} to {MAX_INT}"})


# Every part is spelled out: datetime.fromisoformat accepts different texts in each Python version, and JSON Schema's
# `date-time` allows leap seconds.
_YEAR: Final = r"(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_LEAP_YEAR: Final = (
    r"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"  # four digits, not 0000
)
_DAY_OF_YEAR: Final = (
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_HOUR: Final = r"(?:[01][0-9]|2[0-3])"
_TIME: Final = (
    rf"(?:{_YEAR}-{_DAY_OF_YEAR}|{_LEAP_YEAR}-02-29)"
    rf"[Tt]{_HOUR}:[0-5][0-9]:[0-5][0-9](?:\.[0-9]{{1,9}})?(?:[Zz]|[+-]{_HOUR}:[0-5][0-9])"
)
_ID: Final = r"[A-Za-z0-9_.:-]{1,64}"
_ID_IN_WORDS: Final = "1-64 characters of A-Z a-z 0-9 _ . : -"

Id = Annotated[str, _text(_ID, 64, _ID_IN_WORDS)]
Timestamp = Annotated[
    str,
    _text(
        _TIME,
        35,
        "an RFC 3339 time that exists, with an offset, such as 2026-10-01T12:00:00Z",
        **{"format": "date-time", "x-max-ahead-seconds": MAX_AHEAD // SECOND, "x-max-age-seconds": MAX_AGE // SECOND},
    ),
]
Money = Annotated[
    str,
    _text(
        r"[0-9]{1,12}(?:\.[0-9]{1,6})?",
        19,
        'a decimal string from "0" to "999999999999.999999", up to 6 decimals',
    ),
]
Currency = Annotated[str, _text(r"[A-Z]{3}", 3, "three capital letters (ISO 4217), such as USD")]
Count = Annotated[int, _integer(0)]
Segments = Annotated[int, _integer(1)]
ErrorCode = Annotated[str, _text(_ID, 64, f"null or {_ID_IN_WORDS}")]
Prefix = Annotated[str, _text(r"[0-9]{2,8}", 8, "2-8 digits")]
RuleName = Annotated[str, _text(r"[^\x00-\x1f\x7f]{1,128}", 128, "1-128 characters, none of them a control character")]
# Some producers send a number, others a text; stored as text. This is the only text whose pattern msgspec checks.
Version = (
    Annotated[
        str,
        Meta(pattern=rf"\A(?:{_ID})\Z", extra={"allowed": _ID_IN_WORDS}),
    ]
    | Count
)

SchemaVersion = Literal["1"]
BillingStatus = Literal["BILLED", "REFUNDED"]
DeliveryStatus = Literal["DELIVERED", "FAILED", "UNDELIVERABLE", "UNDELIVERED", "EXPIRED", "REJECTED", "PENDING"]
Direction = Literal["MT", "MO"]
Verdict = Literal["ALLOW", "FLAG", "HOLD", "BLOCK"]

_is_id: Final = re.compile(_ID).fullmatch


def is_id(text: str) -> bool:
    """Whether a text may be an id."""
    return _is_id(text) is not None
