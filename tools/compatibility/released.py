"""Compares the documents of this tree with those of the last release."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from tools.compatibility import asyncapi, graphql, openapi

# document in schema/ -> its breaks, of two texts
DOCUMENTS: Final[Mapping[str, Callable[[str, str], Iterator[str]]]] = {
    "openapi.json": lambda old, new: openapi.breaks(json.loads(old), json.loads(new)),
    "audit.openapi.json": lambda old, new: openapi.breaks(json.loads(old), json.loads(new)),
    "asyncapi.json": lambda old, new: asyncapi.breaks(json.loads(old), json.loads(new)),
    "graph.graphql": graphql.breaks,
    "audit.graphql": graphql.breaks,
}


def last_release(folder: Path) -> Path:
    """The folder of the newest release in `folder`, whose folders have versions as names, such as 1.10.0."""
    return max(folder.iterdir(), key=lambda each: [int(part) for part in each.name.split(".")])


def breaks(schema: Path) -> Iterator[str]:
    """One sentence per break of the documents in a folder `schema`, compared with its last release."""
    old = last_release(schema / "released")
    for name, find in DOCUMENTS.items():
        yield from (f"{name}: {each}" for each in find((old / name).read_text(), (schema / name).read_text()))
