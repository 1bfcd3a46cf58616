"""Requests of the API as bytes, with their callers."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

Caller = Mapping[str, str]
"""The headers that say who asks."""

ADMIN: Final[Caller] = {"X-Caller": "admin-dashboard"}
FINANCE: Final[Caller] = {"X-Caller": "finance-dashboard"}
REPORTS: Final = "/v1/internal/analytics"
QUERY: Final = "/v1/anlyt/query"
EXPORTS: Final = "/v1/anlyt/exports"


def tenant(tenant_id: str, account: str | None = None) -> Caller:
    """The portal's headers for a user of a tenant."""
    headers = {"X-Caller": "customer-portal", "X-Tenant-Id": tenant_id}
    return {**headers, "X-Account-Id": account} if account else headers


def get(path: str, caller: Caller = ADMIN, /, **parameters: object) -> bytes:
    target = f"{path}?{urlencode(parameters)}" if parameters else path
    return _head(f"GET {target}", caller)


def post(path: str, caller: Caller, body: Any) -> bytes:
    """A request with a JSON body."""
    text = msgspec.json.encode(body)
    return (
        _head(f"POST {path}", {**caller, "Content-Type": "application/json", "Content-Length": str(len(text))}) + text
    )


def query(caller: Caller, body: Mapping[str, Any]) -> bytes:
    """A typed query."""
    return post(QUERY, caller, body)


def graphql(document: str, /, **variables: object) -> bytes:
    """A GraphQL operation of the admin dashboard."""
    return post("/graphql", ADMIN, {"query": document, "variables": variables})


def _head(target: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"{target} HTTP/1.1", "Host: bench", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()
