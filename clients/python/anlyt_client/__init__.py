"""A typed client of anlyt: reports, queries, exports and live throughput, for synchronous and asynchronous code.

In reading order: `async_client` (`client` is made from it), `connection`, `calls` (requests and answers), `retries`,
`errors`; `queries`, `exports`, `frames`, `live`. Made from the API's documents: `answers`, `reports`, `catalog`,
`problems`.
"""

from anlyt_client.async_client import AsyncClient
from anlyt_client.catalog import cdr, compliance, dlr
from anlyt_client.client import Client
from anlyt_client.errors import (
    AnlytError,
    ApiError,
    DisconnectedError,
    ExportFailedError,
    TruncatedError,
    UnreadableAnswerError,
)
from anlyt_client.exports import FileFormat
from anlyt_client.queries import Condition, Query, QueryAnswer, all_of, any_of, negated, where
from anlyt_client.retries import Retries
from anlyt_client.version import VERSION

__all__ = [
    "VERSION",
    "AnlytError",
    "ApiError",
    "AsyncClient",
    "Client",
    "Condition",
    "DisconnectedError",
    "ExportFailedError",
    "FileFormat",
    "Query",
    "QueryAnswer",
    "Retries",
    "TruncatedError",
    "UnreadableAnswerError",
    "all_of",
    "any_of",
    "cdr",
    "compliance",
    "dlr",
    "negated",
    "where",
]
