"""NATS, PostgreSQL and ClickHouse together, for `anlyt dev` and end-to-end tests."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from infra.embedded.clickhouse import ClickHouse
from infra.embedded.engine import Engine, claimed
from infra.embedded.nats import Nats
from infra.embedded.postgres import Postgres
from infra.embedded.recipe import EngineName, Recipe
from infra.s3 import S3

# In the order of claiming. Engines stop in reverse, so PostgreSQL, which has the ledger, stops last.
RECIPES: tuple[Recipe, ...] = (Postgres(), Nats(), ClickHouse())
ALL: frozenset[EngineName] = frozenset(recipe.name for recipe in RECIPES)


@dataclass(frozen=True)
class Urls:
    """The engines' URLs, usable as they are; None for an engine that is not in the stack."""

    nats: str | None
    postgres: str | None
    clickhouse: str | None


@dataclass(frozen=True)
class Stack:
    """The running engines by name."""

    engines: Mapping[EngineName, Engine]

    @property
    def urls(self) -> Urls:
        urls = {name: engine.url for name, engine in self.engines.items()}
        return Urls(urls.get("nats"), urls.get("postgres"), urls.get("clickhouse"))


@asynccontextmanager
async def stack(folder: Path, only: frozenset[EngineName] = ALL, s3: S3 | None = None) -> AsyncIterator[Stack]:
    """Starts the engines in `only` concurrently, each in a folder of its name below `folder`.

    `s3`: the bucket of ClickHouse's cold parts; it must be available before the start and until the end. Raises
    FolderInUseError before an engine starts, and EngineFailedError after all engines are stopped again.
    """
    async with AsyncExitStack() as engines:
        chosen = [
            await engines.enter_async_context(claimed(_with(recipe, s3), _home(folder, recipe), 0))
            for recipe in RECIPES
            if recipe.name in only
        ]
        outcomes = await asyncio.gather(*(engine.start() for engine in chosen), return_exceptions=True)
        for failure in outcomes:
            if failure is not None:
                raise failure
        yield Stack({engine.name: engine for engine in chosen})


def _with(recipe: Recipe, s3: S3 | None) -> Recipe:
    return replace(recipe, s3=s3) if isinstance(recipe, ClickHouse) else recipe


def _home(folder: Path, recipe: Recipe) -> Path:
    return folder.absolute() / recipe.name
