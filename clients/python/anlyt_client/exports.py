"""Exports: all rows of a query as files. No I/O."""

from functools import partial
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import quote
from uuid import uuid4

from msgspec import json

from anlyt_client.answers import ExportAnswer
from anlyt_client.calls import Call, decoded
from anlyt_client.errors import ExportFailedError
from anlyt_client.queries import Query

FileFormat: TypeAlias = Literal["csv", "arrow", "parquet"]
PATH: Final = "/v1/anlyt/exports"
FOLLOWED_EVERY: Final = 1.0  # seconds

_read: Final = partial(decoded, answer=ExportAnswer)


def request_call(query: Query[Any], file_format: FileFormat, key: str | None) -> Call[ExportAnswer]:
    """The call that requests an export. Without a key it has a random one, so that all attempts are one export."""
    content = json.encode({"format": file_format, **query.body})
    return Call("POST", PATH, _read, {}, content, idempotency_key=key or str(uuid4()))


def cancel_call(export_id: str) -> Call[ExportAnswer]:
    """The call that cancels an export."""
    return Call("DELETE", f"{PATH}/{quote(export_id, safe='')}", _read, {})


def is_done(export: ExportAnswer) -> bool:
    """Whether the files of an export are written. Raises ExportFailedError if they never will be."""
    if export.status in {"queued", "running"}:
        return False
    if export.status != "done":
        raise ExportFailedError(f"The export {export.id} is {export.status}. {export.reason or ''}".rstrip())
    return True
