"""What not every caller may read, and how much of it each role may: the rule, as data.

Scopes are held to it (`graph/access/scope.py`, `graph/dsl/scope.py`), the SDL and OpenAPI print it at each field, and
tests ask each of these fields as each role. What a field is, its type says: money is a cost wherever it stands.
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
MEANING: Final[Mapping[Secret, str]] = {"COST": "What messages cost.", "MNO": "Which mobile network operator it was."}
EXTENTS: Final[Mapping[Extent, str]] = {
    "EVERYBODYS": "everybody's",
    "OWN": "its own account's, and in queries its own tenant's",
    "PSEUDONYMS": "only under its tenant's own pseudonyms, unless a data-share addendum is in force",
}

BY_NAME: Final[Mapping[str, Secret]] = {"mno": "MNO", "operator_id": "MNO"}


def rule_in_words(secret: Secret) -> str:
    """The rule in words."""
    roles = "; ".join(f"{role}: {EXTENTS[extent]}" for role, extent in READABLE[secret].items())
    return f"{MEANING[secret]} {roles}."


def of_measure(measure: Measure) -> Secret | None:
    """What a measure of a query discloses."""
    return "COST" if measure.kind == "money" else None


def of_dimension(dimension: Dimension) -> Secret | None:
    """What a dimension of a query discloses."""
    return "MNO" if dimension is MNO or dimension.reveals_mno else None


def discloses(field: mi.Field) -> Secret | None:
    """What a field of an answer discloses."""
    return "COST" if _is_money(field.type) else BY_NAME.get(field.name)


def disclosing(type_: mi.Type) -> Iterator[tuple[mi.StructType, mi.Field, Secret]]:
    """Every such field of an answer, however deep."""
    match type_:
        case mi.StructType():
            for field in type_.fields:
                if (secret := discloses(field)) is not None:
                    yield type_, field, secret
                yield from disclosing(field.type)
        case mi.Metadata():
            yield from disclosing(type_.type)
        case mi.ListType():
            yield from disclosing(type_.item_type)
        case mi.UnionType():
            for member in type_.types:
                yield from disclosing(member)


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
