"""What a statement may raise, from ClickHouse or from the connection to it.

Imports all of the driver, which takes longer than a small run of a pipeline. Processes that answer requests import this
module at their start, so that the first request does not wait for the driver.
"""

from typing import Final

import clickhouse_connect.driver.asyncclient  # noqa: F401  # imported by the driver at the first connection otherwise
from aiohttp import ClientError
from clickhouse_connect.driver.exceptions import ClickHouseError

from infra.errors import DependencyUnavailableError

FAILURES: Final = (OSError, TimeoutError, ClientError, ClickHouseError, DependencyUnavailableError)
