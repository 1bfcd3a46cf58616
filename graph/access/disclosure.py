"""The disclosure rule as data: which fields are restricted, and how much of them each role may read.

Scopes enforce it (`graph/access/scope.py`, `graph/dsl/scope.py`). The SDL and OpenAPI show it at each field. Tests
query each restricted field as each role. A field's type classifies it: every amount of money is a cost.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Literal, TypeAlias

import msgspec.inspect as mi

from schema.catalog import Dimension, Measure
from schema.catalog.dimensions import MNO
from schema.money import MONEY_PATTERN

Role = Literal["admin", "finance", "customer"]
Secret = Literal["COST", "MNO"]
Extent = Literal["EVERYBODYS", "OWN", "PSEUDONYMS"]
Rule: TypeAlias = Mapping[Role, Extent]

READABLE: Final[Mapping[Secret, Rule]] = {
    "COST": {"admin": "EVERYBODYS", "finance": "EVERYBODYS", "customer": "OWN"},
    "MNO": {"admin": "EVERYBODYS", "finance": "EVERYBODYS", "customer": "PSEUDONYMS"},
}
MEANING: Final[Mapping[Secret, str]] = {"COST": "The cost of messages.", "MNO": "The mobile network operator."}
EXTENTS: Final[Mapping[Extent, str]] = {
    "EVERYBODYS": "of all tenants and accounts",
    "OWN": "of its own account, and in queries of its own tenant",
    "PSEUDONYMS": "only as its tenant's own pseudonyms, unless a data-share addendum is in force",
}

BY_NAME: Final[Mapping[str, Secret]] = {"mno": "MNO", "operator_id": "MNO"}


def rule_in_words(secret: Secret) -> str:
    """Returns the meaning of a secret and what each role may read of it, as text."""
    roles = "; ".join(f"{role}: {EXTENTS[extent]}" for role, extent in READABLE[secret].items())
    return f"{MEANING[secret]} {roles}."


def disclosed_by_measure(measure: Measure) -> Secret | None:
    """The secret that a measure of a query discloses."""
    return "COST" if measure.kind == "money" else None


def disclosed_by_dimension(dimension: Dimension) -> Secret | None:
    """The secret that a dimension of a query discloses."""
    return "MNO" if dimension is MNO or dimension.reveals_mno else None


def disclosed_by_field(field: mi.Field) -> Secret | None:
    """The secret that a field of an answer discloses."""
    return "COST" if _is_money(field.type) else BY_NAME.get(field.name)


def disclosing_fields(type_: mi.Type) -> Iterator[tuple[mi.StructType, mi.Field, Secret]]:
    """Yields all fields of an answer that disclose a secret, at any depth."""
    match type_:
        case mi.StructType():
            for field in type_.fields:
                if (secret := disclosed_by_field(field)) is not None:
                    yield type_, field, secret
                yield from disclosing_fields(field.type)
        case mi.Metadata():
            yield from disclosing_fields(type_.type)
        case mi.ListType():
            yield from disclosing_fields(type_.item_type)
        case mi.UnionType():
            for member in type_.types:
                yield from disclosing_fields(member)


def _is_money(type_: mi.Type) -> bool:
    match type_:
        case mi.Metadata():
            return _is_money(type_.type)
        case mi.UnionType():
            return any(map(_is_money, type_.types))
        case mi.DictType():
            return _is_money(type_.value_type)
        case mi.StrType():
            return type_.pattern == MONEY_PATTERN
        case _:
            return False
