"""Conditional requests (RFC 9110, 13): `If-None-Match`, and the headers of answers that caches may keep.

Tags are weak: an answer has the same tag in each content coding, and whatever its time to compute was.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response

from graph.answer_headers import vary_by
from graph.validation import NotModifiedError, Validation, validating

ANY: Final = "*"
MOST_TAGS: Final = 50  # tags of If-None-Match that are read

_TAG: Final = re.compile(r'(?:W/)?"([!#-~]*)"')


@contextmanager
def conditional(headers: Headers, *identity: object) -> Iterator[Validation]:
    """Opens the validation of a request. Raises NotModifiedError for an answer that the caller has.

    `identity`: the route, the caller, the parameters and the media type.
    """
    listed = ",".join(headers.getlist("if-none-match")).strip()
    known = frozenset(tag for _, tag in zip(range(MOST_TAGS), _tags(listed), strict=False))
    with validating(identity, known) as validation:
        yield validation
    if listed == ANY and validation.tag:  # an answer exists
        raise NotModifiedError(validation)


def caching_headers(validation: Validation) -> Mapping[str, str]:
    """Cache-Control and ETag. Only the caller's own cache may keep an answer, and never one without a validator."""
    if validation.tag is None:
        return {"Cache-Control": "private, no-store"}
    return {
        "Cache-Control": f"private, max-age={validation.lifetime}, must-revalidate",
        "ETag": f'W/"{validation.tag}"',
    }


def not_modified(error: NotModifiedError) -> Response:
    """The response 304, with the headers that the answer would have."""
    vary_by("Accept-Encoding")
    return Response(status_code=304, headers=caching_headers(error.validation))


def _tags(listed: str) -> Iterator[str]:
    return (match[1] for match in _TAG.finditer(listed))
