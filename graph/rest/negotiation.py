"""Which of our media types a caller wants (RFC 9110, 12.5.1)."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from starlette.datastructures import Headers

MOST_RANGES: Final = 100  # of Accept that are looked at; a browser sends less than ten
MOST_PARAMETERS: Final = 10  # of a range


def preferred(headers: Headers, offered: Sequence[str]) -> str:
    """The offered type with the highest quality in Accept; the first one when none is named, or none is acceptable."""
    ranges = dict(_ranges(",".join(headers.getlist("accept"))))

    def quality(media_type: str) -> float:
        kinds = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
        return next((ranges[kind] for kind in kinds if kind in ranges), 0.0)

    return max(offered, key=quality)  # of equals, the first


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    for part in islice(accept.lower().split(","), MOST_RANGES):
        kind, *parameters = (piece.strip() for piece in islice(part.split(";"), 1 + MOST_PARAMETERS))
        weights = [text[2:] for text in parameters if text.startswith("q=")]
        yield kind, _weight(weights[0]) if weights else 1.0


def _weight(text: str) -> float:
    """What is no number between 0 and 1 is no wish at all."""
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
