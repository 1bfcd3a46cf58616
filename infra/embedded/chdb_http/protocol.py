"""A request of the ClickHouse HTTP interface, read into a value. Pure."""

import gzip
import re
import sys
import uuid
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import HTTP
from urllib.parse import parse_qsl

import lz4.frame

from infra.embedded.chdb_http.errors import BAD_ARGUMENTS, UNKNOWN_COMPRESSION_METHOD, UNKNOWN_SETTING, refused
from infra.embedded.chdb_http.statements import Insert, output_format, returns_rows, split_insert

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# Parameters that speak to the server, not to the query; what is neither these nor `param_*` is a setting.
# `log_comment` would be one, but carries the query's id to where it can be killed.
TRANSPORT = frozenset(
    {"query", "query_id", "database", "default_format", "log_comment", "user", "password", "role", "quota_key"}
    | {"session_id", "session_timeout", "session_check", "client_protocol_version"}
    | {"compress", "decompress", "enable_http_compression", "wait_end_of_query", "buffer_size"}
    | {"send_progress_in_http_headers", "http_headers_progress_interval_ms"}
)

# Formats whose chunks may follow each other; the rest have a frame around the whole result.
STREAMABLE = frozenset({"Native", "ArrowStream", "RowBinary", "JSONEachRow", "TabSeparated", "TSV", "CSV"})

# Over ClickHouse's own defaults: an insert is answered when its rows are in the table, and it is one batch.
DEFAULT_SETTINGS: Mapping[str, str] = {"async_insert": "0"}


def _lz4(body: bytes) -> bytes:
    """All frames: clickhouse-connect makes one of each block, and `lz4.frame.decompress` reads the first only."""
    found = []
    while body:
        decompressor = lz4.frame.LZ4FrameDecompressor()
        found.append(decompressor.decompress(body))
        if not decompressor.eof:
            raise EOFError("The last LZ4 frame is cut short.")
        body = decompressor.unused_data or b""
    return b"".join(found)


DECOMPRESS: Mapping[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "identity": bytes,
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
    "lz4": _lz4,
    "zstd": zstd.decompress,
}


@dataclass(frozen=True)
class Query:
    """What is asked of the engine. `insert` holds the rows to write; `sql` is everything otherwise.

    `parameters` are as sent: escaped like TSV fields. `streams`: the answer may begin before the query has ended.
    """

    query_id: str
    sql: bytes
    insert: Insert | None
    database: str
    format: str
    streams: bool
    returns_rows: bool
    settings: Mapping[str, str]
    parameters: Mapping[str, str]


def read_query(method: str, query_string: bytes, headers: Mapping[str, str], body: bytes) -> Query:
    """`headers` with lower-case names. QueryError when the request itself is wrong."""
    fields, rest = _form(headers.get("content-type", ""), _decompressed(headers.get("content-encoding", ""), body))
    given = dict(parse_qsl(query_string.decode(errors="replace"), keep_blank_values=True)) | fields
    sql = b"\n".join(part for part in (given.get("query", "").encode(), rest) if part)
    insert = split_insert(sql)
    named = None if insert else output_format(sql)
    default = headers.get("x-clickhouse-format") or given.get("default_format") or "TabSeparated"
    return Query(
        query_id=_plain(given.get("query_id") or str(uuid.uuid4())),
        sql=sql,
        insert=insert,
        database=given.get("database", ""),
        format=named or _plain(default),
        streams=named in STREAMABLE and given.get("wait_end_of_query") != "1",
        returns_rows=insert is None and returns_rows(sql),
        settings=_settings(method, given),
        parameters={name[6:]: value for name, value in given.items() if name.startswith("param_")},
    )


def _plain(text: str) -> str:
    """What goes into headers of the response must not end one."""
    if not text.isascii() or not text.isprintable():
        raise refused(BAD_ARGUMENTS, f"Control characters in {text!r}")
    return text


def _settings(method: str, given: Mapping[str, str]) -> Mapping[str, str]:
    """`readonly` comes last, as nothing can be set after it. GET may change settings, but no data."""
    named = {name: value for name, value in given.items() if name not in TRANSPORT and not name.startswith("param_")}
    if wrong := [name for name in named if not re.fullmatch(r"\w+", name)]:
        raise refused(UNKNOWN_SETTING, f"Unknown setting {wrong[0]!r}")
    readonly = named.pop("readonly", "2" if method == "GET" else None)
    return {**DEFAULT_SETTINGS, **named, **({"readonly": readonly} if readonly else {})}


def _decompressed(encoding: str, body: bytes) -> bytes:
    if encoding not in DECOMPRESS:
        raise refused(UNKNOWN_COMPRESSION_METHOD, f"Unknown Content-Encoding {encoding!r}")
    try:
        return DECOMPRESS[encoding](body)
    except (OSError, EOFError, RuntimeError, zlib.error, zstd.ZstdError) as error:
        raise refused(BAD_ARGUMENTS, f"The body is not {encoding}: {error}") from error


def _form(content_type: str, body: bytes) -> tuple[dict[str, str], bytes]:
    """Long queries and parameters come as fields of a multipart form, and then there is no other body."""
    if not content_type.startswith("multipart/"):
        return {}, body
    form = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body, policy=HTTP)
    fields = {}
    for part in form.iter_parts():
        value = part.get_payload(decode=True)
        assert isinstance(value, bytes)
        fields[str(part.get_param("name", header="content-disposition"))] = value.decode(errors="replace")
    return fields, b""
