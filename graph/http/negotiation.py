"""Content negotiation (RFC 9110, 12.5.1): selects the offered media type that a client prefers."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from starlette.datastructures import Headers

from graph.errors import NotAcceptableError

MOST_RANGES: Final = 100  # media ranges of Accept that are read; browsers send fewer than ten
MOST_PARAMETERS: Final = 10  # parameters of a media range that are read

_ANYTHING: Final = "*/*"


def preferred(headers: Headers, offered: Sequence[str]) -> str:
    """Returns the offered media type with the highest quality in `Accept`: the first among equals.

    Without the header, returns the first. Raises NotAcceptableError when `Accept` excludes all of them.
    """
    weights = _weights(headers) or {_ANYTHING: 1.0}
    best = max(offered, key=lambda each: _weight(weights, each))
    if not _weight(weights, best):
        raise NotAcceptableError(f"Accept excludes all media types of this endpoint: {', '.join(offered)}.")
    return best


def accepts_by_name(headers: Headers, media_type: str) -> bool:
    """Whether `Accept` lists this media type itself; a wildcard does not count."""
    return _weights(headers).get(media_type, 0.0) > 0


def _weights(headers: Headers) -> Mapping[str, float]:
    return dict(_ranges(",".join(headers.getlist("accept"))))


def _weight(weights: Mapping[str, float], media_type: str) -> float:
    """The quality of a media type, from 0 (not acceptable) to 1, by the most specific range that matches."""
    ranges = (media_type, f"{media_type.partition('/')[0]}/*", _ANYTHING)
    return next((weights[each] for each in ranges if each in weights), 0.0)


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    for part in islice(accept.lower().split(","), MOST_RANGES):
        media_range, *parameters = (each.strip() for each in islice(part.split(";"), 1 + MOST_PARAMETERS))
        if "/" in media_range:
            quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
            yield media_range, _number(quality)


def _number(quality: str) -> float:
    """Parses a quality; anything but a number from 0 to 1 counts as 0."""
    try:
        value = float(quality)
    except ValueError:
        return 0.0
    return value if 0 <= value <= 1 else 0.0
