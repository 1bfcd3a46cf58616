"""The platform's services and their scopes, by names that a trusted network or a mesh asserts."""

from typing import Final

from starlette.datastructures import Headers

from graph.access.scope import AccountScope, PlatformScope, Scope
from graph.errors import ForbiddenError

CALLER: Final = "x-caller"
TENANT: Final = "x-tenant-id"
ACCOUNT: Final = "x-account-id"


def scope_of_service(caller: str, headers: Headers) -> Scope:
    """Returns a service's scope; the headers of customer-portal name its tenant and account.

    Raises ForbiddenError for an unknown service.
    """
    match caller:
        case "admin-dashboard":
            return PlatformScope(caller)
        case "finance-dashboard":
            return PlatformScope(caller, "finance")
        case "customer-portal":
            return AccountScope(caller, headers.get(ACCOUNT) or None, headers.get(TENANT) or None)
        case _:
            raise ForbiddenError("This service does not know the caller.")


async def identify_by_headers(headers: Headers) -> Scope | None:
    """Returns the scope of the service that X-Caller names, or None without that header."""
    caller = headers.get(CALLER)
    return scope_of_service(caller, headers) if caller else None
