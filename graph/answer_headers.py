"""Headers of the answer to the current request, which the code that knows them declares.

Whoever reads a request's header to decide on the answer calls `vary_by`, and whoever limits a caller calls `set_limit`.
So no route can forget these headers. `graph/http/middleware.py` collects and sends them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, NamedTuple

MOST: Final = 10**15 - 1  # of an integer in a structured field (RFC 9651, 3.3.1)


class Limit(NamedTuple):
    """A quota of one caller: `quota` units per `seconds`, and the state of it.

    `remaining` units are left; after `reset` seconds there are more. None: no such time. `unit`: what is counted;
    requests if None.
    """

    quota: int
    seconds: int | None
    remaining: int
    reset: int | None
    unit: str | None = None


class AnswerHeaders:
    """What was declared during one request."""

    def __init__(self) -> None:
        self.vary: dict[str, None] = {}  # names of headers, in order
        self.limits: dict[str, Limit] = {}

    def fields(self) -> Iterator[tuple[str, str]]:
        """RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-10), if the caller is limited."""
        if self.limits:
            yield "ratelimit-policy", ", ".join(_policy(*each) for each in self.limits.items())
            yield "ratelimit", ", ".join(_state(*each) for each in self.limits.items())


def vary_by(*names: str) -> None:
    """Declares that the answer depends on these headers of the request."""
    if headers := _CURRENT.get():
        headers.vary.update(dict.fromkeys(names))


def set_limit(name: str, limit: Limit) -> None:
    """Declares a quota of the caller, or its new state."""
    if headers := _CURRENT.get():
        headers.limits[name] = limit


@contextmanager
def collected() -> Iterator[AnswerHeaders]:
    """Collects what is declared inside, also by tasks that are started inside."""
    headers = AnswerHeaders()
    token = _CURRENT.set(headers)
    try:
        yield headers
    finally:
        _CURRENT.reset(token)


def _policy(name: str, limit: Limit) -> str:
    unit = f';qu="{limit.unit}"' if limit.unit else ""
    window = "" if limit.seconds is None else f";w={limit.seconds}"
    return f'"{name}";q={min(limit.quota, MOST)}{unit}{window}'


def _state(name: str, limit: Limit) -> str:
    reset = "" if limit.reset is None else f";t={limit.reset}"
    return f'"{name}";r={min(max(limit.remaining, 0), MOST)}{reset}'


_CURRENT: Final[ContextVar[AnswerHeaders | None]] = ContextVar("answer_headers", default=None)
