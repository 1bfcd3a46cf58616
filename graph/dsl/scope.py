"""What a query may see: decided by who is calling, never by the request. Nothing is planned without it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from graph.access import AccountScope, PlatformScope, Scope
from graph.errors import ForbiddenError
from schema.expressions import Bound, Call, Column, Constant, Expression, equal
from schema.facts import UNKNOWN

PSEUDONYM: Final = "MNO-"  # what every pseudonym begins with
UNLISTED: Final = "MNO-?"  # stands for an MNO that has no letter yet
EVERY_TENANT: Final = "*"  # no id of a tenant


@dataclass(frozen=True, slots=True)
class AllTenants:
    """The platform: every tenant, every MNO under its name."""


@dataclass(frozen=True, slots=True)
class OneTenant:
    """One tenant. `pseudonyms`: MNO -> pseudonym, in pairs; None: an addendum is in force, it reads names."""

    tenant_id: str
    pseudonyms: tuple[tuple[str, str], ...] | None


@dataclass(frozen=True, slots=True)
class AuditScope:
    """The tenant that the regulator named. No query of the language is compiled for it: it reads audited facts only."""

    tenant_id: str


QueryScope: TypeAlias = AllTenants | OneTenant
ReadScope: TypeAlias = QueryScope | AuditScope


def tenant_of(scope: Scope) -> str | None:
    """Whose rows a caller sees; None: everyone's. ForbiddenError for a caller that must have a tenant and has none.

    Facts whose event named no tenant are kept under `unknown`, which is nobody's.
    """
    match scope:
        case PlatformScope():
            return None
        case AccountScope():
            if not scope.tenant_id or scope.tenant_id == UNKNOWN:
                raise ForbiddenError(f"{scope.caller} queries one tenant; the caller has none.")
            return scope.tenant_id
        case _:
            assert_never(scope)


def query_scope(scope: Scope, pseudonyms: Mapping[str, str] | None) -> QueryScope:
    """`pseudonyms`: the tenant's pseudonyms of MNOs by their names; None: it may read the names. ForbiddenError."""
    tenant = tenant_of(scope)
    if tenant is None:
        return AllTenants()
    return OneTenant(tenant, None if pseudonyms is None else tuple(sorted(pseudonyms.items())))


def reads_names(scope: QueryScope) -> bool:
    """Whether MNOs stand under their names."""
    return isinstance(scope, AllTenants) or scope.pseudonyms is None


def is_pseudonym(scope: QueryScope, text: str) -> bool:
    """Whether a scope that reads pseudonyms may take a text for one, be it of an MNO that it has met or not."""
    pseudonyms = scope.pseudonyms if isinstance(scope, OneTenant) else None
    return text.startswith(PSEUDONYM) or any(text == letter for _, letter in pseudonyms or ())


def tenant_predicate(scope: ReadScope) -> Expression:
    """What every read of a table begins with."""
    match scope:
        case AllTenants():
            return equal(Bound(EVERY_TENANT, "String", "tenant"), Constant(EVERY_TENANT))
        case OneTenant() | AuditScope():
            return equal(Column("tenant_id"), Bound(scope.tenant_id, "String", "tenant"))
        case _:
            assert_never(scope)


def mno_seen(scope: QueryScope, mno: Expression) -> Expression:
    """The MNO under the name that the scope may read. One without a letter keeps its name to itself."""
    if isinstance(scope, AllTenants) or scope.pseudonyms is None:
        return mno
    names, pseudonyms = ([pair[side] for pair in scope.pseudonyms] for side in (0, 1))
    seen = (mno, _texts(names), _texts(pseudonyms), Bound(UNLISTED, "String"))
    return Call("transform", seen)


def _texts(values: list[str]) -> Expression:
    return Bound(tuple(values), "Array(String)")
