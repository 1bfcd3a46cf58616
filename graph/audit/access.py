"""The log of accesses. An access is logged before it is answered."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from graph.audit.regulator import Regulator
from infra.postgres import Connection
from infra.sql import statement

Operation = Literal["query", "export", "exportFiles", "exportCancel"]

_RECORD: Final = statement(Path(__file__).parent / "sql", "record_access")


async def record(
    connection: Connection,
    regulator: Regulator,
    request_id: str,
    operation: Operation,
    tenant_id: str,
    request: Mapping[str, Any],
    rows_before: int,
    row_count: int,
) -> int:
    """Logs an access, in the connection's transaction if there is one. Returns its number."""
    who = (regulator.name, regulator.serial, regulator.sha256, request_id)
    what = (operation, tenant_id, json.dumps(request), rows_before, row_count)
    access_id: int = await connection.fetchval(_RECORD, *who, *what)
    return access_id
