"""The authenticator: every request passes it once, and has a `Scope` afterwards."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias, assert_never

from starlette.datastructures import Headers

from graph.access.callers import ACCOUNT, CALLER, TENANT, by_headers
from graph.access.jwks import KeyRing, source
from graph.access.mesh import FORWARDED, by_mesh
from graph.access.rate_limit import RateLimit
from graph.access.scope import AccountScope, PlatformScope, Scope
from graph.access.tokens import AUTHORIZATION, CHALLENGE, by_token
from graph.errors import InvalidQueryError, UnauthenticatedError
from infra.settings import Auth, Settings

IDENTITY_HEADERS: Final = (CALLER, TENANT, ACCOUNT, FORWARDED, AUTHORIZATION)
LONGEST_KEY: Final = 64  # characters of a tenant that are told apart: no id is longer

# The strongest first: a credential that was presented decides, and a weaker one beside it does not help.
STRENGTH: Final[tuple[Auth, ...]] = ("jwt", "mesh", "headers")

Identify: TypeAlias = Callable[[Headers], Awaitable[Scope | None]]
Note: TypeAlias = Callable[[AccountScope], None]


class Authenticator:
    """The ways to be identified, strongest first, the limit for each tenant (None: there is no limit), and who
    is told of customers that come in.
    """

    def __init__(self, ways: Sequence[Identify], challenge: str, limit: RateLimit | None, note: Note) -> None:
        self._ways, self._challenge, self._limit, self._note = ways, challenge, limit, note

    async def admit(self, headers: Headers) -> Scope:
        """What the caller may see, by the first way that recognises it.

        UnauthenticatedError when none does or the one that does is not satisfied, ForbiddenError for a caller that is
        not known, InvalidQueryError for an identity given twice, RateLimitedError.
        """
        for name in IDENTITY_HEADERS:
            _check_single(headers, name)
        for way in self._ways:
            scope = await way(headers)
            if scope is not None:
                self._count(scope)
                return scope
        raise UnauthenticatedError("Say who is calling: the request carries no identity.", self._challenge)

    def _count(self, scope: Scope) -> None:
        """Services of the platform ask for everybody, and are not limited."""
        match scope:
            case PlatformScope():
                return
            case AccountScope():
                if self._limit is not None:
                    self._limit.take(_counted_as(scope))
                self._note(scope)
            case _:
                assert_never(scope)


def _counted_as(scope: AccountScope) -> tuple[str, str]:
    """The tenant, else the account, else the caller: each apart, as an account may have the id of another's tenant."""
    if scope.tenant_id:
        return "tenant", scope.tenant_id[:LONGEST_KEY]
    return ("account", scope.account_id[:LONGEST_KEY]) if scope.account_id else ("caller", scope.caller[:LONGEST_KEY])


def _ignore(_: AccountScope) -> None:
    """For who does not compare customers with events."""


def make_authenticator(settings: Settings, note: Note = _ignore) -> Authenticator:
    """The authenticator that the settings describe; `note` is told of each customer that it lets in."""
    ways = [_way(name, settings) for name in STRENGTH if name in settings.auth]
    challenge = CHALLENGE if "jwt" in settings.auth else 'X-Caller realm="anlyt"'
    return Authenticator(ways, challenge, RateLimit(settings.rate_limit) if settings.rate_limit else None, note)


def _way(name: Auth, settings: Settings) -> Identify:
    match name:
        case "headers":
            return by_headers
        case "mesh":
            return by_mesh(settings.trust_domain)
        case "jwt":
            assert settings.jwks is not None  # settings are refused without it
            return by_token(KeyRing(source(settings.jwks)), settings.jwt_audience, settings.jwt_issuer)
        case _:
            assert_never(name)


def _check_single(headers: Headers, name: str) -> None:
    """Of two values, nobody can tell which one was checked on the way here."""
    if (times := len(headers.getlist(name))) > 1:
        raise InvalidQueryError(f"The header {name} was given {times} times.")
