"""Writes what the client packages contain of the API: reports, answers, names of queries, error codes.

In reading order: `contents` (what the API's documents say), `python`, `python_queries` and `typescript` (the files).
openapi-typescript writes the types of TypeScript's answers; `npm run generate` in clients/typescript runs it.
"""

from collections.abc import Mapping
from pathlib import Path

from tools.clients import python, python_queries, typescript


def files() -> Mapping[Path, str]:
    """The content of each file, by its path."""
    return {**python.formatted({**python.files(), **python_queries.files()}), **typescript.files()}
