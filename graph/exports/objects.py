"""The objects of exports in S3: put, hash, link, delete."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import obstore
from obstore.exceptions import BaseError

from infra.errors import DependencyUnavailableError
from infra.faults import fault_of
from infra.s3 import REQUEST_TIMEOUT, S3, open_store
from infra.s3_lock import lock

LINK_LIFETIME: Final = timedelta(minutes=10)
CHUNK: Final = 4 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Digest:
    """The size and hash of an object; `sha256` in hexadecimal."""

    byte_count: int
    sha256: str


class Objects:
    """Reads and writes objects by name, `<export>/<file>`, in a folder of the bucket.

    All methods raise DependencyUnavailableError while S3 is unavailable.
    """

    def __init__(self, s3: S3, folder: str, request_timeout: int = REQUEST_TIMEOUT) -> None:
        """`request_timeout`: seconds for one attempt of a request."""
        self._s3, self._store, self._folder = s3, open_store(s3, request_timeout), folder

    async def put(self, name: str, content: bytes) -> None:
        """Writes an object in one request, so that an interrupted one leaves nothing behind."""
        with _as_problem():
            await self._store.put_async(self._key(name), content, use_multipart=False)

    async def digest(self, name: str) -> Digest:
        """The digest of an object, which is read from S3 in chunks."""
        byte_count, hash_ = 0, sha256()
        with _as_problem():
            async for chunk in (await self._store.get_async(self._key(name))).stream(min_chunk_size=CHUNK):
                byte_count += len(chunk)
                hash_.update(chunk)
        return Digest(byte_count, hash_.hexdigest())

    async def lock(self, name: str, until: datetime) -> None:
        """Locks an object: nobody can delete or change it before a time."""
        await lock(self._s3, self._key(name), until)

    async def link(self, name: str) -> str:
        """A URL with which anyone can read the object for LINK_LIFETIME."""
        return await obstore.sign_async(self._store, "GET", self._key(name), LINK_LIFETIME)

    async def delete_all(self, export: str) -> None:
        """Deletes all objects of an export, also those of interrupted attempts."""
        with _as_problem():
            async for keys in self._keys(self._key(f"{export}/")):
                await self._store.delete_async(keys)

    async def _keys(self, prefix: str) -> AsyncIterator[list[str]]:
        async for page in self._store.list(prefix):
            yield [meta["path"] for meta in page]

    def _key(self, name: str) -> str:
        return f"{self._folder}/{name}"


@contextmanager
def _as_problem() -> Iterator[None]:
    """Raises DependencyUnavailableError for any error of S3: the objects were just written, so they must exist."""
    try:
        yield
    except (BaseError, OSError) as error:
        if fault := fault_of(error):
            raise fault from error
        raise DependencyUnavailableError("S3 does not answer.") from error
