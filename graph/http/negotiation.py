"""Content negotiation (RFC 9110, 12.5): selects the media type and the content coding that a client prefers."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from types import MappingProxyType
from typing import Final

from starlette.datastructures import Headers

from graph.answer_headers import vary_by
from graph.errors import NotAcceptableError

MOST_RANGES: Final = 100  # ranges of a header that are read; browsers send fewer than ten
MOST_PARAMETERS: Final = 10  # parameters of a range that are read
LONGEST_REMEMBERED: Final = 512  # characters of a header whose qualities are remembered

IDENTITY: Final = "identity"  # the content coding of an unchanged body

_ANYTHING: Final = "*/*"


def preferred(headers: Headers, offered: Sequence[str]) -> str:
    """Returns the offered media type with the highest quality in `Accept`: the first among equals.

    Without the header, returns the first. Raises NotAcceptableError when `Accept` excludes all of them.
    """
    vary_by("Accept")
    weights = _media_weights(headers) or {_ANYTHING: 1.0}
    best = max(offered, key=lambda each: _media_weight(weights, each))
    if not _media_weight(weights, best):
        raise NotAcceptableError(f"Accept excludes all media types of this endpoint: {', '.join(offered)}.")
    return best


def accepts_by_name(headers: Headers, media_type: str) -> bool:
    """Whether `Accept` lists this media type itself; a wildcard does not count."""
    return _media_weights(headers).get(media_type, 0.0) > 0


def preferred_coding(headers: Headers, offered: Sequence[str]) -> str:
    """Returns the offered coding with the highest quality in `Accept-Encoding`: the first among equals.

    Returns IDENTITY without the header, when the client prefers it, and when it accepts none of the codings.
    """
    weights = _weights(headers, "accept-encoding")
    best = max(offered, key=lambda each: weights.get(each, weights.get("*", 0.0)))
    quality = weights.get(best, weights.get("*", 0.0))
    return best if quality and quality >= weights.get(IDENTITY, 0.0) else IDENTITY


def _media_weights(headers: Headers) -> Mapping[str, float]:
    return {media_range: weight for media_range, weight in _weights(headers, "accept").items() if "/" in media_range}


def _media_weight(weights: Mapping[str, float], media_type: str) -> float:
    """The quality of a media type, from 0 (not acceptable) to 1, by the most specific range that matches."""
    ranges = (media_type, f"{media_type.partition('/')[0]}/*", _ANYTHING)
    return next((weights[each] for each in ranges if each in weights), 0.0)


def _weights(headers: Headers, name: str) -> Mapping[str, float]:
    """The quality of each range that a header lists."""
    listed = ",".join(headers.getlist(name))
    return _read(listed) if len(listed) <= LONGEST_REMEMBERED else dict(_ranges(listed))


@lru_cache(maxsize=256)  # a client sends the same headers with each request
def _read(listed: str) -> Mapping[str, float]:
    return MappingProxyType(dict(_ranges(listed)))


def _ranges(listed: str) -> Iterator[tuple[str, float]]:
    for part in islice(listed.lower().split(","), MOST_RANGES):
        named, *parameters = (each.strip() for each in islice(part.split(";"), 1 + MOST_PARAMETERS))
        quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        if named:
            yield named, _number(quality)


def _number(quality: str) -> float:
    """Parses a quality; anything but a number from 0 to 1 counts as 0."""
    try:
        value = float(quality)
    except ValueError:
        return 0.0
    return value if 0 <= value <= 1 else 0.0
