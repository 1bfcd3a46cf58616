"""The scope of a query: which rows and names it may read. The caller's identity decides it, never the request."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from graph.access import AccountScope, PlatformScope, Scope
from graph.errors import ForbiddenError
from schema.expressions import Bound, Call, Column, Constant, Expression, equal
from schema.facts import UNKNOWN

PSEUDONYM: Final = "MNO-"  # the prefix of all pseudonyms
UNASSIGNED: Final = "MNO-?"  # an MNO without a pseudonym
EVERY_TENANT: Final = "*"  # never a tenant's id


@dataclass(frozen=True, slots=True)
class AllTenants:
    """Reads all tenants, with the names of MNOs."""


@dataclass(frozen=True, slots=True)
class OneTenant:
    """Reads one tenant. `pseudonyms`: pairs of MNO and pseudonym; None: it reads names, under an addendum."""

    tenant_id: str
    pseudonyms: tuple[tuple[str, str], ...] | None


@dataclass(frozen=True, slots=True)
class AuditScope:
    """Reads one tenant's audited facts, for the regulator. The query language never compiles a query for it."""

    tenant_id: str


QueryScope: TypeAlias = AllTenants | OneTenant
ReadScope: TypeAlias = QueryScope | AuditScope


def tenant_of(scope: Scope) -> str | None:
    """Returns the tenant whose rows a caller may query; None: all tenants. Raises ForbiddenError without a tenant.

    `unknown` is no tenant: it marks facts whose event named none.
    """
    match scope:
        case PlatformScope():
            return None
        case AccountScope():
            if not scope.tenant_id or scope.tenant_id == UNKNOWN:
                raise ForbiddenError(f"{scope.caller} may query one tenant; the request names none.")
            return scope.tenant_id
        case _:
            assert_never(scope)


def query_scope(scope: Scope, pseudonyms: Mapping[str, str] | None) -> QueryScope:
    """Returns the scope of a caller's queries. Raises ForbiddenError without a tenant.

    `pseudonyms`: MNO -> pseudonym of the tenant; None: it may read names.
    """
    tenant = tenant_of(scope)
    if tenant is None:
        return AllTenants()
    return OneTenant(tenant, None if pseudonyms is None else tuple(sorted(pseudonyms.items())))


def reads_names(scope: QueryScope) -> bool:
    """Whether a scope reads the names of MNOs, not pseudonyms."""
    return isinstance(scope, AllTenants) or scope.pseudonyms is None


def is_pseudonym(scope: QueryScope, text: str) -> bool:
    """Whether a text is a pseudonym by its prefix, whether assigned or not, or one of the scope's own."""
    pseudonyms = scope.pseudonyms if isinstance(scope, OneTenant) else None
    return text.startswith(PSEUDONYM) or any(text == pseudonym for _, pseudonym in pseudonyms or ())


def tenant_predicate(scope: ReadScope) -> Expression:
    """Returns the first predicate of every read of a table."""
    match scope:
        case AllTenants():
            return equal(Bound(EVERY_TENANT, "String", "tenant"), Constant(EVERY_TENANT))
        case OneTenant() | AuditScope():
            return equal(Column("tenant_id"), Bound(scope.tenant_id, "String", "tenant"))
        case _:
            assert_never(scope)


def readable_mno(scope: QueryScope, mno: Expression) -> Expression:
    """Returns the MNO under the name that the scope may read; UNASSIGNED for one without a pseudonym."""
    if isinstance(scope, AllTenants) or scope.pseudonyms is None:
        return mno
    names, pseudonyms = ([pair[side] for pair in scope.pseudonyms] for side in (0, 1))
    return Call("transform", (mno, _texts(names), _texts(pseudonyms), Bound(UNASSIGNED, "String")))


def _texts(values: list[str]) -> Expression:
    return Bound(tuple(values), "Array(String)")
