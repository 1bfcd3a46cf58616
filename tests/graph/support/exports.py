"""Exports of queries in an API that writes none of them."""

from contextlib import AbstractAsyncContextManager
from typing import Final

from commands.support import query_exports
from graph.access.budget import Budget
from graph.exports.runner import PACE
from graph.rest.exports.exports import Exports
from infra.endpoints import Engines
from infra.postgres import Pool
from infra.s3 import S3
from infra.settings import read_settings

NOWHERE: Final = S3("http://127.0.0.1:1", "bucket", "key", "secret")  # requests for exports do not need it


def exports_without_s3(pool: Pool, dsn: str, warehouse: str) -> AbstractAsyncContextManager[Exports | None]:
    engines = Engines("nats://127.0.0.1:1", dsn, warehouse, NOWHERE)
    idle = read_settings({"ANLYT_EXPORT_WRITER": "0"})
    return query_exports.running(idle, engines, pool, Budget(8, 10**12), tuple, PACE)
