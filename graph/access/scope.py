"""What a caller may see.

A report reads rows of a `Subject`, and only a `Scope` hands out subjects: code that forgets to ask what the
caller may see has nothing to read from. Whoever gets a subject may see all of its figures, cost included: so it is
handed out to whom `graph/access/disclosure.py` lets read that cost.
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
    """Whose rows are read: anlyt.metrics_hourly's (scope, scope_id)."""

    kind: SubjectKind
    id: str


PLATFORM: Final = Subject("PLATFORM", "platform")


@dataclass(frozen=True, slots=True)
class PlatformScope:
    """Sees every operator and every account; `finance` sees their figures, but neither lists nor live traffic."""

    caller: str
    role: PlatformRole = "admin"


@dataclass(frozen=True, slots=True)
class AccountScope:
    """Sees one account; none at all when the caller did not say which."""

    caller: str
    account_id: str | None
    tenant_id: str | None
    role: ClassVar[Role] = "customer"


Scope: TypeAlias = PlatformScope | AccountScope


def reads(scope: Scope, secret: Secret) -> Extent:
    """How much a caller may read of what not everybody may."""
    return READABLE[secret][scope.role]


def platform(scope: Scope) -> Subject:
    """The whole platform's rows; ForbiddenError."""
    if reads(scope, "COST") != "EVERYBODYS":
        raise ForbiddenError("This is answered to administrators and finance only.")
    return PLATFORM


def administration(scope: Scope) -> Subject:
    """The whole platform's rows for what administrators alone do: list accounts, watch traffic; ForbiddenError."""
    subject = platform(scope)
    if scope.role != "admin":
        raise ForbiddenError("Only administrators may ask this.")
    return subject


def operator(scope: Scope, operator_id: str) -> Subject:
    """One operator's rows; ForbiddenError."""
    platform(scope)
    return Subject("OPERATOR", operator_id)


def account(scope: Scope, account_id: str) -> Subject:
    """One account's rows; ForbiddenAccountError, whether that account exists or not."""
    own = isinstance(scope, AccountScope) and scope.account_id == account_id
    if not own and reads(scope, "COST") != "EVERYBODYS":
        raise ForbiddenAccountError("This account is not the caller's.")
    return Subject("ACCOUNT", account_id)


def checked_id(name: str, text: str) -> str:
    """An id as events may carry it; InvalidQueryError names the parameter it came in."""
    if not _ID.fullmatch(text):
        raise InvalidQueryError(f"{name} must be 1-64 characters of A-Z a-z 0-9 _ . : -")
    return text
