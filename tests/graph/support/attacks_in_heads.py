"""Expensive headers and URLs, and direct calls of other parsers: audit requests, cursors, times, Accept."""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp

from graph.access.cursors import LONGEST as LONGEST_CURSOR
from graph.access.cursors import Cursors, PagePosition
from graph.access.tokens import LONGEST as LONGEST_TOKEN
from graph.audit import request as audit_request
from graph.audit.exports import request as export_request
from graph.errors import ApiError
from graph.http.middleware import LONGEST_URL
from graph.http.negotiation import preferred
from graph.http.protocol import LONGEST_HEAD
from graph.reports.windows import parse_time
from graph.rest.query import MEDIA_TYPES
from tests.graph.support.attacks import ADMIN, AUDIT, Attack, AttackOfSize, long, members, status_of, upto


def headed(name: str, value: str) -> Attack:
    caller = {"content-type": "application/json", **({} if name in IDENTITIES else ADMIN), name: value}
    return lambda app: status_of(app, "POST", "/v1/anlyt/query", caller, b"{}")


def bearing(*parts: bytes) -> Attack:
    """A bearer token of these parts, truncated to the longest allowed length."""
    text = ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    return headed("authorization", f"Bearer {text[:LONGEST_TOKEN]}")


IDENTITIES: Final = ("x-forwarded-client-cert", "authorization")
FORWARDED, AUTHORIZATION = IDENTITIES
TRACE: Final = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"
HEADERS: Final[Mapping[str, AttackOfSize]] = {
    "pairs of a hop": lambda s: headed(FORWARDED, long(s, "a=;", LONGEST_HEAD)),
    "hops": lambda s: headed(FORWARDED, long(s, "a=,", LONGEST_HEAD)),
    "a quote that never ends": lambda s: headed(FORWARDED, 'a="' + long(s, '\\"', LONGEST_HEAD)),
    "a quoted value": lambda s: headed(FORWARDED, f'a="{long(s, chr(92) + "a", LONGEST_HEAD)}"'),
    "blanks between hops": lambda s: headed(FORWARDED, f"a=b{long(s, ' ', LONGEST_HEAD)}x"),
    "a long id": lambda s: headed(FORWARDED, f"URI=spiffe://a/ns/{long(s, 'a', LONGEST_HEAD)}"),
    "a token of one part": lambda s: headed(AUTHORIZATION, f"Bearer {long(s, 'a', LONGEST_HEAD)}"),
    "a token of many parts": lambda s: headed(AUTHORIZATION, f"Bearer {long(s, '.', LONGEST_TOKEN, 100)}"),
    "a nested token": lambda s: bearing(b"[" * int(s * 6000), b"{}", b""),
    "a nested header of a token": lambda s: bearing(b'{"alg":"ES256","kid":' + b'{"a":' * int(s * 1100), b"{}", b""),
    "a number in a token": lambda s: bearing(b'{"alg":"ES256","kid":' + b"9" * int(s * 6000) + b"}", b"{}", b""),
    "members of a token": lambda s: bearing(
        f'{{"alg":"ES256",{upto(s * 600, chr(34).join(("", "{:x}", ":1")).format)}}}'.encode(), b"{}", b""
    ),
    "accepted types": lambda s: headed("accept", long(s, ",", LONGEST_HEAD)),
    "a trace's state": lambda s: (
        lambda app: status_of(
            app,
            "POST",
            "/v1/anlyt/query",
            {**ADMIN, "traceparent": TRACE, "tracestate": long(s, "a=b,", LONGEST_HEAD)},
            b"{}",
        )
    ),
    "baggage": lambda s: (
        lambda app: status_of(
            app,
            "POST",
            "/v1/anlyt/query",
            {**ADMIN, "traceparent": TRACE, "baggage": long(s, "a=b,", LONGEST_HEAD)},
            b"{}",
        )
    ),
    "a request's id": lambda s: headed("x-request-id", long(s, "a ", LONGEST_HEAD)),
}


def url_attack(url: str, path: str = "/v1/internal/analytics/summary") -> Attack:
    return lambda app: status_of(app, "GET", path, ADMIN, url=url[: LONGEST_URL - len(path)])


URLS: Final[Mapping[str, AttackOfSize]] = {
    "separators": lambda s: url_attack(long(s, "&", LONGEST_URL, 100)),
    "one parameter": lambda s: url_attack(long(s, "a=1&", LONGEST_URL, 100)),
    "parameters": lambda s: url_attack(upto(s * 1200, "{:x}=1".format, "&")),
    "escapes": lambda s: url_attack("from=" + long(s, "%41", LONGEST_URL, 100)),
    "blanks in a time": lambda s: url_attack("from=" + long(s, "1+", LONGEST_URL, 100)),
    "digits": lambda s: url_attack("limit=" + long(s, "9", LONGEST_URL, 100), "/v1/internal/analytics/top-operators"),
    "a path": lambda s: url_attack("", f"/v1/internal/analytics/accounts/{long(s, 'a', LONGEST_URL, 100)}/usage"),
}


def call(function: Callable[..., object], *arguments: object) -> Attack:
    """A direct call of a parser that the API's listener does not reach."""

    async def called(_: ASGIApp) -> None:
        try:
            function(*arguments)
        except ApiError:
            return

    return called


def negotiating(text: str) -> Callable[[], str]:
    return lambda: preferred(Headers({"accept": text}), MEDIA_TYPES)


PARSERS: Final[Mapping[str, AttackOfSize]] = {
    "audit: unknown members": lambda s: call(audit_request.parse, f"{{{members(s)}}}".encode()),
    "audit: twice the last name": lambda s: call(audit_request.parse, f'{{{AUDIT},{members(s)},"a":1,"a":2}}'.encode()),
    "audit: a long tenant": lambda s: call(audit_request.parse, f'{{"tenantId":"{long(s, "a")}"}}'.encode()),
    "audit: a long rule": lambda s: call(audit_request.parse, f'{{{AUDIT},"ruleType":"{long(s, "a")}"}}'.encode()),
    "exports: unknown members": lambda s: call(export_request.parse, f"{{{AUDIT},{members(s)}}}".encode()),
    "cursors": lambda s: call(Cursors(b"key").open, "query", "context", long(s, "A", LONGEST_CURSOR, 0), PagePosition),
    "cursors beyond their length": lambda s: call(Cursors(b"key").open, "query", "context", long(s, "A"), PagePosition),
    "times": lambda s: call(parse_time, "from", "2026-10-01T00:00:00." + long(s, "0") + "Z"),
    "ranges of Accept": lambda s: call(negotiating(long(s, "a/b;q=0.5,", LONGEST_HEAD))),
    "parameters of Accept": lambda s: call(negotiating("a/b" + long(s, ";q=1", LONGEST_HEAD))),
    "a weight of Accept": lambda s: call(negotiating("a/b;q=" + long(s, "1", LONGEST_HEAD))),
}
