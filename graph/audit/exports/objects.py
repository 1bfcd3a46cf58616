"""An export's objects in S3, as we see them: put, read through, linked to, deleted."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from infra.errors import DependencyUnavailableError
from infra.faults import fault_of
from infra.tiers import EXPORTS

LINK_LIFETIME: Final = timedelta(minutes=10)
CHUNK: Final = 4 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Digest:
    """`sha256` is hexadecimal."""

    byte_count: int
    sha256: str


class Objects:
    """Names are `<export>/<file>`. DependencyUnavailableError while S3 is away."""

    def __init__(self, store: S3Store) -> None:
        self._store = store

    async def put(self, name: str, content: bytes) -> None:
        with _as_problem():
            await self._store.put_async(_key(name), content)

    async def digest(self, name: str) -> Digest:
        """Of all bytes as S3 gives them, read in pieces."""
        counted, hashed = 0, sha256()
        with _as_problem():
            async for chunk in (await self._store.get_async(_key(name))).stream(min_chunk_size=CHUNK):
                counted += len(chunk)
                hashed.update(chunk)
        return Digest(counted, hashed.hexdigest())

    async def link(self, name: str) -> str:
        """A URL that gives the object to whoever has it, for LINK_LIFETIME."""
        return await obstore.sign_async(self._store, "GET", _key(name), LINK_LIFETIME)

    async def delete_all(self, export: str) -> None:
        """Every object of an export, listed or left behind."""
        with _as_problem():
            async for keys in self._keys(f"{EXPORTS}/{export}/"):
                await self._store.delete_async(keys)

    async def _keys(self, prefix: str) -> AsyncIterator[list[str]]:
        async for some in self._store.list(prefix):
            yield [meta["path"] for meta in some]


def _key(name: str) -> str:
    return f"{EXPORTS}/{name}"


@contextmanager
def _as_problem() -> Iterator[None]:
    """All that may go wrong with an object that ClickHouse has just written, or that we write, is S3's doing."""
    try:
        yield
    except (BaseError, OSError) as error:
        if fault := fault_of(error):
            raise fault from error
        raise DependencyUnavailableError("S3 does not answer.") from error
