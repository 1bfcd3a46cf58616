"""Statements as values. Only `Read` names a table, and it requires a scope."""

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
    """The rows of a table that the scope may see. `unnested`: arrays that yield one row per element.

    `final`: whether rows are deduplicated; otherwise every stored copy counts.
    """

    table: CatalogTable
    scope: ReadScope
    unnested: tuple[str, ...] = ()
    final: bool = True


@dataclass(frozen=True, slots=True)
class Join:
    """A left join on `keys`, where nulls are equal; a cross join without keys."""

    left: "Select"
    right: "Select"
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Union:
    """The rows of all branches, which have the same columns."""

    branches: tuple["Select", ...]


@dataclass(frozen=True, slots=True)
class Select:
    """A select. `columns`: name -> expression; `group_by` and `order_by` use these names; `limit` is in rows."""

    columns: Mapping[str, Expression]
    source: "Source"
    where: tuple[Expression, ...] = ()
    group_by: tuple[str, ...] = ()
    order_by: tuple[Sort, ...] = ()
    limit: Bound | None = None


Source: TypeAlias = Read | Union | Join | Select


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL, its parameters (`{name:Type}` in ClickHouse), its result columns, and the settings that it needs."""

    sql: str
    parameters: Mapping[str, object]
    columns: tuple[Column, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
