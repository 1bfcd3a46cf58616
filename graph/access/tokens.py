"""Identifies callers by bearer tokens: JSON Web Tokens (RFC 7519), verified as RFC 8725 advises."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Final, NoReturn

import jwt
import msgspec
from msgspec import Meta, Struct
from starlette.datastructures import Headers

from graph.access.jwks import ASYMMETRIC, KeyRing
from graph.access.scope import AccountScope, PlatformScope, Scope, SubjectId
from graph.errors import ForbiddenError, UnauthenticatedError

AUTHORIZATION: Final = "authorization"
LONGEST: Final = 8 << 10  # characters
SKEW: Final = 30  # seconds by which our clock and the issuer's may differ
CHALLENGE: Final = 'Bearer realm="anlyt"'


class Claims(Struct, frozen=True):
    """The claims of a token that this service reads."""

    sub: Annotated[str, Meta(min_length=1, max_length=256)]
    tenant_id: SubjectId | None = None
    account_id: SubjectId | None = None
    roles: Sequence[str] = ()


def identify_by_token(
    keys: KeyRing, audience: str | None, issuer: str | None
) -> Callable[[Headers], Awaitable[Scope | None]]:
    """Returns the authentication method of bearer tokens. `audience` and `issuer` are checked unless they are None."""
    required = ["exp", "sub", *(["aud"] if audience else []), *(["iss"] if issuer else [])]
    options: Any = {"require": required, "verify_aud": audience is not None}

    async def identify(headers: Headers) -> Scope | None:
        """Returns the scope of the token, or None without a token. Raises UnauthenticatedError when it is invalid."""
        token = _token(headers)
        if token is None:
            return None
        try:
            header = jwt.get_unverified_header(token)
            kid, algorithm = header.get("kid"), header.get("alg")
            if not isinstance(algorithm, str) or algorithm not in ASYMMETRIC:
                _refuse("its algorithm is not accepted")
            key = await keys.find(kid, algorithm)
            if key is None:
                _refuse("its key is unknown")
            payload = jwt.decode(token, key, [algorithm], options, audience=audience, issuer=issuer, leeway=SKEW)
            return scope_of_claims(msgspec.convert(payload, Claims))
        except msgspec.ValidationError as error:
            _refuse(f"its claims are invalid: {error}")
        except (jwt.PyJWTError, ValueError, OverflowError) as error:  # extreme times overflow
            _refuse(_REASONS.get(type(error), "it cannot be verified"))

    return identify


def scope_of_claims(claims: Claims) -> Scope:
    """Returns the scope of the widest role. Raises ForbiddenError when all roles are unknown."""
    if "platform.admin" in claims.roles:
        return PlatformScope(claims.sub)
    if "platform.finance" in claims.roles:
        return PlatformScope(claims.sub, "finance")
    if "customer" in claims.roles:
        return AccountScope(claims.sub, claims.account_id, claims.tenant_id)
    raise ForbiddenError("This service knows none of the token's roles.")


def _token(headers: Headers) -> str | None:
    """Returns the bearer token of Authorization; None for other schemes. Raises UnauthenticatedError above LONGEST."""
    scheme, _, token = headers.get(AUTHORIZATION, "").strip().partition(" ")
    if scheme.lower() != "bearer":
        return None
    if len(token) > LONGEST:
        _refuse(f"it is longer than {LONGEST} characters")
    return token.strip()


def _refuse(why: str) -> NoReturn:
    raise UnauthenticatedError(f"The bearer token is refused: {why}.", f'{CHALLENGE}, error="invalid_token"')


_REASONS: Final = {
    jwt.ExpiredSignatureError: "it has expired",
    jwt.ImmatureSignatureError: "it is not valid yet",
    jwt.InvalidAudienceError: "it is meant for another audience",
    jwt.InvalidIssuerError: "it comes from another issuer",
    jwt.InvalidSignatureError: "its signature is wrong",
    jwt.MissingRequiredClaimError: "a required claim is missing",
}
