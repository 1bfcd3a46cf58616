"""Parses a request of the ClickHouse HTTP interface. Pure: no I/O."""

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

# Parameters for the server, not for the query; all others except `param_*` are settings. `log_comment` would be a
# setting, but this server stores the query's id in it, for `kill`.
TRANSPORT = frozenset(
    {"query", "query_id", "database", "default_format", "log_comment", "user", "password", "role", "quota_key"}
    | {"session_id", "session_timeout", "session_check", "client_protocol_version"}
    | {"compress", "decompress", "enable_http_compression", "wait_end_of_query", "buffer_size"}
    | {"send_progress_in_http_headers", "http_headers_progress_interval_ms"}
)

# Formats whose chunks can be concatenated; the others have a frame around the whole result.
STREAMABLE = frozenset({"Native", "ArrowStream", "RowBinary", "JSONEachRow", "TabSeparated", "TSV", "CSV"})

# Overrides ClickHouse's default: an insert is one batch, and is answered when its rows are in the table.
DEFAULT_SETTINGS: Mapping[str, str] = {"async_insert": "0"}


def _lz4(body: bytes) -> bytes:
    """Decompresses all frames. clickhouse-connect sends one per block; `lz4.frame.decompress` reads only the first."""
    parts = []
    while body:
        decompressor = lz4.frame.LZ4FrameDecompressor()
        parts.append(decompressor.decompress(body))
        if not decompressor.eof:
            raise EOFError("The last LZ4 frame is truncated.")
        body = decompressor.unused_data or b""
    return b"".join(parts)


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
    """A query for the engine. `insert`: for an INSERT with rows, its parts; else None, and `sql` is the statement.

    `parameters` are escaped like TSV fields, as sent. `streams`: the answer may begin before the query has ended.
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
    """The query of a request. `headers` have lower-case names. Raises QueryError for a malformed request."""
    fields, rest = _form(headers.get("content-type", ""), _decompressed(headers.get("content-encoding", ""), body))
    parameters = dict(parse_qsl(query_string.decode(errors="replace"), keep_blank_values=True)) | fields
    sql = b"\n".join(part for part in (parameters.get("query", "").encode(), rest) if part)
    insert = split_insert(sql)
    named_format = None if insert else output_format(sql)
    default = headers.get("x-clickhouse-format") or parameters.get("default_format") or "TabSeparated"
    return Query(
        query_id=_printable(parameters.get("query_id") or str(uuid.uuid4())),
        sql=sql,
        insert=insert,
        database=parameters.get("database", ""),
        format=named_format or _printable(default),
        streams=named_format in STREAMABLE and parameters.get("wait_end_of_query") != "1",
        returns_rows=insert is None and returns_rows(sql),
        settings=_settings(method, parameters),
        parameters={name[6:]: value for name, value in parameters.items() if name.startswith("param_")},
    )


def _printable(text: str) -> str:
    """`text`, which goes into a response header. Raises QueryError for characters that could end the header."""
    if not text.isascii() or not text.isprintable():
        raise refused(BAD_ARGUMENTS, f"Control characters in {text!r}")
    return text


def _settings(method: str, parameters: Mapping[str, str]) -> Mapping[str, str]:
    """The query's settings. `readonly` is last, as it forbids further changes. GET may change settings, but no data."""
    settings = {
        name: value for name, value in parameters.items() if name not in TRANSPORT and not name.startswith("param_")
    }
    if wrong := [name for name in settings if not re.fullmatch(r"\w+", name)]:
        raise refused(UNKNOWN_SETTING, f"Unknown setting {wrong[0]!r}")
    readonly = settings.pop("readonly", "2" if method == "GET" else None)
    return {**DEFAULT_SETTINGS, **settings, **({"readonly": readonly} if readonly else {})}


def _decompressed(encoding: str, body: bytes) -> bytes:
    if encoding not in DECOMPRESS:
        raise refused(UNKNOWN_COMPRESSION_METHOD, f"Unknown Content-Encoding {encoding!r}")
    try:
        return DECOMPRESS[encoding](body)
    except (OSError, EOFError, RuntimeError, zlib.error, zstd.ZstdError) as error:
        raise refused(BAD_ARGUMENTS, f"The body is not {encoding}: {error}") from error


def _form(content_type: str, body: bytes) -> tuple[dict[str, str], bytes]:
    """The fields of a multipart form, and the rest of the body. Clients send long queries and parameters as a form."""
    if not content_type.startswith("multipart/"):
        return {}, body
    form = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body, policy=HTTP)
    fields = {}
    for part in form.iter_parts():
        value = part.get_payload(decode=True)
        assert isinstance(value, bytes)  # for mypy: with decode, a part of a form is bytes
        fields[str(part.get_param("name", header="content-disposition"))] = value.decode(errors="replace")
    return fields, b""
