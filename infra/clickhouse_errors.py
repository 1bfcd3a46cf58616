"""What a statement may raise, from ClickHouse or from the connection to it.

These classes have a module of their own, because importing the driver takes longer than a small run of a pipeline.
"""

from typing import Final

from aiohttp import ClientError
from clickhouse_connect.driver.exceptions import ClickHouseError

from infra.errors import DependencyUnavailableError

FAILURES: Final = (OSError, TimeoutError, ClientError, ClickHouseError, DependencyUnavailableError)
