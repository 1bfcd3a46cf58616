"""Content negotiation (RFC 9110, 12.5.1): which of our media types a client prefers."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from starlette.datastructures import Headers

from graph.errors import NotAcceptableError

MOST_RANGES: Final = 100  # of Accept that are looked at; a browser sends less than ten
MOST_PARAMETERS: Final = 10  # of a range

_ANYTHING: Final = "*/*"


def preferred(headers: Headers, offered: Sequence[str]) -> str:
    """The offered media type that `Accept` weighs highest; the first of equals, and the first without the header.

    NotAcceptableError when it takes none of them.
    """
    weights = _weights(headers) or {_ANYTHING: 1.0}
    best = max(offered, key=lambda each: _weight(weights, each))
    if not _weight(weights, best):
        raise NotAcceptableError(f"Accept names none of the media types that are answered here: {', '.join(offered)}.")
    return best


def names(headers: Headers, media_type: str) -> bool:
    """Whether `Accept` takes this very type, and not only by a wildcard."""
    return _weights(headers).get(media_type, 0.0) > 0


def _weights(headers: Headers) -> Mapping[str, float]:
    return dict(_ranges(",".join(headers.getlist("accept"))))


def _weight(weights: Mapping[str, float], media_type: str) -> float:
    """From 0, not acceptable, to 1: the most specific range that matches decides."""
    ranges = (media_type, f"{media_type.partition('/')[0]}/*", _ANYTHING)
    return next((weights[each] for each in ranges if each in weights), 0.0)


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    for part in islice(accept.lower().split(","), MOST_RANGES):
        media_range, *parameters = (piece.strip() for piece in islice(part.split(";"), 1 + MOST_PARAMETERS))
        if "/" in media_range:
            quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
            yield media_range, _number(quality)


def _number(quality: str) -> float:
    """A quality that is no number between 0 and 1 counts as 0."""
    try:
        value = float(quality)
    except ValueError:
        return 0.0
    return value if 0 <= value <= 1 else 0.0
