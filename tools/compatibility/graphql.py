"""Compares two GraphQL schemas, with graphql-core."""

from collections.abc import Iterator

from graphql import build_schema, find_breaking_changes


def breaks(old: str, new: str) -> Iterator[str]:
    """One sentence per break. `old`, `new`: SDL."""
    yield from (change.description for change in find_breaking_changes(build_schema(old), build_schema(new)))
