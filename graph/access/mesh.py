"""The service mesh's word: the SPIFFE id of the peer whose certificate the nearest proxy checked.

X-Forwarded-Client-Cert as Envoy writes it: an element a hop, the nearest proxy's last, separated by commas; an
element is `Key=value` pairs separated by semicolons; a value that holds one of `,;="` is quoted, and a quote in it
escaped by a backslash. Only the last element was written by a proxy that we trust: what stands before it came with
the request.
https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#x-forwarded-client-cert
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

from starlette.datastructures import Headers

from graph.access.callers import scope_of
from graph.access.scope import Scope
from graph.errors import UnauthenticatedError

FORWARDED: Final = "x-forwarded-client-cert"
MOST_PAIRS: Final = 200  # of all hops together: a proxy writes a handful each

Element: TypeAlias = Sequence[tuple[str, str]]

_PAIR: Final = re.compile(r'([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^",;=]*))')
_ESCAPED: Final = re.compile(r"\\(.)")
_SEPARATOR: Final = re.compile(r";|[ \t]*,[ \t]*")
_SPIFFE: Final = re.compile(r"spiffe://([a-z0-9._-]{1,255})/ns/([A-Za-z0-9._-]{1,128})/sa/[A-Za-z0-9._-]{1,128}")


def by_mesh(trust_domain: str | None) -> Callable[[Headers], Awaitable[Scope | None]]:
    """The way of a mesh; without `trust_domain`, whatever the proxy lets in is believed."""

    async def way(headers: Headers) -> Scope | None:
        """The caller is the namespace of the SPIFFE id; UnauthenticatedError when there is none to be read."""
        forwarded = headers.get(FORWARDED)
        if forwarded is None:
            return None
        caller = _caller(forwarded, trust_domain)
        if caller is None:
            raise UnauthenticatedError("X-Forwarded-Client-Cert does not end in a SPIFFE id that is trusted here.")
        return scope_of(caller, headers)

    return way


def elements(forwarded: str) -> Sequence[Element] | None:
    """The hops, each as its pairs with keys in lower case; None unless all of it can be read, MOST_PAIRS at most."""
    found: list[list[tuple[str, str]]] = [[]]
    position = 0
    for _ in range(MOST_PAIRS):
        pair = _PAIR.match(forwarded, position)
        if pair is None:
            return None
        key, quoted, plain = pair.groups()
        found[-1].append((key.lower(), plain if quoted is None else _ESCAPED.sub(r"\1", quoted)))
        position = pair.end()
        if position == len(forwarded):
            return found
        separator = _SEPARATOR.match(forwarded, position)
        if separator is None:
            return None
        if "," in separator[0]:
            found.append([])
        position = separator.end()
    return None


def spiffe_caller(uri: str, trust_domain: str | None) -> str | None:
    """The service that a SPIFFE id names: its namespace. None for any other text, and for another trust domain."""
    spiffe = _SPIFFE.fullmatch(uri)
    return spiffe[2] if spiffe and trust_domain in (None, spiffe[1]) else None


def _caller(forwarded: str, trust_domain: str | None) -> str | None:
    hops = elements(forwarded)
    uris = [value for key, value in hops[-1] if key == "uri"] if hops else []
    return spiffe_caller(uris[0], trust_domain) if len(uris) == 1 else None
