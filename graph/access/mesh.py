"""Identifies callers by a service mesh: by the SPIFFE id of the peer whose certificate the nearest proxy verified.

X-Forwarded-Client-Cert has Envoy's format: one element per hop, separated by commas, the nearest proxy's last. An
element is `Key=value` pairs, separated by semicolons. A value with any of `,;="` is quoted; backslashes escape quotes.
Only the last element is trusted: the elements before it came with the request.
https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#x-forwarded-client-cert
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

from starlette.datastructures import Headers

from graph.access.callers import scope_of_service
from graph.access.scope import Scope
from graph.errors import UnauthenticatedError

FORWARDED: Final = "x-forwarded-client-cert"
MOST_PAIRS: Final = 200  # of all hops together; a proxy writes about five

Element: TypeAlias = Sequence[tuple[str, str]]

_PAIR: Final = re.compile(r'([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^",;=]*))')
_ESCAPED: Final = re.compile(r"\\(.)")
_SEPARATOR: Final = re.compile(r";|[ \t]*,[ \t]*")
_SPIFFE: Final = re.compile(r"spiffe://([a-z0-9._-]{1,255})/ns/([A-Za-z0-9._-]{1,128})/sa/[A-Za-z0-9._-]{1,128}")


def identify_by_mesh(trust_domain: str | None) -> Callable[[Headers], Awaitable[Scope | None]]:
    """Returns the authentication method of a mesh. With `trust_domain` None, every trust domain is accepted."""

    async def identify(headers: Headers) -> Scope | None:
        """Returns the scope of the SPIFFE id's namespace; None without the header. Raises UnauthenticatedError."""
        forwarded = headers.get(FORWARDED)
        if forwarded is None:
            return None
        caller = _caller(forwarded, trust_domain)
        if caller is None:
            raise UnauthenticatedError("X-Forwarded-Client-Cert does not end in a trusted SPIFFE id.")
        return scope_of_service(caller, headers)

    return identify


def elements(forwarded: str) -> Sequence[Element] | None:
    """Parses the header into one element per hop, with lower-case keys.

    Returns None if any part is malformed, or if there are more than MOST_PAIRS pairs.
    """
    hops: list[list[tuple[str, str]]] = [[]]
    position = 0
    for _ in range(MOST_PAIRS):
        pair = _PAIR.match(forwarded, position)
        if pair is None:
            return None
        key, quoted, plain = pair.groups()
        hops[-1].append((key.lower(), plain if quoted is None else _ESCAPED.sub(r"\1", quoted)))
        position = pair.end()
        if position == len(forwarded):
            return hops
        separator = _SEPARATOR.match(forwarded, position)
        if separator is None:
            return None
        if "," in separator[0]:
            hops.append([])
        position = separator.end()
    return None


def spiffe_caller(uri: str, trust_domain: str | None) -> str | None:
    """Returns the service that a SPIFFE id names: its namespace. None for other text and other trust domains."""
    spiffe = _SPIFFE.fullmatch(uri)
    return spiffe[2] if spiffe and trust_domain in (None, spiffe[1]) else None


def _caller(forwarded: str, trust_domain: str | None) -> str | None:
    hops = elements(forwarded)
    uris = [value for key, value in hops[-1] if key == "uri"] if hops else []
    return spiffe_caller(uris[0], trust_domain) if len(uris) == 1 else None
