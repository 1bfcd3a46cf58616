"""Statements as values. `Read` is the only one that names a table, and it cannot be made without a scope."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from graph.dsl.columns import Column
from graph.dsl.resolve import Sort
from graph.dsl.scope import ReadScope
from schema.catalog.terms import CatalogTable
from schema.expressions import Bound, Expression


@dataclass(frozen=True, slots=True)
class Read:
    """The rows of a table that the scope may see. `unnested`: one row for each element of these.

    `final`: deduplicated; without it, each copy that is stored.
    """

    table: CatalogTable
    scope: ReadScope
    unnested: tuple[str, ...] = ()
    final: bool = True


@dataclass(frozen=True, slots=True)
class Join:
    """Each row of `left`, beside that of `right` which is equal in `keys`, nulls included; without keys, beside all."""

    left: "Select"
    right: "Select"
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Select:
    """`columns`: name -> expression. `group_by` and `order_by` are of those names; `limit` counts rows."""

    columns: Mapping[str, Expression]
    source: "Source"
    where: tuple[Expression, ...] = ()
    group_by: tuple[str, ...] = ()
    order_by: tuple[Sort, ...] = ()
    limit: Bound | None = None


Source: TypeAlias = Read | Join | Select


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL, its parameters as ClickHouse binds them (`{name:Type}`), its columns, and settings that it depends on."""

    sql: str
    parameters: Mapping[str, object]
    columns: tuple[Column, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
