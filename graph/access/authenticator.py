"""Authenticates each request once, which yields the caller's `Scope`."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias, assert_never

from starlette.datastructures import Headers

from graph.access.callers import ACCOUNT, CALLER, TENANT, identify_by_headers
from graph.access.jwks import KeyRing, make_fetch
from graph.access.mesh import FORWARDED, identify_by_mesh
from graph.access.rate_limit import RateLimit
from graph.access.scope import AccountScope, PlatformScope, Scope
from graph.access.tokens import AUTHORIZATION, CHALLENGE, identify_by_token
from graph.answer_headers import vary_by
from graph.errors import InvalidQueryError, UnauthenticatedError
from infra.settings import Auth, Settings

IDENTITY_HEADERS: Final = (CALLER, TENANT, ACCOUNT, FORWARDED, AUTHORIZATION)
# A gateway may tell callers apart by cookies, which do not reach this service but the caller's cache.
VARYING: Final = ("Authorization", "X-Caller", "X-Tenant-Id", "X-Account-Id", "X-Forwarded-Client-Cert", "Cookie")
LONGEST_KEY: Final = 64  # characters of an id in a rate limit's key: no valid id is longer

# The first kind of credential that a request carries decides, even if a weaker one beside it is valid.
STRONGEST_FIRST: Final[tuple[Auth, ...]] = ("jwt", "mesh", "headers")

Identify: TypeAlias = Callable[[Headers], Awaitable[Scope | None]]
Observe: TypeAlias = Callable[[AccountScope], None]


class Authenticator:
    """Identifies callers by `methods`, strongest first.

    `limit` is per tenant; None means no limit. `observe` receives each admitted customer.
    """

    def __init__(self, methods: Sequence[Identify], challenge: str, limit: RateLimit | None, observe: Observe) -> None:
        self._methods, self._challenge, self._limit, self._observe = methods, challenge, limit, observe

    async def admit(self, headers: Headers) -> Scope:
        """Returns the caller's scope, by the first method whose credential the request carries.

        Raises UnauthenticatedError for a missing or invalid credential, ForbiddenError for an unknown caller,
        InvalidQueryError for a repeated identity header, and RateLimitedError.
        """
        vary_by(*VARYING)
        for name in IDENTITY_HEADERS:
            _check_single(headers, name)
        for identify in self._methods:
            scope = await identify(headers)
            if scope is not None:
                self._count(scope)
                return scope
        raise UnauthenticatedError("The request carries no identity; authenticate it.", self._challenge)

    def _count(self, scope: Scope) -> None:
        """Counts a customer's request. Raises RateLimitedError.

        The platform's own services are not limited: they act for all tenants.
        """
        match scope:
            case PlatformScope():
                return
            case AccountScope():
                if self._limit is not None:
                    self._limit.take(_rate_key(scope))
                self._observe(scope)
            case _:
                assert_never(scope)


def _rate_key(scope: AccountScope) -> tuple[str, str]:
    """The tenant, else the account, else the caller. The kind is part of the key, because ids of kinds may collide."""
    if scope.tenant_id:
        return "tenant", scope.tenant_id[:LONGEST_KEY]
    return ("account", scope.account_id[:LONGEST_KEY]) if scope.account_id else ("caller", scope.caller[:LONGEST_KEY])


def _ignore(_: AccountScope) -> None:
    """Ignores a customer."""


def make_authenticator(settings: Settings, observe: Observe = _ignore) -> Authenticator:
    """Makes the authenticator that the settings describe. `observe` receives each admitted customer."""
    methods = [_method(name, settings) for name in STRONGEST_FIRST if name in settings.auth]
    challenge = CHALLENGE if "jwt" in settings.auth else 'X-Caller realm="anlyt"'
    limit = RateLimit(settings.rate_limit) if settings.rate_limit else None
    return Authenticator(methods, challenge, limit, observe)


def identity_headers(methods: Sequence[Auth]) -> Sequence[str]:
    """The headers with which a page in a browser may identify its caller. A mesh's proxy adds its own header."""
    return [*(VARYING[:1] if "jwt" in methods else ()), *(VARYING[1:4] if "headers" in methods else ())]


def _method(name: Auth, settings: Settings) -> Identify:
    match name:
        case "headers":
            return identify_by_headers
        case "mesh":
            return identify_by_mesh(settings.trust_domain)
        case "jwt":
            assert settings.jwks is not None  # read_settings requires it with jwt
            keys = KeyRing(make_fetch(settings.jwks))
            return identify_by_token(keys, settings.jwt_audience, settings.jwt_issuer)
        case _:
            assert_never(name)


def _check_single(headers: Headers, name: str) -> None:
    """Raises InvalidQueryError for a repeated header: a proxy may have checked only one of its values."""
    if (times := len(headers.getlist(name))) > 1:
        raise InvalidQueryError(f"The header {name} appears {times} times.")
