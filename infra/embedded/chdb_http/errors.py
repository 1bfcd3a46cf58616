"""Errors of the ClickHouse HTTP interface: a status, a numeric code in a header, and the text as body."""

import re

# Codes of errors that are found before the engine sees the query, and of chDB's errors without a code.
BAD_ARGUMENTS, UNKNOWN_COMPRESSION_METHOD, UNKNOWN_SETTING, QUERY_IS_TOO_LARGE, STD_EXCEPTION = 36, 89, 115, 229, 1001

# status -> codes, as ClickHouse's src/Server/HTTP/exceptionCodeToHTTPStatus.cpp has them; any other code is a 500.
CODES: dict[int, tuple[int, ...]] = {
    400: (6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 123, 167, 168, 223, 321, 376, 427, 441, 675, 676),
    403: (497,),
    404: (46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511),
    408: (159,),
    413: (229,),
    415: (89,),
    501: (48,),
    503: (76, 209, 439),
}
STATUSES = {code: status for status, codes in CODES.items() for code in codes}


class QueryError(Exception):
    """A query that was refused or failed. `str(error)` is the whole text for the client."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code

    @property
    def status(self) -> int:
        return STATUSES.get(self.code, 500)


def refused(code: int, reason: str) -> QueryError:
    """An error found before the engine sees the query, in the format of the engine's errors."""
    return QueryError(code, f"Code: {code}. DB::Exception: {reason}")


def from_engine(error: Exception) -> QueryError:
    """The QueryError for an error of chDB, with the code from its text."""
    text = str(error)
    match = re.search(r"Code: (\d+)", text)
    return QueryError(int(match[1]), text[match.start() :]) if match else QueryError(STD_EXCEPTION, text)


def in_stream(error: QueryError, tag: str) -> bytes:
    """The block that ends a response which has begun; `tag` was announced in its headers.

    The layout is that of ClickHouse's WriteBufferFromHTTPServerResponse.cpp: text, its length in bytes, tag.
    """
    text = str(error).encode() + b"\n"
    begin, end = f"\r\n__exception__\r\n{tag}\r\n", f"{len(text)} {tag}\r\n__exception__\r\n"
    return begin.encode() + text + end.encode()
