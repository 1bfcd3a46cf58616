"""The services of the platform, each with what it may see: the word of a trusted network."""

from typing import Final

from starlette.datastructures import Headers

from graph.access.scope import AccountScope, PlatformScope, Scope
from graph.errors import ForbiddenError

CALLER: Final = "x-caller"
TENANT: Final = "x-tenant-id"
ACCOUNT: Final = "x-account-id"


def scope_of(caller: str, headers: Headers) -> Scope:
    """What a service may see; on whose behalf customer-portal asks, its headers say. ForbiddenError."""
    match caller:
        case "admin-dashboard":
            return PlatformScope(caller)
        case "finance-dashboard":
            return PlatformScope(caller, "finance")
        case "customer-portal":
            return AccountScope(caller, headers.get(ACCOUNT) or None, headers.get(TENANT) or None)
        case _:
            raise ForbiddenError("This caller is not known here.")


async def by_headers(headers: Headers) -> Scope | None:
    """X-Caller names the service."""
    caller = headers.get(CALLER)
    return scope_of(caller, headers) if caller else None
