"""Who is calling, and what that caller may see.

A report reads rows of a `Subject`, and only a `Scope` hands out subjects: code that forgets to ask what the
caller may see has nothing to read from.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal, NamedTuple, TypeAlias, assert_never

from msgspec import Meta
from starlette.datastructures import Headers

from graph.errors import ForbiddenAccountError, ForbiddenError, InvalidQueryError, UnauthenticatedError
from infra.errors import UsageError
from infra.settings import Auth

SubjectKind = Literal["PLATFORM", "OPERATOR", "ACCOUNT"]
ID_PATTERN: Final = r"^[A-Za-z0-9_.:-]{1,64}$"
SubjectId: TypeAlias = Annotated[str, Meta(pattern=ID_PATTERN, description="1-64 characters of A-Z a-z 0-9 _ . : -")]

CALLER, TENANT, ACCOUNT = "x-caller", "x-tenant-id", "x-account-id"
IDENTITY_HEADERS: Final = (CALLER, TENANT, ACCOUNT)

_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


class Subject(NamedTuple):
    """Whose rows are read: anlyt.metrics_hourly's (scope, scope_id)."""

    kind: SubjectKind
    id: str


PLATFORM: Final = Subject("PLATFORM", "platform")


@dataclass(frozen=True, slots=True)
class PlatformScope:
    """Sees every operator and every account."""

    caller: str


@dataclass(frozen=True, slots=True)
class AccountScope:
    """Sees one account; none at all when the caller did not say which."""

    caller: str
    account_id: str | None
    tenant_id: str | None


Scope: TypeAlias = PlatformScope | AccountScope
Identify: TypeAlias = Callable[[Headers], Scope | None]


def platform(scope: Scope) -> Subject:
    """The whole platform's rows; ForbiddenError."""
    match scope:
        case PlatformScope():
            return PLATFORM
        case AccountScope():
            raise ForbiddenError(f"{scope.caller} sees the usage of its own account only.")
        case _:
            assert_never(scope)


def operator(scope: Scope, operator_id: str) -> Subject:
    """One operator's rows; ForbiddenError."""
    platform(scope)
    return Subject("OPERATOR", operator_id)


def account(scope: Scope, account_id: str) -> Subject:
    """One account's rows; ForbiddenAccountError, whether that account exists or not."""
    match scope:
        case PlatformScope():
            return Subject("ACCOUNT", account_id)
        case AccountScope():
            if scope.account_id != account_id:
                raise ForbiddenAccountError("This account is not the caller's.")
            return Subject("ACCOUNT", account_id)
        case _:
            assert_never(scope)


def checked_id(name: str, text: str) -> str:
    """An id as events may carry it; InvalidQueryError names the parameter it came in."""
    if not _ID.fullmatch(text):
        raise InvalidQueryError(f"{name} must be 1-64 characters of A-Z a-z 0-9 _ . : -")
    return text


def by_headers(headers: Headers) -> Scope | None:
    """The word of a trusted network: X-Caller, X-Tenant-Id, X-Account-Id."""
    caller, tenant_id, account_id = (_single(headers, name) for name in IDENTITY_HEADERS)
    match caller:
        case None:
            return None
        case "admin-dashboard":
            return PlatformScope(caller)
        case "customer-portal":
            return AccountScope(caller, account_id, tenant_id)
        case _:
            raise ForbiddenError("This caller is not known here.")


IDENTIFIERS: Final[Mapping[Auth, Identify]] = {"headers": by_headers}


def identifiers(auth: Sequence[Auth]) -> tuple[Identify, ...]:
    """The ways to a Scope that ANLYT_AUTH chose, in its order; UsageError for one that there is not."""
    unsupported = [name for name in auth if name not in IDENTIFIERS]
    if unsupported:
        raise UsageError(f"ANLYT_AUTH={','.join(auth)}: this version supports {', '.join(IDENTIFIERS)}.")
    return tuple(IDENTIFIERS[name] for name in auth)


def identify(ways: Sequence[Identify], headers: Headers) -> Scope:
    """The caller's scope by the first way that recognises it; UnauthenticatedError when none does."""
    for way in ways:
        scope = way(headers)
        if scope is not None:
            return scope
    raise UnauthenticatedError("Say who is calling: X-Caller is missing.")


def _single(headers: Headers, name: str) -> str | None:
    """One value or none: of two, nobody can tell which one was checked on the way here."""
    values = headers.getlist(name)
    if len(values) > 1:
        raise InvalidQueryError(f"The header {name} was given {len(values)} times.")
    return values[0] if values and values[0] else None
