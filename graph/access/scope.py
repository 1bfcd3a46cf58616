"""Scopes: what a caller may see.

A report reads the rows of a `Subject`, and only a `Scope` yields subjects. So code without a scope cannot read any
rows. A subject gives access to all of its figures, cost included. So only callers that may read that cost
(`graph/access/disclosure.py`) get it.
"""

import re
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal, NamedTuple, TypeAlias

from msgspec import Meta

from graph.access.disclosure import READABLE, Extent, Role, Secret
from graph.errors import ForbiddenAccountError, ForbiddenError, InvalidQueryError

SubjectKind = Literal["PLATFORM", "OPERATOR", "ACCOUNT"]
ID_PATTERN: Final = r"^[A-Za-z0-9_.:-]{1,64}$"
SubjectId: TypeAlias = Annotated[str, Meta(pattern=ID_PATTERN, description="1-64 characters of A-Z a-z 0-9 _ . : -")]
PlatformRole = Literal["admin", "finance"]

_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


class Subject(NamedTuple):
    """The owner of rows: (scope, scope_id) of anlyt.metrics_hourly."""

    kind: SubjectKind
    id: str


PLATFORM: Final = Subject("PLATFORM", "platform")


@dataclass(frozen=True, slots=True)
class PlatformScope:
    """Sees all operators and accounts. Role `finance` sees their figures, but neither lists nor live traffic."""

    caller: str
    role: PlatformRole = "admin"


@dataclass(frozen=True, slots=True)
class AccountScope:
    """Sees one account, or none when `account_id` is None."""

    caller: str
    account_id: str | None
    tenant_id: str | None
    role: ClassVar[Role] = "customer"


Scope: TypeAlias = PlatformScope | AccountScope


def readable_extent(scope: Scope, secret: Secret) -> Extent:
    """How much of a secret a caller may read."""
    return READABLE[secret][scope.role]


def platform(scope: Scope) -> Subject:
    """Returns the whole platform's rows. Raises ForbiddenError for customers."""
    if readable_extent(scope, "COST") != "EVERYBODYS":
        raise ForbiddenError("Only administrators and finance may read this.")
    return PLATFORM


def administration(scope: Scope) -> Subject:
    """Returns the whole platform's rows, for lists of accounts and live traffic.

    Raises ForbiddenError for all callers but administrators.
    """
    subject = platform(scope)
    if scope.role != "admin":
        raise ForbiddenError("Only administrators may read this.")
    return subject


def operator(scope: Scope, operator_id: str) -> Subject:
    """Returns one operator's rows. Raises ForbiddenError for customers."""
    platform(scope)
    return Subject("OPERATOR", operator_id)


def account(scope: Scope, account_id: str) -> Subject:
    """Returns one account's rows. Raises ForbiddenAccountError for another's account, whether it exists or not."""
    own = isinstance(scope, AccountScope) and scope.account_id == account_id
    if not own and readable_extent(scope, "COST") != "EVERYBODYS":
        raise ForbiddenAccountError("This account is not the caller's.")
    return Subject("ACCOUNT", account_id)


def checked_id(name: str, text: str) -> str:
    """Returns `text` if it is a valid id of an event. Raises InvalidQueryError, which names the parameter `name`."""
    if not _ID.fullmatch(text):
        raise InvalidQueryError(f"{name} must be 1-64 characters of A-Z a-z 0-9 _ . : -")
    return text
